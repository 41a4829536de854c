import pytest

from components.fhir.problem import Unreadable
from components.fhir.reference import PatientKey, own_key, referenced_patient, server

HERE = "http://here/fhir"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://here/fhir/Patient/1", HERE),
        ("https://here/Patient/1", "https://here"),
        ("urn:uuid:0f3a", ""),
        ("", ""),
        ("Patient/1", ""),
    ],
)
def test_the_server_in_a_full_url(url, address):
    assert server(url) == address


@pytest.mark.parametrize(
    ("reference", "at_server", "key"),
    [
        ("Patient/1", "", PatientKey("1", "")),
        ("Patient/1", HERE, PatientKey("1", HERE)),
        ("Patient/1/_history/2", HERE, PatientKey("1", HERE)),
        ("http://there/fhir/Patient/1", HERE, PatientKey("1", "http://there/fhir")),
        ("http://there/fhir/Patient/1/_history/2", "", PatientKey("1", "http://there/fhir")),
        ("urn:uuid:0f3a", "", PatientKey("0f3a", "")),
        ("urn:oid:1.2.3", HERE, PatientKey("1.2.3", "")),
        ("Group/1", "", None),
        ("http://there/fhir/Device/1", "", None),
    ],
)
def test_references(reference, at_server, key):
    assert referenced_patient({"reference": reference}, at_server, {}) == key


def test_the_bundle_s_own_patients_come_first():
    known = {"urn:uuid:0f3a": PatientKey("p1", "")}
    assert referenced_patient({"reference": "urn:uuid:0f3a"}, "", known) == PatientKey("p1", "")


@pytest.mark.parametrize(
    "reference", ["1", "", "#p", "Patient/", "a/b/Patient/1", "ftp://x/Patient/1", "Patient?x=1", "12/1"]
)
def test_references_that_name_nobody(reference):
    with pytest.raises(Unreadable):
        referenced_patient({"reference": reference}, "", {})


def test_the_key_of_a_patient():
    assert own_key("p1", "urn:uuid:0f3a") == PatientKey("p1", "")
    assert own_key("p1", "http://here/fhir/Patient/p1") == PatientKey("p1", HERE)
    assert own_key(None, "urn:uuid:0f3a") == PatientKey("0f3a", "")
    assert own_key(None, "http://here/fhir/Patient/p1") == PatientKey("p1", HERE)
