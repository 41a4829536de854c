"""De-identification of DICOM headers against PS3.15 Annex E."""

import datetime
import pickle
import warnings
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

from pipeline_configs.privacy import Privacy
from privacy.dates import date_shift
from privacy.dicom.deidentifier import Deidentifier
from privacy.dicom.removed import Action, Kind
from privacy.pseudonyms import pseudonym
from tests.privacy.dicom.headers import IDENTIFIERS, header

KEY = b"a key for tests, used nowhere"
FILES = sorted(path for path in (Path(pydicom.__file__).parent / "data" / "test_files").rglob("*") if path.is_file())


def deidentifier(mode: str = "safe_harbor") -> Deidentifier:
    return Deidentifier(KEY, Privacy(mode=mode))  # type: ignore[arg-type]


def written(dataset: Dataset) -> bytes:
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["safe_harbor", "limited_data_set"])
@pytest.mark.parametrize("parsed", [True, False])
def test_no_identifier_is_left(mode: str, parsed: bool) -> None:
    dataset = header()
    before = written(dataset)
    assert all(text.encode() in before for text in IDENTIFIERS)
    if parsed:
        dataset = pydicom.dcmread(BytesIO(before))
    deidentifier(mode).deidentify(dataset)
    after = written(dataset)
    assert [text for text in IDENTIFIERS if text.encode() in after] == []
    assert b"MRN" not in after


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"),  # not in the table: kept
        ("Modality", "CT"),
        ("KVP", 120),
        ("PatientName", ""),  # Z
        ("PatientBirthDate", ""),  # Z
        ("AccessionNumber", ""),  # Z
        ("ReferringPhysicianName", ""),  # Z
        ("StudyID", ""),  # Z
        ("StudyDate", ""),  # Z
        ("StudyTime", ""),  # Z
        ("ContentDate", ""),  # Z/D, a date
        ("AcquisitionDateTime", ""),  # X/Z/D, a date
        ("InstitutionName", "REMOVED"),  # X/Z/D
        ("StationName", "REMOVED"),  # X/Z/D
        ("OperatorsName", "REMOVED"),  # X/Z/D
        ("DeviceSerialNumber", "REMOVED"),  # X/Z/D
        ("ProtocolName", "REMOVED"),  # X/D
        ("InstitutionAddress", None),  # X
        ("StudyDescription", None),  # X
        ("ImageComments", None),  # X
        ("PatientTelephoneNumbers", None),  # X
        ("RequestAttributesSequence", None),  # X
        ("PatientSex", "M"),  # K with Retain Patient Characteristics, Z without
        ("PatientSize", 1.75),
        ("PatientWeight", 80),
        ("EthnicGroup", "Other"),
        ("SmokingStatus", "NO"),
        ("PatientAge", "090Y"),
    ],
)
def test_the_table(keyword: str, expected: object) -> None:
    dataset = header()
    deidentifier().deidentify(dataset)
    if expected is None:
        assert keyword not in dataset
    else:
        assert (dataset[keyword].value or "") == expected


def test_retained_text_would_have_to_be_cleaned_and_is_removed() -> None:
    dataset = header(Allergies="Quillfeather's", SpecialNeeds="x", PatientState="x", PreMedication="x")
    deidentifier().deidentify(dataset)
    assert not {"Allergies", "SpecialNeeds", "PatientState", "PreMedication"} & set(dataset.dir())


def test_the_patient_is_the_same_pseudonym_as_everywhere() -> None:
    dataset = header()
    deidentifier().deidentify(dataset)
    assert dataset.PatientID == pseudonym(KEY, "MRN-20394857")
    assert dataset.SourceImageSequence[0].PatientID == dataset.PatientID


def test_unique_identifiers_stay_consistent() -> None:
    first, second = header(), header()
    original = first.SOPInstanceUID
    deidentifier().deidentify(first)
    deidentifier().deidentify(second)
    assert first.SOPInstanceUID != original
    assert UID(first.SOPInstanceUID).is_valid
    assert first.SOPInstanceUID.startswith("2.25.")
    assert first.SOPInstanceUID == second.SOPInstanceUID == first.file_meta.MediaStorageSOPInstanceUID
    assert first.SourceImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert len({first.SOPInstanceUID, first.StudyInstanceUID, first.SeriesInstanceUID}) == 3
    other = header()
    Deidentifier(KEY + b"!", Privacy()).deidentify(other)
    assert other.SOPInstanceUID != first.SOPInstanceUID


def test_dates_of_a_limited_data_set_move_together() -> None:
    dataset = header()
    deidentifier("limited_data_set").deidentify(dataset)
    days = date_shift(KEY, "MRN-20394857", 365)
    moved = f"{datetime.date(2024, 2, 29) + datetime.timedelta(days):%Y%m%d}"
    assert dataset.StudyDate == dataset.ContentDate == moved
    assert dataset.AnatomicRegionSequence[0].StudyDate == moved
    assert dataset.AcquisitionDateTime == f"{moved}101112.5"
    assert dataset.StudyTime == "101112"
    assert not dataset.PatientBirthDate
    assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"


