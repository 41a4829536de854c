"""Rules for addresses, ZIP and postal codes, and geography below the state."""

import re
from collections.abc import Iterator
from functools import cache

from privacy.findings import Category, Finding
from privacy.text.lexicon import folded, lexicon, word_set
from privacy.text.place_clues import (
    ABROAD,
    BOX,
    CANADA,
    CAP,
    CITY,
    CITY_STATE,
    COUNTY,
    EUROPE,
    FACILITY,
    FLAT,
    FROM,
    FROM_LOWER,
    GENERIC,
    LABELLED,
    LEADING_CODE,
    LINK,
    NAMED,
    NAMED_AFTER,
    NATURE,
    NOT_PLACES,
    NUMBERED,
    PREFIXED,
    ROUTE,
    STATE_NAMES,
    STATES,
    STREET,
    STREET_LOWER,
    THREE,
    TRAILING_CODE,
    UK,
    ZIP,
    ZIP4,
    ZIP_LABEL,
)
from privacy.text.surface import Surface, stretches

__all__ = ["find_places"]


def find_places(surface: Surface) -> Iterator[Finding]:
    """Yields addresses (ADDRESS), ZIP and postal codes (ZIP), cities, counties and facilities (LOCATION)."""
    text, _lower = surface.text, surface.lower
    yield from _streets(surface)
    if any(char.isdigit() for char in text):
        yield from _codes(surface)
    if surface.caseless:
        yield from _lower_cities(surface)
        return
    words = lexicon()
    for match in CITY_STATE.finditer(text):
        city = _city_before(match)
        if city:
            yield Finding(city[0], city[1], Category.LOCATION)
    if surface.has("county", "parish", "borough", "township", "municipality", "village", "city of", "town of"):
        for match in COUNTY.finditer(text):
            yield Finding(match.start(), match.end(), Category.LOCATION)
    for match in FACILITY.finditer(text):
        yield from _facility(match)
    for match in FROM.finditer(text):
        place = folded(match[1]).rstrip(".")
        first = place.split()[0].rstrip(".,")
        if place in words.states or first in NOT_PLACES or first in words.states:
            continue
        if match[0].startswith(("in ", "In ")) and (first in words.first or len(first) < 4):
            continue
        if first in words.medical and place not in words.places:
            continue
        if first in NATURE and " " in place and place.split()[1] not in words.english:
            yield Finding(match.start(1), match.end(1), Category.LOCATION)
            continue
        if (
            len(first) > 2
            and (first not in words.english or place in words.places)
            and not match[1].split()[0].isupper()
        ):
            end = match.end(1)
            yield Finding(match.start(1), end - (text[end - 1] == "."), Category.LOCATION)
    yield from _listed(surface)


def _streets(surface: Surface) -> Iterator[Finding]:
    text, lower = surface.text, surface.lower
    whole = [(0, len(text))]
    route = (
        whole
        if surface.has("road", "route", "highway", "hwy", "rte", "broadway", " us ", " fm ", " cr ", " sr ")
        else []
    )
    for pattern, where in (
        (STREET, whole),
        (ROUTE, route),
        (EUROPE, surface.around(ABROAD, 48, 72)),
        (NUMBERED, whole),
    ):
        for match in (match for start, end in where for match in pattern.finditer(text, start, end)):
            if (pattern is NUMBERED and _medical_words(match[0])) or (pattern is EUROPE and _is_word(match[0])):
                continue
            before = _DOUBLE.search(text, max(0, match.start() - 8), match.start())
            yield Finding(before.start() if before else match.start(), match.end(), Category.ADDRESS)
            yield from _tail(text, match.end())
    for match in (*NAMED.finditer(text), *NAMED_AFTER.finditer(text)):
        start = match.start(match.lastindex or 0)
        first = folded(text[start : match.end()].split()[0])
        if first not in NOT_PLACES and first not in {"st", "saint"}:
            yield Finding(start, match.end(), Category.ADDRESS)
    if surface.caseless:
        english = lexicon().english
        for match in STREET_LOWER.finditer(lower):
            names = match[1].split()
            suffix = match[0].split(",")[0].rstrip(". ").split()
            spelt = any(word in _SPELT for word in suffix) and len(suffix[0]) > 1
            if any(name in _LITTLE for name in names) or not (spelt or any(name not in english for name in names)):
                continue
            yield Finding(match.start(), match.end(), Category.ADDRESS)
    if "box" in lower or "rr" in lower or "po " in lower or "postfach" in lower or "route" in lower:
        for match in BOX.finditer(lower):
            yield Finding(match.start(), match.end(), Category.ADDRESS)
            yield from _tail(text, match.end())
    if surface.has("apt", "apartment", "suite", "ste", "flat"):
        for match in FLAT.finditer(lower):
            if any(map(str.isdigit, match[0])):
                yield Finding(match.start(), match.end(), Category.ADDRESS)
    if surface.has("addr", "residence"):
        for match in LABELLED.finditer(text):
            yield Finding(match.start(1), match.end(1), Category.ADDRESS)


