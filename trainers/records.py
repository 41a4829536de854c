"""Training on records: the functions that the pipeline's Trainer and Tuner nodes name."""

from typing import Any

from pipeline_configs.training import Training
from trainers import run_record, warm_start
from trainers.baselines import fit_baselines
from trainers.calibration import fit_calibrator
from trainers.devices import place_here, place_on, visible_gpus
from trainers.epochs import Fitted
from trainers.fitting import check_rows, fit, logits_of
from trainers.hyperparameters import in_space
from trainers.input_fn import Rows, features_and_labels
from trainers.models.ensemble import deployable
from trainers.signatures import export
from trainers.training_run import TrainingRun
from transforms.layout import Layout

__all__ = ["run_fn", "tuner_fn"]


def run_fn(fn_args: Any) -> None:
    """Trains, calibrates and writes the network and its baselines.

    Args:
        fn_args: As for `TrainingRun`. The SavedModel goes to `serving_model_dir`, and model.keras, training.json,
            baselines.joblib and TensorBoard's events to `model_run_dir`. Of several workers (TF_CONFIG) only the
            chief writes.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow.
        DataProblem: Nothing can be learnt from the training split.
        RunFailed: The loss became NaN, the node was given the eval split, or another worker was lost.
    """
    place = place_here()
    run = TrainingRun(fn_args)
    train, calibration = _rows(fn_args, run)
    training, layout = run.training, Layout(run.task.inputs)
    start = run.start(warm_start.described(layout, run.graph, training))
    vocabularies = warm_start.vocabulary_sizes(layout, run.graph)
    fitted = fit(train, calibration, vocabularies, training, start, place, run.watchers(place))
    if not place.workers.chief:
        return
    logits = logits_of(fitted.model, calibration.features)
    calibrator = fit_calibrator(logits, calibration.labels, fitted.shift)
    model = deployable(fitted.model, calibrator.slope, calibrator.intercept)
    export(model, run.graph, run.task, fn_args.serving_model_dir)
    run.keep(model)
    beside = fit_baselines(train, calibration, len(layout.ids), training)
    data = {"train": run_record.counts(train), "calibration": run_record.counts(calibration)}
    run.finish(fitted, calibrator, beside, data, columns=list(layout.names))


def tuner_fn(fn_args: Any) -> Any:
    """Prepares the search for hyperparameters.

    Args:
        fn_args: As for `run_fn`, with `working_dir` for the trials.

    Returns:
        tfx.components.TunerFnResult.
    """
    from trainers.tuning import search  # a second, which training does not need

    place = place_on(visible_gpus())
    run = TrainingRun(fn_args)
    train, calibration = _rows(fn_args, run)
    vocabularies = warm_start.vocabulary_sizes(Layout(run.task.inputs), run.graph)

    def trained(training: Training) -> Fitted:
        return fit(train, calibration, vocabularies, training, place=place)

    return search(in_space, trained, run.task.training, fn_args.working_dir)


def _rows(fn_args: Any, run: TrainingRun) -> tuple[Rows, Rows]:
    """The rows of the train and the calibration split."""
    train = features_and_labels(fn_args.train_files, run.graph, run.task)
    calibration = features_and_labels(fn_args.eval_files, run.graph, run.task)
    check_rows(train, calibration, run.task.label.name)
    return train, calibration
