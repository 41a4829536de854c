"""Compares the network with its baselines by repeated cross-validation, on the examples that a run ingested.

    python scripts/compare_models.py heart_disease galen_home/pipelines/.../RecordsExampleGen/examples/1 --repeats 2

In each of five folds, the other four are cut into train (80 %) and calibration (20 %) as a pipeline run would, features
are centred on train alone, and all models learn from train and are calibrated on calibration. Means over all folds are
given with 95 % intervals that allow for the overlap of training sets (Nadeau and Bengio, Inference for the
generalization error, Machine Learning 2003). With --leave-out, each group is held out in turn instead: how a model does
at a hospital that it has never seen. docs/model_architecture.md holds the figures.
"""

import argparse
import logging
import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split

from pipeline_configs.task import Task
from pipelines.config import load_task
from trainers.baselines import fit_baselines, predict
from trainers.calibration import fit_calibrator
from trainers.fitting import fit, logits_of
from trainers.input_fn import Rows, input_spec
from transforms.layout import Layout
from transforms.tensors import analysed_columns, centred, clean_inputs

FOLDS = 5
METRICS = {"AUROC": roc_auc_score, "Brier": brier_score_loss, "log loss": log_loss}
Scores = dict[str, dict[str, list[float]]]


def read(task: Task, folder: str, where: str, group: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reads all splits: columns before centring (float32 `[n, columns]`), labels (int64 `[n]`), groups (bytes)."""
    layout = Layout(task.inputs)
    if layout.buckets or layout.ids:
        raise SystemExit("buckets and learnt vocabularies are fitted by TensorFlow Transform and are not compared here")
    spec = {**input_spec(task.features), task.label.name: tf.io.FixedLenFeature([], tf.int64)}
    records: list[bytes] = []
    for file in sorted(tf.io.gfile.glob(f"{folder}/Split-*/*")):
        kind = "GZIP" if file.endswith(".gz") else ""
        records += list(tf.data.TFRecordDataset(file, compression_type=kind).as_numpy_iterator())
    raw = tf.io.parse_example(records, spec)
    values = clean_inputs(raw, task.features)
    feature, _, value = where.partition("=")
    chosen = values[feature].numpy() == value.encode() if where else np.ones(len(records), bool)
    groups = values[group].numpy().astype(bytes) if group else np.array([b""] * len(records))
    return analysed_columns(values, layout).numpy()[chosen], raw[task.label.name].numpy()[chosen], groups[chosen]


def rows(columns: np.ndarray, labels: np.ndarray, train: np.ndarray, of: np.ndarray, numeric: int) -> Rows:
    """Centres columns on the training rows, as the transform graph does."""
    with np.errstate(all="ignore"):
        mean, variance = np.nanmean(columns[train], axis=0), np.nanvar(columns[train], axis=0)
    features = centred(tf.constant(columns[of]), tf.constant(mean), tf.constant(variance), numeric).numpy()
    return Rows(features, labels[of], np.array([b""] * len(of)), {})


def one_fold(
    task: Task, columns: np.ndarray, labels: np.ndarray, learn: np.ndarray, test: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Trains all models and returns the probability that each gives the rows of `test`."""
    train, held = train_test_split(learn, test_size=0.2, stratify=labels[learn], random_state=seed)
    numeric = len(Layout(task.inputs).numbers)
    a, b, c = (rows(columns, labels, train, part, numeric) for part in (train, held, test))
    training = task.training.model_copy(update={"seed": seed})
    fitted = fit(a, b, (), training)
    calibrator = fit_calibrator(logits_of(fitted.model, b.features), b.labels, fitted.shift)
    network = {"network": calibrator(logits_of(fitted.model, c.features))}
    return network | predict(fit_baselines(a, b, 0, training), {"features": c.features})


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half width of the 95 % interval of a repeated cross-validation."""
    count = len(values)
    deviation = math.sqrt((1 / count + 1 / (FOLDS - 1)) * float(np.var(values, ddof=1)))
    return float(np.mean(values)), float(stats.t.ppf(0.975, count - 1)) * deviation


def print_held_out(task: Task, columns: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> None:
    """Prints the AUROC of each model on each group, trained on the other groups."""
    for seed, group in enumerate(np.unique(groups)):
        learn, test = np.flatnonzero(groups != group), np.flatnonzero(groups == group)
        said = one_fold(task, columns, labels, learn, test, seed)
        scores = ", ".join(f"{model} {roc_auc_score(labels[test], p):.3f}" for model, p in said.items())
        print(f"{group.decode()} ({len(test)} rows, {labels[test].mean():.0%} positive): {scores}", flush=True)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("task")
    parser.add_argument("examples", help="folder with Split-train, Split-calibration and Split-eval")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--where", default="", help="only rows with this value of a categorical feature: dataset=cleveland"
    )
    parser.add_argument("--leave-out", default="", help="hold out each value of a categorical feature in turn: dataset")
    given = parser.parse_args()
    logging.getLogger("trainers").setLevel(logging.ERROR)
    task, _ = load_task(given.task)
    columns, labels, groups = read(task, given.examples, given.where, given.leave_out)
    if given.leave_out:
        print_held_out(task, columns, labels, groups)
        return
    scores: Scores = {}
    for repeat in range(given.repeats):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=repeat).split(columns, labels)
        for number, (learn, test) in enumerate(folds):
            said = one_fold(task, columns, labels, learn, test, seed=100 * repeat + number)
            for model, probability in said.items():
                for metric, function in METRICS.items():
                    scores.setdefault(model, {}).setdefault(metric, []).append(function(labels[test], probability))
    print(
        f"{given.task} {given.where}: {len(labels)} rows, {labels.mean():.1%} positive, {FOLDS} folds x {given.repeats}"
    )
    print("| model | " + " | ".join(METRICS) + " | AUROC, network minus this |")
    print("|---|" + "---|" * (len(METRICS) + 1))
    for model, by_metric in scores.items():
        cells = ["{:.3f} ± {:.3f}".format(*interval(values)) for values in by_metric.values()]
        gap = np.subtract(scores["network"]["AUROC"], by_metric["AUROC"])
        cells.append("" if model == "network" else "{:+.3f} ± {:.3f}".format(*interval(list(gap))))
        print(f"| {model} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
