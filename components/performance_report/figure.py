"""The picture of a report: ROC curves, calibration with intervals, and the slices."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.performance_report.groups import ENOUGH
from components.performance_report.predictions import NETWORK, Predictions

__all__ = ["calibration_points", "draw", "roc_points"]

COLOURS = ("#1b4f72", "#d35400", "#7d8c93", "#8e44ad")
"""Of the models, the network first; told apart without colour vision by their lightness."""

MOST_SLICES = 24
MOST_POINTS = 1000


def draw(report: Mapping[str, Any], rows: Predictions) -> bytes:
    """Draws the eval split.

    Args:
        report: The content of performance.json.
        rows: Predictions on eval.

    Returns:
        A PNG.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    slices = [found for found in report["slices"] if found["evidence"] == ENOUGH and found["metrics"]["auroc"]["value"]]
    height = 5.2 + 0.15 * max(0, min(len(slices), MOST_SLICES) - 18)
    figure = Figure(figsize=(15, height), layout="constrained", facecolor="white")
    canvas = FigureCanvasAgg(figure)
    roc, calibration, forest = figure.subplots(1, 3, gridspec_kw={"width_ratios": [1, 1, 1.25]})
    _roc(roc, report["splits"]["eval"]["models"], rows)
    _calibration(calibration, report["splits"]["eval"]["models"][NETWORK], rows)
    _forest(forest, report, slices)
    for axes in (roc, calibration, forest):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_anchor("N")
    split = report["splits"]["eval"]
    share = split["positives"] / split["rows"] if split["rows"] else 0.0
    size = f"{split['rows']:,} rows of {split['patients']:,} patients, {share:.0%} positive"
    figure.suptitle(f"{report['task']}, eval split: {size}; intervals at {report['confidence']:.0%}", fontsize=11)
    out = io.BytesIO()
    canvas.print_figure(out, dpi=110)
    return out.getvalue()


def roc_points(labels: NDArray[np.int64], probability: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns false-positive and true-positive rates at every distinct probability, from (0, 0) to (1, 1)."""
    order = np.argsort(-probability, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(probability[order])), labels.size - 1)
    hits = np.cumsum(labels[order])[ends]
    false = ends + 1 - hits
    x, y = (np.concatenate(([0], counts)) / max(int(counts[-1]), 1) for counts in (false, hits))
    if x.size > MOST_POINTS:
        keep = np.unique(np.linspace(0, x.size - 1, MOST_POINTS).astype(int))
        x, y = x[keep], y[keep]
    return x, y


def calibration_points(
    labels: NDArray[np.int64], probability: NDArray[np.float64], bins: int = 10
) -> list[tuple[float, float, float, float, int]]:
    """Returns mean probability, rate, its Wilson 95 % interval and size, for groups of about equal size.

    Reference: Wilson EB. Probable inference, the law of succession, and statistical inference. JASA 1927.
    """
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1])) if probability.size else np.zeros(0)
    number = np.searchsorted(edges, probability, side="right")
    points = []
    for i in np.unique(number):
        inside = number == i
        n, hits, z = int(inside.sum()), int(labels[inside].sum()), 1.96
        rate = hits / n
        centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
        points.append((float(probability[inside].mean()), rate, float(centre - reach), float(centre + reach), n))
    return points


def _text(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "not defined"
    if estimate["low"] is None:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"


def _roc(axes: Any, models: Mapping[str, Any], rows: Predictions) -> None:
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    for i, (name, probability) in reversed(list(enumerate(rows.probabilities.items()))):
        x, y = roc_points(rows.labels, probability)
        label = f"{name.replace('_', ' ')}\nAUROC {_text(models[name]['auroc'])}"
        axes.plot(x, y, color=COLOURS[i % len(COLOURS)], linewidth=2 if i == 0 else 1.2, label=label)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="lower right", fontsize=8, frameon=False)
    axes.set(title="ROC", xlabel="1 - specificity", ylabel="sensitivity", xlim=(0, 1), ylim=(0, 1.005), aspect="equal")


def _calibration(axes: Any, network: Mapping[str, Any], rows: Predictions) -> None:
    points = calibration_points(rows.labels, rows.probabilities[NETWORK])
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    if points:
        x, y, low, high, _ = (np.array(values) for values in zip(*points, strict=True))
        reach = np.maximum(0.0, [y - low, high - y])  # Wilson's bounds at a rate of 0 or 1 are off by rounding
        axes.errorbar(x, y, yerr=reach, fmt="o", color=COLOURS[0], markersize=4, capsize=2, linewidth=1)
    counts, edges = np.histogram(rows.probabilities[NETWORK], bins=40, range=(0, 1))
    if counts.max(initial=0):
        axes.bar(edges[:-1], counts / counts.max() * 0.12, width=1 / 40, align="edge", color="#c8d6df", zorder=0)
    wanted = {"slope": "calibration_slope", "intercept": "calibration_intercept", "Brier": "brier", "ECE": "ece"}
    lines = [f"{name} {_text(network[metric])}" for name, metric in wanted.items()]
    axes.text(0.98, 0.16, "\n".join(lines), ha="right", va="bottom", fontsize=8, transform=axes.transAxes)
    axes.set(title="Calibration, network", xlabel="predicted probability", ylabel="observed rate")
    axes.set(xlim=(0, 1), ylim=(0, 1.005), aspect="equal")


def _forest(axes: Any, report: Mapping[str, Any], slices: list[Mapping[str, Any]]) -> None:
    shown = slices[:MOST_SLICES]
    overall = report["splits"]["eval"]["models"][NETWORK]["auroc"]
    left_out = len(report["slices"]) - len(slices)
    title = "AUROC by group, network"
    if left_out:
        title += f"\n{left_out} more without enough evidence"
    if len(slices) > len(shown):
        title += f"\n{len(slices) - len(shown)} more in performance.json"
    axes.set_title(title)
    axes.set_xlabel("AUROC")
    if overall["value"] is not None:
        axes.axvline(overall["value"], color=COLOURS[0], linewidth=1, linestyle="--")
    if not shown:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no group to show", ha="center", transform=axes.transAxes, color="#777777")
        return
    for y, found in enumerate(shown):
        estimate = found["metrics"]["auroc"]
        if estimate["low"] is not None:
            axes.plot([estimate["low"], estimate["high"]], [y, y], color=COLOURS[0], linewidth=1.5)
        axes.plot(estimate["value"], y, "o", color=COLOURS[0], markersize=4)
    axes.set_yticks(range(len(shown)), [f"{found['name']}  (n={found['rows']:,})" for found in shown], fontsize=8)
    axes.invert_yaxis()
    axes.margins(y=0.04)
