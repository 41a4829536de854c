"""Patterns of streets, houses and boxes, of the United States first, and of Europe."""

import re

from privacy.text.lexicon import word_set
from privacy.text.place_clues import CAP, LINK

__all__ = [
    "BOX",
    "CORNER",
    "CUED",
    "CUE_WORDS",
    "ENDINGS_ABROAD",
    "EUROPE",
    "FLAT",
    "HEADS_ABROAD",
    "LABELLED",
    "NAMED",
    "NAMED_AFTER",
    "NO_STREET",
    "NUMBERED",
    "RARE",
    "ROUTE",
    "SHIP",
    "STREET",
    "STREET_LOWER",
    "UNIT",
    "UNIT_AFTER",
]

_NUMBER = r"(?<![\w./%-])(?<!\d:)#?\d{1,6}(?:-\d{1,5})?(?:\s?[A-Z](?![\w.]))?(?:\s1/2)?"
_DIRECTION = r"(?:[NSEW]\.?|[NS]\.?[EW]\.?|North|South|East|West|Northeast|Northwest|Southeast|Southwest)"
_SUFFIX = (
    r"(?:Street|St|Str|Avenue|Ave|Av|Road|Rd|Drive|Dr|Lane|Ln|Boulevard|Blvd|Court|Ct|Circle|Cir|Place|Pl|Way"
    r"|Terrace|Ter|Parkway|Pkwy|Highway|Hwy"
    r"|Square|Sq|Trail|Trl|Plaza|Loop|Alley|Crescent|Cres|Close|Row|Walk|Path|Pike|Turnpike|Route|Mews|Grove"
    r"|Gardens|Heights|Ridge|Run|Point|Crossing"
    r"|Expressway|Freeway|Esplanade|Quay|Wharf|Bypass|Causeway|Parade)"
)
_RARE = (
    r"(?:Bend|Bluffs?|Branch|Bridge|Brook|Canyon|Cliffs?|Common|Corner|Cove|Creek|Crest|Curve|Dale|Dam|Divide"
    r"|Estates?|Extension|Falls|Ferry|Fields?|Flats?|Forest|Forges?|Forks?|Garden|Gateway|Glens?|Greens?|Groves"
    r"|Harbou?rs?|Haven|Hills?|Hollow|Inlet|Islands?|Isle|Junctions?|Keys?|Knolls?|Lakes?|Landing|Locks?|Lodge"
    r"|Mall|Manors?|Meadows?|Mills?|Mission|Motorway|Mountains?|Mount|Neck|Orchard|Oval|Overpass|Park|Parks|Pass"
    r"|Passage|Pines?|Plains?|Ports?|Prairie|Ramp|Ranch|Rapids?|Ridges|River|Shoals?|Shores?|Skyway|Springs?"
    r"|Spur|Squares|Stations?|Stream|Streets|Summit|Throughway|Trace|Track|Trafficway|Tunnel|Underpass|Unions?"
    r"|Valleys?|Viaduct|Views?|Villages?|Ville|Vista|Walks|Ways|Wells?)"
)
"""Suffixes of streets that are other words more often: Publication 28 of the U.S. Postal Service, appendix C1."""
UNIT = (
    r"(?:,?\s*\n?\s*(?:Apt|Apartment|Suite|Ste|Unit|Rm|Room|Bldg|Building|Flat|Fl|Floor|Lot"
    r"|#)\.?\s?#?\s?[\w-]{1,6}\b)"
)
STREET = re.compile(
    rf"{_NUMBER},?\s(?:{_DIRECTION}\s)?(?:(?:\d{{1,3}}(?:st|nd|rd|th)|{CAP})\s){{1"
    rf",4}}?{_SUFFIX}\b\.?(?!\s{_SUFFIX}\b)(?:\s{_DIRECTION}\b)?{UNIT}?"
)
ROUTE = re.compile(
    rf"{_NUMBER}\s(?:{_DIRECTION}\s)?(?:County Road|State Road|State Route|Highway|Hwy|Route|Rte|US|FM|CR"
    rf"|SR)\s\d{{1,5}}\b{UNIT}?|{_NUMBER}\sBroadway\b{UNIT}?"
)
RARE = re.compile(rf"(?<![\w./%-])\d{{3,6}}\s(?:{CAP}\s){{1,3}}?{_RARE}\b(?={UNIT}|\s?(?:[,\n?!>]|\.\s|\.?$))")
STREET_LOWER = re.compile(
    r"(?<![\w./%-])\d{1,6}[a-z]?\s(?:(?:north|south|east|west|n|s|e|w)\.?\s)?((?:[a-z][\w'.-]*\s|\d{1,3}(?:st|nd|rd"
    r"|th)\s){1,3}?)"
    r"(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|court|circle|cir|highway|hwy|parkway|pkwy"
    r"|terrace)\b\.?(?:\s(?:nw|ne|sw|se)\b)?"
    r"(?:,?\s(?:apt|apartment|suite|ste|unit|#)\.?\s?#?\d\w*)?"
)
NAMED = re.compile(
    rf"\b(?:{CAP}\s){{1,3}}?(?:Street|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Parkway|Pkwy|Highway"
    rf"|St)\b\.?(?!\s(?:{CAP}|Test))"
)
NAMED_AFTER = re.compile(
    rf"\b(?:on|near|off|at|along)\s((?:{CAP}\s){{1,3}}?(?:Drive|Dr|Court|Place|Way|Circle|Terrace|Square|Crescent"
    rf"|Close|Grove"
    rf"|Gardens|Trail|Row|Walk|Mews|Quay|Loop|Alley|Plaza))\b(?!\s{CAP})"
)
BOX = re.compile(
    r"(?:(?<![\w./-])\d{1,6},?\s)?\b(?:p\.?\s?o\.?\s?|post office |postal )box\s?#?\s?\d+\b"
    r"|\bpsc\s?\d+,?\s*box\s?\d+\b"
    r"|\bunit\s?\d+,?\s*box\s?\d+\b|\b(?:apo|fpo|dpo)\s(?:aa|ae|ap)\s?\d{0,5}\b"
    r"|\brr\s?#?\s?\d+,?\s*box\s?\d+\b|\brural route\s\d+\b|\b(?:postfach|postbus|postboks|casella postale"
    r"|apartado(?: de correos| postal)?|bo[iî]te postale|skrytka pocztowa|caixa postal)\s\d+\b|\bbox\s\d{3,6}\b"
)
SHIP = re.compile(rf"\b(?:USS|USNS|USCGC|USNV|HMS|HMCS)\s{CAP}(?:\s{CAP})?(?=[\s,>]{{1,6}}[AFD]PO\b)")
FLAT = re.compile(r"\b(?:apt|apartment|suite|ste|flat)\b\.?\s?(?:no\.?|number)?\s?#?\s?(?:\d[\w-]{0,6}|[a-z]\d{0,4})\b")
UNIT_AFTER = re.compile(
    rf"(?:\d{{1,6}}\s)?(?:{CAP}|{LINK}|\d{{1,5}})(?:\.?[ -](?:{CAP}|{LINK}|[a-z]{{1,8}}\.|\d{{1,5}}[a-zA-Z]?))"
    r"{0,6}\.?[\s,>]{1,8}$"
)
"""What stands before an apartment or a suite, to the end of a stretch."""
_JOINED = (
    r"stra(?:ß|ss)e|str|weg|gasse|platz|allee|ring|damm|ufer|graben|markt|steig|zeile|chaussee|gatan|vägen|gränd"
    r"|torget"
    r"|stigen|backen|gade|gården|vej|stræde|plads|vænget|vejen|veien|vegen|bakken|allé|laan|straat|plein|gracht|kade"
    r"|dreef|steenweg|lei|singel|dijk|hof|baan|hove|katu|tie|polku|kuja|kaari|ranta|rinne|gata|vegur|tún|braut|stígur"
    r"|rodda|utca|tänav|tee|puiestee|terrasse|ulica|cesta|veg|vei"
)
_APART = (
    r"Stra(?:ß|ss)e|Str\.?|Weg|Gasse|Platz|Allee|Ring|Damm|Ufer|utca|u\.|út|útja|tér|tere|rkp\.|krt\.|körút|sor"
    r"|kapu|köz"
    r"|sétány|Tee|tn|mnt|pst|ulica|ul\.|cesta|trg|gatan|gate|gata|terrasse|torv|vei|vej|väg|straat|str"
)
_BEFORE = (
    r"[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Aa]llées?|[Qq]uai|[Ii]mpasse|[Rr]oute|[Cc]ours|[Ss]entier"
    r"|Via|Viale"
    r"|Piazza|Corso|Vicolo|Contrada|Calle|C/|Avenida|Avda\.?|Av\.?|Plaza|Paseo|Camino|Carrer|Rua|Travessa|Praça|Largo"
    r"|Estrada|Alameda|Ulica|[Uu]l\.|Strada|Bulevardul|Rúa|Carretera|Ctra\.|Cañadilla|Cuesta|Ronda"
    r"|Náměstí|[Nn]ám\.|Třída|Leoforos|Odos"
)
EUROPE = re.compile(
    rf"(?:\b\d{{1,6}},?\s)?\b(?:{CAP}[ -]){{0,2}}[A-ZÀ-ÞŠŽČ][\w'-]*(?:{_JOINED})\b\.?,?\s\d{{1,5}}\s?[a-zA-Z]?\b"
    rf"|(?:\b\d{{1,6}},?\s)?\b(?:{CAP}[ -])(?:(?:{CAP}"
    rf"|[a-zà-ÿ]{{4,12}})[ -])?(?:{_APART})\s?\d{{1,5}}\s?[a-zA-Z]?\b\.?"
    rf"|(?:\b\d{{1,6}},?\s(?:bis\s|ter\s)?)?\b(?:{_BEFORE})\s"
    rf"(?:{LINK}\s|l'|d'){{0,3}}(?:{CAP}|(?:(?<=[Rr]ue )|(?<=des ))[a-zà-ÿ]{{4,14}})(?:\s(?:(?:{LINK}|e|y|i"
    rf"|et)\s){{0,2}}(?:{CAP}|\d{{1,2}}"
    rf"\sde\s{CAP}|(?<=des )[a-z]{{4,14}})){{0,4}}(?:,?\s?(?:n[º°o]\.?\s?)?\d{{1,4}}[a-zA-Z]?\b)?"
)
ENDINGS_ABROAD = tuple(
    word_set(
        "straße strasse str weg gasse platz allee allé ring damm ufer graben markt steig zeile chaussee gatan"
        " vägen gränd torget"
        " stigen backen gade gården vej vejen stræde plads vænget veien vegen bakken laan straat plein gracht"
        " kade dreef"
        " steenweg lei singel dijk hof baan hove katu tie polku kuja kaari ranta rinne gata vegur tún braut"
        " stígur rodda utca"
        " tänav tee puiestee terrasse ulica cesta veg vei u út útja tér tere rkp krt körút sor kapu köz sétány tn"
        " mnt pst ul"
        " trg gate torv väg"
    )
)
"""How the words of `EUROPE` end that stand before the number, in lower case."""
HEADS_ABROAD = word_set(
    "rue avenue boulevard place chemin allée allées quai impasse route cours sentier via viale piazza corso vicolo"
    " contrada calle avenida avda av plaza paseo camino carrer rua travessa praça largo estrada alameda ulica ul."
    " strada bulevardul rúa carretera ctra. cañadilla cuesta ronda náměstí nám. třída leoforos odos avda. av."
) | {"c/ "}
"""The words of `EUROPE` that stand before the name, in lower case."""
NUMBERED = re.compile(
    rf"(?<![\w./%-])\d{{1,5}}\s(?:{CAP}\s(?:{LINK}\s)?){{1,4}}?(?:{CAP}\s)?\d{{1,4}}\b(?=\s?(?:[\n,]|{UNIT}|$"
    r"|>|\.\s|\.$|\?))"
)
CORNER = re.compile(
    rf"\b(?:[Tt]he )?[Cc]orner of\s(?:(?:\d{{1,6}}\s)?(?:{CAP}|\d{{1,3}}(?:st|nd|rd|th)|\d{{1,4}})(?:\s(?:{CAP}"
    rf"|{LINK}|\d{{1,5}})"
    rf"|\s[a-z]{{1,8}}\.?(?= \d))"
    rf"{{0,5}}\.?\s(?:and|&)\s(?:{LINK}\s)?{CAP}(?:\s(?:{CAP}|\d{{1,5}}|{LINK}))"
    r"{0,4})"
)
CUED = re.compile(
    rf"\b(?:(?:[Ll]iv(?:es|ed|ing)|[Rr]esid(?:es|ed|ing)|[Ll]ocated|[Ss]tay(?:s|ing)|side) (?:at|on|of)|(?:return"
    rf"|send|mail"
    rf"|deliver|ship|[Mm]ove|moved|taxi|sent|enter|[Aa]ddress(?:es)?) (?:it )?(?:to|on|at|is)|corner of|[Aa]ddress:)"
    rf"\s((?:the corner of )?(?:\d{{1,6}}\s)?{CAP}(?:\s(?:{CAP}|{LINK}"
    rf"|and)){{0,4}}\s\d{{1,5}}[a-zA-Z]?)\b(?!\s?(?:mg|%|/))"
)
CUE_WORDS = word_set(
    "live living resid located stay side return send mail deliver ship move taxi sent enter address corner"
)
LABELLED = re.compile(
    r"\b(?:address|addr|residence)\s?(?:is|:)\s*(?:\n\s*)?(\d{1,6}(?:[^\n;.]|(?<=\b[A-Z])\.|(?<=St|Dr|Rd)\."
    r"|(?<=Ave|Apt|Ste)\.){3,60}|[^\n;.,]{3,40}\s\d{1,5}\b)",
    re.IGNORECASE,
)
NO_STREET = word_set(
    "hello hi dear attending saw see seen by per with and to for from the consult consulted resident fellow paged"
    " called signed thank thanks discussed admitting surgeon pcp hospitalist primary referring ordering"
)
"""What stands between a number and "Dr." where a doctor follows and no Drive."""
