"""Why a row goes to quarantine: fixed sentences that hold no value, and what to do about each."""

from enum import StrEnum

from transforms.pixels.reasons import advice as image_advice
from transforms.text.reasons import advice as note_advice

__all__ = ["Reason", "advice"]


class Reason(StrEnum):
    """The reasons, as they stand in `quarantine.csv` and in the ingest report."""

    RAGGED = "the line has more or fewer values than the header"
    UNCLOSED_QUOTE = "a quote is opened and not closed"
    AFTER_QUOTE = "text follows a closing quote"
    UNDECODABLE = "a character is not valid in the declared encoding"
    NO_PATIENT = "the patient id is empty or a word for a missing one"
    REPEATED_PATIENT = "the patient id was there before"
    NOT_A_NUMBER = "text in a numeric column"
    COMMA = "a comma in a number"
    POINT = "a point in a number, where the decimal mark is a comma"
    COMPARISON = "a number with a comparison sign, such as > or <"
    MISSING_WORD = "a word or sign for a missing value that is not declared as missing"
    NOT_FINITE = "infinite or not a number"
    OUT_OF_RANGE = "outside the plausible range"
    UNKNOWN_VALUE = "not one of the declared values"
    OTHER_CASE = "a declared value in other upper and lower case"
    NEITHER_FLAG = "neither true nor false"
    NO_DATE = "no date in the declared format"
    NO_ZIP = "no ZIP code"
    NO_IMAGE = "the path of the image is empty"
    NO_NOTE = "the note is empty"
    NO_LABEL = "the label is missing"
    NEITHER_LABEL = "the label is neither positive nor negative"
    NO_FILE = "the file is not there"
    FILE_DENIED = "no permission to read the file"
    FILE_FAILED = "the storage does not give the file"
    SAME_IMAGE = "the same image was there before"
    SHARED_IMAGE = "the same image stands under two patients"
    NO_KEY = "the key by which files and table are joined is missing"
    KEY_TWICE = "the table says different things about the same key"


_ADVICE = {
    Reason.RAGGED: "look at these lines: a delimiter inside a value needs quotes around the value",
    Reason.UNCLOSED_QUOTE: "look at these lines, or set data.quote",
    Reason.AFTER_QUOTE: "look at these lines: a quote inside a quoted value is written twice",
    Reason.UNDECODABLE: "set data.encoding, such as latin-1 or cp1252",
    Reason.REPEATED_PATIENT: "remove the repeated rows, or set rows_per_patient: many",
    Reason.COMMA: 'set data.decimal: "," if it is the decimal mark; thousands separators have to go',
    Reason.POINT: "set data.decimal: . if it is the decimal mark; thousands separators have to go",
    Reason.COMPARISON: "say what it stands for with features.{feature}.replace",
    Reason.MISSING_WORD: "add it to features.{feature}.missing",
    Reason.OUT_OF_RANGE: "widen features.{feature}.range if they are real, or add a code for missing to its missing",
    Reason.UNKNOWN_VALUE: "add it to features.{feature}.values, or to its missing",
    Reason.OTHER_CASE: "add that way of writing it to features.{feature}.values",
    Reason.NO_DATE: "set features.{feature}.date.format, or declare what stands for a missing date as missing",
    Reason.NO_ZIP: "five digits are expected; declare what stands for a missing one as features.{feature}.missing",
    Reason.NEITHER_FLAG: "add it to features.{feature}.true, false or missing",
    Reason.NEITHER_LABEL: "add it to label.positive.equals or negative, or leave these patients out of the data",
    Reason.NO_LABEL: "leave patients without an outcome out of the data",
    Reason.NO_FILE: "correct the paths, or set data.root to the folder that they are relative to",
    Reason.FILE_DENIED: "give this user the right to read these files",
    Reason.FILE_FAILED: "look at the storage, and start the run again",
    Reason.SAME_IMAGE: "remove the copies; an image that stands twice counts twice",
    Reason.SHARED_IMAGE: "find out whose image it is, and remove the row that is wrong",
    Reason.NO_KEY: "set data.labels.tag and column to a key that all files and all rows have",
    Reason.KEY_TWICE: "make the table one row a key, or join by a key that is finer, such as SOPInstanceUID",
}


def advice(reason: str, key: str) -> str:
    """Returns what a user can do about a reason.

    Args:
        reason: One of `Reason`, `ImageReason` or `NoteReason`; for any other text the advice is empty.
        key: Key of the task that declares the column, such as `features.age` or `label`.
    """
    text = _ADVICE.get(reason, "")  # type: ignore[call-overload]
    if not text:  # A reason about an image may name the attribute or the decoder behind it, in brackets.
        text = image_advice(reason, key) or image_advice(reason.rpartition(" (")[0], key) or note_advice(reason, key)
    return str(text).replace("features.{feature}", key)
