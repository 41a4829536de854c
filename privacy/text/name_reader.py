"""The state of one reading of a text for names: which words are names, and how far a name goes."""

from collections.abc import Iterator

from privacy.findings import Category, Finding
from privacy.text.known_names import KnownNames
from privacy.text.lexicon import Lexicon, lexicon
from privacy.text.name_clues import (
    CONTRACTED,
    EPONYMS,
    FUNCTION,
    PARTICLES,
    STRONG_TITLES,
    SURNAMES,
)
from privacy.text.surface import Surface
from privacy.text.tokens import Token, tokens_of

__all__ = ["NameReader"]


class NameReader:
    """The state of one reading: which words are names, and which of them hold for the whole text."""

    def __init__(self, surface: Surface, known: KnownNames) -> None:
        self.surface = surface
        self.known = known
        self.words: Lexicon = lexicon()
        self.tokens: list[Token] = tokens_of(surface)
        self.caseless = surface.caseless
        self.names: dict[int, int] = {}
        """Index of a token that is a name, and 2 where the evidence is strong enough to look for the word elsewhere."""
        self._at = {token.start: index for index, token in enumerate(self.tokens)}

    def _mark(self, index: int, strength: int = 1) -> None:
        self.names[index] = max(strength, self.names.get(index, 0))

    def _shaped(self, index: int) -> bool:
        """Whether a word is written as a name is."""
        return self.caseless or self.tokens[index].kind in "CU"

    def _plain(self, word: str) -> bool:
        """Whether a word is more likely something else than a name."""
        words = self.words
        return (
            word in words.english
            or word in words.medical
            or word in words.states
            or word in FUNCTION
            or CONTRACTED(word) is not None
        )

    def _is_last(self, word: str) -> bool:
        return word in self.words.last or ("-" in word and any(part in self.words.last for part in word.split("-")))

    def _before_eponym(self, index: int) -> bool:
        token = self.tokens[index]
        if token.gap.lstrip("'s") != " " or index + 1 >= len(self.tokens):
            return False
        after = self.tokens[index + 1]
        return after.word in EPONYMS or (
            after.kind == "C" and after.word in self.words.medical and not self._is_last(after.word)
        )

    def _extend(self, index: int, strength: int, titled: bool = False) -> None:
        """Marks what follows a name and belongs to it: initials, particles, surnames."""
        tokens, words = self.tokens, self.words
        pending: list[int] = []
        for _ in range(4):
            token = tokens[index]
            if (
                index + 1 >= len(tokens)
                or token.gap not in (" ", ". ", "  ", "-")
                or (token.gap == ". " and token.kind != "I" and len(token.word) > 2)
            ):
                return
            if token.gap == ". " and token.kind != "I":
                return
            index += 1
            after = tokens[index]
            if after.kind == "I" and after.word != "i":
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
            plain = self._plain(after.word)
            if plain and not self.caseless:
                good = (
                    self._is_last(after.word)
                    and after.word not in FUNCTION
                    and after.word not in EPONYMS
                    and after.kind == "C"
                )
            elif plain:
                good = after.word in SURNAMES or (
                    titled and self._is_last(after.word) and after.word not in words.english
                )
            else:
                good = (
                    self._is_last(after.word)
                    or after.word in words.first
                    or (not self.caseless and after.kind == "C" and len(after.word) > 2)
                )
            if not good or (self._before_eponym(index) and plain):
                break
            for each in (*pending, index):
                self._mark(each, strength)
            pending = []
        while (
            pending
            and tokens[pending[0]].kind == "I"
            and tokens[pending[0]].gap.startswith((".", ",", " "))
            and len(pending) == 1
        ):
            if tokens[pending[0]].gap.startswith("."):
                self._mark(pending[0])
            return

    def _run(self, position: int, strength: int, most: int = 4, strict: bool = False) -> None:
        """Marks the name that begins at an offset, after a label."""
        index = self._at.get(position)
        if index is None:
            return
        tokens, words = self.tokens, self.words
        taken: list[int] = []
        certain = False
        while index < len(tokens) and len(taken) < most:
            token = tokens[index]
            if token.word in STRONG_TITLES and token.gap in (" ", ". "):
                index += 1
                continue
            if (
                (token.kind == "I" and taken and token.gap[:1] in (".", " ", ","))
                or (token.kind == "I" and not taken and token.gap in (". ", " ", "."))
                or (token.word in PARTICLES and taken and not self.caseless)
            ):
                taken.append(index)
            else:
                named = token.word in words.first or self._is_last(token.word)
                plain = self._plain(token.word) or token.word in words.places
                if (
                    not self._shaped(index)
                    or token.word in FUNCTION
                    or (plain and not named)
                    or (plain and (strict or self.caseless) and not (taken and certain))
                ):
                    break
                if strict and token.word not in words.sure and not named and (self.caseless or token.kind != "C"):
                    break
                if self._before_eponym(index) and not certain:
                    break
                if (
                    self.caseless
                    and strict
                    and not certain
                    and token.word not in words.spoken
                    and not (taken and named)
                ) and (token.word not in words.first or token.word in words.english):
                    break
                certain = certain or not plain or (named and not strict)
                taken.append(index)
            if (
                token.gap not in (" ", ", ", ". ", "  ", "-", ".")
                or (token.gap == ", " and (len(taken) != 1 or strict))
                or (token.gap == ". " and token.kind != "I")
            ):
                break
            index += 1
        while taken and (tokens[taken[-1]].word in PARTICLES and tokens[taken[-1]].kind == "l"):
            taken.pop()
        if certain:
            for each in taken:
                self._mark(each, strength)

    def _runs(self) -> Iterator[Finding]:
        """Joins words that follow one another into one finding."""
        start = end = -1
        previous = -2
        for index in sorted(self.names):
            token = self.tokens[index]
            if (
                index == previous + 1
                and self.tokens[previous].gap in (" ", "-", ". ", ".", "  ")
                and (self.tokens[previous].gap != ". " or self.tokens[previous].kind == "I")
            ):
                end = token.end
            else:
                if start >= 0:
                    yield Finding(start, end, Category.NAME)
                start, end = token.start, token.end
            if token.kind == "I" and token.gap.startswith("."):
                end = token.end + 1
            previous = index
        if start >= 0:
            yield Finding(start, end, Category.NAME)
