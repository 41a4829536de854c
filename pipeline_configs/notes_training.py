"""How a model of notes is trained."""

from typing import Annotated

from pydantic import Field

from pipeline_configs.declaration import Declaration

__all__ = ["NotesTraining"]


class NotesTraining(Declaration):
    """Network of a task on notes."""

    embedding: Annotated[int, Field(ge=1, le=1024)] = 16
    """Width of a term's embedding."""
    term_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of a note's terms that are left out in training."""
    encoder: str = ""
    """Local folder of a SavedModel, or .keras file, that takes notes (string, `[batch]`) to vectors (float32, `[batch,
    width]`); its output joins the terms. Nothing is downloaded."""
