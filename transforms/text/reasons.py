"""Why a note cannot be taken in: fixed sentences that hold no value, and what to do about each."""

from enum import StrEnum

__all__ = ["NoteReason", "Unread", "advice"]


class NoteReason(StrEnum):
    """The reasons, as they stand in `quarantine.csv`."""

    CUT_OFF = "the packed text file is broken or cut off"
    BINARY = "the note is no text but binary content"
    RTF = "the note is in Rich Text Format"
    UNKNOWN_ENCODING = "the note is in no known encoding"
    TOO_LONG = "the note is longer than the task allows"
    EMPTY = "the note is empty or nearly so"
    DIGITS = "the note is mostly digits"
    REPEATED = "the same note was there before"
    BROKEN_LINE = "the line is no valid JSON"
    NO_OBJECT = "the line holds JSON that is no object"
    REPEATED_KEY = "a key stands twice in one object"
    NESTED = "a list or an object where a single value is expected"
    LONG_LINE = "the line is longer than any note may be"


class Unread(Exception):
    """A note that is not taken in.

    Args:
        reason: Fixed sentence.
    """

    def __init__(self, reason: StrEnum) -> None:
        super().__init__(str(reason))
        self.reason = reason


_ADVICE = {
    NoteReason.CUT_OFF: "fetch these text files again from where they came",
    NoteReason.BINARY: "export these notes as text; PDF, Word files and scans are not read",
    NoteReason.RTF: "export these notes as plain text or HTML",
    NoteReason.UNKNOWN_ENCODING: "write these notes as UTF-8",
    NoteReason.TOO_LONG: "set features.{feature}.max_characters higher if they are real",
    NoteReason.EMPTY: "set features.{feature}.min_characters lower if notes so short are real, or leave them out",
    NoteReason.DIGITS: "set features.{feature}.max_digit_share higher if these are notes, or leave tables out",
    NoteReason.REPEATED: "leave repeated exports of a note out; one that stands twice counts twice",
    NoteReason.BROKEN_LINE: "write one JSON object a line, in UTF-8",
    NoteReason.NO_OBJECT: "write one JSON object a line, its keys the columns of the task",
    NoteReason.REPEATED_KEY: "write each key once",
    NoteReason.NESTED: "write a single value under each key that the task names",
    NoteReason.LONG_LINE: "look at these lines: a line end may be missing",
}


def advice(reason: str, key: str) -> str:
    """Returns what a user can do about a reason.

    Args:
        reason: One of `NoteReason`; for any other text the advice is empty.
        key: Key of the task that declares the note, such as `features.note`.
    """
    text = _ADVICE.get(reason, "")  # type: ignore[call-overload]
    return str(text).replace("features.{feature}", key)
