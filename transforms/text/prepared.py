"""From what somebody wrote to what a model may see: one way for the ingest and for serving."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline_configs.privacy import Privacy
from pipeline_configs.text import Text
from privacy.text.deidentification import deidentify
from privacy.text.engine import engine_for
from privacy.text.known_names import KnownNames
from transforms.text.cleaning import cleaned, digit_share
from transforms.text.decoding import looks_binary
from transforms.text.header_names import header_names
from transforms.text.markup import is_rtf, without_markup
from transforms.text.reasons import NoteReason, Unread
from transforms.text.sections import without_sections

__all__ = ["Prepared", "prepared"]


@dataclass(frozen=True)
class Prepared:
    """A note that may be stored.

    Attributes:
        text: Cleaned, without the sections that the task leaves out, de-identified.
        whole: Cleaned only, with everything in it: to tell notes apart, and never to be stored.
        removed: Number of identifiers taken out, by category.
        sections: Names of its sections, those left out included.
    """

    text: str = field(repr=False)
    whole: str = field(repr=False)
    removed: Counter[str]
    sections: list[str] = field(repr=False)


def prepared(
    text: str, declared: Text, privacy: Privacy, names: Iterable[str] = (), shift_days: int | None = None
) -> Prepared:
    """Cleans a note, drops sections and de-identifies it, in this order.

    Args:
        text: The note.
        declared: What the task says of notes.
        privacy: What the task says of identifiers.
        names: Names of the patient, relatives and staff, as far as the source tells them; those in the note's own
            header are added.
        shift_days: By how many days dates move in a limited data set. Without it the note is de-identified as in
            `safe_harbor`, whatever the task says.

    Raises:
        Unread: It is too long, no text, mostly digits, or empty.
    """
    if len(text) > declared.max_characters:
        raise Unread(NoteReason.TOO_LONG)
    if looks_binary(text):
        raise Unread(NoteReason.BINARY)
    if is_rtf(text):
        raise Unread(NoteReason.RTF)
    # JSON may hold halves of surrogate pairs, which are no characters and which UTF-8 cannot hold.
    whole = cleaned(without_markup(text.encode("utf-8", "replace").decode("utf-8")))
    if digit_share(whole) > declared.max_digit_share:
        raise Unread(NoteReason.DIGITS)
    kept, sections = without_sections(whole, declared.left_out_sections)
    if len(kept.strip()) < max(1, declared.min_characters):
        raise Unread(NoteReason.EMPTY)
    found = deidentify(
        kept,
        engine=engine_for(privacy),
        mode=privacy.mode if shift_days is not None else "safe_harbor",
        known=KnownNames((*filter(None, names), *header_names(whole))),
        shift_days=shift_days,
        small_zip3=privacy.small_zip3,
    )
    removed = Counter({str(category): count for category, count in found.counts.items()})
    return Prepared(found.text.strip(), whole, removed, sections)
