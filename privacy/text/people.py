"""Rules for names of people: by title, credential, label, greeting, relation and list, and again where found once."""

import re
from collections.abc import Iterator

from privacy.findings import Finding
from privacy.text.known_names import KnownNames
from privacy.text.lexicon import folded, lexicon
from privacy.text.name_clues import (
    CONTRACTED,
    DEGREES,
    FUNCTION,
    STRONG_TITLES,
    WEAK_TITLES,
)
from privacy.text.name_reader import NameReader
from privacy.text.names_again import mark_again, mark_known
from privacy.text.names_by_cue import mark_by_cue
from privacy.text.names_by_form import mark_by_form
from privacy.text.names_by_list import mark_by_list
from privacy.text.surface import Surface

__all__ = ["find_people"]


def find_people(surface: Surface, known: KnownNames) -> Iterator[Finding]:
    """Yields names.

    Args:
        surface: The text.
        known: Names from the record.

    Yields:
        Findings of the category NAME; parts of one name may be several findings that touch or overlap.
    """
    reader = NameReader(surface, known)
    mark_by_cue(reader)
    mark_by_form(reader)
    mark_by_list(reader)
    mark_again(reader)
    mark_known(reader)
    found = list(reader.runs())
    yield from found
    if not surface.caseless:
        yield from _given_names(surface.text, found)


_BEFORE = re.compile(
    r"(?<![\w'’-])([A-ZÀ-ÞŠŽČ][\w'’-]+)\s(?:(?:van|von|der|den|de|la|le|del|di|da|dos|ter|ten|zu|bin|ibn|al"
    r"|el)\s){0,3}$",
)


def _given_names(text: str, found: list[Finding]) -> Iterator[Finding]:
    """What stands with a capital right before a name, and is neither a word nor a place, is its given name."""
    words = lexicon()
    for finding in found:
        match = _BEFORE.search(text, max(0, finding.start - 48), finding.start)
        if match is None:
            continue
        word = folded(match[1])
        known = word in words.first
        if word in words.english or word in FUNCTION or word in STRONG_TITLES or word in WEAK_TITLES:
            continue
        if CONTRACTED(word) or word in DEGREES:
            continue
        if known or not (word in words.medical or word in words.places or word in words.states):
            yield Finding(match.start(1), finding.start, finding.category)
