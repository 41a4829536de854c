"""One patient has one id, and nobody has the id of all unknown ones."""

import pyarrow as pa
import pytest

from components.ingest.columns import patient_converter
from components.ingest.reasons import Reason


def ids(*written: object) -> list[object]:
    return list(patient_converter(pa.array(written)).values.to_pylist())


@pytest.mark.parametrize(
    "written", [" MRN-7", "MRN\u200b-7", "\ufeffMRN-7", "\uff2dRN-\uff17", "MRN-7\u00a0", "M\u00adRN-7", "\u2060MRN-7 "]
)
def test_forms_of_one_id(written: str) -> None:
    assert ids(written, "MRN-7") == ["MRN-7", "MRN-7"]


def test_numbers_are_the_same_however_they_are_stored() -> None:
    assert ids("7", "7.0", " 7") == ["7", "7", "7"]
    assert ids(7.0, 7.0) == ["7", "7"]


@pytest.mark.parametrize("written", ["", "  ", "NULL", "nan", "N/A", "-", "?", "None", "\u200b", "NA", "unknown"])
def test_what_is_no_id(written: str) -> None:
    column = patient_converter(pa.array([written, "P1"]))
    assert column.values.to_pylist() == [None, "P1"]
    [(reason, mask)] = column.bad
    assert reason is Reason.NO_PATIENT and mask.tolist() == [True, False]


def test_case_and_letters_that_look_alike_make_other_patients() -> None:
    # FHIR's ids are case-sensitive; a Greek letter is none of Latin.
    assert len(set(ids("abC", "aBc", "a\u03b2c"))) == 3
