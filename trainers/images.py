"""Training on images: the functions that the pipeline's Trainer and Tuner nodes name."""

from typing import Any

from pipeline_configs.training import Training
from trainers import run_record, warm_start
from trainers.calibration import fit_calibrator
from trainers.devices import place_here, place_on, visible_gpus
from trainers.epochs import Fitted
from trainers.fitting import check_rows
from trainers.hyperparameters import in_image_space
from trainers.image.baselines import fit_image_baselines
from trainers.image.fitting import ImageSplits, fit_images, logits_of_images
from trainers.image.rows import ImageRows, image_rows
from trainers.image.signatures import export_images
from trainers.models.image_network import calibrated
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
        ConfigError: Keras runs on another backend than TensorFlow, or a backbone's weights cannot be used.
        DataProblem: Nothing can be learnt from the training split.
        RunFailed: The loss became NaN, the node was given the eval split, or another worker was lost.
    """
    place = place_here()
    run = TrainingRun(fn_args)
    splits, train, calibration = _splits(fn_args, run)
    task, graph, training, layout = run.task, run.graph, run.training, Layout(run.task.input_values)
    description = {
        **warm_start.described(layout, graph, training),
        "image": [*task.image[1].size, task.image[1].channels],
        "backbone": training.image.backbone,
    }
    fitted = fit_images(splits, training, run.start(description), place, run.watchers(place))
    if not place.workers.chief:
        return
    calibrator = fit_calibrator(*logits_of_images(fitted.model, splits), fitted.shift)
    model = calibrated(fitted.model, calibrator)
    export_images(model, fitted.model, splits.levels, graph, task, fn_args.serving_model_dir)
    run.keep(model)
    beside = fit_image_baselines(train, calibration, task)
    data = {"train": run_record.counts(train.thumbnails), "calibration": run_record.counts(calibration.thumbnails)}
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
    splits, _, _ = _splits(fn_args, run)

    def trained(training: Training) -> Fitted:
        return fit_images(splits, training, place=place)

    return search(in_image_space, trained, run.task.training, fn_args.working_dir)


def _splits(fn_args: Any, run: TrainingRun) -> tuple[ImageSplits, ImageRows, ImageRows]:
    """Where the images are, and what is small of those of the train and the calibration split."""
    train = image_rows(fn_args.train_files, run.graph, run.task)
    calibration = image_rows(fn_args.eval_files, run.graph, run.task)
    check_rows(train.thumbnails, calibration.thumbnails, run.task.label.name)
    labels, held_out = train.thumbnails.labels, len(calibration.thumbnails.labels)
    splits = ImageSplits(fn_args.train_files, fn_args.eval_files, run.graph, run.task, labels, held_out)
    return splits, train, calibration
