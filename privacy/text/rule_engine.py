"""The rules as an engine: pure Python, offline, the same answer each time."""

import datetime
from dataclasses import dataclass

from privacy.findings import Finding, merged
from privacy.text.ages import find_ages
from privacy.text.codes import find_codes
from privacy.text.contacts import find_contacts
from privacy.text.date_forms import find_dates
from privacy.text.known_names import KnownNames
from privacy.text.people import find_people
from privacy.text.places import find_places
from privacy.text.postal_codes import find_postal_codes
from privacy.text.streets import find_streets
from privacy.text.surface import Surface

__all__ = ["RuleEngine"]


@dataclass(frozen=True)
class RuleEngine:
    """Finds identifiers by their form, by what stands around them, and by lists of names.

    Attributes:
        year: The current year, by which a year is judged that tells an age over 89; None takes that of the clock.
    """

    year: int | None = None

    def find(self, text: str, known: KnownNames) -> list[Finding]:
        """Returns what was found, in order and without overlaps.

        Args:
            text: The text, of any length.
            known: Names from the record, found wherever they stand.
        """
        surface = Surface(text)
        year = self.year or datetime.date.today().year
        return merged(
            (
                *find_contacts(surface),
                *find_codes(surface),
                *find_ages(surface, year),
                *find_dates(surface),
                *find_streets(surface),
                *find_postal_codes(surface),
                *find_places(surface),
                *find_people(surface, known),
            )
        )
