"""Rules for telephone and fax numbers, e-mail, web and network addresses."""

import ipaddress
import re
from collections.abc import Iterator

from privacy.findings import Category, Finding
from privacy.text.surface import Surface

__all__ = ["find_contacts"]

_EMAIL = re.compile(r"[\w.+'-]*[\w+]@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}|[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_SPOKEN = re.compile(
    r"\b[\w+-]+(?: (?:dot|underscore) [\w+-]+){0,3} at [\w-]+(?: dot [\w-]+)* dot (?:com|org|net|edu|gov|co|uk|de)\b"
)
_TOP = r"(?:com|org|net|edu|gov|mil|info|biz|health|care|clinic|hospital|app|dev|co\.uk|org\.uk|ac\.uk|nhs\.uk|gov\.uk)"
_URL = re.compile(
    r"\b(?:(?:https?|ftps?)://[^\s<>\"'\0]+|www\d?\.[\w-]+(?:\.[\w-]+)+(?:[/?#][^\s<>\"'\0]*)?"
    rf"|(?<![@\w.-])(?:[a-z0-9][a-z0-9-]*\.)+(?:{_TOP}\b|(?:[a-z]{{2,3}})(?=/))(?::\d+)?(?:[/?#][^\s<>\"'\0]*)?)",
    re.IGNORECASE,
)
_IP4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IP6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?:\.\d{1,3}){3})?(?![\w:])", re.IGNORECASE)

_GROUPED = re.compile(
    r"(?<![\w+(.,/-])(?:\+|\(\+?)?\d{1,12}(?:\)?[ .-]{0,2}\(?\d{1,8}\)?){0,6}(?![\w%])"
    r"(?:\s?(?:,\s?)?(?:x|ext\.?|extension|#)\s?\d{1,6}\b)?",
    re.IGNORECASE,
)
_US = re.compile(
    r"(?<![\w+.-])(?:\+?1|001)?[ .-]?(?:(?:\([2-9]\d\d\)\s?|[2-9]\d\d[ .-])[ .-]?\d{3}[ .-]?\d{4}"
    r"|[2-9]\d\d/\d{3}[.-]\d{4})(?![\d-])"
    r"(?:\s?(?:,\s?)?(?:x|ext\.?|extension|#)\s?\d{1,6}\b)?",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"(?<![\w.-])\d{3}-\d{4}(?![\w%-])(?:\s?(?:x|ext\.?|extension)\s?\d{1,6}\b)?", re.IGNORECASE)
_VANITY = re.compile(r"\b1-8\d\d-(?:[A-Z]{7}|[A-Z]{3}-[A-Z]{4}|\d{3}-[A-Z]{4})\b")
_EXTENSION = re.compile(
    r"\b(?:ext\.?|extension|pager|beeper|pgr|bleep|callback)(?:\s?(?:no\.?|number|#|id))?(?:\s?is)?\s?[:#]?\s?"
    r"(\d{3,7}(?:-\d{4})?)\b|\b(?:call|page|phone|dial|reach)[^\n.;]{0,30}\sx\s?(\d{4,6})\b"
)
_BEFORE = re.compile(
    r"\b(?:tele?phone|phones?|tel|call(?:ed|ing|s)?|call(?:ed)? (?:me|us|back) (?:at|on)|mobile|cell(?:ular)?|pager|"
    r"beeper|desk|office|facsimile|contact|reach(?:ed|able)?|answering (?:at|on)|registered|text(?:ed)?|voicemail|"
    r"hotline|messages to|home|work|ring|dial|fax|[tfmpc])\b[^\n\d]{0,28}[\n ]?[^\n\d]{0,3}$"
)
_AFTER = re.compile(
    r"[ ,\\-]{0,3}\(?(?:office|fax|mobile|cell|home|work|desk|pager|direct|phone|tel|\(?[hcwmof]\))\b(?! ?[:#.]?"
    r" ?[\d(+])(?!:)"
)
_FAX_BEFORE = re.compile(r"\b(?:fax(?:ed)?|facsimile|f:)[^\n\d]{0,24}[\n ]?[^\n\d]{0,3}$")
_FAX_AFTER = re.compile(r"[ ,\\-]{0,3}\(?fax\b(?! ?:)(?! ?[\d(+])")
_UNITS = re.compile(
    r"\s?(?:mg|mcg|ml|units?|iu|cc|kcal|cal|mmhg|bpm|kg|g|lbs?|cm|mm|%|days?|hours?|hrs?|cells?|steps)\b"
)
_DATE_LIKE = re.compile(
    r"\d{5}-\d{4}|(?:19|20)\d\d[-. ]\d\d?[-. ]\d\d?|\d\d?[-. ]\d\d?[-. ](?:19|20)?\d\d|(?:19|20)\d\d ?- ?(?:19"
    r"|20)\d\d"
)


