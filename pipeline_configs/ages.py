"""What becomes of ages, and what is one."""

import re
from collections.abc import Iterator, Mapping

from pipeline_configs.feature import Feature, Numeric

__all__ = ["OLDEST", "age_problems", "is_age", "words"]

OLDEST = {"a": 90.0, "mo": 1080.0, "wk": 4696.0, "d": 32872.0}
"""What ages over 89 years become, by UCUM unit: 45 CFR 164.514(b)(2)(i)(C) lets them stand as one category."""

_AGE = re.compile(r"(^|_)ages?(_|$)")
_BIRTH = re.compile(r"(^|_)(birth_?year|year_of_birth|yob|born)(_|$)")


def words(name: str) -> str:
    """Returns a column's name as lower-case words with underscores: `PatientID` and `Patient ID` alike."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()).strip("_")


def is_age(name: str) -> bool:
    """Whether a column's name says that it holds an age."""
    return bool(_AGE.search(words(name)))


def age_problems(features: Mapping[str, Feature], columns: Mapping[str, str]) -> Iterator[str]:
    """Yields what is wrong with ages: with a unit that is none of time, one over 89 would be stored as it is.

    Args:
        features: By name.
        columns: Column by name.
    """
    for name, feature in features.items():
        if not isinstance(feature, Numeric):
            continue
        if not feature.date and _BIRTH.search(words(columns[name])):
            yield (
                f"features.{name}: a year of birth tells an age over 89; with date: {{keep: year, format: '%Y'}} such "
                f"years are left out"
            )
        if feature.unit in OLDEST or feature.range[1] < OLDEST["a"]:
            continue
        if is_age(name) or is_age(columns[name]):
            yield (
                f"features.{name}.unit is '{feature.unit}', but an age needs one of: {', '.join(OLDEST)} (years, "
                f"months, weeks, days), by which ages over 89 are capped"
            )
