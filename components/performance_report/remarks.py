"""Sentences that a reviewer should read: no better than a baseline or a shortcut, too good to be true, overfit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.performance_report.predictions import NETWORK, Predictions
from trainers.baselines import PROBE, WITH_LABEL_WORDS
from trainers.bootstrap import Replicates
from trainers.metrics import Scored

__all__ = ["remarks", "single_features"]

TOO_GOOD = 0.995
"""AUROC on eval from which on leakage is likelier than skill."""

ALONE = 0.9
"""AUROC from which on a single column is worth a remark, where it also comes within ALONE_MARGIN of the network."""

ALONE_MARGIN = 0.01

OVERFIT = 0.03
"""Difference in AUROC between train and eval from which on it is remarked."""


def remarks(
    rows: Predictions,
    replicates: Replicates[str],
    comparisons: Sequence[Mapping[str, Any]],
    overfit: Mapping[str, Any] | None,
    feature_names: Sequence[str],
) -> list[str]:
    """Returns the sentences, the most serious first.

    Args:
        rows: The eval split.
        replicates: Its metrics.
        comparisons: Network against each baseline.
        overfit: Train minus eval, or None.
        feature_names: Names of the dense columns of the features.
    """
    auroc = replicates.values[NETWORK]["auroc"]
    found = []
    if auroc > TOO_GOOD:
        found.append(
            f"AUROC on eval is {auroc:.3f}, which is rarely true: check for leakage (a feature that is known only "
            "after the outcome, or the same patients in train and eval)"
        )
    found += [
        f"'{name}' alone reaches an AUROC of {alone:.3f} on eval, where the network has {auroc:.3f}: check that it is "
        "known at the time of prediction"
        for name, alone in single_features(rows.features, rows.labels, feature_names).items()
        if alone >= ALONE and alone >= auroc - ALONE_MARGIN
    ]
    unproven = [c for c in comparisons if c["verdict"] != "better" and c["baseline"] != WITH_LABEL_WORDS]
    if any(c["baseline"] == PROBE for c in unproven):
        found.append(
            "how and where the data was taken predicts the label with an AUROC of "
            f"{replicates.values[PROBE]['auroc']:.3f}, and the network has {auroc:.3f}: it may have learnt "
            "the source instead of the disease"
        )
    if unproven:
        found.append("the network is " + "; ".join(c["sentence"] for c in unproven))
    found += _label_words(replicates)
    if overfit and overfit["low"] is not None and overfit["low"] > 0 and overfit["difference"] > OVERFIT:
        found.append(
            f"AUROC is {overfit['difference']:.3f} higher on train than on eval "
            f"({overfit['low']:+.3f} to {overfit['high']:+.3f}): a sign that it has learnt rows by heart"
        )
    return found


def _label_words(replicates: Replicates[str]) -> list[str]:
    """What the words that the task masks would have been worth."""
    masked = WITH_LABEL_WORDS.removesuffix("_with_label_words")
    if WITH_LABEL_WORDS not in replicates.values or masked not in replicates.values:
        return []
    gain = replicates.difference(WITH_LABEL_WORDS, masked, "auroc")
    bounds = f" ({gain.low:+.3f} to {gain.high:+.3f})" if np.isfinite(gain.low) else ""
    with_them, without = (replicates.values[name]["auroc"] for name in (WITH_LABEL_WORDS, masked))
    return [
        f"with the masked label words logistic regression would have an AUROC of {with_them:.3f}, without them it has "
        f"{without:.3f}: they are worth {gain.value:+.3f}{bounds}"
    ]


def single_features(features: NDArray[np.float32], labels: NDArray[np.int64], names: Sequence[str]) -> dict[str, float]:
    """Returns the AUROC of each column by itself, in whichever direction it is larger; {} with a single class.

    Args:
        features: float32 [n, width].
        labels: int64 [n].
        names: Names of the first columns; further ones are ids without an order.
    """
    found = {}
    weights = np.ones((1, labels.size))
    for i, name in enumerate(names):
        column = features[:, i].astype(np.float64)
        low, high = (column.min(), column.max()) if column.size else (0.0, 0.0)
        if not high > low:
            continue
        scaled = (column - low) / (high - low)
        auroc = float(Scored(labels, np.clip(scaled, 0, 1), 0.5).metrics(weights, ["auroc"])["auroc"][0])
        if np.isfinite(auroc):
            found[name] = max(auroc, 1 - auroc)
    return found
