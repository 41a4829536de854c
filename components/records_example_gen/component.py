"""RecordsExampleGen: patient records from files to tf.Examples, split by patient and pseudonymised."""

from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

from components.ingest.component import ExampleGen
from components.records_example_gen.executor import Executor

__all__ = ["RecordsExampleGen"]


class RecordsExampleGen(ExampleGen):
    """A TFX ExampleGen for patient records in CSV, Parquet and FHIR R4, local or in cloud storage.

    Columnar from end to end: Arrow reads, checks and converts, tfx_bsl encodes, and memory stays the same however large
    a file is. Examples hold the declared features, the bands of sensitive ones, the label and the patient's pseudonym,
    and nothing else. Parameters and outputs are those of `components.ingest.component.ExampleGen`.

    Example:
        ```
        ingest = RecordsExampleGen(task=task, key=environment.pseudonym_key, span="2026-11-01")
        statistics = StatisticsGen(examples=ingest.outputs["examples"])
        ```
    """

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)
