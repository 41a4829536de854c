"""The base of everything declared in YAML: typed, frozen, unknown keys refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["Declaration", "Name", "Probability", "Share"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
"""Lower-case letters, digits and underscores: safe as folder, feature and Kubernetes label."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A share of rows, from 0 to 1."""

Probability = Annotated[float, Field(gt=0.0, lt=1.0)]
"""A probability strictly between 0 and 1."""


class Declaration(BaseModel):
    """A frozen section of a YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