@pytest.mark.parametrize("patient", [None, "", "  "])
def test_without_a_patient_no_date_stays(patient: str | None) -> None:
    dataset = header(PatientID=patient)
    removed = deidentifier("limited_data_set").deidentify(dataset)
    assert not dataset.StudyDate
    assert (Kind.DATE, Action.SHIFTED) not in removed.counts


def test_a_date_that_cannot_be_read_does_not_stay() -> None:
    dataset = header()
    dataset.add_new("SeriesDate", "DA", "")
    dataset["SeriesDate"]._value = "Feb 2024"
    deidentifier("limited_data_set").deidentify(dataset)
    assert not dataset.SeriesDate


@pytest.mark.parametrize(
    ("age", "expected"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("091Y", "090Y"), ("120Y", "090Y"), ("011M", "011M"), ("92", ""), ("old", "")],
)
def test_ages(age: str, expected: str) -> None:
    with warnings.catch_warnings(action="ignore"):
        dataset = header(PatientAge=age)
        deidentifier().deidentify(dataset)
    assert (dataset.PatientAge or "") == expected


def test_private_attributes_overlays_and_curves_go() -> None:
    dataset = header()
    removed = deidentifier().deidentify(dataset)
    assert [element.tag for element in dataset if element.tag.is_private] == []
    assert [element.tag for element in dataset if element.tag.group in (0x5000, 0x6000)] == []
    assert removed.counts[Kind.PRIVATE, Action.REMOVED] == 2
    assert removed.counts[Kind.GRAPHIC, Action.REMOVED] == 3


def test_what_no_dictionary_knows_goes() -> None:
    dataset = header()
    dataset.add_new(0x0010FFF0, "LO", "Quillfeather")
    dataset.add_new(0x00102161, "SQ", [])  # EthnicGroupCodeSequence, kept with Retain Patient Characteristics
    deidentifier().deidentify(dataset)
    assert 0x0010FFF0 not in dataset
    assert 0x00102161 in dataset


def test_the_header_says_what_was_done() -> None:
    dataset = header()
    deidentifier().deidentify(dataset)
    assert dataset.PatientIdentityRemoved == "YES"
    assert dataset.DeidentificationMethod
    assert [code.CodeValue for code in dataset.DeidentificationMethodCodeSequence] == ["113100", "113108"]
    limited = header()
    deidentifier("limited_data_set").deidentify(limited)
    codes = {code.CodeValue for code in limited.DeidentificationMethodCodeSequence}
    assert codes == {"113100", "113108", "113107"}


def test_counts_are_by_kind_and_action_and_hold_no_value() -> None:
    removed = deidentifier().deidentify(header())
    assert removed.counts[Kind.ID, Action.REPLACED] == 2  # PatientID, at the top and in an item
    assert removed.counts[Kind.NAME, Action.EMPTIED] == 2
    assert removed.counts[Kind.NAME, Action.REPLACED] == 2
    assert removed.counts[Kind.TRAIT, Action.CAPPED] == 1
    assert removed.total == sum(removed.by_kind().values())
    assert not any(text in repr(removed) for text in IDENTIFIERS)


def test_empty_attributes_are_not_counted() -> None:
    assert deidentifier().found(Dataset()).total == 0
    dataset = Dataset()
    dataset.PatientName = dataset.StudyDate = dataset.StudyDescription = ""
    assert deidentifier().deidentify(dataset).total == 0
    assert "StudyDescription" not in dataset


@pytest.mark.parametrize("mode", ["safe_harbor", "limited_data_set"])
def test_found_counts_what_deidentify_removes_and_changes_nothing(mode: str) -> None:
    """On all files that pydicom ships, and an invented one: broken, implicit, big endian, nested, private."""
    contents = [written(header()), *(path.read_bytes() for path in FILES)]
    compared = 0
    with warnings.catch_warnings(action="ignore"):
        for content in contents:
            try:
                looked_at, changed = (pydicom.dcmread(BytesIO(content), force=True) for _ in range(2))
            except Exception:  # noqa: BLE001 - not every file is DICOM
                continue
            before = set(looked_at.keys())
            assert deidentifier(mode).found(looked_at) == deidentifier(mode).deidentify(changed)
            assert set(looked_at.keys()) == before
            again = deidentifier(mode).found(changed)
            assert not {Action.REMOVED, Action.EMPTIED, Action.CAPPED} & {action for _, action in again.counts}
            compared += 1
    assert compared > 100


def test_it_can_be_sent_to_workers_and_does_not_show_its_key() -> None:
    one = deidentifier()
    assert pickle.loads(pickle.dumps(one)) == one
    assert KEY.decode() not in repr(one)
