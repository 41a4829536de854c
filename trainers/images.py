"""Training on images: the functions that the pipeline's Trainer and Tuner nodes name."""

import time
from typing import Any

import keras
import tensorflow_transform as tft

from pipeline_configs.errors import ConfigError, Problem, RunFailed
from pipeline_configs.task import Task
from trainers import baselines, run_record, warm_start
from trainers.calibration import fit_calibrator
from trainers.devices import visible_gpus
from trainers.fitting import check_rows
from trainers.hyperparameters import chosen
from trainers.image_baselines import fit_image_baselines
from trainers.image_fitting import ImageSplits, fit_images, logits_of_images
from trainers.image_rows import ImageRows, image_rows
from trainers.image_signatures import export_images
from trainers.image_tuning import ImageSpace
from trainers.models.image_network import calibrated
from trainers.tuning import tuner
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
        ConfigError: Keras runs on another backend than TensorFlow, or a backbone's weights cannot be used.
        DataProblem: Nothing can be learnt from the training split.
        RunFailed: The loss became NaN, or the node was given the eval split.
    """
    began = time.monotonic()
    splits, train, calibration = _loaded(fn_args)
    read = time.monotonic()
    task, graph = splits.task, splits.graph
    training, layout = chosen(task.training, fn_args.hyperparameters), Layout(task.input_values)
    description = {
        **warm_start.described(layout, graph, training),
        "image": [*task.image[1].size, task.image[1].channels],
        "backbone": training.image.backbone,
    }
    start, how = warm_start.previous_weights(fn_args.base_model if training.warm_start else None, description)
    board = keras.callbacks.TensorBoard(f"{fn_args.model_run_dir}/tensorboard", write_graph=False)
    fitted = fit_images(splits, training, start, visible_gpus(), [board])
    calibrator = fit_calibrator(*logits_of_images(fitted.model, splits), fitted.shift)
    model = calibrated(fitted.model, calibrator)
    export_images(model, fitted.model, splits.levels, graph, task, fn_args.serving_model_dir)
    warm_start.keep(model, description, fn_args.serving_model_dir)
    warm_start.save_model(model, fn_args.model_run_dir)
    exported = time.monotonic()
    baselines.save(fit_image_baselines(train, calibration, task), fn_args.model_run_dir)
    rows = {"train": train.thumbnails, "calibration": calibration.thumbnails}
    record = {
        "task": task.name,
        "hyperparameters": training.model_dump(mode="json"),
        "tuned": bool(fn_args.hyperparameters),
        "warm_start": how,
        "columns": list(layout.names),
        "parameters": int(model.count_params()),
        "data": {split: run_record.counts(found) for split, found in rows.items()},
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

    splits, _, _ = _loaded(fn_args)
    training = splits.task.training
    space = ImageSpace(splits, training, visible_gpus())
    return TunerFnResult(tuner=tuner(space, training, fn_args.working_dir), fit_kwargs={})


def _loaded(fn_args: Any) -> tuple[ImageSplits, ImageRows, ImageRows]:
    """Where the images are, and what is small of those of the train and the calibration split."""
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            Problem("Keras runs on another backend", "KERAS_BACKEND", "tensorflow", keras.backend.backend(), "unset it")
        )
    task = Task.model_validate_json(fn_args.custom_config["task"])
    if any("/Split-eval/" in name for name in [*fn_args.train_files, *fn_args.eval_files]):
        raise RunFailed(
            Problem(
                "the Trainer was given the eval split, which nothing may be fitted on",
                "Trainer",
                "train_args of the split train, eval_args of the split calibration",
                fix="set eval_args=EvalArgs(splits=['calibration']) in the pipeline",
            )
        )
    graph = tft.TFTransformOutput(fn_args.transform_graph_path)
    train, calibration = image_rows(fn_args.train_files, graph, task), image_rows(fn_args.eval_files, graph, task)
    check_rows(train.thumbnails, calibration.thumbnails, task.label.name)
    labels, held_out = train.thumbnails.labels, len(calibration.thumbnails.labels)
    splits = ImageSplits(fn_args.train_files, fn_args.eval_files, graph, task, labels, held_out)
    return splits, train, calibration
