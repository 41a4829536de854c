"""What is small of each image, for all images of a split: label, pseudonym, thumbnail, and how it was made."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow_transform as tft
from numpy.typing import NDArray

from pipeline_configs.task import Task
from trainers import streaming
from trainers.input_fn import Rows
from transforms.image_views import THUMBNAIL
from transforms.layout import ACQUISITION

__all__ = ["ImageRows", "image_rows"]


class ImageRows(NamedTuple):
    """The images of a split without their pixels; some 1.1 kB each, so that 1,000,000 of them take 1.1 GB.

    Attributes:
        thumbnails: Row by row: float32 `[n, 256]`, labels and pseudonyms.
        acquisition: The same with float32 `[n, width]` of how it was made; None where the task does not probe.
    """

    thumbnails: Rows
    acquisition: Rows | None


def image_rows(files: Sequence[str], transform_output: tft.TFTransformOutput, task: Task) -> ImageRows:
    """Reads a split once, batch by batch.

    Args:
        files: TFRecord files or patterns.
        transform_output: The transform graph.
        task: The task.

    Raises:
        DataProblem: A file cannot be read, or a record is no tf.Example or lacks the label.
    """
    views = [THUMBNAIL, ACQUISITION] if task.probed else [THUMBNAIL]
    widths = {name: int(transform_output.transformed_feature_spec()[name].shape[0]) for name in views}
    found: dict[str, list[NDArray[np.float32]]] = {name: [np.zeros((0, widths[name]), np.float32)] for name in views}
    labels, patients = [np.zeros(0, np.int64)], [np.array([], np.bytes_)]
    for batch in streaming.batches(files, transform_output, task, views):
        for name in views:
            found[name].append(batch.views[name])
        labels.append(batch.labels)
        patients.append(batch.patients)
    rows = {
        name: Rows(np.concatenate(parts), np.concatenate(labels), np.concatenate(patients), {})
        for name, parts in found.items()
    }
    return ImageRows(rows[THUMBNAIL], rows.get(ACQUISITION))
