"""Rules for ages over 89, and for years that give one away: 45 CFR 164.514(b)(2)(i)(C)."""

import re
from collections.abc import Iterator

from privacy.findings import Category, Finding
from privacy.text.surface import Surface

__all__ = ["OLDEST", "find_ages"]

OLDEST = 89
"""The highest age that may stand as it is."""

_OLD = r"(?<![\d./-])(9\d|1[0-2]\d)(?![\d+%/]|\.\d)"
_ONES = r"(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
_WORDS = (
    rf"\b(ninety{_ONES}|(?:one|a|1)[ -]hundred(?:(?:[ -]and)?[ -](?:one|two|three|four|five|six|seven|eight|nine"
    rf"|ten))?)"
)
_UNIT = (
    r"\s?-?\s?(?:years?[ -]?-?\s?(?:old\b|of[ -]age)|y\.?\s?/?\s?o\b|yrs?\.?\s?-?\s?olds?\b|yo[mf]?\b|year["
    r" -]olds?\b|y\b(?!\w))"
)
_RELATIVE = r"(?:patient|pt|he|she|mother|father|grandmother|grandfather|wife|husband|sister|brother|aunt|uncle|who)"


def _patterns(number: str) -> tuple[re.Pattern[str], ...]:
    """How an age is written, with the number as a pattern."""
    forms = (
        rf"{number}{_UNIT}",
        r"\b(?:aged?|ages|age is|age of|age at \w+|turn(?:ed|s|ing)?|reached)(?: of| is|"
        rf" was)?\s?[:=]?\s?{number}(?!\s?(?:pack|mg|ml|%|degrees))",
        rf"\b(?:died|deceased|dies|passed(?: away)?|lived|survived)(?: [a-z]+){{0,4}} (?:at|to|until|till"
        rf"|age)\s{number}(?!\s?(?:pack|mg|%))",
        rf"\b{_RELATIVE}(?:'s| is| was)(?: now| currently| already)? {number}(?=\s?(?:[.,;]|$|\n|and\b|years\b"
        r"|with\b|now\b))",
        rf"{number}(?:st|nd|rd|th)?[ -]birthday",
        rf"\by/?o\s?[:=]?\s?{number}",
        rf"{number}[ -]years?\b(?! (?:ago|later|of(?! age)|in|from|after|before|prior|apart|earlier|history|smok))",
        rf"\b(?:{_RELATIVE}|mrs?\.?|ms\.?)(?: [a-z'-]+){{0,2}}, {number}(?=,|\.\s|;|\s(?:and|is|who|with)\b)",
    )
    return tuple(map(re.compile, forms))


_AGES, _AGES_IN_WORDS = _patterns(_OLD), _patterns(_WORDS)
_SEX = re.compile(rf"{_OLD}\s?-?(?:f|m|female|male|woman|man|lady|gentleman|wf|wm|bf|bm)\b(?!\s?(?:/|hg))")
_BESIDE_SEX = (
    re.compile(r"(?<![\d./-])(9\d|1[0-2]\d)(?=\s?/\s?(?:f|m|female|male)\b)"),
    re.compile(r"(?<![a-z/])(?:m|f|male|female)\s?/\s?(9\d|1[0-2]\d)(?![\d+%/]|\.\d)"),
)
_DECADE = re.compile(
    r"\bin(?:to)? (?:his|her|their)(?: (?:early|mid|late|mid-? ?to-? ?late))?[ -](90'?s|1[0-2]0'?s|nineties|hundreds)\b"
)
_SHARE = re.compile(r"\s?(?:%|per ?cent\b)")
_HEAT = re.compile(r"\bt(?:emp(?:erature)?|max)?\b[^\n]{0,16}$")
_BIRTH = re.compile(r"\b(?:born|b\.|birth(?: year)?|yob|dob|d\.o\.b\.?)[^\n\d]{0,30}?\b((?:18|19|20)\d\d)\b")
_SINCE = re.compile(
    r"\b(?:in|since|circa|around|from|of|until|year)\s((?:18|19)\d\d)\b(?!\s?(?:mg|ml|mcg|kcal|cal|units?|cc|steps"
    r"|g|hours|h)\b)"
)


def find_ages(surface: Surface, year: int) -> Iterator[Finding]:
    """Yields ages over 89 and years so long ago that they tell one.

    Args:
        surface: The text.
        year: The current year.

    Yields:
        The number of an age, without its unit (category AGE), and bare years (category DATE).
    """
    lower = surface.lower
    old = [
        start
        for start, end in surface.runs
        if 1 < end - start < 4 and OLDEST < int(lower[start:end]) < 130 and not _SHARE.match(lower, end)
    ]
    for start, end in surface.near(old, 72, 40):
        for pattern in _AGES:
            for match in pattern.finditer(lower, start, end):
                yield Finding(match.start(1), match.end(1), Category.AGE)
        for pattern in _BESIDE_SEX:
            for match in pattern.finditer(lower, start, end):
                yield Finding(match.start(1), match.end(1), Category.AGE)
        for match in _SEX.finditer(lower, start, end):
            letter = surface.text[match.end(1) : match.end()]
            if letter.strip(" -") != "m" and not (
                letter.lower().endswith("f") and _HEAT.search(lower, 0, match.start())
            ):
                yield Finding(match.start(1), match.end(1), Category.AGE)
    for start, end in surface.around(("0s", "0's", "nineties", "hundreds"), 56, 16):
        for match in _DECADE.finditer(lower, max(0, start), end):
            yield Finding(match.start(1), match.end(1), Category.AGE)
    if "ninety" in lower or "hundred" in lower:
        for pattern in _AGES_IN_WORDS:
            for match in pattern.finditer(lower):
                yield Finding(match.start(1), match.end(1), Category.AGE)
    years = [start for start, end in surface.runs if end - start == 4 and 1800 <= int(lower[start:end]) < year - OLDEST]
    for start, end in surface.near(years, 64, 16):
        for pattern in (_BIRTH, _SINCE):
            for match in pattern.finditer(lower, start, end):
                if int(match[1]) < year - OLDEST:
                    yield Finding(match.start(1), match.end(1), Category.DATE)
