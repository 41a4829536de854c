"""Which patient a FHIR resource is about: references in bundles and in bulk exports (R4 bundle.html, "References")."""

from collections.abc import Mapping
from typing import NamedTuple

from components.fhir.problem import Unreadable

__all__ = ["PatientKey", "own_key", "referenced_patient", "server"]

_NO_SUBJECT = "no reference to a patient"
_CONTAINED = "a reference to a contained resource"
_CONDITIONAL = "a reference by search (Patient?...), which names no patient"
_FORM = "a reference of a form that FHIR does not know"
_NO_ID = "a Patient with neither id nor fullUrl"


class PatientKey(NamedTuple):
    """A patient as references name him.

    Attributes:
        id: Patient.id, by which resources of different files find each other.
        server: Address of the server that the id is from, where it is said; else "". Two servers may give the same
            id to two people.
    """

    id: str
    server: str


def server(full_url: str) -> str:
    """Returns the server's address in an entry's fullUrl, `http://server/Patient/1`; "" for urn:uuid and others."""
    parts = full_url.rsplit("/", 2)
    return parts[0] if full_url.startswith(("http://", "https://")) and len(parts) == 3 else ""


def own_key(identifier: object, full_url: str) -> PatientKey:
    """Returns the key of a Patient resource.

    Args:
        identifier: Its `id`; a Patient that is about to be created may have none, then its urn:uuid counts.
        full_url: The fullUrl of its entry; "" where it stands in no bundle.

    Raises:
        Unreadable: It has neither.
    """
    if isinstance(identifier, str) and identifier:
        return PatientKey(identifier, server(full_url))
    if identifier is None and full_url:
        return PatientKey(full_url.rpartition(":")[2].rpartition("/")[2], server(full_url))
    raise Unreadable(_NO_ID)


def referenced_patient(subject: object, at_server: str, by_url: Mapping[str, PatientKey]) -> PatientKey | None:
    """Returns the patient that a `subject` refers to, or None where it is a group, a device or a place.

    Args:
        subject: The Reference.
        at_server: Server of the resource that refers; relative references are from there.
        by_url: The bundle's patients by fullUrl.

    Raises:
        Unreadable: It refers to nothing that can be found.
    """
    reference = subject.get("reference") if isinstance(subject, dict) else None
    if not isinstance(reference, str) or not reference:
        raise Unreadable(_NO_SUBJECT)
    known = by_url.get(reference)
    if known is not None:
        return known
    if reference.startswith("#"):
        raise Unreadable(_CONTAINED)
    if reference.startswith(("urn:uuid:", "urn:oid:")):
        return PatientKey(reference.rpartition(":")[2], "")
    if "?" in reference:
        raise Unreadable(_CONDITIONAL)
    parts = reference.partition("/_history/")[0].rsplit("/", 2)
    if len(parts) == 2:
        kind, identifier, base = parts[0], parts[1], at_server
    elif len(parts) == 3 and parts[0].startswith(("http://", "https://")):
        base, kind, identifier = parts
    else:
        raise Unreadable(_FORM)
    if not (kind.isalpha() and identifier):
        raise Unreadable(_FORM)
    return PatientKey(identifier, base) if kind == "Patient" else None
