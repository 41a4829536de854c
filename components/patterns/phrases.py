"""Words as numbers, and phrases of up to three words as one number each.

The words are those of the notes transform (transforms.note_tensors): lower case, placeholders and sentence ends divide,
negated words are words of their own. A numeral counts as one of so many digits and reads as as many `#`: which dose or
reading it was divides the patients too finely, and says more of one of them than a table should. A phrase is packed
into 63 bits, 21 for each word, so that phrases are counted as integers and no hash can mix two of them up.
"""

import re
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.note_tensors import NEGATION, Words

__all__ = ["FUNCTION_WORDS", "MOST_WORDS", "Packed", "Vocabulary", "packed", "readable", "unpacked"]

BITS = 21
MOST_WORDS = 1_000_000
"""Most different words that are told apart (a hundred bytes of memory each); later ones are left out and counted."""

_CLOSED_CLASS = (
    "a about above after again against all am an and any are as at be because been before being below between both "
    "but by can cannot could did do does doing down during each either few for from further had has have having he "
    "her here hers herself him himself his how however i if in into is it its itself just me more most my myself "
    "neither never no none nor not now of off on once only or other our ours ourselves out over own same she should "
    "so some such than that the their theirs them themselves then there these they this those though through to too "
    "under until up upon very was we were what when where which while who whom why will with within without would "
    "you your yours yourself although also may might must shall per via since denies denied deny denying"
)
FUNCTION_WORDS = frozenset(_CLOSED_CLASS.split())
"""Words without a meaning of their own: no terms, and no phrase begins or ends with one (after Justeson JS, Katz SM.
Technical terminology. Natural Language Engineering 1995)."""

_FUNCTION, _NUMBER, _NEGATED = 1, 2, 4
_NUMERAL = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")
_PREFIX = NEGATION.encode()


class Packed(NamedTuple):
    """The terms of a batch of notes, each as often as it stands there.

    Attributes:
        keys: int64 `[n]`, a term each.
        rows: int64 `[n]`, the note of each.
    """

    keys: NDArray[np.int64]
    rows: NDArray[np.int64]


class Vocabulary:
    """Numbers of words, from 1 on; 0 is a word that is not known."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._words = [b""]
        self._kinds = bytearray(1)
        self.left_out = 0
        """Words read, with repetition, that came after the vocabulary was full."""

    def __len__(self) -> int:
        return len(self._words)

    def learn(self, words: list[bytes]) -> NDArray[np.int64]:
        """Returns the number of each word; new words get the next ones, numerals of one length the same."""
        for word in set(words).difference(self._numbers):
            if len(self._words) > MOST_WORDS:
                break
            self._learn(word)
        found = self.numbers(words)
        self.left_out += int(np.count_nonzero(found == 0))
        return found

    def numbers(self, words: list[bytes]) -> NDArray[np.int64]:
        """Returns the number of each word, 0 where it was never learnt."""
        return np.fromiter(map(self._numbers.get, words, repeat(0)), np.int64, len(words))

    def kinds(self) -> NDArray[np.uint8]:
        """Returns by number whether a word is a function word (1), a number (2), negated (4)."""
        return np.frombuffer(bytes(self._kinds), np.uint8)

    def words(self) -> list[str]:
        """Returns the words by number."""
        return [word.decode("utf-8", "replace") for word in self._words]

    def _learn(self, word: bytes) -> None:
        kind = _kind(word)
        shown = _DIGIT.sub("#", word.decode("utf-8", "replace")).encode() if kind & _NUMBER else word
        if shown not in self._numbers:
            self._numbers[shown] = len(self._words)
            self._words.append(shown)
            self._kinds.append(kind)
        self._numbers[word] = self._numbers[shown]


def packed(found: Words, numbers: NDArray[np.int64], kinds: NDArray[np.uint8], ngrams: int) -> Packed:
    """Makes terms of words.

    Args:
        found: The words of a batch of notes.
        numbers: int64 `[n]`, their numbers.
        kinds: From `Vocabulary.kinds`.
        ngrams: Words of the longest phrase, at most three.

    Returns:
        Words and phrases within a sentence that neither begin nor end with a function word or a number, and that do
        not begin negated and end otherwise, or the other way round: "no fever" is a term as the negated word.
    """
    rows, segments = found.rows.numpy(), found.segments.numpy()
    of_word = kinds[numbers]
    edge = (numbers > 0) & ((of_word & (_FUNCTION | _NUMBER)) == 0)
    negated = (of_word & _NEGATED) > 0
    keys, places = [numbers[edge]], [rows[edge]]
    for length in range(2, ngrams + 1):
        most = len(numbers) - length + 1
        if most <= 0:
            break
        last = length - 1
        whole = edge[:most] & edge[last:] & (segments[:most] == segments[last:]) & (negated[:most] == negated[last:])
        if length == 3:
            whole &= numbers[1 : most + 1] > 0
        at = np.flatnonzero(whole)
        keys.append(sum((numbers[at + i] << (BITS * i) for i in range(length)), np.zeros(at.size, np.int64)))
        places.append(rows[at])
    return Packed(np.concatenate(keys), np.concatenate(places))


def unpacked(key: int) -> tuple[int, ...]:
    """Returns the numbers of the words of a term."""
    parts = (key & (1 << BITS) - 1, key >> BITS & (1 << BITS) - 1, key >> 2 * BITS)
    return tuple(part for part in parts if part)


def readable(words: tuple[str, ...]) -> tuple[str, bool]:
    """Returns a term as people read it, and whether it is negated.

    The phrase of a negation gets "(no)" in front.
    """
    negated = words[0].startswith(NEGATION)
    shown = " ".join(word.removeprefix(NEGATION) for word in words)
    return (f"(no) {shown}" if negated else shown), negated


def _kind(word: bytes) -> int:
    plain = word.removeprefix(_PREFIX)
    negated = _NEGATED if plain != word else 0
    text = plain.decode("utf-8", "replace")
    return negated | (_FUNCTION if text in FUNCTION_WORDS else 0) | (_NUMBER if _NUMERAL.fullmatch(text) else 0)
