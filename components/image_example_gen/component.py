"""ImageExampleGen: medical images to tf.Examples, split by patient and de-identified."""

from tfx.dsl.components.base.executor_spec import BeamExecutorSpec

from components.image_example_gen.driver import ImageDriver
from components.image_example_gen.executor import Executor
from components.ingest.component import ExampleGen

__all__ = ["ImageExampleGen"]


class ImageExampleGen(ExampleGen):
    """A TFX ExampleGen for DICOM, PNG, JPEG and TIFF, local or in cloud storage.

    With `data.format` csv or parquet, `data.path` is a manifest: a row an image, with its path, patient, outcome and
    attributes. With `dicom`, it is a folder of DICOM files, and `data.labels` a table with the rest. Images are read,
    windowed, shrunk and encoded in parallel, some at a time; what cannot be read goes to quarantine with a reason, and
    the run goes on. Examples hold the pixels at the declared size, the declared features, the bands of sensitive ones,
    the label and the patient's pseudonym. Parameters and outputs are those of `components.ingest.component.ExampleGen`.

    Example:
        ```
        ingest = ImageExampleGen(task=task, key=environment.pseudonym_key)
        statistics = StatisticsGen(examples=ingest.outputs["examples"])
        ```
    """

    EXECUTOR_SPEC = BeamExecutorSpec(Executor)
    DRIVER_CLASS = ImageDriver
