"""Rules for names of people: by title, credential, label, greeting, relation and list, and again where found once."""

import re
from collections.abc import Iterator

from privacy.findings import Finding
from privacy.text.known_names import KnownNames
from privacy.text.lexicon import folded, lexicon
from privacy.text.name_clues import (
    AGED,
    BY,
    CREDENTIAL,
    DEGREES,
    FUNCTION,
    GREETING,
    LABEL,
    LETTERS,
    NOT_AFTER_I_AM,
    PARTICLES,
    RELATION,
    SPEECH,
    STRONG_TITLES,
    VERBS,
    WEAK_TITLES,
)
from privacy.text.name_reader import NameReader
from privacy.text.surface import Surface

__all__ = ["find_people"]


def find_people(surface: Surface, known: KnownNames) -> Iterator[Finding]:
    """Yields names.

    Args:
        surface: The text.
        known: Names from the record.

    Yields:
        Findings of the category NAME; parts of one name may be several findings that touch or overlap.
    """
    found = list(_Rules(surface, known).findings())
    yield from found
    if not surface.caseless:
        yield from _given_names(surface.text, found)


_BEFORE = re.compile(
    r"(?<![\w'’-])([A-ZÀ-ÞŠŽČ][\w'’-]+)\s(?:(?:van|von|der|den|de|la|le|del|di|da|dos|ter|ten|zu|bin|ibn|al|el)\s){0,3}$",
)


def _given_names(text: str, found: list[Finding]) -> Iterator[Finding]:
    """What stands with a capital right before a name, and is neither a word nor a place, is its given name."""
    words = lexicon()
    for finding in found:
        match = _BEFORE.search(text, max(0, finding.start - 48), finding.start)
        if match is None:
            continue
        word = folded(match[1])
        known = word in words.first
        if word in words.english or word in FUNCTION or word in STRONG_TITLES or word in WEAK_TITLES:
            continue
        if known or not (word in words.medical or word in words.places or word in words.states):
            yield Finding(match.start(1), finding.start, finding.category)


