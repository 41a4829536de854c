"""The search for hyperparameters of a task on notes with KerasTuner."""

from typing import Any

import keras
import keras_tuner

from pipeline_configs.training import Training
from trainers.fitting import MONITORED
from trainers.hyperparameters import in_space
from trainers.models.note_terms import Widths
from trainers.note_fitting import fit_notes
from trainers.note_rows import NoteRows

__all__ = ["NoteSpace"]


class NoteSpace(keras_tuner.HyperModel):  # type: ignore[misc]  # KerasTuner has no types
    """The ensemble on terms over the space of `trainers.hyperparameters.in_space`.

    Args:
        train: Notes to learn from.
        calibration: Notes that each trial is stopped and judged by.
        widths: What the model sees.
        training: The task's training section.
        keeper: What keeps the rows' files, held as long as the space.
    """

    def __init__(
        self, train: NoteRows, calibration: NoteRows, widths: Widths, training: Training, keeper: Any = None
    ) -> None:
        super().__init__()
        self.train, self.calibration, self.widths, self.training = train, calibration, widths, training
        self.keeper = keeper

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Registers the hyperparameters; the model itself is built where it is trained."""
        in_space(hp, self.training)
        return keras.Sequential()

    def fit(self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Trains one trial and returns what it is judged by."""
        fitted = fit_notes(self.train, self.calibration, self.widths, in_space(hp, self.training))
        return {MONITORED: fitted.record["best_log_loss"]}
