"""The search for hyperparameters with KerasTuner."""

from collections.abc import Sequence
from typing import Any

import keras
import keras_tuner

from pipeline_configs.training import Training
from trainers.fitting import MONITORED, fit
from trainers.hyperparameters import in_space
from trainers.input_fn import Rows

__all__ = ["EnsembleSpace", "tuner"]

OBJECTIVE = MONITORED


class EnsembleSpace(keras_tuner.HyperModel):  # type: ignore[misc]  # KerasTuner has no types
    """The ensemble over the space of `trainers.hyperparameters.in_space`.

    Args:
        train: Rows to learn from.
        calibration: Rows that each trial is stopped and judged by.
        vocabularies: Number of ids of each categorical feature with a learnt vocabulary.
        training: The task's training section.
        devices: GPUs to train on.
    """

    def __init__(
        self,
        train: Rows,
        calibration: Rows,
        vocabularies: Sequence[int],
        training: Training,
        devices: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.train, self.calibration, self.vocabularies = train, calibration, vocabularies
        self.training, self.devices = training, devices

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Registers the hyperparameters; the model itself is built where it is trained, within its strategy."""
        in_space(hp, self.training)
        return keras.Sequential()

    def fit(self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Trains one trial and returns what it is judged by."""
        fitted = fit(self.train, self.calibration, self.vocabularies, in_space(hp, self.training), devices=self.devices)
        return {OBJECTIVE: fitted.record["best_log_loss"]}


def tuner(space: EnsembleSpace, training: Training, folder: str) -> keras_tuner.Tuner:
    """Returns a random search, which for a dozen trials over four hyperparameters is as good as anything.

    The first trial is the default of each hyperparameter.

    Args:
        space: What to search.
        training: The task's training section: trials and seed.
        folder: Where the trials' state goes.

    References:
        Bergstra J, Bengio Y. Random search for hyper-parameter optimization. JMLR 2012.
    """
    return keras_tuner.RandomSearch(
        space,
        objective=keras_tuner.Objective(OBJECTIVE, "min"),
        max_trials=training.tuning.trials,
        seed=training.seed,
        directory=folder,
        project_name="tuning",
        overwrite=True,
    )
