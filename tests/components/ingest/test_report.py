"""The ingest report, and the verdict on what was read."""

import json
from collections import Counter
from typing import Any

import pytest

from components.ingest.ingest import Counts
from components.ingest.quarantine import Quarantine, key_of
from components.ingest.reasons import Reason, advice
from components.ingest.report import Summary, problems_of, report_json
from tests.components.ingest.helpers import make_task
from tests.components.notes_example_gen.notes import make_notes_task


def summary(
    rows: tuple[int, int, int] = (60, 15, 25), positives: tuple[int, int, int] = (30, 7, 12), **changes: Any
) -> Summary:
    names = ("train", "calibration", "eval")
    counts = Counts(Quarantine(100), rows=Counter(zip_(names, rows)), positives=Counter(zip_(names, positives)))
    counts.read = counts.taken_in = sum(rows)
    for (file, column, reason), lines in changes.pop("bad", {}).items():
        counts.quarantine.add(column, reason, len(lines), [(file, line) for line in lines])
        counts.quarantine.rows += len(lines)
        counts.read += len(lines)
        counts.taken_in += len(lines)
    return Summary(counts, [{"file": "a.csv", "rows": counts.read, "bytes": 1000}], sum(rows), 7, 2, 1.5)


def zip_(names: tuple[str, ...], values: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(names, values, strict=True))


def problems(found: Summary, **changes: Any) -> str:
    task = make_task(**{"data.quarantine.max_share": 0.01, **changes})
    return "\n".join(map(str, problems_of(task, found, "/data/a.csv", "/kept/quarantine.csv")))


def test_report() -> None:
    found = summary(bad={("a.csv", "age", Reason.NOT_A_NUMBER): [3], ("a.csv", "", Reason.RAGGED): [9, 10]})
    report = json.loads(report_json(found))
    assert {key: report[key] for key in ("span", "version", "read", "quarantined", "patients", "seconds")} == {
        **{"span": 7, "version": 2, "read": 103, "quarantined": 3, "patients": 100, "seconds": 1.5}
    }
    assert report["rows"] == {"train": 60, "calibration": 15, "eval": 25}
    assert report["positives"] == {"train": 30, "calibration": 7, "eval": 12}
    assert report["quarantine_share"] == pytest.approx(3 / 103)
    assert report["reasons"] == {Reason.RAGGED: 2, Reason.NOT_A_NUMBER: 1}
    assert report["columns"] == {"": {Reason.RAGGED: 2}, "age": {Reason.NOT_A_NUMBER: 1}}
    assert report["files"] == [{"file": "a.csv", "rows": 103, "bytes": 1000}]
    assert report["bytes_read"] == 1000


def test_quarantine_csv() -> None:
    bad = {("b,1.csv", "age", Reason.COMMA): [12], ("a.csv", "", Reason.RAGGED): [9, 2]}
    assert summary(bad=bad).counts.quarantine.csv().decode() == (
        "file,line,column,reason\n"
        "a.csv,2,,the line has more or fewer values than the header\n"
        "a.csv,9,,the line has more or fewer values than the header\n"
        '"b,1.csv",12,age,a comma in a number\n'
    )


def test_good_enough() -> None:
    assert problems(summary()) == ""
    assert problems(summary(bad={("a.csv", "age", Reason.RAGGED): [1]})) == ""


def test_too_much_in_quarantine() -> None:
    bad = {
        ("a.csv", "age", Reason.COMMA): list(range(2, 32)),
        ("a.csv", "sex", Reason.UNKNOWN_VALUE): [40, 50],
        ("a.csv", "", Reason.RAGGED): [60],
    }
    text = problems(summary(bad=bad))
    assert "/data/a.csv: 33 of 133 rows (24.8%) cannot be read" in text
    assert "expected: at most 1.0% (data.quarantine.max_share)" in text
    assert "30 x age: a comma in a number (lines 2, 3, 4)" in text
    assert "2 x sex: not one of the declared values (lines 40, 50)" in text
    assert "1 x the line has more or fewer values than the header (line 60)" in text
    assert 'set data.decimal: ","' in text
    assert "add it to features.sex.values, or to its missing" in text
    assert "every place is in /kept/quarantine.csv" in text


def test_too_much_of_too_many_kinds() -> None:
    bad = {(f"{i}.csv", f"c{i}", Reason.NOT_FINITE): [i + 1, i + 2] for i in range(8)}
    bad["x.csv", "c7", Reason.NOT_FINITE] = [5]
    text = problems(summary(bad=bad))
    assert "3 x c7: infinite or not a number (7.csv:8, 7.csv:9, x.csv:5)" in text
    assert "and 3 more kinds" in text


def test_everything_in_quarantine() -> None:
    text = problems(summary((0, 0, 0), (0, 0, 0), bad={("a.csv", "age", Reason.COMMA): [2, 3]}))
    assert "2 of 2 rows (100.0%) cannot be read" in text
    text = problems(
        summary((0, 0, 0), (0, 0, 0), bad={("a.csv", "age", Reason.COMMA): [2]}), **{"data.quarantine.max_share": 1.0}
    )
    assert "there are no patients in the data" in text


@pytest.mark.parametrize(("positives", "word"), [((0, 0, 0), "never"), ((60, 15, 25), "always")])
def test_constant_label(positives: tuple[int, int, int], word: str) -> None:
    text = problems(summary(positives=positives))
    assert f"the label 'ill' is {word} positive" in text
    assert f"{sum(positives)} positive of 100 rows" in text


def test_a_split_without_rows() -> None:
    text = problems(summary((80, 0, 20), (30, 0, 12)))
    assert "no patient falls into the split 'calibration'" in text
    assert "a larger share for splits.calibration" in text


def test_a_split_without_notes_may_come_of_copies() -> None:
    found = problems_of(make_notes_task("/data/notes.csv"), summary((80, 0, 20), (30, 0, 12)), "/data", "/kept")
    assert "copies of one note stand together (features.note.near_duplicate)" in "\n".join(map(str, found))
    assert "copies" not in problems(summary((80, 0, 20), (30, 0, 12)))


def test_a_split_with_a_constant_label() -> None:
    """One small span of a window may have one; what counts is the window."""
    found = summary(positives=(30, 7, 0))
    assert "the label 'ill' is never positive in the split 'eval'" in problems(found)
    assert problems(found, **{"data.window": 3, "data.path": "{SPAN}.csv"}) == ""


def test_each_reason_is_one_sentence_without_a_place_for_a_value() -> None:
    for reason in Reason:
        assert "{" not in reason and not reason.endswith(".") and "\n" not in reason
        assert "{" not in advice(reason, "features.age")


def test_advice_names_the_key() -> None:
    task = make_task(**{"features.age.column": "AGE"})
    assert key_of("AGE", task) == "features.age"
    assert key_of("outcome", task) == "label"
    assert key_of("id", task) == "patient_id"
    assert advice(Reason.COMPARISON, "features.age") == "say what it stands for with features.age.replace"
    assert advice("anything else", "label") == ""
