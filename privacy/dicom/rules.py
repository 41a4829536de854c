"""What has to be done with each attribute: PS3.15 Table E.1-1, its options, and what follows from a value's type.

The table comes from dicom-anonymizer, which carries it by edition; this module resolves its composite actions and adds
the options. Not used of that library is its engine: it draws UIDs at random, has no options, writes dates such as
00010101 where the profile says remove, and looks only at the attributes that it knows, not into every sequence.
"""

import functools
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from privacy.dicom.removed import Kind

__all__ = ["Rule", "Rules", "kind_of", "rules_for"]

Mode = Literal["safe_harbor", "limited_data_set"]


class Rule(Enum):
    """The action codes of PS3.15 Table E.1-1a that are left when composite ones are resolved."""

    KEEP = "K"
    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    UID = "U"
    DATE = "C, dates"
    AGE = "C, ages"


_TABLE = (
    ("D_TAGS", Rule.DUMMY),
    ("Z_TAGS", Rule.EMPTY),
    ("X_TAGS", Rule.REMOVE),
    ("U_TAGS", Rule.UID),
    # Without knowing the module's types, the first choice that is valid in every object: D where D may be needed, else
    # Z. U of X/Z/U*: the sequence stays, the UIDs in it are remapped like all others.
    ("Z_D_TAGS", Rule.DUMMY),
    ("X_Z_TAGS", Rule.EMPTY),
    ("X_D_TAGS", Rule.DUMMY),
    ("X_Z_D_TAGS", Rule.DUMMY),
    ("X_Z_U_STAR_TAGS", Rule.KEEP),
)

_CHARACTERISTICS = (
    *("PatientSex", "PatientSize", "PatientWeight", "PatientSexNeutered", "EthnicGroup", "SmokingStatus"),
    "PregnancyStatus",
)
"""K by Retain Patient Characteristics. What it lets through only cleaned (Allergies, PatientState, PreMedication,
SpecialNeeds: free text) is removed as in the basic profile."""

_ETHNIC_GROUP_CODES = 0x00102161  # EthnicGroupCodeSequence: too new for pydicom's dictionary.
_PATIENT_AGE = 0x00101010
_BIRTH = (0x00100030, 0x00100032)  # No option of PS3.15 keeps birth date and time.

_DATES = {"DA", "DT"}
_TEMPORAL = {"DA", "DT", "TM"}
_KINDS = {"PN": Kind.NAME, "DA": Kind.DATE, "DT": Kind.DATE, "TM": Kind.DATE, "UI": Kind.UID, "AS": Kind.TRAIT}
_TEXTS = {"LT", "ST", "UT", "UC"}
_WORDS = (
    (("Address", "Telephone", "Telecom", "Institution", "Location", "Residence", "GPS", "Geographic"), Kind.PLACE),
    (("Station", "Serial", "Device", "Detector", "AETitle", "Gantry", "Generator", "Cassette", "Plate"), Kind.DEVICE),
    (("Icon", "Overlay", "Curve", "Graphic"), Kind.GRAPHIC),
    (("Physician", "Person", "Operator", "Author", "Observer", "Performer", "Responsible", "Participant"), Kind.NAME),
    (("Description", "Comment", "Reason", "Label", "History", "Diagnos", "Text", "Protocol", "Notes"), Kind.TEXT),
    (("ID", "Number", "Identif", "Accession", "Locator", "Barcode", "Alias", "PatientSequence"), Kind.ID),
    (("Occupation", "Religious", "Military", "Language", "Patient", "Special", "Allerg", "Medic"), Kind.TRAIT),
)


@dataclass(frozen=True)
class Rules:
    """The rules of one mode.

    Attributes:
        by_tag: Rule of each attribute that the table or an option names.
        by_type: Rule of all others, by value representation; an attribute that is in neither is kept.
    """

    by_tag: dict[int, Rule]
    by_type: dict[str, Rule]


@functools.cache
def rules_for(mode: Mode) -> Rules:
    """Returns the rules of a mode.

    Basic Application Level Confidentiality Profile with Retain Patient Characteristics; in `limited_data_set` also with
    Retain Longitudinal Temporal Information, modified dates (PS3.15 E.3.4, E.3.6).
    """
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    shifted = mode == "limited_data_set"
    by_tag: dict[int, Rule] = {}
    for name, rule in _TABLE:
        for entry in getattr(table, name):
            if len(entry) != 2:  # Repeating groups 50xx and 60xx; the engine removes them as a whole.
                continue
            tag = entry[0] << 16 | entry[1]
            try:
                vr = dictionary_VR(tag)
            except KeyError:
                vr = ""
            by_tag[tag] = rule
            if vr == "SQ" and rule is Rule.DUMMY:
                by_tag[tag] = Rule.EMPTY  # A sequence without items; a dummy item would say nothing.
            elif vr in _TEMPORAL and tag not in _BIRTH:
                if shifted:
                    by_tag[tag] = Rule.DATE if vr in _DATES else Rule.KEEP
                elif rule is Rule.DUMMY:
                    by_tag[tag] = Rule.EMPTY  # An invented date could be taken for a real one.
    for keyword in _CHARACTERISTICS:
        characteristic = tag_for_keyword(keyword)
        if characteristic is not None:
            by_tag[characteristic] = Rule.KEEP
    by_tag[_ETHNIC_GROUP_CODES] = Rule.KEEP
    by_tag[_PATIENT_AGE] = Rule.AGE
    by_type = {"PN": Rule.EMPTY}
    if shifted:
        by_tag[0x00080201] = Rule.KEEP  # TimezoneOffsetFromUTC, without which shifted times mean little.
        by_type |= {"DA": Rule.DATE, "DT": Rule.DATE}
    else:
        by_type |= dict.fromkeys(_TEMPORAL, Rule.EMPTY)
    return Rules(by_tag, by_type)


@functools.cache
def kind_of(tag: int, vr: str) -> Kind:
    """Returns what an attribute holds, for the counts: by its type, else by the words of its keyword."""
    from pydicom.datadict import keyword_for_tag

    if vr in _KINDS:
        return _KINDS[vr]
    keyword = keyword_for_tag(tag)
    for words, kind in _WORDS:
        if any(word in keyword for word in words):
            return kind
    return Kind.TEXT if vr in _TEXTS else Kind.OTHER
