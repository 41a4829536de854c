"""The search for hyperparameters with KerasTuner."""

from collections.abc import Callable
from typing import Any

import keras
import keras_tuner

from pipeline_configs.training import Training
from trainers.epochs import MONITORED, Fitted

__all__ = ["search"]

Draw = Callable[[keras_tuner.HyperParameters, Training], Training]


def search(draw: Draw, trained: Callable[[Training], Fitted], training: Training, folder: str) -> Any:
    """Prepares a random search, which for a dozen trials over four hyperparameters is as good as anything.

    Args:
        draw: Draws one set of hyperparameters, such as `trainers.hyperparameters.in_space`.
        trained: Trains with it; its record says how good that was on the calibration split.
        training: The task's training section: what is not drawn, trials and seed.
        folder: Where the trials' state goes.

    Returns:
        tfx.components.TunerFnResult with a keras_tuner.RandomSearch.

    References:
        Bergstra J, Bengio Y. Random search for hyper-parameter optimization. JMLR 2012.
    """
    from tfx.components.tuner.component import TunerFnResult

    tuner = keras_tuner.RandomSearch(
        _Space(draw, trained, training),
        objective=keras_tuner.Objective(MONITORED, "min"),
        max_trials=training.tuning.trials,
        seed=training.seed,
        directory=folder,
        project_name="tuning",
        overwrite=True,
    )
    return TunerFnResult(tuner=tuner, fit_kwargs={})


class _Space(keras_tuner.HyperModel):  # type: ignore[misc]  # KerasTuner has no types
    """What is searched."""

    def __init__(self, draw: Draw, trained: Callable[[Training], Fitted], training: Training) -> None:
        super().__init__()
        self._draw, self._trained, self._training = draw, trained, training

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Registers the hyperparameters; the model itself is built where it is trained, within its strategy."""
        self._draw(hp, self._training)
        return keras.Sequential()

    def fit(self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Trains one trial and returns what it is judged by."""
        return {MONITORED: self._trained(self._draw(hp, self._training)).record["best_log_loss"]}
