"""Training on notes: the functions that the pipeline's Trainer and Tuner nodes name."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from pipeline_configs.training import Training
from trainers import run_record, warm_start
from trainers.calibration import fit_calibrator
from trainers.devices import place_here
from trainers.epochs import Fitted
from trainers.fitting import check_rows
from trainers.hyperparameters import in_space
from trainers.models.note_terms import Widths, deployable_terms
from trainers.note.baselines import fit_note_baselines
from trainers.note.encoder import Encoder, load_encoder
from trainers.note.fitting import check_terms, fit_notes, logits_of_notes
from trainers.note.rows import NoteRows, read_notes, scratch
from trainers.note.signatures import export_notes
from trainers.training_run import TrainingRun
from transforms.layout import Layout
from transforms.note_views import TFIDF

__all__ = ["run_fn", "tuner_fn"]


def run_fn(fn_args: Any) -> None:
    """Trains, calibrates and writes the network and its baselines.

    Args:
        fn_args: As for `TrainingRun`. The SavedModel goes to `serving_model_dir`, and model.keras, training.json,
            baselines.joblib and TensorBoard's events to `model_run_dir`. Of several workers (TF_CONFIG) only the
            chief writes.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow, or the encoder cannot be used.
        DataProblem: Nothing can be learnt from the training split.
        RunFailed: The loss became NaN, the node was given the eval split, or another worker was lost.
    """
    place = place_here(gpus=1)
    run = TrainingRun(fn_args)
    task, graph, training = run.task, run.graph, run.training
    encoder = load_encoder(training.notes.encoder)
    with scratch() as folder:
        train, calibration, widths = _notes(fn_args, run, encoder, folder)
        description = {
            **warm_start.described(Layout(task.input_values), graph, training),
            "terms": hashlib.sha256(b"\n".join(graph.vocabulary_by_name(TFIDF))).hexdigest(),
            "embedding": training.notes.embedding,
            "encoder": [training.notes.encoder, widths.vector],
        }
        fitted = fit_notes(train, calibration, widths, training, run.start(description), place, run.watchers(place))
        if not place.workers.chief:
            return
        logits = logits_of_notes(fitted.model, calibration, widths)
        calibrator = fit_calibrator(logits, calibration.labels, fitted.shift)
        model = deployable_terms(fitted.model, widths, calibrator.slope, calibrator.intercept)
        export_notes(model, widths, graph, encoder, task, fn_args.serving_model_dir)
        run.keep(model)
        beside = fit_note_baselines(train, calibration, task)
        data = {"train": run_record.counts(train.bare), "calibration": run_record.counts(calibration.bare)}
    seen = {"terms": widths.terms, "columns": list(Layout(task.input_values).names), "encoder": widths.vector}
    run.finish(fitted, calibrator, beside, data, **seen)


def tuner_fn(fn_args: Any) -> Any:
    """Prepares the search for hyperparameters.

    Args:
        fn_args: As for `run_fn`, with `working_dir` for the trials.

    Returns:
        tfx.components.TunerFnResult.
    """
    from trainers.tuning import search  # a second, which training does not need

    run = TrainingRun(fn_args)
    encoder = load_encoder(run.task.training.notes.encoder)
    # The trials read the rows' files, after this function has returned.
    folder = tempfile.TemporaryDirectory(prefix="galen_notes_", ignore_cleanup_errors=True)
    train, calibration, widths = _notes(fn_args, run, encoder, Path(folder.name))

    def trained(training: Training, folder: Any = folder) -> Fitted:
        return fit_notes(train, calibration, widths, training)

    return search(in_space, trained, run.task.training, fn_args.working_dir)


def _notes(fn_args: Any, run: TrainingRun, encoder: Encoder | None, folder: Path) -> tuple[NoteRows, NoteRows, Widths]:
    """The notes of the train and the calibration split, and how wide their views are."""
    layout = Layout(run.task.input_values)
    widths = Widths(
        int(run.graph.vocabulary_size_by_name(TFIDF)),
        layout.width,
        tuple(warm_start.vocabulary_sizes(layout, run.graph)),
        encoder.width if encoder else 0,
    )
    train = read_notes(fn_args.train_files, run.graph, run.task, folder / "train", encoder)
    calibration = read_notes(fn_args.eval_files, run.graph, run.task, folder / "calibration", encoder)
    check_rows(train.bare, calibration.bare, run.task.label.name)
    check_terms(train)
    return train, calibration, widths
