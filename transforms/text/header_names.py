"""Names that the header of a note tells: the patient's, the physician's, those of relatives."""

import re

__all__ = ["header_names"]

_LINES = 25
_LABEL = re.compile(
    r"(?:^|[;|\t]|\s{2})\s{0,9}[*#_]{0,3}"
    r"(?:(?:patient|pt|full|first|last|given|family|middle|maiden|preferred)[ ]?(?:'s )?(?:name)?|name|surname|"
    r"(?:attending|referring|primary care|ordering|treating|consulting|admitting)?[ ]?(?:physician|provider|doctor|"
    r"surgeon|clinician)|attending|dictated by|signed by|author|next of kin|emergency contact|guardian|mother|father|"
    r"spouse|caregiver|informant|nurse)"
    r"[*_]{0,3}[ \t]{0,3}:[*_]{0,3}[ \t]{0,9}(?P<name>[^\n;|:\t(\[<0-9]{2,60})",
    re.IGNORECASE,
)
_TITLES = re.compile(r"\b(?:dr|mr|mrs|ms|miss|prof|md|do|rn|np|pa|phd|pa-c|dob|mrn|sex|age|date|ssn|phone)\b\.?", re.I)
_NAME = re.compile(r"[^\W\d_][\w'’.-]*")
_MOST_WORDS = 5


def header_names(text: str) -> tuple[str, ...]:
    """Returns the names that the first lines of a note give after such labels as "Patient:" or "Attending:".

    Args:
        text: The note, with LF line ends.

    Returns:
        Each name once, without titles. They are for finding them in the rest of the note, and are not to be kept.
    """
    found: dict[str, None] = {}
    for line in text.split("\n", _LINES)[:_LINES]:
        for match in _LABEL.finditer(line[:400]):
            name = re.split(r"\s{2,}", _TITLES.split(" " + match["name"].strip(), maxsplit=0)[0].strip() or "")[0]
            name = name or _TITLES.sub(" ", match["name"])
            words = _NAME.findall(name)
            # A sentence is no name, and a word in lower case is one only where all of the line is.
            lower = line == line.lower()
            if words and len(words) <= _MOST_WORDS and all(lower or word[0].isupper() for word in words):
                found[" ".join(name.split()).strip(" ,.")] = None
    return tuple(name for name in found if len(name) > 1)
