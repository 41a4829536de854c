"""Names by the lists: after a title, by first name and surname, by initials."""

from privacy.text.name_clues import (
    AGE_AFTER,
    FUNCTION,
    NOT_BEFORE_NAMES,
    PARTICLES,
    SPEECH,
    STRONG_TITLES,
    TITLES,
    VERBS,
)
from privacy.text.name_reader import NameReader
from privacy.text.names_without_capitals import mark_without_capitals
from privacy.text.tokens import Token

__all__ = ["mark_by_list"]


def mark_by_list(reader: NameReader) -> None:
    """Marks names after a title, and those that the lists and their shape tell."""
    names, caseless = reader.names, reader.caseless
    for index, token in enumerate(reader.tokens):
        if token.word in TITLES:
            _titled(reader, index)
        elif caseless:
            if index not in names:
                mark_without_capitals(reader, index)
        elif token.kind == "l" or index in names:
            continue
        elif token.kind == "C":
            _capitalised(reader, index)
        elif token.kind == "U":
            _capitals(reader, index)
        elif token.gap in (". ", " ", "."):
            _initial(reader, index)


def _titled(reader: NameReader, index: int) -> None:
    tokens = reader.tokens
    title = tokens[index]
    strong = title.word in STRONG_TITLES
    if index + 1 >= len(tokens) or title.gap not in (" ", ". ", ".", "  ", ".  ", " . "):
        return
    if (
        title.kind == "U"
        and title.word in ("ms", "mr", "sr", "fr", "lt", "col")
        and not reader.caseless
        and tokens[index + 1].kind != "U"
    ):
        return
    if (
        title.kind == "l"
        and not reader.caseless
        and index
        and reader.surface.text[: title.start].rstrip()[-1:].isdigit()
    ):
        return
    index += 1
    token = tokens[index]
    if reader.initial(index) and strong and title.gap.startswith((".", " ")):
        reader.mark(index)
        reader.extend(index, 2, titled=True)
        return
    head = index
    while (
        strong
        and tokens[head].word in PARTICLES
        and head + 1 < len(tokens)
        and tokens[head].gap == " "
        and head - index < 3
    ):
        head += 1
    if (
        head > index
        and reader.shaped(head)
        and (reader.is_last(tokens[head].word) or not reader.plain(tokens[head].word))
    ):
        for each in range(index, head + 1):
            reader.mark(each, 2 if each == head else 1)
        return
    named = token.word in reader.words.first or reader.is_last(token.word)
    plain = reader.plain(token.word)
    if token.word in FUNCTION or len(token.word) < 2:
        return
    if strong:
        good = reader.shaped(index) or (title.kind != "C" and (named or not plain)) or (named and not plain)
    else:
        good = reader.shaped(index) and named and not plain and not reader.before_eponym(index)
    if good and reader.caseless and plain and not named:
        good = False
    if good:
        reader.mark(index, 2)
        reader.extend(index, 2, titled=True)
        _joined(reader, index)


def _joined(reader: NameReader, index: int) -> None:
    """`Drs. Smith and Jones`."""
    tokens = reader.tokens
    if (
        (
            index >= 1
            and tokens[index - 1].word in ("drs", "doctor", "doctors")
            and index + 2 < len(tokens)
            and tokens[index + 1].word == "and"
        )
        and reader.shaped(index + 2)
        and not reader.plain(tokens[index + 2].word)
    ):
        reader.mark(index + 2, 2)


def _capitalised(reader: NameReader, index: int) -> None:
    """A word with a capital: the kinds of evidence from the surest down."""
    tokens, words = reader.tokens, reader.words
    token = tokens[index]
    word = token.word
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if reader.of_a_state(index):
        return
    if "-" in word:
        _hyphenated(reader, index, after)
        return
    if after and _swapped(reader, token, after):
        reader.mark(index, 2)
        reader.mark(index + 1, 2)
        reader.extend(index + 1, 1)
        return
    if reader.before_eponym(index):
        return
    if _aged(reader, token):
        reader.mark(index, 2)
        return
    if word in words.sure and word not in words.places:
        reader.mark(index, 2)
        reader.extend(index, 2)
        return
    if _in_sentence(reader, index):
        reader.mark(index)
        reader.extend(index, 1)
    if after and token.gap in (" ", "  "):
        _before_a_surname(reader, index, after)


def _hyphenated(reader: NameReader, index: int, after: Token | None) -> None:
    words, token = reader.words, reader.tokens[index]
    parts = token.word.split("-")
    if any(part in words.medical or part in words.english for part in parts) or reader.before_eponym(index):
        return
    acts = after is not None and after.word in VERBS and token.gap == " "
    if parts[0] in words.sure or (acts and reader.is_last(token.word)):
        reader.mark(index, 2)
        reader.extend(index, 2)


