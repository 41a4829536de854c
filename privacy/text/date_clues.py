"""Patterns of dates, and of the scores, fractions and doses that look like them."""

import re
from dataclasses import dataclass

__all__ = [
    "ALONE",
    "AROUND",
    "DATED_BEFORE",
    "DAYS",
    "ENGLISH",
    "FIRST",
    "FULL_YEAR",
    "HOLIDAY",
    "LEADING",
    "LISTED_BEFORE",
    "MIDDLE",
    "MONTHS",
    "NAMES",
    "NUMERIC",
    "PLAIN_DENOMINATORS",
    "RANGE_AFTER",
    "SCORED",
    "SCORE_AFTER",
    "THE_DAY",
    "VERB",
    "WORDED",
    "YEAR4",
    "Form",
]

ENGLISH = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = (
    ENGLISH,
    [month[:3] for month in ENGLISH],
    [*(month[:3] for month in ENGLISH[:8]), "sept", "oct", "nov", "dec"],
    [
        "januar",
        "februar",
        "märz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "dezember",
    ],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
)
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTH = "|".join(sorted({month for names in MONTHS for month in names}, key=len, reverse=True))
WEEKDAY = (
    r"(?:(?P<weekday>mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?)\.?,?\s(?:the )?)?"
)
TIME = r"(?:(?:[t ]|,? at |, )\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]\.?m\b\.?)?(?:z\b| ?[+-]\d{2}:?\d{2})?)?"
YEAR4 = r"(?:1[89]|20)\d\d"
YEAR = rf"(?P<year>{YEAR4}|'\d\d)"
DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])"
ORDINAL = r"(?:\s?(?P<ordinal>st|nd|rd|th)\b)"
NOT_UNIT = (
    r"(?!\s?(?:mg|mcg|ml|%|:\d|units?|tabs?|tablets?|puffs?|times|days?|weeks?|months?|years?|hours?|patients)\b"
    r"|[.,]?\d|/\d|-\d+\s?m[gl])"
)
ORDINAL_WORD = (
    "(?:thirty[ -]first|thirtieth|twenty[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|twentieth|"
    "(?:thir|four|fif|six|seven|eigh|nine)teenth|twelfth|eleventh|tenth|ninth|eighth|seventh|sixth|fifth|fourth"
    "|third|second|first)"
)
YEAR_WORDS = (
    r"(?:,?\s(?:two thousand(?: and)?(?: [a-z]+teen| ten| eleven| twelve| twenty(?:[ -][a-z]+)?| one| two| three|"
    r" four| five| six| seven"
    r"| eight| nine)?|(?:nineteen|twenty)[ -](?:[a-z]+teen|ten|eleven|twelve|oh [a-z]+|(?:twen|thir|for|fif|six"
    r"|seven|eigh|nine)ty(?:[ -][a-z]+)?)))?"
)


@dataclass(frozen=True)
class Form:
    """One way to write a date."""

    pattern: re.Pattern[str]
    order: str
    """Order of the numbers `a`, `b` where the form has them: "ymd", "any" (month first in doubt), "my", "md"."""