_DOUBLE = re.compile(r"(?<![\w./-])\d{1,6}[ ,]+$")
_REST = re.compile(
    rf"(?:[\s>?,;]{{1,8}}(?P<flat>(?:Apt|Suite|Ste|Unit|Flat)\.?\s?#?\w{{1,6}}))?(?:[,\s>?]{{1"
    rf",6}}(?P<code>(?:[A-Z]{{1,2}}-)?\d{{4,5}})(?=\s{CAP}))?(?P<city>[\s>?]{{0,2}}(?:,|\n|(?<=\d) )[\s>?,]{{0"
    rf",8}}{CITY}(?:,?\s\(?{CAP}\)?)?)?"
    rf"(?P<more>(?:\s{{0,2}}[,\n][\s>?,]{{0,8}}|\s)(?:nan|{CITY}))?(?:[\s>?,]{{1,8}}(?P<zip>\d{{3,6}}(?:-\d{{3"
    rf",4}})?|\d{{3}} \d{{2}}))?(?![\w%])"
)


def _tail(text: str, end: int) -> Iterator[Finding]:
    """What follows a street: apartment, city, postal code; states and countries stand."""
    match = _REST.match(text, end)
    if not match or not match[0]:
        return
    states, words = lexicon().states, lexicon()
    if match["flat"]:
        yield Finding(*match.span("flat"), Category.ADDRESS)
    if match["code"]:
        yield Finding(*match.span("code"), Category.ZIP)
    city = False
    for name in ("city", "more"):
        if match[name] is None:
            continue
        place = re.search(r"[^\W\d_].*", match[name], re.DOTALL)
        if not place:
            continue
        start = match.start(name) + place.start()
        written = _CUT.split(place[0])[0]
        label = folded(written).strip(" .,")
        if not label or written[-1:].isdigit():
            return
        first = label.split()[0].strip(".,")
        if first in NOT_PLACES or (
            name == "city" and "\n" in match[name] and match["zip"] is None and first in words.english
        ):
            return
        if (
            label not in states
            and label != "nan"
            and not re.fullmatch(STATES, written.strip())
            and first not in _TAIL_ENDS
        ):
            city = True
            yield Finding(start, start + len(_without_state(written)), Category.LOCATION)
        elif first in _TAIL_ENDS:
            return
    if match["zip"] and (city or match["city"]):
        yield Finding(*match.span("zip"), Category.ZIP)


def _without_state(place: str) -> str:
    """A place without the state or country that follows it."""
    match = _LAST_PART.search(place)
    if match and (folded(match[1]).strip(" .()") in lexicon().states or re.fullmatch(STATES, match[1])):
        return place[: match.start()]
    return place.rstrip(".")


_CUT = re.compile(r"[,\s]+[A-Za-z]*\d|(?<!St)\.\s")
_LAST_PART = re.compile(r"[\s,]+\(?([^\W\d_][^,\n]*?)\)?\.?$")
_TAIL_ENDS = word_set(
    "phone tel fax email mobile cell desk home office website dear re date dob mrn patient name he she the his her"
    " is was and for with contact please"
)
_SPELT = word_set("street avenue ave road lane boulevard blvd drive parkway highway terrace")
_LITTLE = word_set(
    "min minute minutes second seconds feet foot mile miles pound pounds dr st doctor left right and then but she"
    " he they test the of to and or in on for with at by per a an mg ml mcg days day weeks week months years hours"
    " times tablets pills puffs units every from is was"
)


def _is_word(text: str) -> bool:
    """Whether what looks like a street is an English word and a number: Spring 2024."""
    parts = text.split()
    return len(parts) == 2 and folded(parts[0]).strip(".,") in lexicon().english


def _medical_words(text: str) -> bool:
    words = lexicon()
    return any(
        (word := folded(part).strip(".,")) in words.medical or word in words.english for part in text.split()[1:-1]
    )


