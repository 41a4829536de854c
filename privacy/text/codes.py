"""Rules for numbers and codes: social security, records, plans, accounts, licences, vehicles, devices, others."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from privacy.findings import Category, Finding
from privacy.text.lexicon import word_set
from privacy.text.surface import Surface

__all__ = ["find_codes"]

_LINK = (
    r"(?:\s?(?:numbers?|num|no|nr|id|#)\b\.?|\s?#)?(?:\s(?:is|was|of|ending in|ending|on file|only))*\s{0"
    r",4}[:=#.-]{0,2}\s{0,8}\(?#?"
)
_VALUE = r"((?:[a-z0-9]{1,4}[ -])?(?=[a-z0-9./-]*\d)[a-z0-9*][a-z0-9./-]{1,28}[a-z0-9](?:[ -]\d{2,12}){0,4})(?![\w])"


@dataclass(frozen=True)
class _Labelled:
    """Codes that follow a label: looked for only where one of the needles stands in the text."""

    category: Category
    needles: frozenset[str]
    pattern: re.Pattern[str]


def _labelled(category: Category, needles: str, label: str, value: str = _VALUE) -> _Labelled:
    return _Labelled(category, frozenset(needles.split(",")), re.compile(rf"\b(?:{label}){_LINK}{value}"))


_ID = r"(?:(?:numbers?|num|no|nr|id|identifier|identification)\b\.?|#)"
_LABELS = (
    _labelled(
        Category.SSN,
        "ssn,social,ss#,last 4,last four",
        r"ssn|ss#|social security|social|last (?:4|four)(?: digits)?(?: of (?:ssn|social(?: security)?))?",
        r"((?:[x*]{3}-?[x*]{2}-?)?\d[\d -]{2,10}\d)\b",
    ),
    _labelled(
        Category.MRN,
        "mrn,umrn,emrn,m.r.n,mr#,mr #,record,chart,hospital,unit,patient id,patient n,patient #,pt id,pt #,uhid"
        ",nhs,case,umrn,pid,emr,ehr",
        rf"(?:u|e)?mrn|mr ?#|m\.r\.n\.|(?:medical |health |hospital |patient )?(?:records?|chart|file) ?{_ID}"
        rf"|(?:medical|health|hospital|patient) records?(?=\s?[:#])|hospital {_ID}"
        rf"|unit (?:number|no\.?|#)|(?:patient|pt)(?:'s)? ?{_ID}|uhid|pid|nhs(?: {_ID})?|case (?:number|no\.?|#"
        rf"|id)|chart|epi|chi {_ID}",
    ),
    _labelled(
        Category.HEALTH_PLAN,
        "member,policy,subscriber,group,insurance,medicare,medicaid,beneficiar,hicn,mbi,plan,payer,coverage",
        rf"member(?:ship)? ?{_ID}|policy(?: ?{_ID}| holder {_ID})?|subscriber(?: {_ID})?|group ?{_ID}|(?:insurance"
        r"|plan|payer|coverage|health card)"
        rf"(?: policy| plan)? ?{_ID}|(?:medicare|medicaid)(?: {_ID})?|beneficiary(?: {_ID})?|hicn|mbi",
    ),
    _labelled(
        Category.ACCOUNT,
        "account,acct,iban,card,cc,invoice,bill,routing,claim,guarantor,sort code,bic",
        rf"(?:bank |billing |patient |hospital |checking |savings )?(?:account|acct)\.?(?: ?{_ID})?|iban|(?:credit"
        rf" |debit )?card(?: ?{_ID})?"
        rf"|cc|(?:invoice|bill|routing|claim|guarantor|bank) ?{_ID}|invoice|sort code",
    ),
    _labelled(
        Category.LICENCE,
        "licen,lic,dea,npi,certificate,certification,driver,dl,upin,gmc,registration",
        rf"(?:medical |state |nursing |professional |pharmacy |driver'?s?'? )?licen[cs]e(?! plate)(?: ?{_ID})?"
        rf"|lic\.?|dea(?: ?{_ID})?|npi|upin|dl ?{_ID}|dl"
        rf"|certifi(?:cate|cation) ?{_ID}|driver'?s? ?{_ID}|clia(?: {_ID})?|gmc(?: {_ID})?",
    ),
    _labelled(
        Category.VEHICLE,
        "plate,vin,vehicle,registration,tag",
        rf"(?:licen[cs]e |number )?plates?(?: ?{_ID})?|vin(?![a-z])|vehicle(?: identification)? ?{_ID}|(?:vehicle"
        rf"|car)"
        rf" registration(?: ?{_ID})?",
        r"([a-z]{2} \d?[a-z]{2,4}[ -]?\d{2,4}|[a-z]{1,4}[ -]?\d{1,4}[ -]?[a-z0-9]{0,4}"
        r"|\d{1,4}[ -]?[a-z]{1,4}[ -]?\d{0,4}|[a-z0-9]{17})\b",
    ),
    _labelled(
        Category.DEVICE,
        "serial,s/n,sn,device,udi,implant,imei,mac",
        rf"serial(?: ?{_ID})?|(?:s/n|sn)(?![a-z\d])|device(?: ?{_ID})|udi(?:-di)?|implant ?{_ID}|imei|mac address",
    ),
    _labelled(
        Category.OTHER_ID,
        "path,cytolog,slide,lab "
        ",accession,encounter,visit,passport,study,employee,badge,national,tax,ein,csn,fin,specimen,order,requisition,"
        "user,login,reference,ref,case,order,trial,subject,participant,prescription,rx,student,military,request"
        ",report,interp,run,kit,trip,incident,file,id,curp,nif,dni",
        rf"accession(?: ?{_ID})?|acc ?#|(?:encounter|visit|contact|admission|episode|specimen|order|requisition"
        r"|request|study|trial|subject|participant"
        r"|(?:surg(?:ical)? ?)?path(?:ology)?|cytology|slide|lab"
        r"|employee|staff|badge|national|tax(?:payer)?|student|military|reference|ref\.?|prescription|rx|voucher"
        rf"|ticket|confirmation|document|report|interpreter|run|trip|incident|kit|file|user|log-?in) ?{_ID}"
        r"|passport(?: number| no\.?| #)?|csn|fin|ein|tin|our ref|your ref|ref|user ?name|log-?in|id",
    ),
)
_SSN = re.compile(r"(?<![\w-])(?:\d{3}|[x*X]{3})([- ])(?:\d{2}|[x*X]{2})\1\d{4}(?![\w]|-\d)")
_MBI = re.compile(
    r"\b[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}\b"
)
_CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?\b")
_DEA = re.compile(r"\b[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}\b")
_VIN = re.compile(r"\b(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}\b")
_UDI = re.compile(r"\(01\)\d{14}(?:\(\d{2}\)[A-Za-z0-9./-]+)*")
_MAC = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
_LONG = re.compile(r"(?<![\w.,/+-])\d{7,20}(?![\w%]|[.,]\d)")
_MIXED = re.compile(
    r"(?<![\w.,/+-])\d{6,12}-\d{2,6}(?![\w-])|(?<![\w-])(?!NCT|PMID|COVID|ICD)[A-Z]{1,5}[-#]?\d{6"
    r",12}[A-Z]?(?![\w])|(?<![\w-])[A-Z]{1,4}-\d{2,4}-\d{4,8}(?!\w)"
)
_HANDLE = re.compile(
    r"\b(?:twitter|instagram|facebook|skype|snapchat|tiktok|telegram|whatsapp|venmo|handle|username)(?: (?:is"
    r"|name|id|handle))?"
    r"[:\s]{1,3}(@?[a-z][\w.]{2,30}[a-z0-9])|(?<![\w@.])(@[a-z]\w{3,30})\b"
)
_UNITS = re.compile(r"\s?(?:mg|mcg|ml|units?|iu|cc|cells?|copies|kcal|cfu|/|per|steps|platelets|u\b)", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?:\d{1,3}|\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?|(?:19|20)\d\d|\d+(?:mg|ml|cm|mm|kg|st|nd|rd|th|[%x]|days?"
    r"|weeks?|hours?|hrs?)|\d{1,3}-\d{1,3}|\d{1,5}\.\d+)"
)
_DIGIT = re.compile(r"\d")
_SHORT_OK = (Category.SSN, Category.VEHICLE)
_SURE_LABEL = re.compile(r"(?:u|e)?mrn\b[^\d]{0,6}\d+$|.*\b(?:record|chart|mrn)\b[^\d]{0,12}\d{1,3}(?:-\d{1,3}){2}$")


def find_codes(surface: Surface) -> Iterator[Finding]:
    """Yields codes that follow a label, and those whose form or check digit tells what they are."""
    lower = surface.lower
    for rule in _LABELS:
        for start, end in surface.around(rule.needles, 24, 96, words=True):
            if not _DIGIT.search(lower, start, end):
                continue
            for match in rule.pattern.finditer(lower, start, end):
                if rule.category in _SHORT_OK or not _PLAIN.fullmatch(match[1]) or _SURE_LABEL.match(match[0]):
                    yield Finding(match.start(1), match.end(1), rule.category)
    yield from _by_form(surface)
    for start, end in surface.near(_handles(surface), 2, 48):
        for match in _HANDLE.finditer(lower, start, end):
            name = match[1] or match[2]
            if "@" in name or any(map(str.isdigit, name)):
                yield Finding(match.start(match.lastindex or 0), match.end(), Category.OTHER_ID)


def _handles(surface: Surface) -> Iterator[int]:
    text = surface.text
    position = text.find("@")
    while position >= 0:
        if not text[position - 1 : position].isalnum():
            yield position
        position = text.find("@", position + 1)
    for start, _ in surface.around(_NETWORKS, 0, 1, words=True):
        yield start


def _by_form(surface: Surface) -> Iterator[Finding]:
    """Codes by their form: each pattern looks only where digits stand as it needs them."""
    text, lower = surface.text, surface.lower
    touched, mixed = [], []
    for start, end in surface.runs:
        length, before, after = end - start, text[start - 1 : start], text[end : end + 1]
        if length == 4 and before in ("-", " ") and start > 6:
            yield from _checked(_SSN.match(text, start - 7), Category.SSN, _always)
        if before.isalpha() or after.isalpha():
            touched.append(start)
            if before.isalpha() and length > 1:
                yield from _checked(_IBAN.match(text, start - 2), Category.ACCOUNT, _iban)
                if length > 6:
                    for first in (start - 2, start - 1):
                        yield from _checked(_DEA.match(text, max(0, first)), Category.LICENCE, _dea)
        if length > 5 or (length > 3 and before == "-"):
            mixed.append(start)
        long = _LONG.match(text, start) if length > 6 else None
        if long and not long[0].endswith("0000") and not _UNITS.match(lower, end):
            yield Finding(start, end, _digits_alone(long[0]))
    for pattern, category, valid, stretches in (
        (_CARD, Category.ACCOUNT, _luhn, surface.numbers(13)),
        (_MBI, Category.HEALTH_PLAN, _always, surface.near(touched, 1, 1)),
        (_VIN, Category.VEHICLE, _vin, surface.near(touched, 1, 1)),
        (_UUID, Category.OTHER_ID, _always, surface.near(touched, 1, 1)),
        (_MIXED, Category.OTHER_ID, _always, surface.near(mixed, 12, 24)),
        (_UDI, Category.DEVICE, _always, [(0, len(text))] if "(01)" in text else []),
        (_MAC, Category.DEVICE, _always, [(0, len(text))] if max(text.count(":"), text.count("-")) > 4 else []),
    ):
        for start, end in stretches:
            for match in pattern.finditer(text, start, end):
                yield from _checked(match, category, valid)


def _checked(match: re.Match[str] | None, category: Category, valid: Callable[[str], bool]) -> Iterator[Finding]:
    if match and valid(match[0]):
        yield Finding(match.start(), match.end(), category)


_NETWORKS = word_set("twitter instagram facebook skype snapchat tiktok telegram whatsapp venmo handle username")


def _digits_alone(number: str) -> Category:
    return (
        Category.PHONE
        if len(number) == 10 and number[0] in "23456789" and number[3] in "23456789"
        else Category.OTHER_ID
    )


def _always(_: str) -> bool:
    return True


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _iban(text: str) -> bool:
    plain = text.replace(" ", "").upper()
    return 15 <= len(plain) <= 34 and int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _dea(text: str) -> bool:
    digits = [int(char) for char in text[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)


def _vin(text: str) -> bool:
    """Check digit of 49 CFR 565.15(c)."""
    rest = (
        sum(
            weight * (_VALUES[char] if char in _VALUES else int(char))
            for weight, char in zip(_WEIGHTS, text, strict=True)
        )
        % 11
    )
    return text[8] == ("X" if rest == 10 else str(rest))
