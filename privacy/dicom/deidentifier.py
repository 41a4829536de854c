"""Takes identifiers out of a DICOM header: PS3.15 Annex E, Basic Application Level Confidentiality Profile.

With the options Retain Patient Characteristics (ages over 89 become 90) and, in a limited data set, Retain Longitudinal
Temporal Information with modified dates. In `safe_harbor` no date stays in the file. Private attributes, overlays and
curves go as a whole, and so does what the standard's dictionary does not know. Pixels are not looked at: see
`burned_in`.
"""

import functools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline_configs.privacy import Privacy
from privacy.dicom.dates import shifted
from privacy.dicom.removed import Action, Kind, Removed
from privacy.dicom.rules import Rule, kind_of, rules_for
from privacy.dicom.uids import remapped
from privacy.pseudonyms import pseudonym

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["Deidentifier"]

_PATIENT_ID = 0x00100020
_GRAPHIC_GROUPS = frozenset([*range(0x5000, 0x5100, 2), *range(0x6000, 0x6100, 2)])
_META_KEPT = frozenset([0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013])
_AGE = re.compile(r"(\d{1,4})([DWMY])")
_PER_YEAR = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}
_OLDEST = 89
_CAPPED_AGE = "090Y"
_DUMMY_TEXT = "REMOVED"
_TEXT_TYPES = frozenset(["AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"])
_NUMBER_TYPES = frozenset(["DS", "IS", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"])
_METHOD = "PS3.15 Basic Profile, Retain Patient Characteristics"
_CODES = {
    "113100": "Basic Application Confidentiality Profile",
    "113108": "Retain Patient Characteristics Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
}
"""Of context group 7050, coding scheme DCM (PS3.16)."""


@dataclass(frozen=True)
class Deidentifier:
    """De-identifies headers with one key, in one mode. It can be pickled, and shared between threads.

    Attributes:
        key: Secret key of the pseudonyms, the UIDs and the shifts of dates.
        privacy: What the task says about de-identification.
    """

    key: bytes = field(repr=False)
    privacy: Privacy

    def deidentify(self, dataset: "Dataset") -> Removed:
        """De-identifies a dataset in place, its file meta information and all nested items too.

        Args:
            dataset: As `pydicom.dcmread` returns it.

        Returns:
            How many attributes were changed or removed, by kind and action.
        """
        removed = self._walked(dataset, change=True)
        self._sign(dataset)
        return removed

    def found(self, dataset: "Dataset") -> Removed:
        """Returns what `deidentify` would return, and changes nothing: for a header that is dropped afterwards."""
        return self._walked(dataset, change=False)

    def _walked(self, dataset: "Dataset", change: bool) -> Removed:
        walk = _Walk(self, self._days(dataset), change)
        meta = getattr(dataset, "file_meta", None)
        if meta is not None:
            walk.meta(meta)
        walk.items(dataset)
        if change and getattr(dataset, "preamble", None):
            dataset.preamble = b"\0" * 128
        return Removed(walk.counts)

    def _days(self, dataset: "Dataset") -> int | None:
        """Days by which this patient's dates move; none without an identifier, as the shift would not be one."""
        if self.privacy.mode == "safe_harbor":
            return None
        from privacy.dates import date_shift

        patient = _value(dataset, _PATIENT_ID)
        if not isinstance(patient, str) or not patient.strip():
            return None
        return date_shift(self.key, patient.strip(), self.privacy.max_date_shift)

    def _sign(self, dataset: "Dataset") -> None:
        """Says in the header that and how it was de-identified (PS3.15 E.1.1, PS3.3 C.7.1.1 and C.12.1)."""
        from pydicom.dataset import Dataset

        longitudinal = self.privacy.mode == "limited_data_set"
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = [_METHOD, "Modified Dates"] if longitudinal else _METHOD
        dataset.LongitudinalTemporalInformationModified = "MODIFIED" if longitudinal else "REMOVED"
        codes = []
        for value, meaning in _CODES.items():
            if value != "113107" or longitudinal:
                code = Dataset()
                code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
                codes.append(code)
        dataset.DeidentificationMethodCodeSequence = codes


class _Walk:
    """One pass over a dataset. Elements are looked at as they were read: decoding each would cost more than pixels."""

    def __init__(self, deidentifier: Deidentifier, days: int | None, change: bool) -> None:
        rules = rules_for(deidentifier.privacy.mode)
        self.by_tag, self.by_type = rules.by_tag, rules.by_type
        self.key = deidentifier.key
        self.days = days
        self.change = change
        self.counts: Counter[tuple[Kind, Action]] = Counter()

    def meta(self, meta: "Dataset") -> None:
        """File meta information (PS3.10 7.1): who sent and received the file goes, the SOP instance is remapped."""
        for element in list(meta.elements()):
            rule = Rule.KEEP if element.tag in _META_KEPT else Rule.REMOVE
            self.apply(meta, element, element.VR or "UN", self.by_tag.get(element.tag, rule))

    def items(self, dataset: "Dataset") -> None:
        """A dataset and all items nested in it."""
        for element in list(dataset.elements()):
            tag = int(element.tag)
            group = tag >> 16
            if group & 1:
                self.remove(dataset, element, Kind.PRIVATE)
                continue
            if group in _GRAPHIC_GROUPS:
                self.remove(dataset, element, Kind.GRAPHIC)
                continue
            if not tag & 0xFFFF:  # The length of the group, which is another now (PS3.5 7.2, retired).
                if self.change:
                    del dataset[element.tag]
                continue
            rule = self.by_tag.get(tag)
            known = _known_type(tag)
            vr = known if element.VR in (None, "UN") else element.VR
            if rule is None:
                rule = self.by_type.get(vr, Rule.KEEP) if known else Rule.REMOVE
            if rule is not Rule.KEEP:
                self.apply(dataset, element, vr, rule)
            elif vr == "SQ":
                self.nested(dataset, element)

    def nested(self, dataset: "Dataset", element: Any) -> None:
        """The items of a sequence that stays; a sequence that cannot be read goes."""
        items = _value(dataset, element.tag)
        if items is None or not all(hasattr(item, "elements") for item in items):
            self.remove(dataset, element, Kind.OTHER)
            return
        for item in items:
            self.items(item)

    def remove(self, dataset: "Dataset", element: Any, kind: Kind) -> None:
        """Removes an element, and counts it where it held a value."""
        if _filled(element):
            self.counts[kind, Action.REMOVED] += 1
        if self.change:
            del dataset[element.tag]

    def apply(self, dataset: "Dataset", element: Any, vr: str, rule: Rule) -> None:
        """Does what the rule says with one element."""
        if rule is Rule.KEEP:
            return
        tag = int(element.tag)
        kind = kind_of(tag, vr)
        if rule is Rule.REMOVE:
            self.remove(dataset, element, kind)
            return
        if not _filled(element):
            return
        if rule is Rule.EMPTY:
            self.put(dataset, element, vr, kind, Action.EMPTIED, None)
        elif rule is Rule.UID or (rule is Rule.DUMMY and vr == "UI"):
            self.mapped(dataset, element, vr, kind, Action.REMAPPED, lambda uid: remapped(self.key, uid))
        elif rule is Rule.DUMMY and tag == _PATIENT_ID:
            self.mapped(dataset, element, vr, kind, Action.REPLACED, lambda patient: pseudonym(self.key, patient))
        elif rule is Rule.DUMMY:
            self.put(dataset, element, vr, kind, Action.REPLACED, _dummy(vr))
        elif rule is Rule.DATE:
            self.date(dataset, element, vr, kind)
        else:
            self.age(dataset, element, vr, kind)

    def date(self, dataset: "Dataset", element: Any, vr: str, kind: Kind) -> None:
        """Shifts a date; one that cannot be read is emptied."""
        moved: list[str] = []
        for text in _texts(_value(dataset, element.tag)) if self.days is not None else ():
            date = shifted(text, self.days or 0)
            if date is None:
                moved = []
                break
            moved.append(date)
        if moved:
            self.put(dataset, element, vr, kind, Action.SHIFTED, moved if len(moved) > 1 else moved[0])
        else:
            self.put(dataset, element, vr, kind, Action.EMPTIED, None)

    def age(self, dataset: "Dataset", element: Any, vr: str, kind: Kind) -> None:
        """Caps an age over 89 (45 CFR 164.514(b)(2)(i)(C)); one that cannot be read may be over 89 and is emptied."""
        value = _value(dataset, element.tag)
        match = _AGE.fullmatch(value.strip(" \0")) if isinstance(value, str) else None
        if match is None:
            self.put(dataset, element, vr, kind, Action.EMPTIED, None)
        elif int(match[1]) / _PER_YEAR[match[2]] >= _OLDEST + 1 and match[0] != _CAPPED_AGE:
            self.put(dataset, element, vr, kind, Action.CAPPED, _CAPPED_AGE)

    def mapped(
        self, dataset: "Dataset", element: Any, vr: str, kind: Kind, action: Action, function: Callable[[str], str]
    ) -> None:
        """Puts a function's result in the place of each value."""
        if not self.change:
            self.counts[kind, action] += 1
            return
        values = [function(text.strip(" \0")) for text in _texts(_value(dataset, element.tag))]
        self.put(dataset, element, vr, kind, action, values if len(values) > 1 else "".join(values))

    def put(self, dataset: "Dataset", element: Any, vr: str, kind: Kind, action: Action, value: object) -> None:
        """Puts a value in the place of another, and counts it."""
        self.counts[kind, action] += 1
        if self.change:
            dataset.add_new(element.tag, vr or "UN", [] if value is None and vr == "SQ" else value)


def _filled(element: Any) -> bool:
    """Whether an element holds a value, decoded or not."""
    length = getattr(element, "length", None)  # Of an element as it was read.
    if length is not None:
        return bool(length)
    value = element.value
    return value is not None and (not hasattr(value, "__len__") or len(value) > 0)


def _value(dataset: "Dataset", tag: int) -> Any:
    """The decoded value, or None where there is none or it cannot be decoded."""
    try:
        return dataset[tag].value if tag in dataset else None
    except Exception:  # noqa: BLE001 - whatever is wrong with the bytes, they are not kept
        return None


def _texts(value: Any) -> list[str]:
    """The single values of an element."""
    if value is None or value == "":
        return []
    return [str(value)] if isinstance(value, (str, bytes)) else [str(part) for part in value]


@functools.cache
def _known_type(tag: int) -> str:
    """Value representation by the standard's dictionary, or an empty text."""
    from pydicom.datadict import dictionary_VR

    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def _dummy(vr: str) -> object:
    if vr in _TEXT_TYPES:
        return _DUMMY_TEXT
    if vr in _NUMBER_TYPES:
        return 0
    return "http://removed.invalid" if vr == "UR" else None if vr in ("AS", "TM") else b"\0\0"
