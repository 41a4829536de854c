"""Rules for addresses: streets with a house, boxes, apartments, and the city and code that follow them."""

import re
from collections.abc import Iterator

from privacy.findings import Category, Finding
from privacy.text.lexicon import folded, lexicon, word_set
from privacy.text.place_clues import CAP, LINK, NOT_PLACES, STATES
from privacy.text.street_clues import (
    BOX,
    CORNER,
    CUE_WORDS,
    CUED,
    ENDINGS_ABROAD,
    EUROPE,
    FLAT,
    HEADS_ABROAD,
    LABELLED,
    NAMED,
    NAMED_AFTER,
    NO_STREET,
    NUMBERED,
    RARE,
    ROUTE,
    SHIP,
    STREET,
    STREET_LOWER,
    UNIT_AFTER,
)
from privacy.text.surface import Surface

__all__ = ["find_streets"]


def find_streets(surface: Surface) -> Iterator[Finding]:
    """Yields addresses (ADDRESS), and what stands right after them: cities (LOCATION) and postal codes (ZIP)."""
    text, lower = surface.text, surface.lower
    for pattern, match in _houses(surface):
        if (pattern in (NUMBERED, RARE) and _medical_words(match[0])) or (pattern is EUROPE and _is_word(match[0])):
            continue
        if pattern is STREET and _is_doctor(match[0]):
            continue
        before = _DOUBLE.search(text, max(0, match.start() - 8), match.start())
        if not before and not match[0][0].isdigit():
            before = _CROSSED.search(text, max(0, match.start() - 40), match.start())
        yield Finding(before.start() if before else match.start(), match.end(), Category.ADDRESS)
        yield from _tail(text, match.end())
    for start, end in surface.near(_suffixes(surface), 72, 24):
        for match in (*NAMED.finditer(text, start, end), *NAMED_AFTER.finditer(text, start, end)):
            first = match.start(match.lastindex or 0)
            if folded(text[first : match.end()].split()[0]) not in _NO_HEAD:
                yield Finding(first, match.end(), Category.ADDRESS)
    if surface.caseless:
        yield from _caseless(surface)
    for start, end in surface.around(_BOXES, 32, 48):
        for match in BOX.finditer(lower, start, end):
            ship = SHIP.search(text, max(0, match.start() - 48), match.start() + 3)
            yield Finding(ship.start() if ship else match.start(), match.end(), Category.ADDRESS)
            yield from _tail(text, match.end())
    for start, end in surface.around(_FLATS, 2, 40, words=True):
        for match in FLAT.finditer(lower, start, end):
            if any(map(str.isdigit, match[0])):
                yield Finding(_flat_start(surface, match.start()), match.end(), Category.ADDRESS)
                yield from _tail(text, match.end())
    if "corner of" in lower:
        for match in CORNER.finditer(text):
            yield Finding(match.start(), match.end(), Category.ADDRESS)
            yield from _tail(text, match.end())
    for start, end in surface.around(("addr", "residence"), 2, 160):
        for match in LABELLED.finditer(text, start, end):
            yield Finding(match.start(1), match.end(1), Category.ADDRESS)


_BOXES = (
    "box",
    "psc",
    "apo ",
    "fpo ",
    "dpo ",
    "rr ",
    "rr#",
    "rural route",
    "postfach",
    "postbus",
    "postboks",
    "apartado",
)
_FLATS = word_set("apt apartment suite ste flat")
_NO_HEAD = NOT_PLACES | {"st", "saint"}
_SUFFIXES = word_set(
    "street st avenue ave road rd boulevard blvd lane ln parkway pkwy highway hwy drive dr court place way circle"
    " terrace"
    " square crescent close grove gardens trail row walk mews quay loop alley plaza"
)


def _suffixes(surface: Surface) -> list[int]:
    """Where words with a capital stand that streets end with."""
    tokens = surface.tokens
    return [tokens[index].start for index in surface.capitals if tokens[index].word in _SUFFIXES]


