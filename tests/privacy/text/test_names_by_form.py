"""Names that only the form in which they are written tells."""

import pytest

from tests.privacy.text.deidentified import safe


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SMITH, JOHN - 67M with cough", ("SMITH", "JOHN")),
        ("ZWITTERLING, XIOMARA 67F", ("ZWITTERLING", "XIOMARA")),
        ("Zwitterling, Xiomara is here. Zwitterling agreed.", ("Zwitterling", "Xiomara")),
        ("Doe, Jane (MRN 4471) was admitted", ("Doe", "Jane")),
        ("J.R. Smith was seen", ("Smith",)),
        ("J R Smith saw him", ("Smith",)),
        ("Smith JR saw him", ("Smith",)),
        ("Ms vandersloot came", ("vandersloot",)),
        ("Vandersloot_Xiomara_QX881234.txt", ("Vandersloot", "Xiomara")),
        ("PID|1||QX881234||Vandersloot^Xiomara||19510304|F", ("Vandersloot", "Xiomara")),
    ],
)
def test_names_in_lists_messages_and_files(text: str, names: tuple[str, ...]) -> None:
    assert not [name for name in names if name in safe(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Heart, Lung and Liver were seen",
        "Diabetes, Asthma is controlled",
        "Tylenol, Advil was tried",
        "Mild, Moderate is fine",
        "Crohn, Whipple was excluded",
        "P.O. Box and I.V. Push given",
        "IL_6 and TNF_alpha, Na^K",
        "Type II diabetes and Grade III injury",
        "Ms contin 15 mg, Ms persistent pain",
    ],
)
def test_lists_that_are_no_people(text: str) -> None:
    assert safe(text) == text