def _swapped(reader: NameReader, token: Token, after: Token) -> bool:
    """Whether a surname stands before a first name: Brandt, Matthias."""
    words, word = reader.words, token.word
    if token.gap != ", " or after.kind != "C" or after.word not in words.sure or not reader.is_last(word):
        return False
    eponym = word in words.medical and word not in words.english and word not in FUNCTION
    return (eponym or not reader.plain(word)) and word not in words.places


def _aged(reader: NameReader, token: Token) -> bool:
    """Whether an age follows a surname: Smith, 45M."""
    words, word = reader.words, token.word
    return (
        token.gap.startswith(", ")
        and reader.is_last(word)
        and (word in words.first or word not in words.english)
        and AGE_AFTER.match(reader.surface.lower, token.end) is not None
    )


def _before_a_surname(reader: NameReader, index: int, after: Token) -> None:
    """A word that a surname follows, or what only people do."""
    tokens, words = reader.tokens, reader.words
    word = tokens[index].word
    beyond = tokens[index + 2] if index + 2 < len(tokens) else None
    surname = beyond if after.kind == "I" and beyond and after.gap in (". ", " ") else after
    shaped = surname.kind == "C" and not reader.plain(surname.word) and surname.word not in words.places
    if word in words.first and word not in FUNCTION:
        if shaped and word not in words.medical and reader.is_last(surname.word):
            reader.mark(index, 2)
            reader.extend(index, 2)
            return
        goes_on = index > 0 and tokens[index - 1].kind == "l" and tokens[index - 1].gap == " "
        if goes_on and after.kind == "C" and reader.unheard(after.word) and not reader.before_eponym(index + 1):
            reader.mark(index)
            reader.mark(index + 1, 2)
            return
    if reader.plain(word) or word in words.places or len(word) < 3:
        return
    if after.kind == "l":
        if after.word in SPEECH or (reader.is_last(word) and after.word in VERBS):
            reader.mark(index, 2)
        return
    listed = any(name in words.first or reader.is_last(name) for name in (word, surname.word))
    likely = listed or (len(word) > 3 and len(surname.word) > 3)
    if shaped and len(surname.word) > 2 and likely and not reader.before_eponym(index + 1):
        reader.mark(index, 1)
        reader.extend(index, 1)


def _in_sentence(reader: NameReader, index: int) -> bool:
    """Whether a surname of the list stands with a capital where a sentence goes on: discussed with Rodriguez."""
    token = reader.tokens[index]
    before = reader.tokens[index - 1] if index else None
    return (
        before is not None
        and (before.kind == "l" and before.gap == " " and before.word not in NOT_BEFORE_NAMES)
        and len(token.word) > 3
        and token.word in reader.words.last
        and not reader.plain(token.word)
        and token.word not in reader.words.places
    )


def _capitals(reader: NameReader, index: int) -> None:
    """Names in capitals amid other text: only in pairs, because abbreviations are in capitals too."""
    tokens, words = reader.tokens, reader.words
    token = tokens[index]
    if index + 1 >= len(tokens) or len(token.word) < 3:
        return
    after = tokens[index + 1]
    if after.kind == "I" and after.gap in (". ", " ") and index + 2 < len(tokens) and token.gap == " ":
        after = tokens[index + 2]
    if after.kind != "U" or reader.plain(token.word) or reader.plain(after.word) or len(after.word) < 3:
        return
    if token.gap == " " and token.word in words.first and reader.is_last(after.word):
        reader.mark(index, 2)
        reader.extend(index, 2)
    elif token.gap == ", " and reader.is_last(token.word) and after.word in words.first:
        reader.mark(index, 2)
        reader.mark(index + 1, 2)
        reader.extend(index + 1, 1)


def _initial(reader: NameReader, index: int) -> None:
    tokens = reader.tokens
    start = index
    while (
        index + 1 < len(tokens)
        and tokens[index].kind == "I"
        and tokens[index].gap in (". ", ".", " ")
        and index - start < 3
    ):
        index += 1
    token = tokens[index]
    dotted = tokens[index - 1].gap.startswith(".")
    while token.word in PARTICLES and token.gap == " " and index + 1 < len(tokens) and index - start < 5:
        index += 1
        token = tokens[index]
    if (
        token.kind == "C"
        and dotted
        and reader.is_last(token.word)
        and not reader.plain(token.word)
        and token.word not in reader.words.places
    ):
        for each in range(start, index + 1):
            reader.mark(each, 2 if each == index else 1)