def _houses(surface: Surface) -> Iterator[tuple[re.Pattern[str], re.Match[str]]]:
    """Streets with a number before or after them."""
    text = surface.text
    routed = _routed(surface)
    last = 0
    for start, end in surface.runs:
        if end - start > 6 or not _NAME_NEXT.match(text, end):
            continue
        patterns = (STREET, ROUTE, NUMBERED, RARE) if routed else (STREET, NUMBERED, RARE)
        begin = start - 1 if text[start - 1 : start] == "#" else start
        for pattern in patterns:
            match = pattern.match(text, begin if pattern in (STREET, ROUTE) else start)
            if match and (pattern is not STREET or begin >= last):
                last = match.end() if pattern is STREET else last
                yield pattern, match
    for start, end in surface.near(_abroad(surface), 48, 72):
        for match in EUROPE.finditer(text, start, end):
            yield EUROPE, match
    if not surface.caseless:
        for start, end in surface.around(CUE_WORDS, 2, 144, words=True):
            for match in CUED.finditer(text, start, end):
                inner = _ALL.fullmatch(text, match.start(1), match.end(1))
                if inner and not _medical_words(f"0 {match[1]} 0"):
                    yield CUED, inner


def _routed(surface: Surface) -> bool:
    return surface.has("road", "route", "highway", "hwy", "rte", "broadway", " us ", " fm ", " cr ", " sr ")


_NAME_NEXT = re.compile(r"(?:-\d{1,5})?(?:\s?[A-Z](?![\w.]))?(?:\s1/2)?,?\s(?=[^\W\d_a-z]|\d)")


def _abroad(surface: Surface) -> Iterator[int]:
    """Where a word stands that streets of other countries begin or end with."""
    text, lower = surface.text, surface.lower
    for start, _ in surface.runs:
        if lower[max(0, start - 16) : start].rstrip(" .,\n").endswith(ENDINGS_ABROAD):
            yield start
    for start in surface.beginning(HEADS_ABROAD):
        if _HEAD_NEXT.match(lower, start) and _STREET_NEXT.match(text, lower.index(" ", start)):
            yield start


_HEAD_NEXT = re.compile(r"[^\s]{2,12} ")
_STREET_NEXT = re.compile(rf"\s(?:{LINK}\s|l'|d'){{0,3}}(?:[^\W\d_a-z]|[a-z\u00df-\u024f]{{4,14}}\b)")
_ALL = re.compile(r".+", re.DOTALL)


def _caseless(surface: Surface) -> Iterator[Finding]:
    english = lexicon().english
    for match in STREET_LOWER.finditer(surface.lower):
        names = match[1].split()
        suffix = match[0].split(",")[0].rstrip(". ").split()
        spelt = any(word in _SPELT for word in suffix) and len(suffix[0]) > 1
        if any(name in _LITTLE for name in names) or not (spelt or any(name not in english for name in names)):
            continue
        yield Finding(match.start(), match.end(), Category.ADDRESS)
        yield from _Tail(surface.titled, match.end(), listed=True).findings()
    if _routed(surface):
        for start, _ in surface.runs:
            if route := ROUTE.match(surface.titled, start):
                yield Finding(route.start(), route.end(), Category.ADDRESS)
    for start, end in surface.near(_abroad(surface), 48, 48):
        for match in EUROPE.finditer(surface.titled, start, end):
            if any(map(str.isdigit, match[0])) and _unusual(match[0]) and _one_street(match[0]):
                yield Finding(match.start(), match.end(), Category.ADDRESS)
                yield from _Tail(surface.titled, match.end(), listed=True).findings()


def _one_street(text: str) -> bool:
    """Whether no word of English, which could be a part of the sentence, stands in it: "ring 5", "via g-tube 3"."""
    words = [folded(part).strip(".,'") for part in text.split() if part[0].isalpha()]
    return len(words) < 5 and not any(word in lexicon().english and len(word) > 4 for word in words[1:])


