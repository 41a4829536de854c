"""What the data gate looks at besides anomalies: splits that cannot be learnt from or judged on."""

from collections.abc import Mapping
from typing import Any

from pipeline_configs.errors import Problem

__all__ = ["split_problems"]


def split_problems(report: Mapping[str, Any]) -> list[Problem]:
    """Returns a problem for each split that is empty or holds one class only.

    Args:
        report: The ingest's report.json: `rows` and `positives` by split.
    """
    problems = []
    for split, rows in report["rows"].items():
        positives = report["positives"].get(split, 0)
        fix = "give more data, or change splits in the task"
        if rows == 0:
            problems.append(
                Problem("the split is empty", f"split {split}", "examples of both classes", "0 examples", fix)
            )
        elif positives in (0, rows):
            only = "negative" if positives == 0 else "positive"
            problems.append(
                Problem(
                    "the label is constant",
                    f"split {split}",
                    "examples of both classes",
                    f"{rows:,} examples, all {only}",
                    f"{fix}; look at label.positive",
                )
            )
    return [*problems, *_empty_features(report)]


def _empty_features(report: Mapping[str, Any]) -> list[Problem]:
    """Features without a single value: a broken join or a renamed column looks exactly like this."""
    rows = sum(report["rows"].values())
    return [
        Problem(
            f"{name}: the feature has no value in any row",
            "all splits",
            "at least one value",
            f"{rows:,} rows, none with a value",
            "mend the source, or take the feature out of the task",
        )
        for name, missing in sorted(report.get("missing", {}).items())
        if rows and missing >= rows
    ]
