"""Names that are known before a text is read: from the record, or from the header of the note."""

import re
from dataclasses import dataclass
from functools import cached_property

from privacy.text.lexicon import folded, lexicon, word_set

__all__ = ["KnownNames"]

_PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NO_NAMES = word_set(
    "dr mr mrs ms miss prof professor doctor sir md do rn np pa phd jr sr ii iii iv de da di del der den van von"
    " la le el al bin ibn of the and"
)


@dataclass(frozen=True)
class KnownNames:
    """Names of the patient, of relatives and of staff.

    Attributes:
        names: Full names or parts of them, in any order: "John Perry", "PERRY, JOHN Q.".
    """

    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    @cached_property
    def parts(self) -> frozenset[str]:
        """Words of the names, in lower case and without accents; titles, particles and initials are not among them."""
        words = (folded(part).replace("’", "'") for name in self.names for part in _PART.findall(name))
        return frozenset(word for word in words if len(word) > 1 and word not in _NO_NAMES)

    @cached_property
    def plain(self) -> frozenset[str]:
        """Those of the parts that are English words too: in a text with capitals they need one."""
        return self.parts & lexicon().english

    @cached_property
    def initials(self) -> frozenset[str]:
        """Initials of the full names, as in "j.p."."""
        found = set()
        for name in self.names:
            letters = [folded(part)[0] for part in _PART.findall(name) if folded(part) not in _NO_NAMES]
            if len(letters) > 1:
                found |= {".".join(letters) + ".", ".".join((letters[0], letters[-1])) + "."}
        return frozenset(found)
