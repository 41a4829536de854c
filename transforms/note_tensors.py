"""Pure tensor functions from the text of a note to its terms and their weights.

A term is a word or a phrase of a few words. They hold no state and need no analyzer, so that they are tested eagerly.
All regular expressions are RE2's, whose time grows with the text only.
"""

from typing import NamedTuple

import tensorflow as tf

from transforms.note_masking import whole_words

__all__ = ["Terms", "Words", "counted", "distinct", "inverse_frequency", "terms", "weighted", "words"]

BREAK = "|"
"""A word of its own where no phrase goes on: the end of a sentence, a paragraph, a placeholder, a mask."""

NEGATION = "no_"
"""Stands before a word that a negation covers, so that "no fever" and "fever" are different terms."""

REACH = 5
"""Words that a negation covers (Chapman 2001: the five words after it)."""

LONGEST_WORD = 40
"""Bytes; what is longer is no word but a file or a number of some kind."""

LONG_NUMBER, MANY_DIGITS = r"\pN{4,}", "0000"
"""Vital signs, doses and ages have up to three digits and may mean something; longer numbers are years, counts and what
is left of identifiers."""

CUES = "no|not|without|denies|denied|deny|denying|never|nor|neither|none|cannot|negative|absent|lacks|lacking"
"""Words that negate what follows them in the sentence."""

TURNS = "but|however|except|although|though|yet|still|aside|besides|because|which|who|presents|reports|complains"
"""Words behind which a negation no longer holds."""

PLACEHOLDERS = (
    (r"\[[A-Z][A-Z_ ]*(?: \d{4})?\]", f" {BREAK} "),  # placeholders: [NAME], [DATE 2021], [MASKED]
    (r"\b\d{3}\*\*|\b90\+", f" {BREAK} "),  # a reduced ZIP code, an age over 89
)
"""What the de-identification and the mask leave behind; upper case, so before all else."""

CLEANING = (
    (r"['’ʼ]s\b", ""),
    (r"(\pL)['’ʼ](\pL)", r"\1\2"),
    (r"[.!?;:]+(?:\s|$)|\r?\n\s*(?:[-*•]\s|\n)", f" {BREAK} "),
    (r"(\pN)(\p{L}{1,4}\b)", r"\1 \2"),  # a number and its unit: 5mg
    (rf"[^\pL\pN\pM{BREAK}]+", " "),
)
"""Expressions and what they are replaced by, in order."""


class Words(NamedTuple):
    """The words of a batch of notes, one after the other.

    Attributes:
        values: string `[n]`.
        rows: int64 `[n]`, the note of each, rising.
        segments: int64 `[n]`, rising with each sentence; no phrase goes from one to the next.
        notes: int64, number of notes.
    """

    values: tf.Tensor
    rows: tf.Tensor
    segments: tf.Tensor
    notes: tf.Tensor


class Terms(NamedTuple):
    """The terms of a batch of notes, in no order.

    Attributes:
        values: string `[n]`.
        rows: int64 `[n]`, the note of each.
        notes: int64, number of notes.
    """

    values: tf.Tensor
    rows: tf.Tensor
    notes: tf.Tensor


def words(notes: tf.Tensor, negation: bool = True) -> Words:
    """Splits notes into words.

    In lower case; without placeholders and possessives; long numbers all the same; with `NEGATION` before the words
    that a negation covers.

    Args:
        notes: string `[batch]`, UTF-8.
        negation: Whether negated words are marked.

    Returns:
        The words.
    """
    for pattern, replacement in PLACEHOLDERS:
        notes = tf.strings.regex_replace(notes, pattern, replacement)
    notes = tf.strings.lower(whole_words(notes), encoding="utf-8")
    for pattern, replacement in CLEANING:
        notes = tf.strings.regex_replace(notes, pattern, replacement)
    split = tf.strings.split(notes)
    values, rows = split.values, split.value_rowids()
    is_break = values == BREAK
    segments = tf.cumsum(tf.cast(is_break, tf.int64)) + rows
    kept = tf.where(~is_break & (tf.strings.length(values) <= LONGEST_WORD))[:, 0]
    values, rows, segments = tf.gather(values, kept), tf.gather(rows, kept), tf.gather(segments, kept)
    values = tf.where(tf.strings.regex_full_match(values, LONG_NUMBER), MANY_DIGITS, values)
    found = Words(values, rows, segments, split.nrows())
    return found._replace(values=_negated(found)) if negation else found


