"""One element of a header."""

from io import BytesIO

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.transforms.pixels.images import dicom, gradient, png
from transforms.pixels.peek import peek


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_an_element(syntax: str) -> None:
    content = dicom(gradient(), syntax, PatientID=" MRN-1 ", ImageType=["ORIGINAL", "PRIMARY"], AccessionNumber="")
    for source in (content, BytesIO(content)):
        assert peek(source, "PatientID") == "MRN-1"
    assert peek(content, 0x00100020) == "MRN-1"
    assert peek(content, "StudyInstanceUID") == "1.2.3"
    assert peek(content, "PatientName") == "Quillfeather^Otto"
    assert peek(content, "ImageType") == "ORIGINAL\\PRIMARY"
    assert peek(content, "Rows") == "16"
    assert peek(content, "AccessionNumber") is None
    assert peek(content, "StudyID") is None


def test_pixels_are_not_read() -> None:
    class Stream(BytesIO):
        furthest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            content = super().read(size)
            self.furthest = max(self.furthest, self.tell())
            return content

    stream = Stream(dicom(gradient(1000, 1000)))
    assert peek(stream, "SOPInstanceUID") == "1.2.3.4"
    assert stream.furthest <= 8192


@pytest.mark.parametrize(
    "content", [b"", b"text" * 99, png(gradient()), b"\0" * 128 + b"DICM", dicom(gradient())[:200]]
)
def test_what_has_no_header(content: bytes) -> None:
    assert peek(content, "PatientID") is None


def test_an_unknown_keyword_is_no_element() -> None:
    assert peek(dicom(gradient()), "NoSuchThing") is None


def test_nothing_is_said(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    broken = dicom(gradient(), NumberOfFrames=12345).replace(b"12345 ", b"1A    ")
    assert peek(broken, "NumberOfFrames") in ("1A", None)
    assert peek(broken, "PixelData") is None
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
