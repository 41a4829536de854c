"""How a task declares a feature: its kind, unit, plausible range, missing values, and when it is available."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipeline_configs.acquisition import Acquisition
from pipeline_configs.declaration import Declaration
from pipeline_configs.feature_base import Cell, FeatureBase
from pipeline_configs.image import Image
from pipeline_configs.text import Text

__all__ = ["Categorical", "Cell", "DateReduction", "Feature", "Flag", "Image", "Numeric", "Text"]


_YEARS = re.compile(r"(y|yr|year)s?\.?$", re.IGNORECASE)


class DateReduction(Declaration):
    """What becomes of a date: the date itself is never stored."""

    keep: Literal["year", "days_before"]
    """year: the calendar year. days_before: days from the date to the one in `column`, negative where it is later."""
    column: str = ""
    """Column with the date of the prediction, for `days_before`."""
    format: str = "%Y-%m-%d"
    """How the dates are written, as for strptime; what follows an ISO date (a time of day) is ignored."""

    @model_validator(mode="after")
    def _column_goes_with_days(self) -> Self:
        if bool(self.column) != (self.keep == "days_before"):
            raise ValueError("column goes with keep: days_before")
        return self


class Numeric(FeatureBase):
    """A measured quantity; stored as float32, absent where missing."""

    kind: Literal["numeric"]
    unit: str
    """UCUM unit, such as mg/dL, mm[Hg], kg/m2, a; "1" for a quantity without one. "years" and the like mean a."""
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
    date: DateReduction | None = None
    """The column holds dates: what becomes of them."""
    acquisition: Acquisition | None = None
    """Read from the image file instead of a column."""
    acquisition_input: bool = False
    """Whether the model may see it all the same."""

    @field_validator("unit")
    @classmethod
    def _years(cls, unit: str) -> str:
        """By its unit an age over 89 is capped, so that another word for years must not miss that."""
        return "a" if _YEARS.match(unit) else unit

    @model_validator(mode="after")
    def _range_in_order(self) -> Self:
        if self.range[0] >= self.range[1]:
            raise ValueError("range must go from the smaller to the larger value")
        if self.transform == "log_zscore" and self.range[0] <= -1:
            raise ValueError("log_zscore needs a range above -1")
        return self


class Categorical(FeatureBase):
    """One of a few values; stored as bytes, absent where missing."""

    kind: Literal["categorical"]
    values: dict[str, str] | tuple[str, ...] = ()
    """The values allowed; as a mapping, from how the source writes them to what they mean: {1: male, 2: female}.
    Anything else sends the row to quarantine. Left out, every value is taken and the vocabulary learns the frequent
    ones."""
    max_vocabulary: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """The most frequent values that get a place of their own where `values` is left out."""
    zip_code: bool = False
    """The column holds ZIP codes: only the first three digits are stored, 000 where few people live there."""
    acquisition: Acquisition | None = None
    """Read from the image file instead of a column."""
    acquisition_input: bool = False
    """Whether the model may see it all the same."""

    @model_validator(mode="after")
    def _zip_code_without_values(self) -> Self:
        if self.zip_code and self.values:
            raise ValueError("zip_code does not go with values: which areas there are, the data says")
        return self

    @property
    def mapping(self) -> dict[str, str]:
        """From the source's spelling to the stored value; empty where every value is taken."""
        return dict(self.values) if isinstance(self.values, dict) else {value: value for value in self.values}


class Flag(FeatureBase):
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


Feature = Annotated[Numeric | Categorical | Flag | Image | Text, Field(discriminator="kind")]
