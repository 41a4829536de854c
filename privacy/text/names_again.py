"""Names that were found once, and names that the record gives, wherever they stand."""

from privacy.text.name_clues import (
    FUNCTION,
    VERBS,
)
from privacy.text.name_reader import NameReader

__all__ = ["mark_again", "mark_known"]


def mark_again(reader: NameReader) -> None:
    """Looks for words that were found as names once, elsewhere in the text."""
    words = reader.words
    strong = {reader.tokens[index].word for index, strength in reader.names.items() if strength > 1}
    strong = {word for word in strong if len(word) > 1 and word not in FUNCTION and word not in words.states}
    if not strong:
        return
    for index in [index for index, token in enumerate(reader.tokens) if token.word in strong]:
        token = reader.tokens[index]
        if index in reader.names or (len(token.word) == 2 and token.kind != "C") or reader.before_eponym(index):
            continue
        if reader.plain(token.word):
            starts = index == 0 or reader.tokens[index - 1].gap.strip(" ") != "" or reader.tokens[index - 1].gap == ""
            acts = index + 1 < len(reader.tokens) and token.gap == " " and reader.tokens[index + 1].word in VERBS
            if reader.caseless or token.kind != "C" or (starts and not acts) or token.word in words.medical:
                continue
        elif not reader.shaped(index):
            continue
        reader.mark(index)


def mark_known(reader: NameReader) -> None:
    """Marks the names of the record, and initials of them."""
    if not reader.known:
        return
    parts, tokens = reader.known.parts, reader.tokens
    for index, token in enumerate(tokens):
        word = token.word
        if word in parts or ("-" in word and not parts.isdisjoint(word.split("-"))):
            _known_part(reader, index)
        elif token.kind == "I" and token.gap == "." and index + 1 < len(tokens):
            after = tokens[index + 1]
            if after.kind == "I" and f"{word}.{after.word}." in reader.known.initials:
                reader.mark(index)
                reader.mark(index + 1)


def _known_part(reader: NameReader, index: int) -> None:
    tokens, parts = reader.tokens, reader.known.parts
    token = tokens[index]
    neighbour = (index and tokens[index - 1].word in parts) or (
        index + 1 < len(tokens) and tokens[index + 1].word in parts
    )
    if reader.caseless or token.word not in reader.known.plain or token.kind in "CU" or neighbour:
        reader.mark(index)
        before = index - 1
        while before >= 0 and tokens[before].kind == "I" and tokens[before].gap in (". ", ".", " "):
            reader.mark(before)
            before -= 1