NUMERIC = (
    Form(
        re.compile(
            rf"(?<![^\W_])(?<![./-]){WEEKDAY}(?P<year>{YEAR4})(?P<sign>[-/.])(?P<a>\d{{1,2}})(?P=sign)(?P<b>\d{{1"
            rf",2}})(?!\d|[-/][^\W_]){TIME}"
        ),
        "ymd",
    ),
    Form(
        re.compile(
            rf"(?<![^\W_])(?<![./-]){WEEKDAY}(?P<a>\d{{1,2}})(?P<sign> ?[-/.] ?)(?P<b>\d{{1,2}})(?P=sign)"
            rf"(?P<year>{YEAR4}|\d\d)(?![^\W_]|/|-\d|\.\d){TIME}"
        ),
        "any",
    ),
    Form(
        re.compile(
            r"(?<![^\W_])(?<![./-])(?P<a>0?[1-9]|1[0-2])(?P<sign>[/-])(?P<year>(?:19|20)\d\d)(?![\w/%]|-\d|\.\d)"
        ),
        "my",
    ),
    Form(
        re.compile(
            r"(?<![^\W_])(?<![./-])(?P<year>(?:19|20)\d\d)(?P<a>0[1-9]|1[0-2])(?P<b>0[1-9]|[12]\d|3[01])"
            r"(?:t?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?:\.\d+)?z?)?(?![\w/.-])"
        ),
        "ymd",
    ),
    Form(
        re.compile(
            rf"(?<![^\W_])(?<![./-]){WEEKDAY}(?P<a>0?[1-9]|1[0-2])(?P<sign>/)(?P<b>0?[1-9]|[12]\d|3[01])(?![\w/%]|[.-]\d|-\w)"
        ),
        "md",
    ),
)
RANGE = rf"(?:\s?(?:-|to|through|and)\s?(?P<until>{DAY.replace('?P<day>', '?:')})(?:st|nd|rd|th)?\b)"
WORDED = (
    Form(
        re.compile(
            rf"\b{WEEKDAY}(?P<month>{MONTH})\b\.?\s(?:the\s)?{DAY}(?!\d){ORDINAL}?{NOT_UNIT}{RANGE}?(?:"
            rf",?\s(?:of\s)?{YEAR}(?!\d|\s?mg)|,?\s?/\s?{YEAR.replace('<year>', '<year2>')})?{TIME}"
        ),
        "",
    ),
    Form(
        re.compile(
            rf"(?<![\w./-]){WEEKDAY}{DAY}{ORDINAL}?{RANGE}?\.?[ /-]?(?:of\s)?(?P<month>{MONTH})\b\.?(?:[,.]?["
            rf" /-]?(?:of\s|de\s)?{YEAR.replace(')', '|(?<=[-/])[0-9][0-9])')}(?![\d]))?{TIME}"
        ),
        "",
    ),
    Form(
        re.compile(
            rf"\b(?P<month>{MONTH})\b\.?(?:[-/]|(?<!may) (?=\d{{1,2}}/)){DAY}[-/](?P<year>{YEAR4}|\d\d)(?![\d/])"
        ),
        "",
    ),
    Form(re.compile(rf"(?<![\w./-])(?P<year>{YEAR4})[-/. ](?P<month>{MONTH})\b\.?[-/. ]{DAY}(?!\d)"), ""),
    Form(re.compile(rf"(?<![\w./-])(?P<day>0[1-9]|[12]\d|3[01])(?P<month>{MONTH})(?P<year>{YEAR4}|\d\d)\b"), ""),
    Form(re.compile(rf"\b(?P<month>{MONTH})\b\.?,?[ /-](?:of\s)?{YEAR}(?!\d|\s?mg)"), ""),
    Form(
        re.compile(rf"\b(?P<month>{MONTH})\b\.?\s(?:the\s)?{ORDINAL_WORD}\b{YEAR_WORDS}(?:,?\s{YEAR}(?!\d))?"),
        "words",
    ),
    Form(
        re.compile(rf"\b{ORDINAL_WORD}\s(?:day\s)?of\s(?P<month>{MONTH})\b{YEAR_WORDS}(?:,?\s{YEAR}(?!\d))?"),
        "words",
    ),
)
ALONE = re.compile(rf"\b(?P<month>{'|'.join(ENGLISH)})\b")
FIRST = ("first", "second")
VERB = frozenset({"may", "march"})
NAMES = frozenset({"april", "june", "august"})
LEADING = re.compile(
    r"\b(?:in|since|last|next|this|of|until|till|by|early|mid|late|from|during|through|before|after|to|between"
    r"|around)[ -]$"
)
HOLIDAY = re.compile(
    r"\b(?:christmas(?: eve| day)?|thanksgiving(?: day)?|new year'?s?'?(?: eve| day)|labor day|memorial day"
    r"|veterans'? day|independence day"
    r"|halloween|easter(?: sunday| monday)?|valentine'?s day|mother's day|father's day|st\.? patrick's day|(?:the"
    r" )?fourth of july|groundhog day"
    r"|columbus day|presidents'? day|martin luther king(?: jr\.?)? day|mlk day|boxing day|good friday|ash"
    r" wednesday|hanukkah|yom kippur|passover"
    r"|diwali|juneteenth)\b(?! (?:factor|disease|tree))(?:,? (?:of )?(?P<year>(?:19|20)\d\d)\b)?"
)
THE_DAY = re.compile(
    r"\b(?:on|by|until|since|before|after|from) the (\d{1,2}(?:st|nd|rd|th))(?=\s?(?:[.,;)\n]|$| of (?:this|the"
    r"|last|next) month| at \d| and (?:was|is|she|he)\b))"
)
SCORED = re.compile(
    r"\b(?:score[sd]?|scale|mmse|moca|phq(?:-?\d)?|gad(?:-?7)?|gcs|apgars?|pain|strength|power|motor|grade|rated"
    r"|rates|reflexes|pulses|ratio"
    r"|vision|va|acuity|murmur|bp|pressure|mrc|ef|items|out|dose|size|gauge|kps|bode|slums|aims"
    r"|stage)\b[^.\n;]{0,24}$"
)
SCORE_AFTER = re.compile(
    r"\s?(?:strength|power|pain|scale|motor|in (?:all|the|bilateral|both|upper|lower|right|left)|bilateral"
    r"|throughout|systolic|murmur|tab|tablet|cup|inch|of|mg|ml|ns|-?strength|dose|\bsi|hpf|lpf|cm|mm|ppd|pack"
    r"|women|men|patients|lymph|nodes?|positive|cores?|hour|hr|h\b)"
)
DATED_BEFORE = re.compile(
    r"\b(?:on|since|dated?|from|until|till|through|by|to|of|as of|seen|visit|admit(?:ted)?|discharged?|admission"
    r"|discharge|dob|born|lmp|surgery"
    r"|due|start(?:ed|ing)?|stop(?:ped)?|begin(?:ning)?|began|ended|last|next|appointment|appt|f/u|follow-?up"
    r"|tomorrow|today|yesterday|between|and|exam|ct|mri|xr"
    r"|given|received|placed|removed|inserted|changed|repeat(?:ed)?|refilled|d/c(?:'?d)?|dc(?:'?d)?|labs?|cxr"
    r"|performed|done|taken|collected|drawn|week|before|after|effective)\s?:?\s?\(?(?:(?:mon|tues|wednes"
    r"|thurs|fri|satur|sun)(?:day)?,?\s)?$"
)
LISTED_BEFORE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?:,|,? (?:and|&)) $")
RANGE_AFTER = re.compile(
    r"\s?(?:-|to|through)\s?(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])\b(?!\s?(?:strength|pain|in\b))"
)
PLAIN_DENOMINATORS = frozenset({14, 17, 18, 19, 22, 23, 24, 25, 26, 28, 29, 31})
AROUND = 40
MIDDLE = 15
FULL_YEAR = 100
