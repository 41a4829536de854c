"""Names by what stands beside them: labels, "signed by", relations, greetings, credentials."""

import re
from collections.abc import Iterator

from privacy.text.name_clues import (
    BY,
    BY_WORDS,
    CREDENTIAL,
    DEGREES,
    FUNCTION,
    GREETING,
    GREETING_WORDS,
    LABEL,
    LETTERS,
    NAMING,
    NOT_AFTER_I_AM,
    RELATION,
    RELATION_WORDS,
    STRONG_TITLES,
)
from privacy.text.name_reader import NameReader
from privacy.text.surface import stretches

__all__ = ["mark_by_cue"]


def mark_by_cue(reader: NameReader) -> None:
    """Marks names that follow a label, a relation or a greeting, or stand before a credential."""
    text, lower = reader.surface.text, reader.surface.lower
    for start, end in reader.surface.around(":?\t", 64, 8):
        for match in LABEL.finditer(lower, start, end):
            reader.run(match.end(), 2, labelled=True)
    for match in _matches(reader, BY, BY_WORDS):
        reader.run(match.end(), 2, strict=reader.caseless or match[0].strip(" ,") in NOT_AFTER_I_AM)
    if reader.caseless:
        for match in NAMING.finditer(lower):
            _called(reader, match.end())
    for match in _matches(reader, RELATION, RELATION_WORDS):
        reader.run(match.end(), 2, strict=True)
    if reader.caseless or "hi" in lower or "hey" in lower:
        for match in _matches(reader, GREETING, GREETING_WORDS):
            _greeted(reader, match)
    for start, end in stretches(_credentials(reader), 72, 12):
        for match in CREDENTIAL.finditer(text, start, end):
            _credential(reader, match)


def _matches(reader: NameReader, pattern: re.Pattern[str], words: frozenset[str]) -> Iterator[re.Match[str]]:
    """Matches of a pattern in lower case that begins with one of the words."""
    lower, end = reader.surface.lower, 0
    for start in sorted(set(reader.surface.beginning(words))):
        if start >= end and (match := pattern.match(lower, start)):
            end = match.end()
            yield match


def _credentials(reader: NameReader) -> Iterator[int]:
    """Where the letters stand that may follow a name."""
    for index in reader.surface.capitals:
        token = reader.tokens[index]
        if token.word.split("-")[0] in LETTERS or (token.kind == "I" and token.gap[:1] == "."):
            yield token.start


def _called(reader: NameReader, position: int) -> None:
    index = reader.at.get(position)
    while index is not None and _likely(reader, reader.tokens[index].word):
        reader.mark(index, 2)
        index = index + 1 if reader.tokens[index].gap == " " and index + 1 < len(reader.tokens) else None


def _likely(reader: NameReader, word: str) -> bool:
    """Whether a word is a name where one is announced: of the lists of names, or of no list."""
    known = len(word) > 2 and (word in reader.words.first or reader.is_last(word))
    return reader.unheard(word) or (known and not reader.plain(word) and word not in reader.words.places)


def _greeted(reader: NameReader, match: re.Match[str]) -> None:
    index = reader.at.get(match.end())
    if index is None:
        return
    token = reader.tokens[index]
    calling = match[0].split()[0].strip(",") in (
        "hi",
        "hello",
        "hey",
        "dear",
        "good",
        "thank",
        "thanks",
        "welcome",
        "bye",
        "goodbye",
    )
    ends = token.gap.strip(" ")[:1] in (",", ".", "?", "!", "")
    addressed = "," in match[0] and ends and calling
    likely = token.word in reader.words.first and token.word not in FUNCTION and len(token.word) > 2
    if reader.shaped(index) and likely and (addressed or (calling and ends and token.word not in reader.words.english)):
        reader.mark(index, 2)
        reader.extend(index, 2)


def _credential(reader: NameReader, match: re.Match[str]) -> None:
    first, end = match.span(1)
    indices = (
        [index for index in range(_index_from(reader, first), len(reader.tokens)) if reader.tokens[index].start < end]
        if end
        else []
    )
    while indices:
        token = reader.tokens[indices[0]]
        named = token.word in reader.words.first or reader.is_last(token.word)
        if token.word in STRONG_TITLES or token.word in FUNCTION or (reader.plain(token.word) and not named):
            indices.pop(0)
        else:
            break
    if len(indices) == 1 and reader.plain(reader.tokens[indices[0]].word):
        return
    if any(reader.tokens[index].word in FUNCTION for index in indices):
        return
    if (
        len(indices) == 1
        and reader.tokens[indices[0]].kind == "U"
        and not reader.is_last(reader.tokens[indices[0]].word)
    ):
        return
    for index in indices:
        if reader.tokens[index].word not in DEGREES:
            reader.mark(index, 2)


def _index_from(reader: NameReader, start: int) -> int:
    return reader.at.get(start, len(reader.tokens))
