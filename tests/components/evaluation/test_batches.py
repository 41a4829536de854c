"""The parts of the Evaluator that work on batches: columns, slices, and the metrics of a slice."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics as sk

from components.evaluation import extractors, patient_metrics
from components.evaluation.verdicts import FAILED, PASSED, UNDECIDED, Verdict


def _specs(*features):
    from tensorflow_model_analysis.proto import config_pb2
    from tensorflow_model_analysis.slicer import slicer_lib

    return [slicer_lib.SingleSliceSpec(spec=config_pb2.SlicingSpec(feature_keys=list(names))) for names in features]


def test_a_column_has_one_value_a_row_and_none_where_there_is_none():
    batch = pa.record_batch(
        {
            "sex": pa.array([[b"f"], None, [], [b"m", b"x"]], pa.large_list(pa.large_binary())),
            "label": pa.array([[1], [0], [1], [0]], pa.list_(pa.int64())),
            "empty": pa.nulls(4),
        }
    )
    assert list(extractors.column(batch, "sex")) == [b"f", None, None, b"m"]
    assert list(extractors.column(batch, "label")) == [1, 0, 1, 0]
    assert list(extractors.column(batch, "empty")) == [None] * 4
    assert list(extractors.column(batch, "absent")) == [None] * 4


def test_slices_are_those_of_tfma_row_by_row():
    from tensorflow_model_analysis.slicer import slicer_lib

    random = np.random.default_rng(0)
    features = {
        "sex": random.choice(np.array([b"f", b"m", None], dtype=object), 300),
        "site": random.choice(np.array([b"a", b"b", b"c"], dtype=object), 300),
        "smoker": random.choice(np.array([0, 1, None], dtype=object), 300),
    }
    specs = _specs((), ("sex",), ("smoker",), ("sex", "site"), ("sex", "smoker", "site"))
    got = extractors.slice_rows(features, 300, specs)
    expected: dict = {}
    for i in range(300):
        row = {name: np.array([values[i]]) for name, values in features.items() if values[i] is not None}
        for key in slicer_lib.get_slices_for_features_dicts([], row, specs):
            expected.setdefault(key, []).append(i)
    assert {key: list(rows) for key, rows in got.items()} == expected
    assert len(got[()]) == 300


def test_without_slice_features_there_is_one_slice():
    got = extractors.slice_rows({}, 5, _specs(()))
    assert {key: list(rows) for key, rows in got.items()} == {(): [0, 1, 2, 3, 4]}


def test_a_patient_is_in_the_same_group_in_every_batch():
    names = np.array([f"{i:016x}".encode() for i in range(1000)], dtype=object)
    groups = extractors.patient_groups(names)
    assert (groups[::-1] == extractors.patient_groups(names[::-1])).all()
    assert np.bincount(groups, minlength=extractors.GROUPS).min() > 20


def _measure(models, baseline=None, verdicts=(), threshold=0.5):
    return patient_metrics._Measure(models, baseline, threshold, list(verdicts), False)


def _arrays(n=400, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n).astype(np.uint8)
    scores = np.clip(0.5 + (labels - 0.5) * 0.3 + random.normal(size=n) * 0.3, 0, 1)
    other = np.clip(scores + random.normal(size=n) * 0.1, 0, 1)
    return labels, np.stack([scores, other], 1).astype(np.float32), random.integers(0, 20, n).astype(np.uint8)


def _by_name(found, model="", is_diff=False):
    return {key.name: value for key, value in found.items() if key.model_name == model and key.is_diff == is_diff}


def test_a_standard_error_is_that_of_the_grouped_jackknife():
    labels, scores, groups = _arrays()
    found = _by_name(_measure([""])((labels, scores[:, :1], groups)))["auroc"]
    assert found.unsampled_value == pytest.approx(sk.roc_auc_score(labels, scores[:, 0]))
    without = [sk.roc_auc_score(labels[groups != g], scores[groups != g, 0]) for g in range(20)]
    expected = np.sqrt(19 / 20 * np.sum((np.array(without) - np.mean(without)) ** 2))
    assert found.sample_standard_deviation == pytest.approx(expected)
    assert found.sample_degrees_of_freedom == 19


def test_the_difference_to_the_baseline_is_paired():
    labels, scores, groups = _arrays()
    found = _measure(["candidate", "baseline"], "baseline")((labels, scores, groups))
    change = _by_name(found, "candidate", is_diff=True)["auroc"]
    alone = _by_name(found, "candidate")["auroc"]
    expected = sk.roc_auc_score(labels, scores[:, 0]) - sk.roc_auc_score(labels, scores[:, 1])
    assert change.unsampled_value == pytest.approx(expected)
    assert change.sample_standard_deviation < alone.sample_standard_deviation
    assert not _by_name(found, "baseline", is_diff=True)


def test_too_few_groups_of_patients_give_no_interval():
    labels, scores, groups = _arrays()
    found = _by_name(_measure([""])((labels, scores[:, :1], groups % 9)))
    assert float(found["auroc"]) == pytest.approx(sk.roc_auc_score(labels, scores[:, 0]))
    assert np.isnan(found["auroc"].sample_standard_deviation)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict("auroc", "sex", 0.6, 20, 5), PASSED),
        (Verdict("auroc", "sex", 0.99, 20, 5), FAILED),
        (Verdict("brier", "sex", 0.01, 20, 5), FAILED),
        (Verdict("brier", "sex", 0.9, 20, 5), PASSED),
        (Verdict("auroc", "sex", 0.99, 401, 5), UNDECIDED),
        (Verdict("auroc", "sex", 0.99, 20, 390), UNDECIDED),
    ],
)
def test_a_verdict_has_three_answers(verdict, code):
    labels, scores, groups = _arrays()
    found = _by_name(_measure([""], verdicts=[verdict])((labels, scores[:, :1], groups)))
    assert found[verdict.name] == code


def test_what_is_not_defined_is_not_enough_evidence():
    labels, scores, groups = _arrays()
    verdict = Verdict("ppv", "sex", 0.5, 20, 5)
    found = _by_name(_measure([""], verdicts=[verdict], threshold=0.999999)((labels, scores[:, :1] * 0.5, groups)))
    assert np.isnan(float(found["ppv"])) and found[verdict.name] == UNDECIDED


def test_the_threshold_is_compared_in_the_models_own_precision():
    labels, groups = np.array([1, 0] * 20, np.uint8), np.arange(40).astype(np.uint8) % 20
    scores = np.array([[0.7], [0.6]] * 20, np.float32)
    assert float(np.float32(0.7)) < 0.7
    found = _by_name(_measure([""], threshold=0.7)((labels, scores, groups)))
    assert float(found["sensitivity"]) == 1.0


def test_merging_accumulators_keeps_every_row():
    combiner = patient_metrics._Collect("key")
    labels, scores, groups = _arrays()
    parts = [slice(0, 100), slice(100, 250), slice(250, 400)]
    accumulators = []
    for part in parts:
        accumulator = combiner.create_accumulator()
        accumulators.append(combiner.add_input(accumulator, (labels[part], scores[part], groups[part])))
    merged = combiner.compact(combiner.merge_accumulators(accumulators))
    got = combiner.extract_output(merged)["key"]
    for found, expected in zip(got, (labels, scores, groups), strict=True):
        assert (found == expected).all()
