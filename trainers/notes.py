"""Training on notes: the functions that the pipeline's Trainer and Tuner nodes name."""

import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import tensorflow_transform as tft

from pipeline_configs.errors import ConfigError, Problem, RunFailed
from pipeline_configs.task import Task
from trainers import baselines, run_record, warm_start
from trainers.calibration import fit_calibrator
from trainers.fitting import check_rows
from trainers.hyperparameters import chosen
from trainers.models.note_terms import Widths, deployable_terms
from trainers.note_baselines import fit_note_baselines
from trainers.note_encoder import Encoder, load_encoder
from trainers.note_fitting import check_terms, fit_notes, logits_of_notes
from trainers.note_rows import NoteRows, read_notes, scratch
from trainers.note_signatures import export_notes
from transforms.layout import Layout
from transforms.note_views import TFIDF

__all__ = ["run_fn", "tuner_fn"]


def run_fn(fn_args: Any) -> None:
    """Trains, calibrates and writes the network and its baselines.

    Args:
        fn_args: tfx.components.FnArgs with `train_files` of the train split, `eval_files` of the calibration split,
            `transform_graph_path`, `custom_config` {"task": JSON}, and perhaps `hyperparameters` and `base_model`.
            Writes the SavedModel to `serving_model_dir`, and model.keras, training.json, baselines.joblib and
            TensorBoard's events to `model_run_dir`.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow, or the encoder cannot be used.
        DataProblem: Nothing can be learnt from the training split.
        RunFailed: The loss became NaN, or the node was given the eval split.
    """
    began = time.monotonic()
    task, transform_output = _asked(fn_args)
    encoder = load_encoder(task.training.notes.encoder)
    with scratch() as folder:
        train, calibration, widths = _loaded(fn_args, task, transform_output, encoder, folder)
        read = time.monotonic()
        training = chosen(task.training, fn_args.hyperparameters)
        description = {
            **warm_start.described(Layout(task.input_values), transform_output, training),
            "terms": hashlib.sha256(b"\n".join(transform_output.vocabulary_by_name(TFIDF))).hexdigest(),
            "embedding": training.notes.embedding,
            "encoder": [training.notes.encoder, widths.vector],
        }
        start, how = warm_start.previous_weights(fn_args.base_model if training.warm_start else None, description)
        board = keras.callbacks.TensorBoard(f"{fn_args.model_run_dir}/tensorboard", write_graph=False)
        fitted = fit_notes(train, calibration, widths, training, start, [board])
        calibrator = fit_calibrator(
            logits_of_notes(fitted.model, calibration, widths), calibration.labels, fitted.shift
        )
        model = deployable_terms(fitted.model, widths, calibrator.slope, calibrator.intercept)
        export_notes(model, widths, transform_output, encoder, task, fn_args.serving_model_dir)
        warm_start.keep(model, description, fn_args.serving_model_dir)
        warm_start.save_model(model, fn_args.model_run_dir)
        exported = time.monotonic()
        probed = len(Layout(task.probed).ids)
        baselines.save(fit_note_baselines(train, calibration, probed, training), fn_args.model_run_dir)
        data = {"train": run_record.counts(train.bare), "calibration": run_record.counts(calibration.bare)}
    record = {
        "task": task.name,
        "hyperparameters": training.model_dump(mode="json"),
        "tuned": bool(fn_args.hyperparameters),
        "warm_start": how,
        "terms": widths.terms,
        "columns": list(Layout(task.input_values).names),
        "encoder": widths.vector,
        "parameters": int(model.count_params()),
        "data": data,
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

    from trainers.note_tuning import NoteSpace
    from trainers.tuning import tuner

    task, transform_output = _asked(fn_args)
    encoder = load_encoder(task.training.notes.encoder)
    keeper = tempfile.TemporaryDirectory(prefix="galen_notes_", ignore_cleanup_errors=True)
    train, calibration, widths = _loaded(fn_args, task, transform_output, encoder, Path(keeper.name))
    space: Any = NoteSpace(train, calibration, widths, task.training, keeper)
    return TunerFnResult(tuner=tuner(space, task.training, fn_args.working_dir), fit_kwargs={})


def _asked(fn_args: Any) -> tuple[Task, tft.TFTransformOutput]:
    """The task and the transform graph."""
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            Problem("Keras runs on another backend", "KERAS_BACKEND", "tensorflow", keras.backend.backend(), "unset it")
        )
    if any("/Split-eval/" in name for name in [*fn_args.train_files, *fn_args.eval_files]):
        raise RunFailed(
            Problem(
                "the Trainer was given the eval split, which nothing may be fitted on",
                "Trainer",
                "train_args of the split train, eval_args of the split calibration",
                fix="set eval_args=EvalArgs(splits=['calibration']) in the pipeline",
            )
        )
    task = Task.model_validate_json(fn_args.custom_config["task"])
    return task, tft.TFTransformOutput(fn_args.transform_graph_path)


def _loaded(
    fn_args: Any, task: Task, transform_output: tft.TFTransformOutput, encoder: Encoder | None, folder: Path
) -> tuple[NoteRows, NoteRows, Widths]:
    """The notes of the train and the calibration split, and how wide their views are."""
    layout = Layout(task.input_values)
    widths = Widths(
        int(transform_output.vocabulary_size_by_name(TFIDF)),
        layout.width,
        tuple(warm_start.vocabulary_sizes(layout, transform_output)),
        encoder.width if encoder else 0,
    )
    train = read_notes(fn_args.train_files, transform_output, task, folder / "train", encoder)
    calibration = read_notes(fn_args.eval_files, transform_output, task, folder / "calibration", encoder)
    check_rows(train.bare, calibration.bare, task.label.name)
    check_terms(train)
    return train, calibration, widths