def terms(found: Words, ngrams: int) -> Terms:
    """Makes terms of the words and of the phrases within a sentence.

    Args:
        found: The words.
        ngrams: Words of the longest phrase.

    Returns:
        The terms; a phrase has single spaces between its words.
    """
    values, rows, phrase = [found.values], [found.rows], found.values
    for length in range(2, ngrams + 1):
        phrase = tf.strings.join([phrase[:-1], found.values[length - 1 :]], " ")
        whole = found.segments[: -length + 1] == found.segments[length - 1 :]
        values.append(tf.boolean_mask(phrase, whole))
        rows.append(tf.boolean_mask(found.rows[: -length + 1], whole))
    return Terms(tf.concat(values, 0), tf.concat(rows, 0), found.notes)


def distinct(found: Terms) -> tf.Tensor:
    """Returns each term of each note once, string `[n]`: their counts are numbers of notes."""
    _, places = tf.unique(tf.strings.join([tf.strings.as_string(found.rows), found.values], "\t"), tf.int64)
    first = tf.math.unsorted_segment_min(
        tf.range(tf.size(places, tf.int64)), places, tf.reduce_max(tf.concat([places, [-1]], 0)) + 1
    )
    return tf.gather(found.values, first)


def counted(found: Terms, ids: tf.Tensor, width: int, size: tf.Tensor) -> tf.SparseTensor:
    """Counts how often each note has each term of a vocabulary.

    Args:
        found: The terms.
        ids: int64 `[n]`, the place of each in the vocabulary, -1 where it is not there.
        width: More than the largest id.
        size: int64, terms of the vocabulary.

    Returns:
        float32 of shape `[batch, size]`, in row-major order.
    """
    known = tf.where(ids >= 0)[:, 0]
    keys = tf.sort(tf.gather(found.rows, known) * width + tf.gather(ids, known))
    keys, _, counts = tf.unique_with_counts(keys, tf.int64)
    indices = tf.stack([keys // width, keys % width], axis=1)
    return tf.SparseTensor(indices, tf.cast(counts, tf.float32), tf.stack([found.notes, size]))


def inverse_frequency(notes_with_term: tf.Tensor, notes: tf.Tensor) -> tf.Tensor:
    """Returns the smooth inverse document frequency, `1 + log((1 + notes) / (1 + notes with the term))`, float32.

    Args:
        notes_with_term: int64 `[vocabulary]`.
        notes: int64, all notes.
    """
    return 1 + tf.math.log(tf.cast(1 + notes, tf.float32) / tf.cast(1 + notes_with_term, tf.float32))


def weighted(counts: tf.SparseTensor, inverse: tf.Tensor) -> tf.SparseTensor:
    """Weighs terms: `(1 + log count) * inverse frequency`, each note then of length 1 (Salton and Buckley 1988).

    Args:
        counts: From `counted`.
        inverse: float32 `[vocabulary]`.

    Returns:
        float32 of the shape of `counts`; a note without a known term is a row of nothing.
    """
    weights = (1 + tf.math.log(counts.values)) * tf.gather(inverse, counts.indices[:, 1])
    rows = counts.indices[:, 0]
    square = tf.math.unsorted_segment_sum(weights * weights, rows, counts.dense_shape[0])
    return tf.SparseTensor(counts.indices, weights * tf.math.rsqrt(tf.gather(square, rows)), counts.dense_shape)


def _negated(found: Words) -> tf.Tensor:
    """Marks the words that a negation covers (after NegEx: Chapman WW et al. J Biomed Inform 2001)."""
    cue = tf.strings.regex_full_match(found.values, CUES)
    turn = tf.strings.regex_full_match(found.values, TURNS)
    count = tf.size(found.values)
    scope = found.segments + tf.cumsum(tf.cast(turn, tf.int64))
    covered = tf.zeros_like(cue)
    for distance in range(1, REACH + 1):
        reach = tf.minimum(distance, count)
        before = tf.concat([tf.fill([reach], False), cue[: count - reach]], 0)
        same = tf.concat([tf.fill([reach], False), scope[: count - reach] == scope[reach:]], 0)
        covered |= before & same
    return tf.where(covered & ~cue & ~turn, tf.strings.join([NEGATION, found.values]), found.values)
