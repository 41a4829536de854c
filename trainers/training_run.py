"""A run of the Trainer or the Tuner node, whatever it trains on: what it refuses, starts from and leaves behind."""

import time
from typing import Any

import keras
import tensorflow_transform as tft

from pipeline_configs.errors import ConfigError, Problem, RunFailed
from pipeline_configs.task import Task
from trainers import baselines, run_record, warm_start
from trainers.calibration import Calibrator
from trainers.devices import Place
from trainers.epochs import Fitted
from trainers.hyperparameters import chosen

__all__ = ["TrainingRun"]


class TrainingRun:
    """What is asked of a run, and its steps in order: `start`, `keep`, `finish`.

    Args:
        fn_args: tfx.components.FnArgs with `train_files` of the train split, `eval_files` of the calibration split,
            `transform_graph_path`, `custom_config` {"task": JSON}, and perhaps `hyperparameters` and `base_model`.

    Attributes:
        task: The task.
        training: Its hyperparameters, with what the Tuner found.
        graph: The transform graph.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow.
        RunFailed: The node was given the eval split.
    """

    def __init__(self, fn_args: Any) -> None:
        self._began = time.monotonic()
        _check_backend()
        _check_splits([*fn_args.train_files, *fn_args.eval_files])
        self.task = Task.model_validate_json(fn_args.custom_config["task"])
        self.training = chosen(self.task.training, fn_args.hyperparameters)
        self.graph = tft.TFTransformOutput(fn_args.transform_graph_path)
        self._fn_args = fn_args

    def watchers(self, place: Place) -> list[keras.callbacks.Callback]:
        """Returns what writes TensorBoard's events to the folder of the run; nothing where another worker does."""
        if not place.workers.chief:
            return []
        return [keras.callbacks.TensorBoard(f"{self._fn_args.model_run_dir}/tensorboard", write_graph=False)]

    def start(self, description: dict[str, Any]) -> list[Any] | None:
        """Returns the weights to start from, once the data is read.

        Args:
            description: What the model's weights will mean, see `warm_start.described`.

        Returns:
            Those of the last model, if the task asks for them and they fit.
        """
        self._read = time.monotonic()
        self._description = description
        earlier = self._fn_args.base_model if self.training.warm_start else None
        weights, self._how = warm_start.previous_weights(earlier, description)
        return weights

    def keep(self, model: keras.Model) -> None:
        """Writes the Keras model beside the SavedModel and into the folder of the run."""
        warm_start.keep(model, self._description, self._fn_args.serving_model_dir)
        warm_start.save_model(model, self._fn_args.model_run_dir)
        self._kept = time.monotonic()
        self._parameters = int(model.count_params())

    def finish(
        self,
        fitted: Fitted,
        calibrator: Calibrator,
        beside: dict[str, baselines.Baseline],
        data: dict[str, Any],
        **further: Any,
    ) -> None:
        """Writes the baselines and training.json.

        Args:
            fitted: What was trained.
            calibrator: The line from its logit to a probability.
            beside: The baselines.
            data: By split, see `run_record.counts`.
            further: What else there is to say of the model.
        """
        baselines.save(beside, self._fn_args.model_run_dir)
        fitting, now = fitted.record["seconds"], time.monotonic()
        seconds = {
            "read": self._read - self._began,
            "fit": fitting,
            "export": self._kept - self._read - fitting,
            "baselines": now - self._kept,
            "all": now - self._began,
        }
        record = {
            "task": self.task.name,
            "hyperparameters": self.training.model_dump(mode="json"),
            "tuned": bool(self._fn_args.hyperparameters),
            "warm_start": self._how,
            **further,
            "parameters": self._parameters,
            "data": data,
            "training": fitted.record,
            "calibrator": vars(calibrator),
            "seconds": {name: round(value, 3) for name, value in seconds.items()},
            "versions": run_record.versions(),
        }
        run_record.write(record, self._fn_args.model_run_dir)


def _check_backend() -> None:
    found = keras.backend.backend()
    if found != "tensorflow":
        raise ConfigError(Problem("Keras runs on another backend", "KERAS_BACKEND", "tensorflow", found, "unset it"))


def _check_splits(files: list[str]) -> None:
    if any("/Split-eval/" in name for name in files):
        raise RunFailed(
            Problem(
                "the Trainer was given the eval split, which nothing may be fitted on",
                "Trainer",
                "train_args of the split train, eval_args of the split calibration",
                fix="set eval_args=EvalArgs(splits=['calibration']) in the pipeline",
            )
        )
