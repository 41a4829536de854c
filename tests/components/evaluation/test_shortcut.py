"""A model that is not better than its shortcut probe is not blessed, however good it is."""

from pathlib import Path

import pytest

from components.evaluation.component import Evaluator
from components.evaluation.results import OVER_PROBE, read_results
from pipeline_configs.errors import RunFailed
from pipeline_configs.task import Task
from tests.components.evaluation.conftest import Ground, task_with
from tests.samples.records import TASK

GOOD = {"auroc": {"at_least": 0.6}}


def probe(low: float | None, high: float | None) -> list[dict[str, object]]:
    other = {"baseline": "logistic_regression", "difference": -0.1, "low": -0.2, "high": -0.01}
    difference = None if low is None or high is None else (low + high) / 2
    return [other, {"baseline": "acquisition_probe", "difference": difference, "low": low, "high": high}]


@pytest.mark.parametrize(
    ("name", "low", "high", "blessed"),
    [
        ("better", 0.02, 0.2, True),
        ("equal", 0.0, 0.0, False),
        ("unsure", -0.01, 0.2, False),
        ("few", None, None, False),
    ],
)
def test_the_lower_end_of_the_difference_decides(
    ground: Ground, name: str, low: float | None, high: float | None, blessed: bool
) -> None:
    uri, blessing = ground.evaluate(task_with(GOOD), f"shortcut_{name}", comparisons=probe(low, high))
    assert blessing.get_int_custom_property("blessed") == int(blessed)
    assert [file.name for file in Path(blessing.uri).iterdir()] == ["BLESSED" if blessed else "NOT_BLESSED"]
    results = read_results(uri)
    assert results.blessed is blessed
    [check] = [check for check in results.checks if check.metric == OVER_PROBE]
    assert (check.kind, check.verdict) == ("above", "passed" if blessed else "failed")


def test_without_a_probe_there_is_nothing_to_be_better_than(ground: Ground) -> None:
    uri, blessing = ground.evaluate(task_with(GOOD), "no_probe", comparisons=probe(0.1, 0.2)[:1])
    assert blessing.get_int_custom_property("blessed") == 1
    assert OVER_PROBE not in {check.metric for check in read_results(uri).checks}


def test_a_model_that_fails_a_threshold_stays_refused(ground: Ground) -> None:
    task = task_with({"auroc": {"at_least": 0.99}})
    uri, blessing = ground.evaluate(task, "bad_but_no_shortcut", comparisons=probe(0.1, 0.2))
    assert blessing.get_int_custom_property("blessed") == 0
    assert not read_results(uri).blessed


def test_a_report_that_cannot_be_read_blesses_nothing(ground: Ground) -> None:
    from components.evaluation.shortcut import read_shortcut

    with pytest.raises(RunFailed, match="cannot be read"):
        read_shortcut(str(ground.folder / "nowhere"))


@pytest.mark.parametrize(
    ("changes", "judged"),
    [({}, False), ({"probe": ["site"]}, True), ({"probe": ["site"], "evaluation": {"shortcuts": "remark"}}, False)],
)
def test_the_report_is_an_input_where_shortcuts_refuse(changes: dict[str, object], judged: bool) -> None:
    from tfx.types import standard_artifacts
    from tfx.types.channel import Channel

    from components.artifacts import Performance

    examples, model = Channel(type=standard_artifacts.Examples), Channel(type=standard_artifacts.Model)
    task = Task.model_validate({**TASK, **changes})
    node = Evaluator(task, examples, model, performance=Channel(type=Performance))
    assert ("performance" in node.inputs) is judged
