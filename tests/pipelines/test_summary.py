"""What a run came to: read from the reports, kept as JSON, shown within 80 columns."""

import io
from typing import Any

import pytest
from rich.console import Console

from pipelines.exit_codes import ExitCode
from pipelines.recorded.results import finite, groups_of, performance_of, rows_of
from pipelines.recorded.summary import Estimate, Summary, ThresholdResult
from pipelines.screen.summary import show_summary, verdict_of


def estimate(value: float) -> dict[str, float | int | None]:
    return {"value": value, "low": value - 0.05, "high": value + 0.04, "undefined": 0}


def model(auroc: float) -> dict[str, Any]:
    return {
        "auroc": estimate(auroc),
        "brier": estimate(0.2),
        "calibration_slope": {"value": None, "low": None, "high": None},
    }


PERFORMANCE: dict[str, Any] = {
    "splits": {
        "train": {"rows": 265, "models": {"network": model(0.9)}},
        "calibration": {"rows": 66, "models": {"network": model(0.85)}},
        "eval": {
            "rows": 111,
            "models": {"network": model(0.8), "logistic_regression": model(0.81), "gradient_boosting": model(0.79)},
        },
    },
    "slices": [
        {"slice": {"sex": "f"}, "name": "sex=f", "rows": 60, "positives": 20, "metrics": model(0.7)},
        {"slice": {"sex": "m"}, "name": "sex=m", "rows": 9, "positives": 1, "metrics": None},
        {
            "slice": {"sex": "f", "site": "a"},
            "name": "sex=f, site=a",
            "rows": 30,
            "positives": 9,
            "metrics": model(0.6),
        },
    ],
    "remarks": ["the network is not better than logistic regression: difference in AUROC -0.010 (-0.050 to +0.030)"],
}

THRESHOLDS = (
    ThresholdResult("auroc", "at_least", 0.7, 0.8, 0.1, "passed"),
    ThresholdResult("auroc", "max_worsening", 0.05, -0.012, 0.062, "passed"),
    ThresholdResult("brier", "at_most", 0.15, 0.2, -0.05, "failed"),
    ThresholdResult("sensitivity", "at_least", 0.6, 0.9, 0.3, "not enough evidence", "age_band=>=60, sex=female"),
    ThresholdResult("ppv", "at_least", 0.6, None, None, "failed"),
)


def full() -> Summary:
    metrics, baselines, remarks = performance_of(PERFORMANCE)
    return Summary(
        span="3",
        rows=rows_of(PERFORMANCE),
        key_metric="auroc",
        metrics=metrics,
        baselines=baselines,
        groups=groups_of(PERFORMANCE),
        remarks=remarks,
        thresholds=THRESHOLDS,
        blessed=False,
        pushed=False,
        places={"model": "/a/b"},
    )


def shown(summary: Summary, width: int) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=False)
    show_summary(summary, "not blessed", ExitCode.NOT_BLESSED, console=console, took="12 s")
    return stream.getvalue()


def test_groups_by_one_feature_are_read_and_shown() -> None:
    first, second = full().groups
    assert (first.name, first.rows, first.positives) == ("sex=f", 60, 20)
    assert first.auroc == Estimate(0.7, pytest.approx(0.65), pytest.approx(0.74))
    assert second.auroc is None
    assert Summary.from_json(full().to_json()).groups == full().groups
    [line] = [line for line in shown(full(), 80).splitlines() if line.startswith("sex=m")]
    assert "not enough evidence" in line


def test_performance_is_read() -> None:
    metrics, baselines, remarks = performance_of(PERFORMANCE)
    assert list(metrics) == ["train", "calibration", "eval"]
    assert metrics["eval"]["auroc"] == Estimate(0.8, 0.75, 0.8400000000000001)
    assert list(baselines) == ["logistic regression", "gradient boosting"]
    assert rows_of(PERFORMANCE) == {"train": 265, "calibration": 66, "eval": 111}
    assert remarks == tuple(PERFORMANCE["remarks"])
    assert performance_of({}) == ({}, {}, ())
    assert finite(float("nan")) is None


def test_a_summary_survives_the_database() -> None:
    back = Summary.from_json(full().to_json())
    assert back.key_estimate == full().key_estimate and back.key_estimate is not None
    assert list(back.thresholds) == list(THRESHOLDS)
    assert {k: dict(v) for k, v in back.metrics.items()} == {k: dict(v) for k, v in full().metrics.items()}
    assert Summary.from_json('{"from": "the future", "span": "7"}').span == "7"
    assert Summary.from_json("not json") == Summary()


@pytest.mark.parametrize("width", [80, 120])
def test_the_tables_fit(width: int) -> None:
    text = shown(full(), width)
    assert max(map(len, text.splitlines())) <= width
    assert "0.800 (0.750-0.840)" in text and "eval (111 rows)" in text and "calibration_slope" not in text
    assert "logistic regression" in text and "gradient boosting" in text
    words = " ".join(text.split())
    assert "passed by 0.100" in words and "failed by 0.050" in words
    assert "auroc against the last at most 0.050 worse" in words and "0.012 better" in words
    assert "not enough evidence" in words and "age_band=>=60, sex=female" in words
    assert "the network is not better than logistic regression" in words


@pytest.mark.parametrize(
    ("summary", "to_nodes", "push_enabled", "code", "said"),
    [
        (Summary(blessed=True, pushed=True, version="7"), (), True, 0, "pushed as version 7"),
        (Summary(blessed=True, pushed=False), (), False, 0, "push.enabled: false"),
        (Summary(blessed=True, pushed=False), (), True, 1, "was not pushed"),
        (Summary(blessed=False, pushed=False), (), True, 3, "not blessed"),
        (Summary(), (), True, 3, "no verdict"),
        (Summary(), ("Trainer",), True, 0, "stopped at Trainer, as asked"),
        (Summary(blessed=False), ("Evaluator",), True, 0, "stopped at Evaluator"),
        (Summary(blessed=False, pushed=False), ("ModelPusher",), True, 3, "not blessed"),
    ],
)
def test_verdicts(summary: Summary, to_nodes: tuple[str, ...], push_enabled: bool, code: int, said: str) -> None:
    found, verdict = verdict_of(summary, to_nodes, push_enabled)
    assert found == code and said in verdict
