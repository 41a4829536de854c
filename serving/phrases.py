"""The phrases of a note that drove what a model said: left out one by one, and the model asked again.

Sentences first, then the words of those sentences that matter most, so that a long note costs little more than a short
one. Neighbouring words that speak for the same are one phrase, which is then left out as a whole.

References:
    Robnik-Šikonja M, Kononenko I. Explaining classifications for individual instances. IEEE TKDE 2008.
    Zeiler MD, Fergus R. Visualizing and understanding convolutional networks. ECCV 2014. (Occlusion.)
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Phrase", "driving_phrases"]

SENTENCES = 200
"""Pieces of a note that are left out first; where there are more sentences, several make a piece."""

LOOKED_INTO = 12
"""Pieces whose words are left out one by one."""

WORDS = 600
"""Most words that are left out one by one."""

WEAK = 0.1
"""A word with less than this share of the strongest one's effect joins no phrase and is none."""

NOTHING = 1e-3
"""A change of the log odds that is none."""

_SENTENCE = re.compile(r"[^\n.!?;]+[.!?;]*")
_WORD = re.compile(r"\[[A-Z][A-Z_ ]*(?: \d{4})?\]|[^\W_]+(?:['’-][^\W_]+)*")

Span = tuple[int, int]


@dataclass(frozen=True)
class Phrase:
    """A phrase of the de-identified note.

    Attributes:
        text: The phrase.
        start: Offset of its first character.
        end: Offset behind its last.
        effect: By how much it raises the calibrated log odds of the label: without it they would be so much lower.
            Negative where it speaks against the label.
    """

    text: str
    start: int
    end: int
    effect: float


def driving_phrases(text: str, log_odds: Callable[[Sequence[str]], NDArray[np.float64]], most: int) -> list[Phrase]:
    """Finds the phrases with the largest effect.

    Args:
        text: The de-identified note.
        log_odds: Asks the model: calibrated log odds `[n]` of some texts.
        most: Number of phrases.

    Returns:
        At most so many phrases that do not overlap, the strongest first.
    """
    pieces = _pieces([match.span() for match in _SENTENCE.finditer(text) if _words(text, match.span())])
    if not pieces or most < 1:
        return []
    whole = float(log_odds([text])[0])

    def effects(spans: Sequence[Span]) -> NDArray[np.float64]:
        return whole - log_odds([f"{text[:start]} {text[end:]}" for start, end in spans])

    strongest = np.argsort(-np.abs(effects(pieces)), kind="stable")[:LOOKED_INTO]
    words = sorted(word for place in strongest.tolist() for word in _words(text, pieces[place])[: WORDS // LOOKED_INTO])
    spans = _joined(text, words, effects(words))
    if not spans:
        return []
    found = [Phrase(text[a:b], a, b, float(e)) for (a, b), e in zip(spans, effects(spans), strict=True)]
    return sorted((p for p in found if abs(p.effect) > NOTHING), key=lambda p: -abs(p.effect))[:most]


def _pieces(sentences: Sequence[Span]) -> list[Span]:
    """Sentences, or several at once."""
    size = max(1, -(-len(sentences) // SENTENCES))
    return [
        (sentences[start][0], sentences[min(start + size, len(sentences)) - 1][1])
        for start in range(0, len(sentences), size)
    ]


def _words(text: str, span: Span) -> list[Span]:
    """The words of a piece; a placeholder is none."""
    return [match.span() for match in _WORD.finditer(text, *span) if text[match.start()] != "["]


def _joined(text: str, words: Sequence[Span], effects: NDArray[np.float64]) -> list[Span]:
    """Words that matter; those side by side that speak for the same, as one span."""
    strong = np.abs(effects) >= max(NOTHING, WEAK * float(np.max(np.abs(effects), initial=0.0)))
    joined: list[Span] = []
    for place in np.flatnonzero(strong).tolist():
        start, end = words[place]
        before = place and strong[place - 1] and effects[place - 1] * effects[place] > 0
        if before and not text[words[place - 1][1] : start].strip(" \t") and joined:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    assert all(first[1] <= second[0] for first, second in pairwise(joined))
    return joined
