"""A secret by reference: a declaration names where it is, and never holds it."""

from typing import Self

from pydantic import model_validator

from pipeline_configs.declaration import Declaration

__all__ = ["Secret"]


class Secret(Declaration):
    """Where a secret is read from when it is needed."""

    variable: str = ""
    """Environment variable that holds it."""
    file: str = ""
    """File that holds it, used where the variable is unset."""

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.variable and not self.file:
            raise ValueError("the secret is nowhere: give a variable or a file")
        return self
