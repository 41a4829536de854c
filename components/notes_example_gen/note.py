"""One note: from what the source holds to what an example stores, with nothing left of whom it is about."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from components.notes_example_gen.text_files import Unread
from pipeline_configs.task import Task
from privacy.dates import date_shift
from privacy.pseudonyms import digests
from privacy.text.deidentification import deidentify
from privacy.text.engine import engine_for
from privacy.text.known_names import KnownNames
from transforms.text.cleaning import cleaned, digit_share
from transforms.text.decoding import NotText, decode, looks_binary
from transforms.text.header_names import header_names
from transforms.text.min_hash import MinHash, Signature
from transforms.text.reasons import NoteReason
from transforms.text.sections import without_sections

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
    """Makes notes out of what a source holds; one a process, as the engine's rules are compiled once.

    Args:
        task: A task on notes.
        key: Secret of the pseudonyms.
    """

    def __init__(self, task: Task, key: bytes) -> None:
        _, self._declared = task.text
        self._privacy = task.privacy
        self._key = key
        self._engine = engine_for(task.privacy)
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
        declared = self._declared
        if len(text) > declared.max_characters:
            raise Unread(NoteReason.TOO_LONG)
        if looks_binary(text):
            raise Unread(NoteReason.BINARY)
        whole = cleaned(text)
        if digit_share(whole) > declared.max_digit_share:
            raise Unread(NoteReason.DIGITS)
        kept, sections = without_sections(whole, declared.left_out_sections)
        if len(kept.strip()) < declared.min_characters:
            raise Unread(NoteReason.EMPTY)
        known = KnownNames((*filter(None, names), *header_names(whole)))
        limited = self._privacy.mode == "limited_data_set"
        found = deidentify(
            kept,
            engine=self._engine,
            mode=self._privacy.mode,
            known=known,
            shift_days=date_shift(self._key, patient, self._privacy.max_date_shift) if limited else None,
            small_zip3=self._privacy.small_zip3,
        )
        stored = found.text.strip()
        digest = int.from_bytes(digests(self._key, [_DIGEST_DOMAIN + whole.encode("utf-8", "replace")]), "big")
        removed = Counter({str(category): count for category, count in found.counts.items()})
        return Note(stored, digest, self._min_hash(stored), removed, sections, encoding)
