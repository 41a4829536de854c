"""How a task declares a clinical note: where its text is, what is masked, and what is refused."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline_configs.feature_base import FeatureBase

__all__ = ["Text"]


class Text(FeatureBase):
    """A note; stored de-identified as UTF-8 bytes, always there."""

    kind: Literal["text"]
    stored: Literal["column", "file"] = "column"
    """column: the column holds the text; file: it holds the path of a text file, relative to the manifest."""
    masked: tuple[str, ...] = ()
    """Words and phrases that give the label away, such as "covid-19 positive"; the model never sees them. `*` stands
    for the rest of a word."""
    left_out_sections: tuple[str, ...] = ()
    """Headings of sections that are dropped when the note is read, such as "assessment and plan"."""
    min_characters: Annotated[int, Field(ge=0)] = 20
    """Shortest note; shorter ones go to quarantine as empty."""
    max_characters: Annotated[int, Field(ge=1)] = 1_000_000
    """Longest note; longer ones go to quarantine unread."""
    max_digit_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Largest share of digits among the characters that are no spaces: a table or a dump is no note."""
    near_duplicate: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    """Similarity (Jaccard, of word 5-grams) from which on two notes count as copies and stay in one split."""
    max_vocabulary: Annotated[int, Field(ge=10, le=1_000_000)] = 20_000
    """Most terms that the model knows, the most frequent ones."""
    ngrams: Annotated[int, Field(ge=1, le=3)] = 2
    """Longest phrase that is a term of its own, in words."""
