"""No message of other people's code reaches a log; Galen's own and the operating system's do."""

import errno
import traceback

import pytest

from pipeline_configs.errors import DataProblem, Problem
from pipelines.failure import failure_of
from pipelines.redaction import WITHHELD, describe, exception_text, galen_error_in, redacted

SECRET = "Jane Doe, 1931-02-03"


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:  # noqa: BLE001
        return caught


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"could not convert string to float: '{SECRET}'"),
        KeyError(SECRET),
        RuntimeError(f"first line\n{SECRET}\n\nlast line {SECRET}"),
        OSError(f"CSV parse error: got {SECRET}"),
        TypeError(f"'{SECRET}' has type str"),
    ],
)
def test_foreign_messages_are_withheld_as_exception_and_as_text(error: Exception) -> None:
    caught = raised(error)
    assert SECRET not in exception_text(type(caught), caught)
    assert SECRET not in describe(caught)
    as_text = "".join(traceback.format_exception(caught))
    assert SECRET in as_text
    assert "Jane" not in redacted(as_text)
    assert WITHHELD in redacted(as_text)
    assert "test_redaction.py" in redacted(as_text)


def test_a_cause_and_a_group_are_withheld_too() -> None:
    caught = raised(RuntimeError("outer"), raised(ValueError(SECRET)))
    assert "ValueError" in exception_text(type(caught), caught)
    assert SECRET not in exception_text(type(caught), caught)
    group = raised(ExceptionGroup("several", [ValueError(SECRET)]))
    assert SECRET not in exception_text(type(group), group)
    assert "Jane" not in redacted("".join(traceback.format_exception(group)))


def test_safe_messages_stay() -> None:
    full = raised(OSError(errno.ENOSPC, "No space left on device", "/data/file"))
    assert "/data/file" in exception_text(type(full), full)
    assert "/data/file" in redacted("".join(traceback.format_exception(full)))
    own = raised(DataProblem(Problem("the label is constant", "split eval")))
    assert "the label is constant" in exception_text(type(own), own)
    assert "the label is constant" in redacted("".join(traceback.format_exception(own)))
    missing = raised(ModuleNotFoundError("No module named 'x'"))
    assert "No module named 'x'" in redacted("".join(traceback.format_exception(missing)))


def test_text_around_a_traceback_stays() -> None:
    lines = [
        "2026-11-19 10:00:00,000 INFO absl before",
        "Traceback (most recent call last):",
        '  File "x.py", line 1, in f',
        f"ValueError: {SECRET}",
        f"and {SECRET}",
        "2026-11-19 10:00:01,000 INFO absl after",
        "plain words: with a colon",
    ]
    kept = redacted("\n".join(lines))
    assert "before" in kept and "after" in kept and "with a colon" in kept and '"x.py"' in kept
    assert "Jane" not in kept


def test_the_switch_for_developers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALEN_UNREDACTED", "1")
    caught = raised(ValueError(SECRET))
    assert SECRET in exception_text(type(caught), caught)


def test_own_errors_are_found_behind_others() -> None:
    own = DataProblem(Problem("too much quarantine", "a.csv", "1 %", "5 %", "mend it"))
    caught = raised(RuntimeError("while running"), raised(own))
    assert galen_error_in(caught) is own
    sent = f"Traceback...\npipeline_configs.errors.DataProblem: {own} [while running 'Read']\n\nmore"
    found = galen_error_in(RuntimeError(sent))
    assert isinstance(found, DataProblem)
    assert found.problems == (Problem("a.csv: too much quarantine", "", "1 %", "5 %", "mend it"),)
    assert galen_error_in(ValueError(SECRET)) is None


def test_failures_are_told_apart() -> None:
    full = failure_of(raised(RuntimeError("x"), raised(OSError(errno.ENOSPC, "No space left", "/d"))), "Trainer")
    assert (full.code, full.problems[0].what, full.problems[0].where) == (1, "the disk is full", "/d")
    remote = failure_of(RuntimeError("ResourceExhausted: /x; No space left on device"), "Trainer")
    assert remote.problems[0].what == "the disk is full"
    denied = failure_of(PermissionError(errno.EACCES, "Permission denied", "/d"), "Trainer")
    assert denied.problems[0].what == "no permission"
    assert failure_of(MemoryError(), "Trainer").problems[0].what == "out of memory"
    data = failure_of(DataProblem("no rows"), "DataGate")
    assert (data.code, data.headline) == (4, "DataGate stopped by a data problem")
    assert failure_of(ValueError("x"), "Trainer", interrupted=True).code == 130
    defect = failure_of(raised(ValueError(SECRET)), "Trainer")
    assert defect.defect and defect.code == 1 and SECRET not in defect.message
    assert "may quote patient data" in defect.problems[0].found


def test_before_the_first_node_a_message_is_withheld_too_since_a_check_reads_the_header() -> None:
    assert failure_of(raised(ValueError("Secretname")), "").message.endswith("ValueError")
