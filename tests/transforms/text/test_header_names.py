"""Names in the header of a note."""

import pytest

from transforms.text.header_names import header_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Patient: Ottilie Quackenbush   DOB: 3/4/1961", ("Ottilie Quackenbush",)),
        ("**Patient Name:** Zo\xeb M\xfcller | MRN: 123", ("Zo\xeb M\xfcller",)),
        ("Attending: Dr. Anna O'Neil-Fox, MD", ("Anna O'Neil-Fox",)),
        ("patient name: martha collins", ("martha collins",)),
        ("PHYSICIAN: DR. BOB BROWN", ("BOB BROWN",)),
        ("Name: PERRY, JOHN", ("PERRY, JOHN",)),
        ("Mother: healthy at 80", ()),
        ("Patient: is a pleasant lady who came in today with a cough", ()),
        ("The patient was seen.", ()),
        ("\n" * 40 + "Patient: Ottilie Quackenbush", ()),
    ],
)
def test_names_after_labels(text: str, names: tuple[str, ...]) -> None:
    assert header_names(text) == names
