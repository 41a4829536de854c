"""scripts/compare_models.py: its features are those of the transform graph, its intervals those of the paper."""

import math

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from compare_models import interval, rows
from scipy import stats

from tests.samples.files import examples
from tests.trainers.conftest import Sample
from trainers.input_fn import features_and_labels, input_spec
from transforms.layout import Layout
from transforms.tensors import analysed_columns, clean_inputs


def test_features_are_centred_as_the_transform_graph_does(sample: Sample) -> None:
    layout = Layout(sample.task.inputs)
    raw = tf.io.parse_example(examples(sample.split("train")), input_spec(sample.task.inputs))
    columns = analysed_columns(clean_inputs(raw, layout.inputs), layout).numpy()
    everyone = np.arange(len(columns))
    ours = rows(columns, np.zeros(len(columns), np.int64), everyone, everyone, len(layout.numbers)).features
    theirs = features_and_labels([sample.files["train"]], tft.TFTransformOutput(sample.graph), sample.task).features
    np.testing.assert_allclose(ours, theirs[:, : len(layout.analysed)], atol=2e-5)


def test_the_interval_allows_for_overlapping_training_sets() -> None:
    values = [0.8, 0.9, 0.85, 0.95, 0.75, 0.8, 0.9, 0.85, 0.95, 0.75]
    mean, half = interval(values)
    assert mean == pytest.approx(0.85)
    naive = float(stats.t.ppf(0.975, 9)) * float(np.std(values, ddof=1)) / math.sqrt(10)
    assert half == pytest.approx(naive * math.sqrt(1 + 10 / 4))
