"""The state of one reading of a text for names: which words are names, and how far a name goes."""

from collections.abc import Iterator

from privacy.findings import Category, Finding
from privacy.text.known_names import KnownNames
from privacy.text.lexicon import Lexicon, lexicon
from privacy.text.name_clues import (
    CONTRACTED,
    DEGREES,
    ENDINGS,
    EPONYMS,
    FUNCTION,
    MEDICAL_ENDINGS,
    PARTICLES,
    STRONG_TITLES,
    SURNAMES,
)
from privacy.text.surface import Surface
from privacy.text.tokens import Token

__all__ = ["NameReader"]


class NameReader:
    """The state of one reading: which words are names, and which of them hold for the whole text."""

    def __init__(self, surface: Surface, known: KnownNames) -> None:
        self.surface = surface
        self.known = known
        self.words: Lexicon = lexicon()
        self.tokens: list[Token] = surface.tokens
        self.caseless = surface.caseless
        self.names: dict[int, int] = {}
        """Index of a token that is a name, and 2 where the evidence is strong enough to look for the word elsewhere."""
        self.at: dict[int, int] = {token.start: index for index, token in enumerate(self.tokens)}
        """Index of the token that begins at an offset."""

    def mark(self, index: int, strength: int = 1) -> None:
        """Takes a word for a name.

        Args:
            index: The word.
            strength: 2 where the word is to be looked for elsewhere in the text.
        """
        self.names[index] = max(strength, self.names.get(index, 0))

    def initial(self, index: int) -> bool:
        """Whether a word is one letter that may be an initial; where capitals say nothing, not a and i."""
        token = self.tokens[index]
        return token.kind == "I" or (self.caseless and len(token.word) == 1 and token.word not in "ai")

    def shaped(self, index: int) -> bool:
        """Whether a word is written as a name is."""
        return self.caseless or self.tokens[index].kind in "CU"

    def plain(self, word: str) -> bool:
        """Whether a word is more likely something else than a name."""
        words = self.words
        return (
            word in words.english
            or word in words.medical
            or word in words.states
            or word in FUNCTION
            or CONTRACTED(word) is not None
            or (len(word) > 6 and word.endswith(MEDICAL_ENDINGS) and word not in words.last and word not in words.first)
        )

    def is_last(self, word: str) -> bool:
        """Whether a word is a surname of the list, or ends as surnames do."""
        if word in self.words.last or (len(word) > 5 and word not in self.words.english and ENDINGS(word)):
            return True
        return "-" in word and any(part in self.words.last for part in word.split("-"))

    def unheard(self, word: str) -> bool:
        """Whether a word is in no list of words that are no names."""
        return len(word) > 4 and not self.plain(word) and word not in self.words.places

    def before_eponym(self, index: int) -> bool:
        """Whether what follows a word makes it a part of a term: Foley catheter."""
        token = self.tokens[index]
        if token.gap.lstrip("'s") != " " or index + 1 >= len(self.tokens):
            return False
        after = self.tokens[index + 1]
        if after.word in EPONYMS:
            return True
        if after.word not in self.words.medical:
            return False
        beyond = self.tokens[index + 2].word if index + 2 < len(self.tokens) and after.gap == " " else ""
        return beyond in EPONYMS or (after.kind == "C" and not self.is_last(after.word))

    def of_a_state(self, index: int) -> bool:
        """Whether a word and one beside it are a state or a country: north carolina."""
        tokens, states = self.tokens, self.words.states
        word = tokens[index].word
        before = f"{tokens[index - 1].word} {word}" if index else ""
        after = f"{word} {tokens[index + 1].word}" if index + 1 < len(tokens) else ""
        return before in states or after in states

    def swapped(self, index: int) -> bool:
        """Whether a common first name follows a word and a comma: doe, john."""
        following = self.tokens[index + 1].word if index + 1 < len(self.tokens) else ""
        return self.tokens[index].gap in (", ", ",") and following in self.words.spoken

    def extend(self, index: int, strength: int, titled: bool = False) -> None:
        """Marks what follows a name and belongs to it: initials, particles, surnames."""
        tokens, words = self.tokens, self.words
        pending: list[int] = []
        for _ in range(4):
            token = tokens[index]
            if (
                index + 1 >= len(tokens)
                or token.gap not in (" ", ". ", "  ", "-")
                or (token.gap == ". " and len(token.word) > 1)
            ):
                return
            index += 1
            after = tokens[index]
            initial = after.kind == "I" or (self.caseless and len(after.word) == 1 and after.gap.startswith("."))
            if initial and (after.word != "i" or after.gap.startswith(".")):
                pending.append(index)
                continue
            if (
                after.word in PARTICLES
                and (not self.caseless or after.word in ("de", "van", "von", "del", "la", "el"))
                and index + 1 < len(tokens)
            ):
                pending.append(index)
                continue
            if after.kind == "l" and not self.caseless:
                break
            plain = self.plain(after.word)
            if plain and not self.caseless:
                good = (
                    self.is_last(after.word)
                    and after.word not in FUNCTION
                    and after.word not in EPONYMS
                    and after.kind == "C"
                ) or (
                    bool(pending)
                    and tokens[pending[-1]].kind == "I"
                    and after.kind == "C"
                    and after.word in words.english
                    and after.word not in FUNCTION
                    and after.word not in EPONYMS
                    and after.word not in words.medical
                    and index + 1 < len(tokens)
                    and tokens[index + 1].kind != "C"
                )
            elif plain:
                good = after.word in SURNAMES or (
                    titled and self.is_last(after.word) and after.word not in words.english
                )
            else:
                good = (
                    self.is_last(after.word)
                    or after.word in words.first
                    or (not self.caseless and after.kind == "C" and len(after.word) > 2)
                    or (
                        self.caseless
                        and tokens[index - 1 - len(pending)].word in words.spoken
                        and self.unheard(after.word)
                    )
                )
            if not good or (self.before_eponym(index) and plain):
                break
            for each in (*pending, index):
                self.mark(each, strength)
            pending = []
        if len(pending) == 1 and tokens[pending[0]].kind == "I" and tokens[pending[0]].gap.startswith("."):
            self.mark(pending[0])

    def run(self, position: int, strength: int, most: int = 4, strict: bool = False, labelled: bool = False) -> None:
        """Marks the name that begins at an offset, after what announces one.

        Args:
            position: The offset.
            strength: As in `mark`.
            most: How many words at most.
            strict: Whether only what is likely a name by itself counts.
            labelled: Whether a common first name counts in small letters too.
        """
        index = self.at.get(position)
        if index is None:
            return
        tokens, words = self.tokens, self.words
        taken: list[int] = []
        certain = False
        while index < len(tokens) and len(taken) < most:
            token = tokens[index]
            if taken and token.kind == "U" and token.word in DEGREES:
                break
            if token.word in STRONG_TITLES and token.gap in (" ", ". "):
                index += 1
                continue
            initial = self.initial(index)
            if (
                (initial and taken and token.gap[:1] in (".", " ", ",", "\n", ""))
                or (initial and not taken and token.gap in (". ", " ", "."))
                or (token.word in PARTICLES and taken and not self.caseless)
            ):
                taken.append(index)
            else:
                named = token.word in words.first or self.is_last(token.word)
                plain = self.plain(token.word) or token.word in words.places
                if (
                    not (self.shaped(index) or (labelled and (certain or token.word in words.spoken)))
                    or token.word in FUNCTION
                    or (plain and not named)
                    or (
                        plain
                        and (strict or self.caseless)
                        and not (taken and certain)
                        and not (labelled and self.swapped(index))
                    )
                ):
                    break
                if strict and token.word not in words.sure and not named and (self.caseless or token.kind != "C"):
                    break
                if self.before_eponym(index) and not certain:
                    break
                if (
                    self.caseless
                    and strict
                    and not certain
                    and token.word not in words.spoken
                    and not (taken and named)
                    and not (len(token.word) > 5 and not plain and self.is_last(token.word))
                ) and (token.word not in words.first or token.word in words.english):
                    break
                certain = certain or not plain or (named and not strict)
                taken.append(index)
            if (
                token.gap not in (" ", ", ", ",", ". ", "  ", "-", ".")
                or (token.gap in (", ", ",") and (len(taken) != 1 or strict))
                or (token.gap == ". " and not initial)
            ):
                break
            index += 1
        while taken and (tokens[taken[-1]].word in PARTICLES and tokens[taken[-1]].kind == "l"):
            taken.pop()
        if certain:
            for each in taken:
                self.mark(each, strength)

    def runs(self) -> Iterator[Finding]:
        """Joins words that follow one another into one finding."""
        start = end = -1
        previous = -2
        for index in sorted(self.names):
            token = self.tokens[index]
            if (
                index == previous + 1
                and self.tokens[previous].gap in (" ", "-", ". ", ".", "  ")
                and (self.tokens[previous].gap != ". " or len(self.tokens[previous].word) == 1)
            ):
                end = token.end
            else:
                if start >= 0:
                    yield Finding(start, end, Category.NAME)
                start, end = token.start, token.end
            if len(token.word) == 1 and token.gap.startswith("."):
                end = token.end + 1
            previous = index
        if start >= 0:
            yield Finding(start, end, Category.NAME)
