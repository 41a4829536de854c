"""transforms.records: the graph that Beam makes of the sample task, held against NumPy on the same rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from tests.samples.files import examples, write_split, write_transform_graph
from tests.samples.records import sample_rows, sample_task
from transforms.layout import FEATURES, Layout

ROWS = sample_rows(900, seed=3)
TASK = sample_task()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tft.TFTransformOutput:
    folder: Path = tmp_path_factory.mktemp("transform")
    return tft.TFTransformOutput(write_transform_graph(TASK, write_split(ROWS, folder, "train"), folder))


def columns(graph: tft.TFTransformOutput, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    spec = {name: feature for name, feature in graph.raw_feature_spec().items() if name in TASK.inputs}
    raw = tf.io.parse_example(tf.constant(examples(rows), tf.string), spec)
    out = graph.transform_features_layer()(raw)[FEATURES].numpy()
    return dict(zip(Layout(TASK.inputs).names, out.T, strict=True))


def like(**changes: Any) -> pd.DataFrame:
    """One complete row, changed."""
    complete = ROWS.dropna(subset=["age", "crp", "bmi", "smoker", "sex", "town"]).iloc[[0]]
    return complete.assign(**{name: [value] for name, value in changes.items()})


def test_the_only_output_is_one_dense_vector(graph: tft.TFTransformOutput) -> None:
    (name, spec), *others = graph.transformed_feature_spec().items()
    assert (name, spec.dtype, list(spec.shape), others) == (FEATURES, tf.float32, [24], [])


def test_label_patient_and_what_is_no_input_do_not_reach_the_vector(graph: tft.TFTransformOutput) -> None:
    one = columns(graph, like())
    other = columns(graph, like(ill=1 - int(like()["ill"].iloc[0]), site="south", patient="0", age_band=">=60"))
    assert all(one[name] == other[name] for name in one)


def test_everything_is_finite(graph: tft.TFTransformOutput) -> None:
    assert all(np.all(np.isfinite(column)) for column in columns(graph, ROWS).values())


def test_numbers_are_z_scores_with_missing_at_the_mean(graph: tft.TFTransformOutput) -> None:
    got = columns(graph, ROWS)
    for name, values in (("age", ROWS["age"].clip(upper=90)), ("crp", np.log1p(ROWS["crp"]))):
        expected = ((values - np.nanmean(values)) / np.nanstd(values)).fillna(0.0)
        np.testing.assert_allclose(got[name], expected, atol=2e-5)


def test_flags_categories_and_missing_flags_are_centred(graph: tft.TFTransformOutput) -> None:
    got = columns(graph, ROWS)
    smoker = pd.to_numeric(ROWS["smoker"])
    np.testing.assert_allclose(got["smoker"], (smoker - smoker.mean()).fillna(0.0), atol=1e-5)
    known = ROWS["sex"].dropna()
    share = float((known == "male").mean())
    expected = np.where(ROWS["sex"].isna(), 0.0, (ROWS["sex"] == "male") - share)
    np.testing.assert_allclose(got["sex=male"], expected, atol=1e-5)
    missing = ROWS["bmi"].isna()
    np.testing.assert_allclose(got["bmi missing"], missing - missing.mean(), atol=1e-5)


def test_buckets_hold_the_quartiles(graph: tft.TFTransformOutput) -> None:
    got = columns(graph, ROWS)
    buckets = np.stack([got[f"bmi bucket {i}"] for i in range(1, 5)], axis=1)
    present = ROWS["bmi"].notna().to_numpy()
    np.testing.assert_array_equal(buckets[~present], 0.0)
    shares = (buckets[present] > 0).mean(axis=0)
    np.testing.assert_allclose(shares, 0.25, atol=0.02)
    by_bmi = np.argmax(buckets[present], axis=1)[np.argsort(ROWS["bmi"].to_numpy()[present])]
    assert np.all(np.diff(by_bmi) >= 0)


def test_a_learnt_vocabulary_keeps_the_frequent_values(graph: tft.TFTransformOutput) -> None:
    got = columns(graph, ROWS)["town id"]
    frequent = ROWS["town"].value_counts().index[:3].tolist()
    places = {name: place + 2 for place, name in enumerate(frequent)}
    expected = [0 if town is None else places.get(town, 1) for town in ROWS["town"]]
    assert got.tolist() == expected
    assert {1.0} < set(got.tolist())


def test_constant_and_never_measured_columns_are_silent_in_training_and_serving(graph: tft.TFTransformOutput) -> None:
    silent = ["constant", "never", "only=same", "only=different", "only=other", "constant missing", "never missing"]
    for rows in (ROWS, like(constant=9.0, never=3.0, only="different"), like(constant=np.nan, only=None)):
        got = columns(graph, rows)
        assert all(np.all(got[name] == 0.0) for name in silent)


def test_an_unknown_category_counts_as_the_average_patient(graph: tft.TFTransformOutput) -> None:
    got = columns(graph, like(sex="unheard of", town="unheard of"))
    assert [float(got[name][0]) for name in ("sex=male", "sex=female", "sex=other", "town id")] == [0.0, 0.0, 0.0, 1.0]


def test_a_value_outside_the_plausible_range_counts_as_the_nearer_end(graph: tft.TFTransformOutput) -> None:
    assert columns(graph, like(age=300.0))["age"] == columns(graph, like(age=120.0))["age"]
    assert columns(graph, like(age=-3.0))["age"] == columns(graph, like(age=0.0))["age"]


def test_an_empty_example_and_an_empty_batch(graph: tft.TFTransformOutput) -> None:
    spec = {name: feature for name, feature in graph.raw_feature_spec().items() if name in TASK.inputs}
    layer = graph.transform_features_layer()
    nobody = layer(tf.io.parse_example(tf.constant([b""]), spec))[FEATURES].numpy()
    assert nobody.shape == (1, 24)
    assert np.all(np.isfinite(nobody))
    assert nobody[0, :4].tolist() == [0.0] * 4
    assert layer(tf.io.parse_example(tf.constant([], tf.string), spec))[FEATURES].shape == (0, 24)


def test_the_training_split_decides_and_a_batch_does_not(graph: tft.TFTransformOutput) -> None:
    whole = columns(graph, ROWS.iloc[:50])
    alone = columns(graph, ROWS.iloc[[20]])
    assert all(whole[name][20] == alone[name][0] for name in whole)
