"""Which images may show text."""

import pytest
from pydicom.dataset import Dataset

from privacy.dicom.burned_in import burned_in


def image(**attributes: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("modality", ["US", "SC", "OT", "ES", "IVUS", "XC", "GM", "DMS"])
def test_these_modalities_need_a_no(modality: str) -> None:
    assert burned_in(image(Modality=modality))
    assert burned_in(image(Modality=modality, BurnedInAnnotation=""))
    assert burned_in(image(Modality=modality, BurnedInAnnotation="YES"))
    assert not burned_in(image(Modality=modality, BurnedInAnnotation="NO"))


@pytest.mark.parametrize("modality", ["CR", "DX", "CT", "MR", "MG", "PT"])
def test_these_are_let_through_without(modality: str) -> None:
    assert not burned_in(image(Modality=modality))
    assert burned_in(image(Modality=modality, BurnedInAnnotation="YES"))
    assert burned_in(image(Modality=modality, BurnedInAnnotation="MAYBE"))
    assert not burned_in(image(Modality=modality, BurnedInAnnotation="NO"))


@pytest.mark.parametrize(
    "attributes",
    [
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1"},
        *({"ConversionType": kind} for kind in ("WSD", "SI", "DI", "DF", "SD")),
        {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "LABEL", "NONE"], "SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.6"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4.1"},
    ],
)
def test_captures_whatever_the_modality(attributes: dict[str, object]) -> None:
    assert burned_in(image(Modality="CT", **attributes))
    assert not burned_in(image(Modality="CT", BurnedInAnnotation="NO", **attributes))


def test_other_classes_are_not_taken_for_captures() -> None:
    assert not burned_in(image(Modality="SM", SOPClassUID="1.2.840.10008.5.1.4.1.1.77.1.6"))
    assert not burned_in(image(Modality="DX", ConversionType="SYN", ImageType=["ORIGINAL", "PRIMARY"]))


def test_a_face_is_one_whatever_the_annotation() -> None:
    assert burned_in(image(Modality="CT", BurnedInAnnotation="NO", RecognizableVisualFeatures="YES"))
    assert not burned_in(image(Modality="CT", RecognizableVisualFeatures="NO"))


def test_an_empty_header() -> None:
    assert not burned_in(Dataset())
