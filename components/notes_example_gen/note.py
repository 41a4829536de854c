"""One note: from what the source holds to what an example stores, with nothing left of whom it is about."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline_configs.task import Task
from privacy.dates import date_shift
from privacy.pseudonyms import digests
from transforms.text.decoding import NotText, decode
from transforms.text.min_hash import MinHash, Signature
from transforms.text.prepared import prepared
from transforms.text.reasons import NoteReason, Unread

__all__ = ["Note", "NoteReader"]

_DIGEST_DOMAIN = b"\x00galen: same note\x00"
"""Keeps the keyed hash of a note apart from that of a patient id."""


@dataclass(frozen=True)
class Note:
    """A note that is taken in.

    Attributes:
        text: As it is stored.
        digest: Keyed hash of the cleaned text before de-identification, by which the same note is known again.
        signature: MinHash of the stored text.
        removed: Number of identifiers taken out, by category.
        sections: Names of its sections, those that were dropped included.
        encoding: How it was encoded; "" where the source gave text.
    """

    text: str
    digest: int
    signature: Signature
    removed: Counter[str]
    sections: list[str]
    encoding: str = ""


class NoteReader:
    """Makes notes out of what a source holds.

    Args:
        task: A task on notes.
        key: Secret of the pseudonyms.
    """

    def __init__(self, task: Task, key: bytes) -> None:
        _, self._declared = task.text
        self._privacy = task.privacy
        self._key = key
        self._min_hash = MinHash(self._declared.near_duplicate)

    @property
    def bands(self) -> int:
        """Number of bands of a signature."""
        return self._min_hash.bands

    def of_bytes(self, data: bytes, patient: str, names: Iterable[str]) -> Note:
        """Makes a note of a text file's bytes; see `of_text`."""
        try:
            text, encoding = decode(data)
        except NotText as problem:
            raise Unread(NoteReason.BINARY if problem.binary else NoteReason.UNKNOWN_ENCODING) from None
        return self.of_text(text, patient, names, encoding)

    def of_text(self, text: str, patient: str, names: Iterable[str], encoding: str = "") -> Note:
        """Makes a note of a text.

        Args:
            text: The text as the source has it.
            patient: The patient's id, from which the shift of dates is drawn.
            names: Names of the patient, relatives and staff, as far as the source tells them.
            encoding: How it was encoded; handed on.

        Raises:
            Unread: It is not taken in.
        """
        limited = self._privacy.mode == "limited_data_set"
        shift = date_shift(self._key, patient, self._privacy.max_date_shift) if limited else None
        note = prepared(text, self._declared, self._privacy, names, shift)
        digest = int.from_bytes(digests(self._key, [_DIGEST_DOMAIN + note.whole.encode()]), "big")
        return Note(note.text, digest, self._min_hash(note.text), note.removed, note.sections, encoding)
