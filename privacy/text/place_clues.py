"""Patterns of addresses, postal codes and places, of the United States first, and of Europe."""

import re

from privacy.text.lexicon import word_set

__all__ = [
    "ABROAD",
    "BOX",
    "CANADA",
    "CAP",
    "CITY",
    "CITY_STATE",
    "COUNTY",
    "EUROPE",
    "FACILITY",
    "FLAT",
    "FROM",
    "FROM_LOWER",
    "GENERIC",
    "LABELLED",
    "LEADING_CODE",
    "LINK",
    "NAMED",
    "NAMED_AFTER",
    "NATURE",
    "NOT_PLACES",
    "NUMBERED",
    "PREFIXED",
    "ROUTE",
    "STATES",
    "STATE_NAMES",
    "STREET",
    "STREET_LOWER",
    "THREE",
    "TRAILING_CODE",
    "UK",
    "ZIP",
    "ZIP4",
    "ZIP_LABEL",
    "W",
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
W = r"[^\W\d_][\w'.]*(?:-[^\W\d_][\w']*)*"
CAP = r"(?:(?:St|Mt|Ft|[A-Z])\.|[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽΑ-ΩА-Я][\w']*(?:-[^\W\d_][\w']*)*)"
LINK = r"(?:de|del|della|di|da|do|dos|das|du|des|la|le|les|van|von|der|den|el|of|the|l'|d'|d|zur|zum|am|an|im|in)"
NUMBER = r"(?<![\w./%-])#?\d{1,6}(?:-\d{1,5})?(?:\s?[A-Z](?![\w.]))?(?:\s1/2)?"
DIRECTION = r"(?:[NSEW]\.?|[NS]\.?[EW]\.?|North|South|East|West|Northeast|Northwest|Southeast|Southwest)"
SUFFIX = (
    r"(?:Street|St|Str|Avenue|Ave|Av|Road|Rd|Drive|Dr|Lane|Ln|Boulevard|Blvd|Court|Ct|Circle|Cir|Place|Pl|Way"
    r"|Terrace|Ter|Parkway|Pkwy|Highway|Hwy"
    r"|Square|Sq|Trail|Trl|Plaza|Loop|Alley|Crescent|Cres|Close|Row|Walk|Path|Pike|Turnpike|Route|Mews|Grove"
    r"|Gardens|Heights|Ridge|Run|Point|Crossing"
    r"|Expressway|Freeway|Esplanade|Quay|Wharf|Bypass|Causeway|Parade)"
)
UNIT = (
    r"(?:,?\s*\n?\s*(?:Apt|Apartment|Suite|Ste|Unit|Rm|Room|Bldg|Building|Flat|Fl|Floor|Lot|#)\.?\s?#?\s?[\w-]{1,6}\b)"
)
STREET = re.compile(
    rf"{NUMBER},?\s(?:{DIRECTION}\s)?(?:(?:\d{{1,3}}(?:st|nd|rd|th)|{CAP})\s){{1"
    rf",4}}?{SUFFIX}\b\.?(?!\s{SUFFIX}\b)(?:\s{DIRECTION}\b)?{UNIT}?"
)
ROUTE = re.compile(
    rf"{NUMBER}\s(?:{DIRECTION}\s)?(?:County Road|State Road|State Route|Highway|Hwy|Route|Rte|US|FM|CR"
    rf"|SR)\s\d{{1,5}}\b{UNIT}?|{NUMBER}\sBroadway\b{UNIT}?"
)
STREET_LOWER = re.compile(
    r"(?<![\w./%-])\d{1,6}\s(?:(?:north|south|east|west|n|s|e|w)\.?\s)?((?:[a-z][\w'.-]*\s|\d{1,3}(?:st|nd|rd"
    r"|th)\s){1,3}?)"
    r"(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|court|circle|cir|highway|hwy|parkway|pkwy"
    r"|terrace)\b\.?"
    r"(?:,?\s(?:apt|apartment|suite|ste|unit|#)\.?\s?#?\d\w*)?"
)
NAMED = re.compile(
    rf"\b(?:{CAP}\s){{1,3}}?(?:Street|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Parkway|Pkwy|Highway"
    rf"|St)\b\.?(?!\s(?:{CAP}|Test))"
)
NAMED_AFTER = re.compile(
    rf"\b(?:on|near|off|at|along)\s((?:{CAP}\s){{1,3}}?(?:Drive|Dr|Court|Place|Way|Circle|Terrace|Square|Crescent|Close|Grove"
    rf"|Gardens|Trail|Row|Walk|Mews|Quay|Loop|Alley|Plaza))\b(?!\s{CAP})"
)
BOX = re.compile(
    r"\b(?:p\.?\s?o\.?\s?|post office |postal )box\s?#?\s?\d+\b|\bpsc\s?\d+,?\s*box\s?\d+\b|\bunit\s?\d+"
    r",?\s*box\s?\d+\b|\b(?:apo|fpo|dpo)\s(?:aa|ae|ap)\s?\d{0,5}\b"
    r"|\brr\s?#?\s?\d+,?\s*box\s?\d+\b|\brural route\s\d+\b|\bpostfach\s\d+\b|\bbox\s\d{3,6}\b"
)
FLAT = re.compile(r"\b(?:apt|apartment|suite|ste|flat)\b\.?\s?(?:no\.?|number)?\s?#?\s?(?:\d[\w-]{0,6}|[a-z]\d{0,4})\b")
EUROPE = re.compile(
    rf"(?:\b\d{{1,6}},?\s)?\b(?:{CAP}[ -]){{0,2}}[A-ZÀ-ÞŠŽČ][\w'-]*(?:stra(?:ß|ss)e|str|weg|gasse|platz|allee"
    r"|ring|damm|ufer|gatan|vägen|gränd|gade|gården|vej|veien"
    r"|allé|laan|straat|plein|gracht|kade|dreef|steenweg|lei|katu|tie|polku|kuja|gata|vegur|tún|braut|stígur|utca"
    rf"|tänav|tee)\b\.?,?\s\d{{1,5}}\s?[a-zA-Z]?\b"
    rf"|\b(?:{CAP}[ -]){{1,2}}(?:Stra(?:ß|ss)e|Str\.|Weg|Gasse|Platz|Allee|Ring|Damm|utca|u\.|út|útja|tér|Tee|tn"
    rf"|mnt|ulica|ul\.|gatan|vei|vej|väg)\s?\d{{1,5}}\s?[a-zA-Z]?\b"
    rf"|(?:\b\d{{1,6}},?\s(?:bis\s|ter\s)?)?\b(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Aa]llée|[Qq]uai"
    r"|[Ii]mpasse|[Rr]oute|Via|Viale|Piazza|Corso|Calle|C/|Avenida|Avda\.?|Av\.|Plaza"
    r"|Paseo|Camino|Carrer|Rua|Travessa|Praça|Largo|Estrada|Alameda|Ulica|ul\.|Strada|Bulevardul|Rúa|Carretera"
    r"|Cañadilla|Cuesta|Ronda)\s"
    rf"(?:{LINK}\s|l'|d'){{0,3}}{CAP}(?:\s(?:{LINK}\s){{0,2}}(?:{CAP}|\d{{1,2}}\sde\s{CAP})){{0,4}}(?:"
    rf",?\s?(?:n[º°o]\.?\s?)?\d{{1,4}}[a-zA-Z]?\b)?"
)
ABROAD = [
    "straße",
    "strasse",
    "str.",
    "weg",
    "gasse",
    "platz",
    "allee",
    "allé",
    "ring ",
    "damm",
    "ufer",
    "gatan",
    "väg",
    "gränd",
    "gade",
    "gården",
    "vej",
    "vei",
    "laan",
    "straat",
    "plein",
    "gracht",
    "kade",
    "dreef",
    "steenweg",
    "lei ",
    "katu",
    "tie ",
    "polku",
    "kuja",
    "gata",
    "vegur",
    "tún",
    "braut",
    "stígur",
    "utca",
    " u. ",
    " út",
    "tér ",
    "tänav",
    "tee ",
    "tn ",
    " mnt",
    "ulica",
    "ul.",
    "rue ",
    "avenue ",
    "boulevard ",
    "place ",
    "chemin ",
    "quai ",
    "impasse",
    "route ",
    "via ",
    "viale ",
    "piazza ",
    "corso ",
    "calle ",
    "c/",
    "avenida ",
    "avda",
    "av. ",
    "plaza ",
    "paseo ",
    "camino ",
    "carrer ",
    "rua ",
    "travessa ",
    "praça ",
    "largo ",
    "estrada ",
    "alameda ",
    "strada ",
    "bulevardul ",
    "rúa ",
    "carretera ",
    "cañadilla ",
    "cuesta ",
    "ronda ",
]
NUMBERED = re.compile(
    rf"(?<![\w./%-])\d{{1,5}}\s(?:{CAP}\s(?:{LINK}\s)?){{1,4}}?(?:{CAP}\s)?\d{{1,4}}\b(?=\s?(?:[\n,]|{UNIT}|$"
    r"|>|\.\s|\.$|\?))"
)
LABELLED = re.compile(
    r"\b(?:address|addr|residence)\s?(?:is|:)\s*(?:\n\s*)?(\d{1,6}(?:[^\n;.]|(?<=\b[A-Z])\.|(?<=St|Dr|Rd)\."
    r"|(?<=Ave|Apt|Ste)\.){3,60}|[^\n;.,]{3,40}\s\d{1,5}\b)",
    re.IGNORECASE,
)

ZIP = re.compile(rf"(?:\b(?:{STATES})\b\.?|\b(?:{STATE_NAMES}))[,.]?[\s>]{{1,6}}(\d{{5}}(?:-\d{{4}})?)(?![\w-])")
ZIP_LABEL = re.compile(
    r"\b(?:zip(?: ?code)?|post(?:al)? ?codes?|postcode|plz|cap|cp)\b\s?(?:is|was|:|#|of)?\s{0,3}((?:[a-z]{1"
    r",2}-?)?\d[\d a-z-]{1,9}\d|\d[a-z\d]{2,4} ?\d?[a-z]{0,2})\b"
)
THREE = re.compile(r"\d{3}")
ZIP4 = re.compile(r"(?<![\w-])\d{5}-\d{4}(?![\w-])")
UK = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2}\b")
CANADA = re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[A-CEGHJ-NPRSTV-Z][ -]\d[A-CEGHJ-NPRSTV-Z]\d\b")
PREFIXED = re.compile(rf"\b(?:[DAFILBES]|CH|NL|DK|SE|FI|PL|CZ)-(\d{{4,5}})\s(?={CAP})")
LEADING_CODE = re.compile(rf"(?<![\w./-])(\d{{4,5}}|\d{{3}}\s\d{{2}})\s({CAP}(?:[ -]{CAP}){{0,2}})")
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
    r"|Senior Living|Manor|Imaging Cent(?:er|re)|Nursing and Rehabilitation|Associates|Institute|Medical Group"
    r"|Family Practice|Physicians)\b"
)
FROM = re.compile(
    r"\b(?:[Ll]iv(?:es|ed|ing) in|[Rr]esid(?:es|ed|ing|ent) (?:of|in)|[Bb]orn (?:and raised )?in|(?:moved"
    r"|relocated|relocating|moving) (?:here )?(?:to|from)|[Gg]rew up in|[Nn]ative of"
    r"|[Oo]riginally from|(?:[Tt]ravel(?:l?ed|l?ing)?|trip|flew|drove|driving|flight|visit(?:ed|ing)?"
    r"|vacation(?:ed)?|returned|returning|went|go(?:ing)?|back|transferred|came|comes|arrived|arriving|coming)"
    r" (?:back )?(?:to|from|in|at)|[Hh]ome(?:town)? (?:in|of|is)|[Ff]amily in|visiting|based in|[Ff]rom|downtown"
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
GENERIC = word_set(
    "general community the university medical regional county memorial city state local outside this our veterans"
    " affairs va pain wound sleep cardiology heart urgent care"
    " emergency primary family children's childrens women's skilled outpatient inpatient specialty orthopedic"
    " surgical dental eye cancer diabetes anticoagulation coumadin"
    " public private high college a an hospital to from at in referred follow-up acute rehab pulmonary neurology"
    " oncology dermatology walk-in retail mental behavioral"
    " past history social of and"
)