def find_contacts(surface: Surface) -> Iterator[Finding]:
    """Yields telephone and fax numbers, e-mail addresses, URLs and IP addresses."""
    text, lower = surface.text, surface.lower
    for start, end in surface.near(_positions(text, "@"), 1, 1):
        for match in _EMAIL.finditer(text, start, end):
            yield Finding(match.start(), match.end(), Category.EMAIL)
    if " dot " in lower:
        for match in _SPOKEN.finditer(lower):
            yield Finding(match.start(), match.end(), Category.EMAIL)
    hosts = [match.start() for match in _HOST.finditer(lower)]
    for start, end in surface.near(hosts, 1, 1):
        for found in _URL.finditer(text, start, end):
            match = _URL.match(text, found.start()) or found  # To its end, where it is longer than a stretch.
            yield Finding(match.start(), match.start() + len(match[0].rstrip(".,;:!?)]}|")), Category.URL)
    for start, end in surface.numbers(4):
        if text.count(".", start, end) > 2:
            for match in _IP4.finditer(text, start, end):
                if all(int(part) < 256 for part in match[0].split(".")) and not _versioned(lower, match.start()):
                    yield Finding(match.start(), match.end(), Category.IP)
    if "::" in text or _COLONS.search(lower):
        for match in _IP6.finditer(text):
            if _is_ip6(match[0]):
                yield Finding(match.start(), match.end(), Category.IP)
    yield from _telephones(surface)


_HOST = re.compile(rf"\.(?:{_TOP}\b|[a-z]{{2,3}}/)|www\d?\.|://")
_COLONS = re.compile(r":[0-9a-f]{0,4}:[0-9a-f]{0,4}:")


def _positions(text: str, needle: str) -> Iterator[int]:
    position = text.find(needle)
    while position >= 0:
        yield position
        position = text.find(needle, position + 1)


def _telephones(surface: Surface) -> Iterator[Finding]:
    text, lower = surface.text, surface.lower
    for start, end in surface.numbers(7):
        for pattern in (_US, _LOCAL):
            for match in pattern.finditer(text, start, end):
                first = match.start() + len(match[0]) - len(match[0].lstrip(" .-"))
                if not _UNITS.match(lower, match.end()):
                    yield _telephone(lower, first, match.end())
    if "1-8" in text:
        for match in _VANITY.finditer(text):
            yield _telephone(lower, match.start(), match.end())
    if surface.has("ext", "pager", "beeper", "pgr", "bleep", "callback", " x"):
        for match in _EXTENSION.finditer(lower):
            yield _telephone(lower, *match.span(match.lastindex or 0))
    for start, end in surface.numbers(6):
        for match in _GROUPED.finditer(text, start, end):
            if _is_telephone(lower, match):
                yield _telephone(lower, match.start(), match.end())


def _is_telephone(lower: str, match: re.Match[str]) -> bool:
    """Whether a number in groups is written or announced as that of a telephone."""
    number = match[0]
    digits = sum(map(str.isdigit, number))
    if digits < 6 or digits > 18 or _UNITS.match(lower, match.end()) or _DATE_LIKE.fullmatch(number):
        return False
    grouped = any(sign in number for sign in " .-()")
    return bool(
        (number[0] in "+(" and digits >= 7 and grouped)
        or (number[0] == "+" and digits >= 8)
        or (number.startswith("00") and digits >= 10)
        or (number[0] == "0" and digits >= 9 and grouped)
        or _BEFORE.search(lower, max(0, match.start() - 44), match.start())
        or _AFTER.match(lower, match.end())
    )


def _telephone(lower: str, start: int, end: int) -> Finding:
    fax = _FAX_BEFORE.search(lower, max(0, start - 32), start) or _FAX_AFTER.match(lower, end)
    return Finding(start, end, Category.FAX if fax else Category.PHONE)


def _versioned(lower: str, start: int) -> bool:
    return lower[max(0, start - 9) : start].rstrip(" .").endswith(("version", "ver", "release", "build", "section"))


def _is_ip6(text: str) -> bool:
    if "::" not in text and text.count(":") != 7 and "." not in text:
        return False
    try:
        return ipaddress.IPv6Address(text).packed != bytes(16) or text == "::"
    except ValueError:
        return False
