"""Names in a text whose capitals say nothing."""

from privacy.text.name_clues import (
    AGE_AFTER,
    AGED,
    FUNCTION,
)
from privacy.text.name_reader import NameReader

__all__ = ["mark_without_capitals"]


def mark_without_capitals(reader: NameReader, index: int) -> None:
    """Marks the name that begins with a word, where it is surely one.

    Args:
        reader: The text.
        index: The word.
    """
    token, words = reader.tokens[index], reader.words
    word = token.word
    if (word in words.first or word in words.last) and reader.of_a_state(index):
        return
    begins = index == 0 or "\n" in reader.tokens[index - 1].gap
    named = reader.is_last(word) and (word in words.first or word not in words.english)
    if begins and named and AGE_AFTER.match(reader.surface.lower, token.end):
        reader.mark(index, 2)
        return
    if len(word) == 1 and token.gap in (". ", "."):
        _after_initials(reader, index)
    elif word in words.spoken or (len(word) > 4 and word in words.sure and word not in words.places):
        if not reader.before_eponym(index):
            reader.mark(index, 2)
            reader.extend(index, 2)
    elif word in words.first and word not in FUNCTION and len(word) > 2 and AGED.match(reader.surface.lower, token.end):
        reader.mark(index, 2)
        reader.extend(index, 2)
    elif (
        word in words.first
        and len(word) > 2
        and word not in words.medical
        and word not in FUNCTION
        and token.gap == " "
        and index + 1 < len(reader.tokens)
    ):
        after = reader.tokens[index + 1].word
        if reader.is_last(after) and not reader.plain(after) and after not in words.places and len(after) > 3:
            reader.mark(index)
            reader.mark(index + 1, 2)
    elif reader.is_last(word) and not reader.plain(word) and token.gap == ", " and index + 1 < len(reader.tokens):
        after = reader.tokens[index + 1].word
        if after in words.spoken and reader.surface.text[token.start].isupper():
            reader.mark(index, 2)
            reader.mark(index + 1, 2)
            reader.extend(index + 1, 1)


def _after_initials(reader: NameReader, index: int) -> None:
    """Marks initials and the surname of the list that follows them: j. r. whitfield."""
    tokens, last = reader.tokens, index
    while (
        len(tokens[last].word) == 1 and tokens[last].gap in (". ", ".") and last + 1 < len(tokens) and last - index < 3
    ):
        last += 1
    word = tokens[last].word
    if len(word) > 4 and reader.is_last(word) and not reader.plain(word) and word not in reader.words.places:
        for each in range(index, last + 1):
            reader.mark(each, 2 if each == last else 1)
