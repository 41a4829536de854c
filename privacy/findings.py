"""What can be found in a text: categories of identifiers, and where one stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Category", "Finding", "merged"]


class Category(StrEnum):
    """Identifiers of HIPAA Safe Harbor, 45 CFR 164.514(b)(2)(i), as far as they can stand in text.

    Biometric identifiers and photographs (P, Q) are not text. Geographic units (B) are three categories, because the
    limited data set of 164.514(e)(2) keeps city, state and ZIP but not the street.
    """

    NAME = "NAME"
    """(A) Names of patients, relatives, employers, household members; staff too."""
    ADDRESS = "ADDRESS"
    """(B) Street, house, apartment, post-office box."""
    LOCATION = "LOCATION"
    """(B) City, county, hospital and other geography below the state."""
    ZIP = "ZIP"
    """(B) ZIP and postal codes."""
    DATE = "DATE"
    """(C) Elements of dates other than the year, and years that give an age over 89 away."""
    AGE = "AGE"
    """(C) Ages over 89."""
    PHONE = "PHONE"
    """(D)"""
    FAX = "FAX"
    """(E)"""
    EMAIL = "EMAIL"
    """(F)"""
    SSN = "SSN"
    """(G)"""
    MRN = "MRN"
    """(H)"""
    HEALTH_PLAN = "HEALTH_PLAN"
    """(I)"""
    ACCOUNT = "ACCOUNT"
    """(J) Accounts, payment cards, IBAN."""
    LICENCE = "LICENCE"
    """(K) Certificates and licences."""
    VEHICLE = "VEHICLE"
    """(L) Vehicles and plates."""
    DEVICE = "DEVICE"
    """(M) Serial numbers and identifiers of devices."""
    URL = "URL"
    """(N)"""
    IP = "IP"
    """(O)"""
    OTHER_ID = "OTHER_ID"
    """(R) Any other unique number or code."""


_ORDER = (
    Category.EMAIL,
    Category.URL,
    Category.IP,
    Category.SSN,
    Category.MRN,
    Category.HEALTH_PLAN,
    Category.ACCOUNT,
    Category.LICENCE,
    Category.VEHICLE,
    Category.DEVICE,
    Category.AGE,
    Category.DATE,
    Category.FAX,
    Category.PHONE,
    Category.ADDRESS,
    Category.ZIP,
    Category.LOCATION,
    Category.OTHER_ID,
    Category.NAME,
)
_RANK = {category: rank for rank, category in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class Finding:
    """An identifier in a text.

    Attributes:
        start: Offset of its first character.
        end: Offset after its last character.
        category: What it is.
    """

    start: int
    end: int
    category: Category


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Returns findings in order, where those that overlap have become one.

    Nothing that was found is lost: the one covers all of them. Its category is that of the longest; among equals, the
    more specific.
    """
    result: list[Finding] = []
    longest = 0
    for finding in sorted(findings, key=lambda f: (f.start, -f.end, _RANK[f.category])):
        length = finding.end - finding.start
        if not result or finding.start >= result[-1].end:
            result.append(finding)
            longest = length
            continue
        last = result[-1]
        wins = (length, -_RANK[finding.category]) > (longest, -_RANK[last.category])
        longest = max(longest, length)
        if wins or finding.end > last.end:
            result[-1] = Finding(last.start, max(last.end, finding.end), finding.category if wins else last.category)
    return result