def _codes(surface: Surface) -> Iterator[Finding]:
    text, lower = surface.text, surface.lower
    numbers = stretches((match.start() for match in THREE.finditer(text)), 64, 16)
    for pattern in (ZIP, PREFIXED):
        for match in (match for start, end in numbers for match in pattern.finditer(text, start, end)):
            yield Finding(match.start(1), match.end(1), Category.ZIP)
    if surface.has("zip", "post", "plz", "cap", "cp"):
        for match in ZIP_LABEL.finditer(lower):
            yield Finding(match.start(1), match.end(1), Category.ZIP)
    for pattern in (ZIP4, UK, CANADA):
        for match in pattern.finditer(text):
            yield Finding(match.start(), match.end(), Category.ZIP)
    places = lexicon().places
    for match in LEADING_CODE.finditer(text):
        city = folded(match[2]).rstrip(".")
        if any(name in places for name in (city, " ".join(city.split()[:2]), city.split()[0])):
            yield Finding(match.start(1), match.end(1), Category.ZIP)
    states = lexicon().states
    for match in (match for start, end in numbers for match in TRAILING_CODE.finditer(text, start, end + 8)):
        place = folded(match[1]).replace("(", "").replace(")", "").replace(".", "")
        parts = place.split()
        tails = {" ".join(parts[start:]) for start in range(len(parts))} | {parts[0]}
        if (tails & places or (tails & states and "\n" in text)) and not re.fullmatch(r"(?:19|20)\d\d", match[2]):
            yield Finding(match.start(2), match.end(2), Category.ZIP)


_STATE_LOWER = re.compile(
    rf"([a-z][a-z'.-]+(?: [a-z'.-]+){{0,2}}) ?,? (?:{STATE_NAMES.lower()})\b(?: ?,? (\d{{5}}(?:-\d{{4}})?)\b)?"
)


def _lower_cities(surface: Surface) -> Iterator[Finding]:
    lower, words = surface.lower, lexicon()
    near = surface.around(STATE_NAMES.lower().split("|"), 48, 32)
    for match in (match for start, end in near for match in _STATE_LOWER.finditer(lower, start, end)):
        if match[2]:
            yield Finding(*match.span(2), Category.ZIP)
        parts = match[1].split(" ")
        for index in range(len(parts)):
            city = " ".join(parts[index:])
            if city in words.places:
                yield Finding(match.end(1) - len(city), match.end(1), Category.LOCATION)
                break
    for match in FROM_LOWER.finditer(lower):
        parts = match[1].split()
        for count in range(len(parts), 0, -1):
            place = " ".join(parts[:count]).rstrip(".")
            if (
                place in words.places
                and (count > 1 or (place not in words.english and len(place) > 3))
                and place not in words.states
            ):
                yield Finding(match.start(1), match.start(1) + len(place), Category.LOCATION)
                break


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
    named = any(folded(part).strip(".,") not in english for part in parts[:-1]) or len(parts) > 2
    if not suffix_only and named and len(parts) > 1:
        yield Finding(start, match.end(), Category.LOCATION)


def _listed(surface: Surface) -> Iterator[Finding]:
    """Cities of the list, in capitals as names of places are."""
    text, words, heads = surface.text, lexicon(), _heads()
    for match in _CAPITALS.finditer(text):
        parts = match[0].split(" ")
        offset = match.start()
        index = 0
        while index < len(parts):
            taken = 0
            for count in range(min(3, len(parts) - index), 0, -1):
                if (
                    count == min(3, len(parts) - index)
                    and folded(parts[index]).rstrip(".") not in heads
                    and folded(parts[index]) not in heads
                ):
                    break
                name = folded(" ".join(parts[index : index + count])).rstrip(".")
                if (
                    name in words.places
                    and name not in words.medical
                    and (count > 1 or _is_city(name, words.first, words.english, parts[index]))
                ):
                    length = len(" ".join(parts[index : index + count]))
                    yield Finding(offset, offset + length, Category.LOCATION)
                    taken = count
                    break
            for part in parts[index : index + max(taken, 1)]:
                offset += len(part) + 1
            index += max(taken, 1)


@cache
def _heads() -> frozenset[str]:
    """First words of the places."""
    return frozenset(place.split(" ")[0] for place in lexicon().places)


_CAPITALS = re.compile(rf"{CAP}(?: (?:{LINK} )?{CAP})*")


def _is_city(name: str, first: frozenset[str], english: frozenset[str], written: str) -> bool:
    return name not in first and name not in english and (not written.isupper() or len(written) > 4)
