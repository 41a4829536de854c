"""Shifted DICOM dates."""

import pytest

from privacy.dicom.dates import shifted


@pytest.mark.parametrize(
    ("value", "days", "expected"),
    [
        ("20240229", 1, "20240301"),
        ("20240101", -1, "20231231"),
        ("2024.02.29", 366, "20250301"),
        ("20240229101112.123456+0100", 1, "20240301101112.123456+0100"),
        ("2024022910", 0, "2024022910"),
        (" 20240229 ", 1, "20240301"),
        ("20240229\0", 1, "20240301"),
        ("0099", 1, None),
        ("202402", 1, None),
        ("20230229", 1, None),
        ("20240229-20240301", 1, None),
        ("20240229 Quillfeather", 1, None),
        ("99991231", 1, None),
        ("", 1, None),
    ],
)
def test_shift(value: str, days: int, expected: str | None) -> None:
    assert shifted(value, days) == expected
