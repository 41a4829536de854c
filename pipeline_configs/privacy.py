"""What a task says about de-identification."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipeline_configs.declaration import Declaration

__all__ = ["SMALL_ZIP3", "Privacy"]

SMALL_ZIP3 = (
    *("036", "059", "063", "102", "203", "556", "692", "790", "821", "823", "830", "831", "878", "879", "884", "890"),
    "893",
)
"""First three digits of ZIP codes whose areas hold 20,000 people or fewer by the census of 2000: the list in the
guidance of HHS on 45 CFR 164.514(b)(2)(i)(B), November 2012. The rule asks for current census data: give your own."""

Zip3 = Annotated[str, StringConstraints(pattern=r"^\d{3}$")]


class Privacy(Declaration):
    """How identifiers are removed when data is read."""

    mode: Literal["safe_harbor", "limited_data_set"] = "safe_harbor"
    """safe_harbor: 45 CFR 164.514(b)(2), no date but the year. limited_data_set: 45 CFR 164.514(e), dates stay, shifted
    by the same number of days for all of a patient; it needs a data use agreement."""
    engine: Literal["rules", "presidio"] = "rules"
    """What finds identifiers in text: Galen's rules, or Presidio (extra `presidio`) besides them."""
    known_names: tuple[str, ...] = ()
    """Columns with names of patients, relatives and staff: found in the note wherever they stand, and dropped."""
    burned_in_text: Literal["quarantine", "accept"] = "quarantine"
    """What to do with images that may show text: US, SC, OT, screen captures, BurnedInAnnotation other than NO."""
    small_zip3: tuple[Zip3, ...] = SMALL_ZIP3
    """First three digits of ZIP codes that become 000, because few people live there."""
    max_date_shift: Annotated[int, Field(ge=30, le=3650)] = 365
    """Largest shift of dates in a limited data set, in days; either way, never 0."""
