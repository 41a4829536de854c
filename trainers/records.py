"""Training on records: the functions that the pipeline's Trainer and Tuner nodes name."""

import time
from typing import Any

import keras
import tensorflow_transform as tft

from pipeline_configs.errors import ConfigError, Problem, RunFailed
from pipeline_configs.task import Task
from trainers import baselines, run_record, warm_start
from trainers.calibration import fit_calibrator
from trainers.devices import visible_gpus
from trainers.fitting import check_rows, fit, logits_of
from trainers.hyperparameters import chosen
from trainers.input_fn import Rows, features_and_labels
from trainers.models.ensemble import deployable
from trainers.signatures import export
from trainers.tuning import EnsembleSpace, tuner
from transforms.layout import Layout

__all__ = ["run_fn", "tuner_fn"]


def run_fn(fn_args: Any) -> None:
    """Trains, calibrates and writes the network and its baselines.

    Args:
        fn_args: tfx.components.FnArgs with `train_files` of the train split, `eval_files` of the calibration split,
            `transform_graph_path`, `custom_config` {"task": JSON}, and perhaps `hyperparameters` and `base_model`.
            Writes the SavedModel to `serving_model_dir`, and model.keras, training.json, baselines.joblib and
            TensorBoard's events to `model_run_dir`.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow.
        DataProblem: Nothing can be learnt from the training split.
        RunFailed: The loss became NaN, or the node was given the eval split.
    """
    began = time.monotonic()
    task, transform_output, train, calibration = _loaded(fn_args)
    read = time.monotonic()
    training, layout = chosen(task.training, fn_args.hyperparameters), Layout(task.inputs)
    description = warm_start.described(layout, transform_output, training)
    start, how = warm_start.previous_weights(fn_args.base_model if training.warm_start else None, description)
    board = keras.callbacks.TensorBoard(f"{fn_args.model_run_dir}/tensorboard", write_graph=False)
    vocabularies = warm_start.vocabulary_sizes(layout, transform_output)
    fitted = fit(train, calibration, vocabularies, training, start, visible_gpus(), [board])
    logits = logits_of(fitted.model, calibration.features)
    calibrator = fit_calibrator(logits, calibration.labels, fitted.shift)
    model = deployable(fitted.model, calibrator.slope, calibrator.intercept)
    export(model, transform_output, task, fn_args.serving_model_dir)
    warm_start.keep(model, description, fn_args.serving_model_dir)
    warm_start.save_model(model, fn_args.model_run_dir)
    exported = time.monotonic()
    baselines.save(baselines.fit_baselines(train, calibration, len(layout.ids), training), fn_args.model_run_dir)
    record = {
        "task": task.name,
        "hyperparameters": training.model_dump(mode="json"),
        "tuned": bool(fn_args.hyperparameters),
        "warm_start": how,
        "columns": list(layout.names),
        "parameters": int(model.count_params()),
        "data": {"train": run_record.counts(train), "calibration": run_record.counts(calibration)},
        "training": fitted.record,
        "calibrator": vars(calibrator),
        "seconds": {
            "read": round(read - began, 3),
            "fit": fitted.record["seconds"],
            "export": round(exported - read - fitted.record["seconds"], 3),
            "baselines": round(time.monotonic() - exported, 3),
            "all": round(time.monotonic() - began, 3),
        },
        "versions": run_record.versions(),
    }
    run_record.write(record, fn_args.model_run_dir)


def tuner_fn(fn_args: Any) -> Any:
    """Prepares the search for hyperparameters.

    Args:
        fn_args: As for `run_fn`, with `working_dir` for the trials.

    Returns:
        tfx.components.TunerFnResult.
    """
    from tfx.components.tuner.component import TunerFnResult

    task, transform_output, train, calibration = _loaded(fn_args)
    vocabularies = warm_start.vocabulary_sizes(Layout(task.inputs), transform_output)
    space = EnsembleSpace(train, calibration, vocabularies, task.training, visible_gpus())
    return TunerFnResult(tuner=tuner(space, task.training, fn_args.working_dir), fit_kwargs={})


def _loaded(fn_args: Any) -> tuple[Task, tft.TFTransformOutput, Rows, Rows]:
    """The task, the transform graph, and the rows of the train and the calibration split."""
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            Problem("Keras runs on another backend", "KERAS_BACKEND", "tensorflow", keras.backend.backend(), "unset it")
        )
    task = Task.model_validate_json(fn_args.custom_config["task"])
    given = [*fn_args.train_files, *fn_args.eval_files]
    if any("/Split-eval/" in name for name in given):
        raise RunFailed(
            Problem(
                "the Trainer was given the eval split, which nothing may be fitted on",
                "Trainer",
                "train_args of the split train, eval_args of the split calibration",
                fix="set eval_args=EvalArgs(splits=['calibration']) in the pipeline",
            )
        )
    transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
    train = features_and_labels(fn_args.train_files, transform_output, task)
    calibration = features_and_labels(fn_args.eval_files, transform_output, task)
    check_rows(train, calibration, task.label.name)
    return task, transform_output, train, calibration