def _flat_start(surface: Surface, start: int) -> int:
    """Where the address begins that an apartment ends: at the words with capitals and numbers right before it."""
    if surface.caseless:
        return start
    text = surface.text
    line = text.rfind("\n", 0, max(0, start - 3)) + 1
    match = UNIT_AFTER.search(text, max(line, start - 80), start)
    if match is None or not any(map(str.isdigit, match[0])) or not _unusual(match[0]):
        return start
    return match.start()


_CROSSED = re.compile(rf"{CAP} and $")
_DOUBLE = re.compile(r"(?<![\w./-])\d{1,6}[ ,]+$")
_GAP = re.compile(r"\.?[ \t>?]{0,3}(?:[,;][\s>?]{0,8}|\n[\s>?,]{0,8}|\s{1,3})")
_UNIT = re.compile(r"(?:Apt|Suite|Ste|Unit|Flat|Floor)\.?(?:\s?#?\s?\d\w{0,5}|\s#?[A-Z])\b")
_CODE = re.compile(
    r"(?:[A-Z]{1,2}-)?(?:\d{3} \d{2}|\d{3,6}(?:-\d{3,4})?)(?![\w%/:-]|[.,]\d)(?: [A-Z]{2}\b(?=\s?[,\n]|$))?"
)
_PLACE = re.compile(
    rf"{CAP}(?:[ -](?:(?:{LINK}|u|nad|pri|ob|pod|v|bei|aan)\s)?(?!\w*\d){CAP}){{0,3}}(?: \({CAP}\))?(?: \d{{1,2}}\b)?"
)
_BRITISH = re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]?\s\d[A-Za-z]{2}\b")
_CAPITAL = re.compile(rf"\s{CAP}")
_STATE = re.compile(rf"(?:{STATES})\b")
_PROVINCE = re.compile(r"(?:[A-Z]{2}|\d{2})(?=\s?\n|\s\d{4,6}\b)")
_HOME = frozenset({"united states", "usa", "us", "u.s.", "america"})


def _tail(text: str, end: int) -> list[Finding]:
    """What follows a street: apartment, city, postal code; states and countries stand."""
    return _Tail(text, end).findings()


class _Tail:
    """One reading of what follows a street, part by part."""

    def __init__(self, text: str, end: int, listed: bool = False) -> None:
        self.text, self.end, self.listed = text, end, listed
        self.sure: list[Finding] = []
        """What is an identifier whatever follows."""
        self.pending: list[Finding] = []
        """Cities and codes, which count once something shows that this is an address."""
        self.code_of_state: Finding | None = None
        self.cities = 0
        self.certain = self.after_unit = self.coded = False

    def findings(self) -> list[Finding]:
        for _ in range(7):
            gap = _GAP.match(self.text, self.end)
            if not gap:
                break
            comma, line = "," in gap[0] or ";" in gap[0], "\n" in gap[0]
            if not (self._unit(gap.end()) or self._code(gap.end(), line) or self._state(gap.end(), comma)):
                if not self._city(gap.end(), comma, line):
                    break
                self.after_unit = False
        return self.sure + self.pending if self.certain else self.sure

    def _unit(self, start: int) -> bool:
        unit = _UNIT.match(self.text, start)
        if unit:
            self.sure.append(Finding(*unit.span(), Category.ADDRESS))
            self.end, self.after_unit = unit.end(), True
        return unit is not None

    def _code(self, start: int, line: bool) -> bool:
        code = _CODE.match(self.text, start) or (_BRITISH.match(self.text, start) if self.cities else None)
        known = self.cities or self.certain
        if not code or self.coded or not (known or (not line and _CAPITAL.match(self.text, code.end()))):
            return False
        self.pending.append(Finding(*code.span(), Category.ZIP))
        self.end, self.coded = code.end(), True
        self.certain = self.certain or self.cities > 0
        return True

    def _state(self, start: int, comma: bool) -> bool:
        if self.text.startswith("nan", start):
            self.end, self.certain = start + 3, True
            return True
        state = _STATE.match(self.text, start)
        province = _PROVINCE.match(self.text, start) if comma and self.cities else None
        found = state if state and (self.cities or comma) else province
        if found:
            code = Finding(*found.span(), Category.LOCATION)
            if found is state:
                self.code_of_state = code
            else:
                self.sure.append(code)
            self.end, self.certain = found.end(), True
        return found is not None

    def _city(self, start: int, comma: bool, line: bool) -> bool:
        place, words = _PLACE.match(self.text, start), lexicon()
        if not place or self.text[place.end() : place.end() + 1] == ":" or _WORD.match(self.text, place.end()):
            return False
        written = self._listed(place[0]) if self.listed else place[0]
        if not written:
            return False
        end = start + len(written)
        label = folded(written).strip(" .,()")
        if label in words.states or label.split(" (")[0] in words.states:
            if label not in words.states:
                self.sure.append(Finding(start, end, Category.LOCATION))
            if self.code_of_state and label not in _HOME:
                self.sure.append(self.code_of_state)
            self.end, self.certain = end, True
            return True
        first = label.split()[0].strip(".,")
        word = first in words.english or first in words.medical
        if (
            self.cities >= 2
            or first in NOT_PLACES
            or first in _TAIL_ENDS
            or label in words.medical
            or label in _STREETS
        ):
            return False
        if not comma and not line and (word or self.cities):
            return False
        kept = _without_state(written)
        self.pending.append(Finding(start, start + len(kept), Category.LOCATION))
        self.cities += 1
        shown = kept != written or (self.cities == 1 and comma and not line)
        listed = label in words.places or self.after_unit or (line and not word and not written.isupper())
        self.certain = self.certain or shown or listed
        self.end = end
        return True

    def _listed(self, place: str) -> str:
        """As much of a place, from its start, as is a city or a state of the lists; empty where nothing is."""
        words = lexicon()
        parts = place.split(" ")
        for count in range(len(parts), 0, -1):
            written = " ".join(parts[:count])
            if (name := folded(written).rstrip(".,")) in words.places or name in words.states:
                return written
        return ""


