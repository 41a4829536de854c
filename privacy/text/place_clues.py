"""Patterns of places and postal codes, of the United States first, and of Europe."""

import re
from functools import cache

from privacy.text.lexicon import lexicon, word_set

__all__ = [
    "CANADA",
    "CAP",
    "CITY",
    "CITY_STATE",
    "COUNTY",
    "FACILITY",
    "FACILITY_LOWER",
    "FROM",
    "FROM_LOWER",
    "GENERIC",
    "HOLY",
    "HOME_LOWER",
    "LEADING_CODE",
    "LINK",
    "NATURE",
    "NOT_PLACES",
    "PREFIXED",
    "RESIDENCE",
    "STATES",
    "STATE_NAMES",
    "TRAILING_CODE",
    "UK",
    "ZIP",
    "ZIP4",
    "ZIP_LABEL",
    "place_heads",
]

STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH"
    "|OK|OR|PA|RI|SC|SD|TN"
    "|TX|UT|VT|VA|WA|WV|WI|WY|PR|GU|VI|AA|AE|AP"
)
STATE_NAMES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho"
    "|Illinois|Indiana|Iowa|Kansas|Kentucky"
    "|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New"
    " Hampshire|New Jersey|New Mexico"
    "|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South"
    " Dakota|Tennessee|Texas|Utah"
    "|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming"
)
CAP = r"(?:(?:St|Mt|Ft|[A-Z])\.|[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽΑ-ΩА-Я][\w']*(?:-[^\W\d_][\w']*)*)"
LINK = (
    r"(?:de|del|della|di|da|do|dos|das|du|des|la|le|les|van|von|der|den|el|of|the|l'|d'|d|zur|zum|am|an|im|in|dei"
    r"|degli"
    r"|delle|aux|ten|ter|op|het|bij)"
)
ZIP = re.compile(rf"(?:\b(?:{STATES})\b\.?|\b(?:{STATE_NAMES}))[,.]?[\s>]{{1,6}}(\d{{5}}(?:-\d{{4}})?)(?![\w-])")
ZIP_LABEL = re.compile(
    r"\b(?:zip(?: ?code)?|post(?:al)? ?codes?|postcode|plz|cap|cp)\b\s?(?:is|was|:|#"
    r"|of)?\s{0,3}(\d{4} ?[a-z]{2}(?![\w-])|(?:[a-z]{1"
    r",2}-?)?\d[\d a-z-]{1,9}\d|\d[a-z\d]{2,4} ?\d?[a-z]{0,2})\b"
)
ZIP4 = re.compile(r"(?<![\w-])\d{5}-\d{4}(?![\w-])")
UK = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2}\b")
CANADA = re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[A-CEGHJ-NPRSTV-Z][ -]\d[A-CEGHJ-NPRSTV-Z]\d\b")
PREFIXED = re.compile(rf"\b(?:[DAFILBES]|CH|NL|DK|SE|FI|PL|CZ)-(\d{{4,5}})\s(?={CAP})")
LEADING_CODE = re.compile(rf"(?<![\w./-])(\d{{4,5}}|\d{{4}}\s[A-Z]{{2}}|\d{{3}}\s\d{{2}})\s({CAP}(?:[ -]{CAP}){{0,2}})")
TRAILING_CODE = re.compile(
    rf"({CAP}(?:\s\(?{CAP}\)?){{0,2}}),?[\s>]{{1,8}}(\d{{3,6}}(?:-\d{{3,4}})?|\d{{3}}\s\d{{2}})(?=\s*(?:[\n"
    r",;.)?]|$|in its))"
)

