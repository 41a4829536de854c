"""Rules for ZIP codes of the United States and postal codes of other countries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.findings import Category, Finding
from privacy.text.lexicon import folded, lexicon
from privacy.text.place_clues import CANADA, LEADING_CODE, PREFIXED, TRAILING_CODE, UK, ZIP, ZIP4, ZIP_LABEL
from privacy.text.surface import Surface

__all__ = ["find_postal_codes"]


def find_postal_codes(surface: Surface) -> Iterator[Finding]:
    """Yields postal codes (ZIP): by form, by label, and beside a state or a city of the list."""
    text = surface.text
    starts = _starts(surface)
    for pattern, group, positions in (
        (ZIP, 1, starts.five),
        (PREFIXED, 1, starts.five),
        (ZIP4, 0, starts.five),
        (UK, 0, starts.mixed),
        (CANADA, 0, starts.mixed),
    ):
        for start, end in surface.near(positions, 48, 12):
            for match in pattern.finditer(text, start, end):
                yield Finding(*match.span(group), Category.ZIP)
    for start, end in surface.around(_LABELS, 2, 64, words=True):
        for match in ZIP_LABEL.finditer(surface.lower, start, end):
            yield Finding(match.start(1), match.end(1), Category.ZIP)
    places = lexicon().places
    for start in starts.leading:
        leading = LEADING_CODE.match(text, start)
        if leading is None:
            continue
        city = folded(leading[2]).rstrip(".")
        if any(name in places for name in (city, " ".join(city.split()[:2]), city.split()[0])):
            yield Finding(leading.start(1), leading.end(1), Category.ZIP)
    for start, end in surface.near(starts.trailing, 72, 24):
        yield from _trailing(text, start, end)


_LABELS = frozenset({"zip", "post code", "postcode", "postal", "plz", "cap", "cp"})


@dataclass(frozen=True)
class _Starts:
    """Where runs of digits begin that may be codes, by what they look like."""

    five: list[int]
    mixed: list[int]
    leading: list[int]
    trailing: list[int]


def _starts(surface: Surface) -> _Starts:
    text = surface.text
    found = _Starts([], [], [], [])
    for start, end in surface.runs:
        length, after = end - start, text[end : end + 2]
        if length == 1:
            if after[:1].isalpha():
                found.mixed.append(start)
        elif length > 2:
            if length in (4, 5):
                found.five.append(start)
            if length < 6 and after[:1].isspace() and after[1:].isalnum():
                found.leading.append(start)
    for start, end in surface.after_capitals:
        if 2 < end - start < 7 and text[end : end + 1] in _ENDS:
            found.trailing.append(start)
    return found


_ENDS = frozenset((*" \n\t,;.)?-", ""))


def _trailing(text: str, start: int, end: int) -> Iterator[Finding]:
    """Codes after a city or a state."""
    places, states = lexicon().places, lexicon().states
    for match in TRAILING_CODE.finditer(text, start, end):
        place = folded(match[1]).replace("(", "").replace(")", "").replace(".", "")
        parts = place.split()
        tails = {" ".join(parts[first:]) for first in range(len(parts))} | {parts[0]}
        if (tails & places or (tails & states and "\n" in text)) and not _YEAR.fullmatch(match[2]):
            yield Finding(match.start(2), match.end(2), Category.ZIP)


_YEAR = re.compile(r"(?:19|20)\d\d")