class _Rules(NameReader):
    """The rules, one method for each kind of evidence."""

    def findings(self) -> Iterator[Finding]:
        self._by_label()
        self._by_list()
        self._again()
        self._known()
        yield from self._runs()

    def _by_label(self) -> None:
        text, lower = self.surface.text, self.surface.lower
        for start, end in self.surface.around(":?\t", 64, 8):
            for match in LABEL.finditer(lower, start, end):
                self._run(match.end(), 2)
        for match in BY.finditer(lower):
            self._run(match.end(), 2, strict=self.caseless or match[0].strip(" ,") in NOT_AFTER_I_AM)
        for match in RELATION.finditer(lower):
            self._run(match.end(), 2, strict=True)
        if self.caseless or "hi" in lower or "hey" in lower:
            for match in GREETING.finditer(lower):
                self._greeted(match)
        for start, end in self.surface.around(LETTERS, 72, 12, text):
            for match in CREDENTIAL.finditer(text, start, end):
                self._credential(match)

    def _greeted(self, match: re.Match[str]) -> None:
        index = self._at.get(match.end())
        if index is None:
            return
        token = self.tokens[index]
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
        likely = token.word in self.words.first and token.word not in FUNCTION and len(token.word) > 2
        if (
            self._shaped(index)
            and likely
            and (addressed or (calling and ends and token.word not in self.words.english))
        ):
            self._mark(index, 2)
            self._extend(index, 2)

    def _credential(self, match: re.Match[str]) -> None:
        first, end = match.span(1)
        indices = (
            [index for index in range(self._index_from(first), len(self.tokens)) if self.tokens[index].start < end]
            if end
            else []
        )
        while indices:
            token = self.tokens[indices[0]]
            named = token.word in self.words.first or self._is_last(token.word)
            if token.word in STRONG_TITLES or token.word in FUNCTION or (self._plain(token.word) and not named):
                indices.pop(0)
            else:
                break
        if len(indices) == 1 and self._plain(self.tokens[indices[0]].word):
            return
        if any(self.tokens[index].word in FUNCTION for index in indices):
            return
        if (
            len(indices) == 1
            and self.tokens[indices[0]].kind == "U"
            and not self._is_last(self.tokens[indices[0]].word)
        ):
            return
        for index in indices:
            if self.tokens[index].word not in DEGREES:
                self._mark(index, 2)

    def _index_from(self, start: int) -> int:
        return self._at.get(start, len(self.tokens))

    def _by_list(self) -> None:
        for index, token in enumerate(self.tokens):
            word = token.word
            if word in STRONG_TITLES or word in WEAK_TITLES:
                self._titled(index)
            elif index in self.names:
                continue
            elif self.caseless:
                self._spoken(index)
            elif token.kind == "C":
                self._capitalised(index)
            elif token.kind == "U":
                self._capitals(index)
            elif token.kind == "I" and token.gap in (". ", " ", "."):
                self._initial(index)

    def _titled(self, index: int) -> None:
        tokens = self.tokens
        title = tokens[index]
        strong = title.word in STRONG_TITLES
        if index + 1 >= len(tokens) or title.gap not in (" ", ". ", ".", "  ", ".  ", " . "):
            return
        if (
            title.kind == "U"
            and title.word in ("ms", "mr", "sr", "fr", "lt", "col")
            and not self.caseless
            and tokens[index + 1].kind != "U"
        ):
            return
        if (
            title.kind == "l"
            and not self.caseless
            and index
            and self.surface.text[: title.start].rstrip()[-1:].isdigit()
        ):
            return
        index += 1
        token = tokens[index]
        if token.kind == "I" and strong and title.gap.startswith((".", " ")):
            self._mark(index)
            self._extend(index, 2, titled=True)
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
        if head > index and self._shaped(head) and not self._plain(tokens[head].word):
            for each in range(index, head + 1):
                self._mark(each, 2 if each == head else 1)
            return
        named = token.word in self.words.first or self._is_last(token.word)
        plain = self._plain(token.word)
        if token.word in FUNCTION or len(token.word) < 2:
            return
        if strong:
            good = self._shaped(index) or (title.kind != "C" and (named or not plain)) or (named and not plain)
        else:
            good = self._shaped(index) and named and not plain and not self._before_eponym(index)
        if good and self.caseless and plain and not named:
            good = False
        if good:
            self._mark(index, 2)
            self._extend(index, 2, titled=True)
            self._joined(index)

    def _joined(self, index: int) -> None:
        """`Drs. Smith and Jones`."""
        tokens = self.tokens
        if (
            (
                index >= 1
                and tokens[index - 1].word in ("drs", "doctor", "doctors")
                and index + 2 < len(tokens)
                and tokens[index + 1].word == "and"
            )
            and self._shaped(index + 2)
            and not self._plain(tokens[index + 2].word)
        ):
            self._mark(index + 2, 2)

    def _spoken(self, index: int) -> None:
        token, words = self.tokens[index], self.words
        word = token.word
        if word in words.spoken or (len(word) > 4 and word in words.sure and word not in words.places):
            if not self._before_eponym(index):
                self._mark(index, 2)
                self._extend(index, 2)
        elif (
            word in words.first and word not in FUNCTION and len(word) > 2 and AGED.match(self.surface.lower, token.end)
        ):
            self._mark(index, 2)
            self._extend(index, 2)
        elif (
            word in words.first
            and len(word) > 2
            and word not in words.medical
            and word not in FUNCTION
            and token.gap == " "
            and index + 1 < len(self.tokens)
        ):
            after = self.tokens[index + 1].word
            if self._is_last(after) and not self._plain(after) and after not in words.places and len(after) > 3:
                self._mark(index)
                self._mark(index + 1, 2)
        elif self._is_last(word) and not self._plain(word) and token.gap == ", " and index + 1 < len(self.tokens):
            after = self.tokens[index + 1].word
            if after in words.spoken and self.surface.text[token.start].isupper():
                self._mark(index, 2)
                self._mark(index + 1, 2)
                self._extend(index + 1, 1)

    def _capitalised(self, index: int) -> None:
        tokens, words = self.tokens, self.words
        token = tokens[index]
        word = token.word
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        before = tokens[index - 1].word if index else ""
        if f"{before} {word}" in words.states or (after and f"{word} {after.word}" in words.states):
            return
        if "-" in word:
            head = word.split("-")[0]
            parts = word.split("-")
            if any(part in words.medical or part in words.english for part in parts):
                return
            if head in words.sure or (self._is_last(word) and after and after.word in VERBS and token.gap == " "):
                self._mark(index, 2)
                self._extend(index, 2)
            return
        swapped = token.gap == ", " and after and after.kind == "C" and after.word in words.sure and self._is_last(word)
        if swapped and not self._plain(word) and word not in words.places:
            self._mark(index, 2)
            self._mark(index + 1, 2)
            self._extend(index + 1, 1)
            return
        if self._before_eponym(index):
            return
        if word in words.sure and word not in words.places:
            self._mark(index, 2)
            self._extend(index, 2)
            return
        if not after or token.gap not in (" ", "  "):
            return
        beyond = tokens[index + 2] if index + 2 < len(tokens) else None
        if word in words.first and word not in FUNCTION:
            surname = beyond if after.kind == "I" and beyond and after.gap in (". ", " ") else after
            if (
                surname.kind == "C"
                and not self._plain(surname.word)
                and surname.word not in words.places
                and word not in words.medical
            ) and self._is_last(surname.word):
                self._mark(index, 2)
                self._extend(index, 2)
                return
        if self._plain(word) or word in words.places or len(word) < 3:
            return
        if after.kind == "l" and (after.word in SPEECH or (self._is_last(word) and after.word in VERBS)):
            self._mark(index, 2)
            return
        surname = beyond if after.kind == "I" and beyond and after.gap in (". ", " ") else after
        if (
            surname.kind == "C"
            and not self._plain(surname.word)
            and surname.word not in words.places
            and len(surname.word) > 2
        ):
            listed = (
                word in words.first or self._is_last(word) or self._is_last(surname.word) or surname.word in words.first
            )
            listed = listed or (len(word) > 3 and len(surname.word) > 3 and after.kind == "C")
            if listed and not self._before_eponym(index + 1):
                self._mark(index, 1)
                self._extend(index, 1)

    def _capitals(self, index: int) -> None:
        """Names in capitals amid other text: only in pairs, because abbreviations are in capitals too."""
        tokens, words = self.tokens, self.words
        token = tokens[index]
        if index + 1 >= len(tokens) or len(token.word) < 3:
            return
        after = tokens[index + 1]
        if after.kind == "I" and after.gap in (". ", " ") and index + 2 < len(tokens) and token.gap == " ":
            after = tokens[index + 2]
        if after.kind != "U" or self._plain(token.word) or self._plain(after.word) or len(after.word) < 3:
            return
        if token.gap == " " and token.word in words.first and self._is_last(after.word):
            self._mark(index, 2)
            self._extend(index, 2)
        elif token.gap == ", " and self._is_last(token.word) and after.word in words.first:
            self._mark(index, 2)
            self._mark(index + 1, 2)
            self._extend(index + 1, 1)

    def _initial(self, index: int) -> None:
        tokens = self.tokens
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
        if (
            token.kind == "C"
            and dotted
            and self._is_last(token.word)
            and not self._plain(token.word)
            and token.word not in self.words.places
        ):
            for each in range(start, index + 1):
                self._mark(each, 2 if each == index else 1)

    def _again(self) -> None:
        """Looks for words that were found as names once, elsewhere in the text."""
        words = self.words
        strong = {self.tokens[index].word for index, strength in self.names.items() if strength > 1}
        strong = {word for word in strong if len(word) > 1 and word not in FUNCTION and word not in words.states}
        if not strong:
            return
        for index, token in enumerate(self.tokens):
            if (
                token.word not in strong
                or index in self.names
                or (len(token.word) == 2 and token.kind != "C")
                or self._before_eponym(index)
            ):
                continue
            if self._plain(token.word):
                starts = index == 0 or self.tokens[index - 1].gap.strip(" ") != "" or self.tokens[index - 1].gap == ""
                acts = index + 1 < len(self.tokens) and token.gap == " " and self.tokens[index + 1].word in VERBS
                if self.caseless or token.kind != "C" or (starts and not acts) or token.word in words.medical:
                    continue
            elif not self._shaped(index):
                continue
            self._mark(index)

    def _known(self) -> None:
        if not self.known:
            return
        parts, plain = self.known.parts, self.known.plain
        for index, token in enumerate(self.tokens):
            pieces = token.word.split("-") if "-" in token.word else ()
            if token.word in parts or any(piece in parts for piece in pieces):
                neighbour = (index and self.tokens[index - 1].word in parts) or (
                    index + 1 < len(self.tokens) and self.tokens[index + 1].word in parts
                )
                if self.caseless or token.word not in plain or token.kind in "CU" or neighbour:
                    self._mark(index)
                    before = index - 1
                    while (
                        before >= 0 and self.tokens[before].kind == "I" and self.tokens[before].gap in (". ", ".", " ")
                    ):
                        self._mark(before)
                        before -= 1
            elif (
                token.kind == "I"
                and index + 1 < len(self.tokens)
                and token.gap == "."
                and self.tokens[index + 1].kind == "I"
            ) and f"{token.word}.{self.tokens[index + 1].word}." in self.known.initials:
                self._mark(index)
                self._mark(index + 1)
