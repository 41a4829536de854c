"""NotesExampleGen: clinical notes from files to de-identified tf.Examples, split by patient and pseudonymised."""

from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

from components.ingest.component import ExampleGen
from components.notes_example_gen.driver import NotesDriver
from components.notes_example_gen.executor import Executor

__all__ = ["NotesExampleGen"]


class NotesExampleGen(ExampleGen):
    """A TFX ExampleGen for clinical notes: CSV, Parquet and JSON lines that hold or name them, and FHIR R4.

    Notes are decoded, cleaned, rid of sections that are left out, and de-identified before anything is written. Copies
    of one note stand in one split, whoever the patient is. Examples hold the note as one UTF-8 value, the declared
    features, the bands of sensitive ones, the label and the patient's pseudonym. Parameters and outputs are those of
    `components.ingest.component.ExampleGen`.

    Example:
        ```
        ingest = NotesExampleGen(task=task, key=environment.pseudonym_key)
        transform = Transform(examples=ingest.outputs["examples"], ...)
        ```
    """

    DRIVER_CLASS = NotesDriver
    EXECUTOR_SPEC = BeamExecutorSpec(Executor)