_WORD = re.compile(r"\w")


def _without_state(place: str) -> str:
    """A place without the state or country that follows it."""
    match = _LAST_PART.search(place)
    if match and (folded(match[1]).strip(" .()") in lexicon().states or re.fullmatch(STATES, match[1])):
        return place[: match.start()]
    return place.rstrip(".")


_LAST_PART = re.compile(r"[\s,]+\(?([^\W\d_][^,\n]*?)\)?\.?$")
_TAIL_ENDS = word_set(
    "phone tel fax email mobile cell desk home office website dear re date dob mrn patient name he she the his her"
    " is was and for with contact please"
)
_STREETS = word_set("st street ave avenue road rd")
_SPELT = word_set("street avenue ave road lane boulevard blvd drive parkway highway terrace")
_LITTLE = word_set(
    "min minute minutes second seconds feet foot mile miles pound pounds dr st doctor left right and then but she"
    " he they test the of to and or in on for with at by per a an mg ml mcg days day weeks week months years hours"
    " times tablets pills puffs units every from is was"
)


def _is_word(text: str) -> bool:
    """Whether what looks like a street is an English word and what it acts on: Spring 2024, Place Foley Catheter."""
    parts = text.split()
    english = folded(parts[0]).strip(".,") in lexicon().english
    return english and (len(parts) == 2 or not any(map(str.isdigit, text)))


def _is_doctor(text: str) -> bool:
    """Whether "Dr." is a title: 14 Attending Dr."""
    parts = text.rstrip(".").split()
    return parts[-1] in ("Dr", "St") and all(folded(part).strip(".,") in NO_STREET for part in parts[1:-1])


def _unusual(text: str) -> bool:
    """Whether a word of neither English nor medicine is among the words, and none of medicine."""
    words = lexicon()
    found = [folded(part).strip(".,") for part in text.split() if part[0].isalpha()]
    return any(word not in words.english for word in found) and not any(word in words.medical for word in found)


def _medical_words(text: str) -> bool:
    words = lexicon()
    return any(
        (word := folded(part).strip(".,")) in words.medical or word in words.english for part in text.split()[1:-1]
    )
