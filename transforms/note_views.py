"""What the transform graph of notes gives, by name."""

__all__ = ["NOTE", "TFIDF", "UNMASKED"]

TFIDF = "tfidf"
"""Weighted terms of the note without the label words, SparseTensor float32 `[batch, vocabulary]`."""

UNMASKED = "tfidf_unmasked"
"""Weighted terms of the note as it stands."""

NOTE = "note"
"""The note without the label words, string `[batch]`, for an encoder."""
