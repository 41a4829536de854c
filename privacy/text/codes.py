"""Rules for numbers and codes: social security, records, plans, accounts, licences, vehicles, devices, others."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from privacy.findings import Category, Finding
from privacy.text.surface import Surface

__all__ = ["find_codes"]

_LINK = (
    r"(?:\s?(?:numbers?|num|no|nr|id|#)\b\.?|\s?#)?(?:\s(?:is|was|of|ending in|ending|on file|only))*\s{0"
    r",3}[:=#.-]{0,2}\s{0,3}\(?#?"
)
_VALUE = r"((?:[a-z0-9]{1,4}[ -])?(?=[a-z0-9./-]*\d)[a-z0-9*][a-z0-9./-]{1,28}[a-z0-9](?:[ -]\d{2,12}){0,4})(?![\w])"


@dataclass(frozen=True)
class _Labelled:
    """Codes that follow a label: looked for only where one of the needles stands in the text."""

    category: Category
    needles: tuple[str, ...]
    pattern: re.Pattern[str]


def _labelled(category: Category, needles: str, label: str, value: str = _VALUE) -> _Labelled:
    return _Labelled(category, tuple(needles.split(",")), re.compile(rf"\b(?:{label}){_LINK}{value}"))


_ID = r"(?:(?:numbers?|num|no|nr|id|identifier|identification)\b\.?|#)"
_LABELS = (
    _labelled(
        Category.SSN,
        "ssn,social,ss#",
        r"ssn|ss#|social security|social",
        r"((?:[x*]{3}-?[x*]{2}-?)?\d[\d -]{2,10}\d)\b",
    ),
    _labelled(
        Category.MRN,
        "mrn,umrn,emrn,m.r.n,mr#,mr #,record,chart,hospital,unit,patient id,patient n,patient #,pt id,pt #,uhid"
        ",nhs,case,umrn,pid,emr,ehr",
        rf"(?:u|e)?mrn|mr ?#|m\.r\.n\.|(?:medical |health |hospital |patient )?(?:records?|chart|file) ?{_ID}"
        rf"|hospital {_ID}"
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
        rf"(?:licen[cs]e |number )?plates?(?: ?{_ID})?|vin|vehicle(?: identification)? ?{_ID}|(?:vehicle|car)"
        rf" registration(?: ?{_ID})?",
        r"([a-z]{1,4}[ -]?\d{1,4}[ -]?[a-z0-9]{0,4}|\d{1,4}[ -]?[a-z]{1,4}[ -]?\d{0,4}|[a-z0-9]{17})\b",
    ),
    _labelled(
        Category.DEVICE,
        "serial,s/n,sn,device,udi,implant,imei,mac",
        rf"serial(?: ?{_ID})?|s/n|sn|device(?: ?{_ID})|udi(?:-di)?|implant ?{_ID}|imei|mac address",
    ),
    _labelled(
        Category.OTHER_ID,
        "accession,encounter,visit,passport,study,employee,badge,national,tax,ein,csn,fin,specimen,order,requisition,"
        "user,login,reference,ref,case,order,trial,subject,participant,prescription,rx,student,military,request"
        ",id,curp,nif,dni",
        rf"accession(?: ?{_ID})?|acc ?#|(?:encounter|visit|contact|admission|episode|specimen|order|requisition"
        r"|request|study|trial|subject|participant"
        r"|employee|staff|badge|national|tax(?:payer)?|student|military|reference|ref\.?|prescription|rx|voucher"
        rf"|ticket|confirmation|document|user|log-?in) ?{_ID}"
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
_UNITS = re.compile(r"\s?(?:mg|mcg|ml|units?|iu|cc|cells?|copies|kcal|cfu|/|per|steps|platelets|u\b)", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?:\d{1,3}|\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?|(?:19|20)\d\d|\d+(?:mg|ml|cm|mm|kg|st|nd|rd|th|[%x]|days?"
    r"|weeks?|hours?|hrs?)|\d{1,3}-\d{1,3}|\d+\.\d+)"
)
_DIGIT = re.compile(r"\d")
_SHORT_OK = (Category.SSN, Category.VEHICLE)


def find_codes(surface: Surface) -> Iterator[Finding]:
    """Yields codes that follow a label, and those whose form or check digit tells what they are."""
    text, lower = surface.text, surface.lower
    for rule in _LABELS:
        for start, end in surface.around(rule.needles, 24, 96, words=True):
            if not _DIGIT.search(lower, start, end):
                continue
            for match in rule.pattern.finditer(lower, start, end):
                if rule.category in _SHORT_OK or not _PLAIN.fullmatch(match[1]):
                    yield Finding(match.start(1), match.end(1), rule.category)
    for pattern, category, valid in _FORMS:
        for match in pattern.finditer(text):
            if valid(match[0]):
                yield Finding(match.start(), match.end(), category)
    for match in _LONG.finditer(text):
        if not match[0].endswith("0000") and not _UNITS.match(lower, match.end()):
            yield Finding(match.start(), match.end(), _digits_alone(match[0]))


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


_FORMS: tuple[tuple[re.Pattern[str], Category, Callable[[str], bool]], ...] = (
    (_SSN, Category.SSN, _always),
    (_MBI, Category.HEALTH_PLAN, _always),
    (_CARD, Category.ACCOUNT, _luhn),
    (_IBAN, Category.ACCOUNT, _iban),
    (_DEA, Category.LICENCE, _dea),
    (_VIN, Category.VEHICLE, _vin),
    (_UDI, Category.DEVICE, _always),
    (_MAC, Category.DEVICE, _always),
    (_UUID, Category.OTHER_ID, _always),
    (_MIXED, Category.OTHER_ID, _always),
)
