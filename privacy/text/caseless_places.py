"""Places in a text without capitals: only beside a state or a code, after a cue, or by list."""

import re
from collections.abc import Iterator

from privacy.findings import Category, Finding
from privacy.text.lexicon import folded, lexicon, word_set
from privacy.text.place_clues import (
    FACILITY_LOWER,
    FROM_LOWER,
    GENERIC,
    HOLY,
    HOME_LOWER,
    NATURE,
    NOT_PLACES,
    STATE_NAMES,
    STATES,
    place_heads,
)
from privacy.text.surface import Surface

__all__ = ["find_caseless_places"]


def find_caseless_places(surface: Surface) -> Iterator[Finding]:
    """Yields cities and facilities (LOCATION) and codes after a state (ZIP) where capitals say nothing."""
    lower, words = surface.lower, lexicon()
    for start, end in surface.around(_NAMES, 48, 32, words=True):
        for match in _STATE_LOWER.finditer(lower, start, end):
            yield from _city_and_state(match)
    codes = [match.start() for match in _CODE_HINT.finditer(lower)]
    for start, end in surface.near(codes, 64, 24):
        for match in _CODE_LOWER.finditer(lower, start, end):
            yield from _city_and_code(match)
    for start, end in surface.around(_FACILITIES, 64, 32, words=True):
        for match in FACILITY_LOWER.finditer(lower, start, end):
            if _named(match[1].split()):
                yield Finding(*match.span(1), Category.LOCATION)
    for start, end in surface.around(_HOMES, 2, 64, words=True):
        for match in HOME_LOWER.finditer(lower, start, end):
            place = folded(match[1])
            if place not in words.english and place not in words.medical and place not in words.states:
                yield Finding(*match.span(1), Category.LOCATION)
    yield from _after_preposition(surface)


def _after_preposition(surface: Surface) -> Iterator[Finding]:
    lower, words, tokens, heads = surface.lower, lexicon(), surface.tokens, place_heads()
    for index in range(1, len(tokens)):
        word = tokens[index].word
        if word not in heads and f"{word}." not in heads:
            continue
        cue = index - 2 if index > 1 and tokens[index - 1].word in _SIDES else index - 1
        match = FROM_LOWER.match(lower, tokens[cue].start) if tokens[cue].word in _PREPOSITIONS else None
        parts = match[1].split() if match else []
        for count in range(len(parts), 0, -1):
            place = " ".join(parts[:count]).rstrip(".")
            if (
                match
                and place in words.places
                and (count > 1 or (place not in words.english and len(place) > 3))
                and place not in words.states
            ):
                yield Finding(match.start(1), match.start(1) + len(place), Category.LOCATION)
                break


_PREPOSITIONS = word_set("in from to near of at visiting outside leaving around")
_SIDES = word_set("downtown northern southern east west eastern western")
_NAMES = frozenset(STATE_NAMES.lower().split("|"))
_FACILITIES = word_set(
    "university college hospital medical high elementary middle nursing assisted infirmary general"
) | word_set("memorial clinic manor church county township parish borough community regional senior")
_ENDINGS = ("side", "view", "wood", "dale", "brook", "field", "ridge", "crest", "haven", "rise", "acres")


def _named(words: list[str]) -> bool:
    """Whether an institution has a name, by the first of its words: not "the local hospital"."""
    lists, first = lexicon(), folded(words[0]).strip(".")
    if (
        (first in GENERIC and first not in NATURE)
        or first in NOT_PLACES
        or first in lists.medical
        or first in lists.states
    ):
        return False
    sure = first in HOLY or first in NATURE or first.endswith(_ENDINGS) or " ".join(words[:2]) in lists.places
    return len(first) > 1 and (sure or first in lists.places or first not in lists.english)


_HOMES = word_set("live living resid grew born native originally hometown")
_CODE_HINT = re.compile(rf", (?:{STATES.lower()})\b|\d{{5}}(?!\d)")
_STATE_LOWER = re.compile(
    rf"([a-z][a-z'.-]+(?: [a-z'.-]+){{0,2}}) ?,? (?:{STATE_NAMES.lower()})\b(?: ?,? (\d{{5}}(?:-\d{{4}})?)\b)?"
)
_CODE_LOWER = re.compile(
    rf"([a-z][a-z'.-]+(?: [a-z'.-]+){{0,2}}) ?(,)? (?:{STATES.lower()})\b(?: ?,? (\d{{5}}(?:-\d{{4}})?)(?![\w-]))?"
)


def _city_and_state(match: re.Match[str]) -> Iterator[Finding]:
    places = lexicon().places
    if match[2]:
        yield Finding(*match.span(2), Category.ZIP)
    parts = match[1].split(" ")
    cities = (" ".join(parts[index:]) for index in range(len(parts)))
    city = next((city for city in cities if city in places), None)
    if city:
        yield Finding(match.end(1) - len(city), match.end(1), Category.LOCATION)


def _city_and_code(match: re.Match[str]) -> Iterator[Finding]:
    """`spokane, wa 99201`: the code of the state is a word too often to be trusted without a comma or a ZIP code."""
    words = lexicon()
    if match[3]:
        yield Finding(*match.span(3), Category.ZIP)
    if not match[2] and not match[3]:
        return
    parts = match[1].split(" ")
    cities = (" ".join(parts[index:]) for index in range(len(parts)))
    city = next((city for city in cities if city in words.places), None)
    if city is None and match[2] and match[3] and parts[-1] not in words.english:
        city = parts[-1]
    if city:
        yield Finding(match.end(1) - len(city), match.end(1), Category.LOCATION)
