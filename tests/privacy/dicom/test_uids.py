"""Remapped unique identifiers."""

import uuid

from pydicom.uid import UID

from privacy.dicom.uids import remapped

KEY = b"a key for tests, used nowhere"


def test_a_remapped_uid_is_a_valid_uuid_below_2_25() -> None:
    for number in range(50):
        new = remapped(KEY, f"1.2.3.{number}")
        assert UID(new).is_valid
        assert len(new) <= 44
        made = uuid.UUID(int=int(new.removeprefix("2.25.")))
        assert (made.version, made.variant) == (8, uuid.RFC_4122)


def test_it_depends_on_uid_and_key_alone() -> None:
    assert remapped(KEY, "1.2.3") == remapped(KEY, "1.2.3")
    assert len({remapped(KEY, "1.2.3"), remapped(KEY, "1.2.4"), remapped(KEY + b"!", "1.2.3")}) == 3


def test_a_known_uid_never_changes() -> None:
    """Files that were de-identified in another run refer to it."""
    assert remapped(KEY, "1.2.840.1") == "2.25.120326571002711804014148839459092594299"
