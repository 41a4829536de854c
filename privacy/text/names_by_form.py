"""Names by their form: surname and given name as lists, messages and names of files write them, and initials."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from privacy.text.name_reader import NameReader

__all__ = ["mark_by_form"]

_NAME = r"[^\W\d_][^\W\d_'-]*(?:['-][^\W\d_]+)*"
_COMMA = re.compile(rf"(?<![\w'-])(?P<last>{_NAME}), ?(?P<first>{_NAME})(?![\w'-])(?P<initial> [A-Z]\b\.?)?")
_PERSON_AFTER = re.compile(
    r"\s{0,3}(?:[-,;:(/]\s{0,2})?(?:\(?\s?(?:mrn|dob|d\.o\.b|age|id|#)\b|\d{1,3}\s?-?\s?(?:[mf]\b|y\b|yo|y/o|yrs?\b|year|male|female)"
    r"|\(\s?[a-z]{0,4}\d|(?:is|was|has|had|who|seen|came|presents?|presented|reports?|denies|admitted|returns?)\b)",
    re.IGNORECASE,
)
_CARET = re.compile(rf"(?<![\w^])(?P<last>{_NAME})\^(?P<first>{_NAME})")
_JOINED = re.compile(rf"(?<![^\W_])(?P<last>{_NAME})_(?P<first>{_NAME})(?![^\W_])")
_INITIALS = re.compile(
    r"(?<![\w.])(?!(?:P\. ?O|I\. ?V|U\. ?S|P\. ?R|N\. ?P|M\. ?D|D\. ?O|A\. ?M|P\. ?M|V\. ?A|[BTQ]\. ?I)\.)"
    r"(?:(?:[A-Z]\. ?){2,3}|[A-Z] [A-Z] )(?P<last>[A-Z][\w'-]+)(?![\w'-])"
)
_JUNIOR = re.compile(rf"(?<![\w'-])(?P<last>{_NAME})(?=,? (?:JR|SR|Jr|Sr)\b)")
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr)\.? (?!contin\b)(?P<last>[a-z][a-z'-]{3,})(?![\w'-])")


def mark_by_form(reader: NameReader) -> None:
    """Marks names that a list, a message, a name of a file, initials or a title tell by their form."""
    text = reader.surface.text
    starts = _starts(reader)
    for match in _matches(_COMMA, text, starts.before_commas):
        if _is_person(reader, match):
            _mark(reader, match, "last", "first")
    if "^" in text:
        for match in _CARET.finditer(text):
            if min(map(len, match.groups())) > 2:
                _mark(reader, match, "last", "first")
    if "_" in text:
        for match in _JOINED.finditer(text):
            words = match["last"].lower(), match["first"].lower()
            listed = any(word in reader.words.first for word in words)
            if listed and not any(reader.plain(word) for word in words):
                _mark(reader, match, "last", "first")
    if reader.caseless:
        return
    for pattern, places in ((_INITIALS, starts.letters), (_JUNIOR, starts.juniors)):
        for match in _matches(pattern, text, places):
            word = match["last"].lower()
            if match["last"][0].isupper() and word in reader.words.last:
                _mark(reader, match, "last")
    for match in _matches(_TITLE, text, starts.titles):
        if reader.unheard(match["last"]):
            _mark(reader, match, "last")


class _Starts(NamedTuple):
    """Where words begin that one of the forms needs."""

    before_commas: list[int]
    letters: list[int]
    juniors: list[int]
    titles: list[int]


def _starts(reader: NameReader) -> _Starts:
    found = _Starts([], [], [], [])
    before = -1
    for start, _, word, kind, gap in reader.tokens:
        if gap[:1] == ",":
            found.before_commas.append(start)
        if kind != "l":
            if kind == "I":
                found.letters.append(start)
            elif word in _JUNIORS and before >= 0:
                found.juniors.append(before)
            elif word in _TITLES:
                found.titles.append(start)
        before = start
    return found


_JUNIORS = frozenset({"jr", "sr"})
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr"})


def _matches(pattern: re.Pattern[str], text: str, starts: list[int]) -> Iterator[re.Match[str]]:
    """Matches of a pattern that begin at one of the offsets and do not overlap."""
    end = 0
    for start in starts:
        if start >= end and (match := pattern.match(text, start)):
            end = match.end()
            yield match


def _is_person(reader: NameReader, match: re.Match[str]) -> bool:
    """Whether "A, B" is a person and no list of words: both written as names, and a sign of a person beside them."""
    last, first = match["last"], match["first"]
    shaped = all(name[0].isupper() for name in (last, first)) or reader.caseless
    if not shaped or len(last) < 2 or len(first) < 2:
        return False
    words = reader.words
    given = first.lower() in words.first
    surname = _is_surname(reader, last)
    if first.lower() in words.states or not _PERSON_AFTER.match(reader.surface.text, match.end()):
        return False
    if reader.plain(last.lower()) and not (given and last.lower() in words.last):
        return False
    return (
        (given and not reader.plain(first.lower()))
        or (given and surname)
        or (surname and reader.unheard(first.lower()))
    )


def _is_surname(reader: NameReader, name: str) -> bool:
    word = name.lower()
    return reader.is_last(word) and not (word in reader.words.english or word in reader.words.medical)


def _mark(reader: NameReader, match: re.Match[str], *groups: str) -> None:
    for group in groups:
        index = reader.at.get(match.start(group))
        if index is not None:
            reader.mark(index, 2)
