"""How a task declares a feature: its kind, unit, plausible range, missing values, and when it is available."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.declaration import Declaration
from pipeline_configs.fhir import FhirSource

__all__ = ["Categorical", "Feature", "Flag", "Numeric"]

Cell = str | bool | int | float
"""How a value may be written in a file: as text, a number or a truth value."""


class _Feature(Declaration):
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


class Numeric(_Feature):
    """A measured quantity; stored as float32, absent where missing."""

    kind: Literal["numeric"]
    unit: str
    """UCUM unit, such as mg/dL, mm[Hg], kg/m2, a; "1" for a quantity without one."""
    range: tuple[float, float]
    """Smallest and largest plausible value; a value outside sends the row to quarantine."""
    replace: dict[str, float] = Field(default_factory=dict)
    """Text that stands for a number, such as {"> 89": 90}."""
    accepted_units: dict[str, float] = Field(default_factory=dict)
    """Other units that a FHIR source may use, with the factor that converts them: {mmol/L: 38.67}."""
    transform: Literal["zscore", "log_zscore", "buckets"] = "zscore"
    """z-score, z-score of log(1 + x), or quantile buckets."""
    buckets: Annotated[int, Field(ge=2, le=100)] = 10
    """Number of quantile buckets for `transform: buckets`."""

    @model_validator(mode="after")
    def _range_in_order(self) -> Self:
        if self.range[0] >= self.range[1]:
            raise ValueError("range must go from the smaller to the larger value")
        if self.transform == "log_zscore" and self.range[0] <= -1:
            raise ValueError("log_zscore needs a range above -1")
        return self


class Categorical(_Feature):
    """One of a few values; stored as bytes, absent where missing."""

    kind: Literal["categorical"]
    values: dict[str, str] | tuple[str, ...] = ()
    """The values allowed; as a mapping, from how the source writes them to what they mean: {1: male, 2: female}.
    Anything else sends the row to quarantine. Left out, every value is taken and the vocabulary learns the frequent
    ones."""
    max_vocabulary: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """The most frequent values that get a place of their own where `values` is left out."""

    @property
    def mapping(self) -> dict[str, str]:
        """From the source's spelling to the stored value; empty where every value is taken."""
        return dict(self.values) if isinstance(self.values, dict) else {value: value for value in self.values}


class Flag(_Feature):
    """True or false; stored as int64 0 or 1, absent where missing."""

    kind: Literal["flag"]
    true: tuple[Cell, ...] = ("true", "TRUE", "True", "1", "yes", "Y")
    """How the source writes true."""
    false: tuple[Cell, ...] = ("false", "FALSE", "False", "0", "no", "N")
    """How the source writes false."""

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        if {str(v) for v in self.true} & {str(v) for v in self.false}:
            raise ValueError("the same value stands for true and for false")
        return self


Feature = Annotated[Numeric | Categorical | Flag, Field(discriminator="kind")]
