"""Which part of each batch a process trains on, where several train one model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

__all__ = ["WHOLE", "Share"]


@dataclass(frozen=True)
class Share:
    """One worker's part of the data.

    A batch over all replicas is cut into as many equal parts as there are replicas; a worker's dataset gives the parts
    of its own replicas, one after the other, as `tf.distribute` takes them. Such a dataset has no end: all workers do
    the same number of steps, and none has to ask the others whether there is more.

    Attributes:
        worker: Place of this worker.
        workers: How many there are; with 1, a dataset gives whole batches and ends.
        local: Replicas of each worker.
    """

    worker: int = 0
    workers: int = 1
    local: int = 1

    @property
    def whole(self) -> bool:
        """Whether there is one process, which sees everything."""
        return self.workers == 1

    @property
    def replicas(self) -> int:
        """Replicas of all workers."""
        return self.workers * self.local

    def of(self, batches: Any) -> Any:
        """Returns this worker's parts of whole batches of row numbers.

        Args:
            batches: `[steps, batch]`, tensor or array; the batch divides by the number of replicas.

        Returns:
            The same kind, `[steps * local, batch / replicas]`; for one process `batches` as they are.
        """
        if self.whole:
            return batches
        shape = [-1, self.workers, self.local, int(batches.shape[1]) // self.replicas]
        if isinstance(batches, np.ndarray):
            return batches.reshape(shape)[:, self.worker].reshape(-1, shape[-1])
        return tf.reshape(tf.reshape(batches, shape)[:, self.worker], [-1, shape[-1]])

    def steps(self, rows: int, batch: int) -> tuple[int, int]:
        """Returns into how many steps all rows go, and how many rows each replica takes in one; some are left over.

        Args:
            rows: Number of rows, 1 or more.
            batch: Most rows of a step, over all replicas.
        """
        steps = -(-rows // max(1, batch))
        return steps, -(-rows // (steps * self.replicas))

    def padded(self, rows: int, batch: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Returns this worker's row numbers in equal parts, and which of them count: the last ones only fill up.

        Returns:
            int64 and bool `[steps * local, rows of a replica]`, see `steps`.
        """
        steps, size = self.steps(rows, batch)
        numbers = self.of(np.arange(steps * self.replicas * size).reshape(steps, -1))
        return numbers % rows, numbers < rows


WHOLE = Share()
"""All of it, in one process."""
