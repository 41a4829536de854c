"""What every kind of feature declares."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.declaration import Declaration
from pipeline_configs.fhir import FhirSource

__all__ = ["Cell", "FeatureBase"]

Cell = str | bool | int | float
"""How a value may be written in a file: as text, a number or a truth value."""


class FeatureBase(Declaration):
    """The part that all kinds share."""

    description: str = ""
    """What the feature is, for the data dictionary."""
    column: str = ""
    """Column in the source; the feature's own name where it is left out."""
    missing: tuple[Cell, ...] = ()
    """Values that mean "not measured" here, besides the empty cell: 0, -1, "NA"."""
    available: Literal["before_prediction", "at_prediction", "after_prediction"] = "at_prediction"
    """When the value is known. What is known only after the prediction would leak and is refused as an input."""
    model_input: bool = True
    """False keeps the feature for slicing and for probes, but out of the model."""
    max_missing: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """Largest share of rows without a value that the data gate lets through."""
    source: FhirSource | None = None
    """Where the value comes from in FHIR resources; only with `data.format: fhir`."""

    @model_validator(mode="after")
    def _no_leak(self) -> Self:
        if self.model_input and self.available == "after_prediction":
            raise ValueError(
                "a feature that becomes available after the prediction would leak the outcome; "
                "set model_input: false or remove it"
            )
        return self
