"""The shortcut probe: a model that sees how and where data was taken, and nothing of pixels or words.

Where it comes close to the network, the network has likely learnt the source.
"""

import numpy as np

from pipeline_configs.task import Task
from trainers.baselines import Baseline, fit_baselines
from trainers.input_fn import Rows
from transforms.layout import ACQUISITION, Layout

__all__ = ["fit_probe"]


def fit_probe(train: Rows, calibration: Rows, task: Task) -> Baseline:
    """Fits the better of logistic regression and gradient boosting by the log loss on the calibration split.

    A probe that is too weak would let a shortcut pass; that the choice flatters it a little is on the safe side.

    Args:
        train: Rows of the view acquisition to learn from.
        calibration: Rows to calibrate on.
        task: The task, for its training section and what it probes.
    """
    found = fit_baselines(train, calibration, len(Layout(task.probed).ids), task.training)

    def loss(baseline: Baseline) -> float:
        probability = np.clip(baseline.predict(calibration.features), 1e-7, 1 - 1e-7)
        return float(-np.mean(np.log(np.where(calibration.labels == 1, probability, 1 - probability))))

    best = min(found.values(), key=loss)
    return Baseline(best.estimator, best.calibrator, ACQUISITION)
