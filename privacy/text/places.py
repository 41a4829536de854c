"""Rules for geography below the state: cities, counties, hospitals, schools."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.findings import Category, Finding
from privacy.text.caseless_places import find_caseless_places
from privacy.text.lexicon import folded, lexicon, word_set
from privacy.text.name_clues import EPONYMS, MEDICAL_ENDINGS
from privacy.text.place_clues import (
    CAP,
    CITY_STATE,
    COUNTY,
    FACILITY,
    FROM,
    GENERIC,
    HOLY,
    LINK,
    NATURE,
    NOT_PLACES,
    RESIDENCE,
    STATE_NAMES,
    STATES,
    place_heads,
)
from privacy.text.surface import Surface

__all__ = ["find_places"]


def find_places(surface: Surface) -> Iterator[Finding]:
    """Yields cities, counties and facilities (LOCATION), and the postal codes right after them (ZIP)."""
    text = surface.text
    if surface.caseless:
        yield from find_caseless_places(surface)
        return
    starts = _starts(surface)
    for start, end in surface.near(starts.states, 72, 24):
        for match in CITY_STATE.finditer(text, start, end):
            city = _city_before(match)
            if city:
                yield Finding(city[0], city[1], Category.LOCATION)
    for start, end in surface.near(starts.counties, 48, 72):
        for match in COUNTY.finditer(text, start, end):
            yield Finding(match.start(), match.end(), Category.LOCATION)
    for start, end in surface.near(starts.facilities, 120, 32):
        for match in FACILITY.finditer(text, start, end):
            yield from _facility(match)
    for start, end in surface.near(starts.cued, 40, 72):
        for match in FROM.finditer(text, start, end):
            yield from _after_cue(text, match)
    yield from _listed(surface, starts.listed)


@dataclass(frozen=True)
class _Starts:
    """Where words begin that a kind of place needs."""

    states: list[int]
    counties: list[int]
    facilities: list[int]
    cued: list[int]
    listed: list[int]


def _starts(surface: Surface) -> _Starts:
    tokens, heads = surface.tokens, place_heads()
    found = _Starts([], [], [], [], [])
    for index in surface.capitals:
        token = tokens[index]
        word = token.word
        if word in _STATE_WORDS:
            found.states.append(token.start)
        if word in _COUNTIES:
            found.counties.append(token.start)
        if word in _FACILITIES:
            found.facilities.append(token.start)
        if index and tokens[index - 1].word in _CUES:
            found.cued.append(token.start)
        if word in heads or f"{word}." in heads:
            found.listed.append(token.start)
    return found


_STATE_WORDS = frozenset(STATES.lower().split("|")) | frozenset(
    name.split()[0] for name in STATE_NAMES.lower().split("|")
)
_COUNTIES = word_set("county parish borough township municipality village city town")
_FACILITIES = word_set(
    "hospital center centre system clinic infirmary hospice home rehab rehabilitation memorial university college"
    " school"
    " elementary academy church pharmacy healthcare living manor club airport base facility institution library"
    " stadium"
    " associates institute group practice physicians ambulance department"
)
_CUES = word_set("in of to from at is visiting downtown near outside city")
"""The last words of what `FROM` looks for before a place."""
_CODE_AFTER = re.compile(r",?\s(\d{3} \d{2}|\d{4,6}(?:-\d{3,4})?)(?=\s?(?:[\n,;)?]|\.\s|\.?$|in\b))")


def _after_cue(text: str, match: re.Match[str]) -> Iterator[Finding]:
    """A place by what stands before it: lives in, flew to, from."""
    words = lexicon()
    start, end = match.span(1)
    written = match[1].split()
    place = folded(match[1]).rstrip(".")
    first = place.split()[0].rstrip(".,")
    if place in words.states or first in NOT_PLACES or first in words.states:
        return
    if match[0].startswith(("in ", "In ")) and ((first in words.first and place not in words.places) or len(first) < 4):
        return
    if first in words.medical and place not in words.places:
        return
    if first in NATURE and " " in place and place.split()[1] not in words.english:
        yield Finding(start, end, Category.LOCATION)
        return
    if _EPONYM.match(text, end) or first.endswith(MEDICAL_ENDINGS):
        return
    if len(first) < 3 or (first in words.english and place not in words.places):
        return
    if (
        written[0].isupper()
        and written[0].isascii()
        and not (len(first) > 3 and RESIDENCE.search(text, max(0, start - 32), start))
    ):
        return
    yield Finding(start, end - (text[end - 1] == "."), Category.LOCATION)
    code = _CODE_AFTER.match(text, end)
    if code and not _BARE_YEAR.fullmatch(code[1]):
        yield Finding(*code.span(1), Category.ZIP)


_BARE_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_AMBIGUOUS = word_set("CT MS OR IN ME OK HI PA MD ID DC CO LA AL PR VA AR MA DE MI ND NC SC PT")


def _city_before(match: re.Match[str]) -> tuple[int, int] | None:
    """Where the city before a state stands: without words before it that begin a sentence."""
    words = lexicon()
    start, end = match.span(1)
    city = match[1]
    state = match[0][len(city) :]
    comma, code = state.startswith(","), state.strip(", .")
    parts = city.split(" ")
    for index in range(len(parts)):
        rest = " ".join(parts[index:])
        if folded(rest).rstrip(".") in words.places:
            return start, end
        start += len(parts[index]) + 1
    if not comma:
        return None
    start = match.start(1)
    while len(parts) > 1 and (folded(parts[0]) in NOT_PLACES or folded(parts[0]) in words.medical):
        start += len(parts[0]) + 1
        parts = parts[1:]
    head = folded(parts[0]).strip(".")
    if head in NOT_PLACES or head in words.medical or head in words.states or parts[0].isupper():
        return None
    if code in ("MD", "DO", "PA") or (
        code in _AMBIGUOUS and (head in words.english or head in words.first or head in words.last)
    ):
        return None
    return start, end


def _facility(match: re.Match[str]) -> Iterator[Finding]:
    parts = match[0].split()
    start = match.start()
    while len(parts) > 1 and folded(parts[0]).strip(".") in GENERIC - {"st"} | NOT_PLACES:
        start += len(parts[0]) + 1
        parts = parts[1:]
    suffix_only = all(
        folded(part).strip(".")
        in GENERIC | {"center", "centre", "health", "system", "clinic", "university", "pharmacy", "church", "school"}
        for part in parts
    )
    english = lexicon().english
    named = len(parts) > 2 or any(
        (word := folded(part).strip(".,")) not in english or word in HOLY for part in parts[:-1]
    )
    if not suffix_only and named and len(parts) > 1:
        yield Finding(start, match.end(), Category.LOCATION)


def _listed(surface: Surface, starts: list[int]) -> Iterator[Finding]:
    """Cities of the list, in capitals as names of places are."""
    text, words = surface.text, lexicon()
    end = 0
    for start in starts:
        match = _CAPITALS.match(text, start) if start >= end else None
        if not match:
            continue
        parts = match[0].split(" ")
        for count in range(min(3, len(parts)), 0, -1):
            written = " ".join(parts[:count])
            name = folded(written).rstrip(".")
            if (
                name in words.places
                and name not in words.medical
                and (count > 1 or _is_city(name, words.first, words.english, parts[0]))
                and not _EPONYM.match(text, start + len(written))
            ):
                end = start + len(written)
                yield Finding(start, end, Category.LOCATION)
                break


_INSTITUTIONS = word_set(
    "county street avenue road hospital clinic university college school foundation memorial medical center"
    " health pharmacy"
    " bridge club orchestra"
)


_EPONYM = re.compile(rf" (?:(?i:{'|'.join(sorted(EPONYMS - _INSTITUTIONS))})\b|(?:II|III|IV|[A-C]\d\w*)\b)")
"""What follows a city where it stands for a score or a classification: Ghent criteria."""
_CAPITALS = re.compile(rf"{CAP}(?: (?:{LINK} )?{CAP}){{0,2}}")


def _is_city(name: str, first: frozenset[str], english: frozenset[str], written: str) -> bool:
    return name not in first and name not in english and (not written.isupper() or len(written) > 4)