CITY = rf"{CAP}(?:[ -](?:{LINK}\s)?{CAP}){{0,2}}"
CITY_STATE = re.compile(rf"\b({CITY}),?\s(?:(?:{STATES})\b(?!\s?[:/-])|(?:{STATE_NAMES})\b)")
COUNTY = re.compile(
    rf"\b(?:{CAP}\s){{1,2}}(?:County|Parish|Borough|Township|Municipality|Village)\b|\b(?:County|City|Town"
    rf"|Village|Township|Municipality) of {CITY}"
)
FACILITY = re.compile(
    rf"\b(?:(?:{CAP}|&|and|of)\s(?:the\s)?){{1,5}}(?:Hospital|Medical Cent(?:er|re)|Health Cent(?:er|re)|Health"
    r" System|Clinic|Infirmary|Hospice|Nursing Home|Rehab(?:ilitation)?(?: Cent(?:er|re))?"
    r"|Memorial|General Hospital|Cancer Cent(?:er|re)|Surgery Cent(?:er|re)|University|College|High School"
    r"|Elementary(?: School)?|Middle School|Academy|Church|Pharmacy|Healthcare|Assisted Living"
    r"|Senior Living|Manor|Country Club|Golf Club|Airport|Air Force Base|Naval Base|Correctional (?:Facility"
    r"|Institution)"
    r"|Detention Cent(?:er|re)|Dialysis Cent(?:er|re)|Care Cent(?:er|re)|Library|Stadium|Imaging Cent(?:er|re)"
    r"|Nursing and Rehabilitation|Associates|Institute|Medical Group"
    r"|Family Practice|Physicians|Ambulance|Fire Department|Police Department)\b"
)
FROM = re.compile(
    r"\b(?:[Ll]iv(?:es|ed|ing) in|[Rr]esid(?:es|ed|ing|ent) (?:of|in)|[Bb]orn (?:and raised )?in|(?:moved"
    r"|relocated|relocating|moving) (?:here )?(?:to|from)|[Gg]rew up in|[Nn]ative of"
    r"|[Oo]riginally from|(?:[Tt]ravel(?:l?ed|l?ing)?|trip|flew(?: in)?|drove|driving|flight|visit(?:ed|ing)?"
    r"|vacation(?:ed)?|returned|returning|went|go(?:ing)?|back|transferred|came|comes|arrived|arriving|coming)"
    r" (?:back )?(?:to|from|in|at)|[Hh]ome(?:town)? (?:in|of|is)|[Ff]amily in|visiting|based in|[Ff]rom|downtown"
    r"|[Uu]niversity of|home city|located at"
    rf"|near|outside(?: of)?|parents in|job in|work(?:s|ed|ing)? in|located in|year in|street in|in)\s({CITY})"
)
FROM_LOWER = re.compile(
    r"\b(?:in|from|to|near|of|at|visiting|outside|leaving|around)\s(?:(?:downtown|northern|southern|east|west"
    r"|eastern|western)\s)?([a-z][\w'.-]*(?:\s[a-z][\w'-]*){0,2})"
)
NOT_PLACES = word_set(
    "the a an our this that patient patients mr mrs ms dr emergency department room unit ed er icu or clinic"
    " hospital home rehab school work left right"
    " his her their monday tuesday wednesday thursday friday saturday sunday january february march april may june"
    " july august september october november december"
    " christmas thanksgiving neurology cardiology surgery oncology radiology medicine pcp outside he she it they i"
    " and god"
)
NATURE = word_set("lake mount mt port fort ft san santa los las el saint st new north south east west cape grand palm")
FACILITY_LOWER = re.compile(
    r"(?:\b(?:at|from|to|in|of|for|near|attends|location:|school:|facility:|hospital:)"
    r"|,(?! (?:at|from|to|in|of|for|near)\b))[ \n]{1,3}([a-z][a-z'.-]+ (?:[a-z][a-z'-]+ ){0,3}?(?:university"
    r"|college|hospital|medical cent(?:er|re)"
    r"|(?:high|middle|elementary) school|elementary|nursing home|assisted living|infirmary|memorial|clinic|manor"
    r"|church"
    r"|senior living|county|township|parish|borough))\b"
)
HOME_LOWER = re.compile(
    r"\b(?:(?:lives|lived|living|resides|residing) in|grew up in|born (?:and raised )?in|native of"
    r"|originally from|home"
    r"town (?:is|of))\s([a-z\u00df-\u024f]{5,})\b"
)
RESIDENCE = re.compile(
    r"(?:[Ll]iv(?:es|ed|ing) in|[Rr]esid(?:es|ed|ing|ent) (?:of|in)|[Bb]orn (?:and raised )?in"
    r"|[Mm]oved (?:here )?(?:to|from)"
    r"|[Gg]rew up in|[Nn]ative of|[Oo]riginally from|[Ff]lew (?:in )?(?:to|from)|based in|home city"
    r"|home ?town (?:in|of|is)"
    r"|[Uu]niversity of|[Ii]'m in|I am in)\s$"
)
"""Cues so strong that a word in capitals after them is a place and no ward."""
HOLY = word_set(
    "mercy grace hope trinity providence good holy sacred baptist methodist presbyterian lutheran mount saint"
)
GENERIC = word_set(
    "general community the university medical regional county memorial city state local outside this our veterans"
    " affairs va pain wound sleep cardiology heart urgent care"
    " emergency primary family children's childrens women's skilled outpatient inpatient specialty orthopedic"
    " surgical dental eye cancer diabetes anticoagulation coumadin"
    " public private high college a an hospital to from at in referred follow-up acute rehab pulmonary neurology"
    " oncology dermatology walk-in retail mental behavioral"
    " past history social of and attends attended works worked visits visited"
)


@cache
def place_heads() -> frozenset[str]:
    """Returns the first words of the places in the list."""
    return frozenset(place.split(" ")[0] for place in lexicon().places)
