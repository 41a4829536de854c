"""Bytes of notes in the encodings in which hospitals write them."""

import random

import pytest

from transforms.text.decoding import NotText, decode, looks_binary

GERMAN = (
    "Patient klagt über Husten, Fieber und Müdigkeit. Größe 1,80 m, Gewicht 80 kg. „Kein“ Befund – unauffällig.\n" * 3
)
FRENCH = "Le patient a été hospitalisé; à l’examen, fièvre élevée. Traitement arrêté après dégradation.\n" * 3


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("text", [GERMAN, FRENCH])
def test_an_encoding_is_found(text: str, encoding: str, found: str) -> None:
    assert decode(text.encode(encoding)) == (text, found)


def test_latin_1_is_read_as_its_superset() -> None:
    text = "Größe und Gewicht, Müdigkeit; die Körpertemperatur ist erhöht, Übelkeit besteht nicht."
    assert decode(text.encode("latin-1")).text == text


def test_plain_ascii() -> None:
    assert decode(b"no fever, no cough") == ("no fever, no cough", "utf-8")
    assert decode(b"") == ("", "utf-8")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100),
        b"PK\x03\x04\x14\x00\x08\x00" + bytes(range(256)) * 4,
        random.Random(1).randbytes(4000),
        b"text and then a NUL \x00 in an odd place",
    ],
)
def test_what_is_no_text(data: bytes) -> None:
    with pytest.raises(NotText) as caught:
        decode(data)
    assert caught.value.binary


@pytest.mark.parametrize("data", [b"\xff\xfea\x00b", b"\xff\xfe\x00\xd8\x00\xd8\x00\xd8", b"\xef\xbb\xbf\xc3("])
def test_a_mark_that_lies(data: bytes) -> None:
    with pytest.raises(NotText):
        decode(data)


def test_binary_text() -> None:
    assert looks_binary("\x01\x02\x03abc")
    assert looks_binary("a\0b")
    assert looks_binary("\ufffd" * 3 + "abc")
    assert not looks_binary("line\r\n\tanother\x0c" + "a" * 100)
