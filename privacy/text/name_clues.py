"""Words and patterns that tell names: titles, credentials, labels, relations, greetings, and what is no name."""

import re

from privacy.text.lexicon import word_set

__all__ = [
    "AGED",
    "BY",
    "CONTRACTED",
    "CREDENTIAL",
    "DEGREES",
    "EPONYMS",
    "FUNCTION",
    "GREETING",
    "LABEL",
    "LETTERS",
    "NOT_AFTER_I_AM",
    "PARTICLES",
    "RELATION",
    "SPEECH",
    "STRONG_TITLES",
    "SURNAMES",
    "VERBS",
    "WEAK_TITLES",
]

STRONG_TITLES = word_set("dr drs mr mrs ms mx prof dra sr sra herr frau mme mlle dott")
WEAK_TITLES = word_set(
    "doctor professor miss nurse sir madam rev reverend sister brother father fr judge captain capt sgt sergeant"
    " lt col rabbi pastor monsieur mister missus"
)
FUNCTION = word_set(
    "the a an and or of in on at to for with by from is was were be been has had have will would can could should"
    " may might must this that these those"
    " there here he she it they we you i me my his her him their our your its who what when where why how not no"
    " yes all any some both each none"
    " patient pt denies reports presents presented states stated notes noted reviewed today tomorrow yesterday now"
    " as if so but then than also please"
    " see seen per via after before during since until continue discussed recommended advised agrees"
    " physician provider nurse doctor clinic hospital department date dob mrn age sex male female phone fax"
    " history exam assessment plan name"
    " signed electronically dictated attending resident medical medicine surgical care general primary family"
    " health center practitioner unknown"
    " address insurance employer occupation relationship visit chief complaint subjective objective allergies"
    " medications diagnosis impression findings"
    " technique comparison indication procedure summary report discharge admission referring consulting ordering"
    " admitting"
)
EPONYMS = word_set(
    "test tests sign signs disease diseases syndrome syndromes maneuver manoeuvre catheter catheters fracture"
    " fractures score scores scale criteria"
    " classification grade procedure operation repair line lines tube tubes drain drains palsy reflex reflexes law"
    " lymphoma sarcoma tumor tumour nodule"
    " nodules nodes phenomenon contracture stain bandage traction forceps clamp retractor needle needles dressing"
    " hernia ulcer murmur chorea bodies body"
    " cells cell duct gland canal ligament tendon muscle space pouch triangle disorder index method technique"
    " approach incision position points point"
    " anemia arthritis thyroiditis esophagus encephalopathy neuroma ataxia dystrophy cyst sponge wires wire pins"
    " screw screws plate stockings boot"
    " splint cast collar brace balloon pump stent graft shunt valve formula equation angle view views lead leads"
    " plot analysis model cup hose exercises"
    " virus fever coma scan aneurysm purpura granulomatosis spots lines rings ring band bands plexus loop node"
    " lobe fissure area areas palsies paralysis"
    " amputation transfer osteotomy prosthesis nail rod frame table bag mask blade laryngoscope lamp chart charts"
    " agar plates tablets tablet cream"
    " county street avenue road hospital clinic university college school foundation memorial medical center"
    " health pharmacy bridge club orchestra"
)
SURNAMES = word_set(
    "brown white young king hill green hall baker cook ward bell wood woods gray fisher bush black knight lane"
    " mills banks brooks walker mason"
    " carpenter parker butler porter turner weaver cooper miller stone hunter cox fox west parks burns marsh"
    " potter fowler archer barber"
)
VERBS = word_set(
    "is was has had denies denied reports reported states stated presents presented complains complained underwent"
    " will does did returns returned"
    " came comes continues notes noted feels felt says said tolerated remains remained lives works requested"
    " agreed understands verbalized appears"
)
DEGREES = word_set(
    "md do rn np pa phd mbbs facs facc facp frcs frcp mrcp jr sr bsn msn lpn dpm dds cnm crna dpt aprn fnp lcsw"
    " mph mba ms"
)
SPEECH = word_set("says said denies denied lives complains complained verbalized")
PARTICLES = word_set(
    "de da di del della der den dos das du van von la le el al bin ibn ter ten zu af av o mac st san abu"
)

CONTRACTED = re.compile(r".*'(?:m|re|ve|ll|d|t|s)$").match
CREDENTIAL = re.compile(
    r"((?:[^\W\d_a-z][\w'-]*\.?,?\s){0,3}[^\W\d_a-z][\w'-]+),?\s\(?(?:M\.?D|D\.?O|R\.?N|Ph\.?D|PA-?C|PA|N\.?P|APRN"
    r"|ARNP|FNP(?:-?(?:C|BC))?|CRNP|CRNA|CNM|LPN|BSN|MSN|DNP|DPM|DDS|DMD|DPT|PT|OTR(?:/L)?"
    r"|PharmD|Pharm\.D|LCSW|LICSW|MSW|MBBS|MB|FACS|FACC|FACP|FRCS|FRCP|MRCP|MRCGP|FAAP|Esq|RD|RRT|CMA|RMA|AuD|PsyD"
    r"|CCC-SLP|Jr|Sr)\b\.?"
)
LETTERS = tuple(
    space + letters
    for space in (" ", "(")
    for letters in [
        "M.D",
        "MD",
        "D.O",
        "DO",
        "R.N",
        "RN",
        "PhD",
        "Ph.D",
        "PA",
        "NP",
        "N.P",
        "APR",
        "ARN",
        "FNP",
        "CR",
        "CNM",
        "LPN",
        "BS",
        "MS",
        "DNP",
        "DPM",
        "DDS",
        "DMD",
        "DPT",
        "PT",
        "OTR",
        "Pha",
        "LCS",
        "LIC",
        "MB",
        "FA",
        "FRC",
        "MRC",
        "Esq",
        "RD",
        "RRT",
        "CMA",
        "RMA",
        "Au",
        "Psy",
        "CCC",
        "Jr",
        "Sr",
    ]
)
LABEL = re.compile(
    r"\b(?:patient(?:'s)?(?: name)?|pt(?: name)?|name(?: of patient)?|full name|first name|last name|surname|given"
    r" name|family name|maiden name|client|resident(?: name)?|re|regarding|attn|attention|from|to"
    r"|attending(?: physician| provider| md| surgeon)?|(?:referring|referred|ordering|consulting|admitting|primary"
    r"|requesting|interpreting|reading|reporting|treating|discharging|supervising|performing)"
    r"(?: care)?(?: physician| provider| doctor| radiologist| surgeon| clinician| md| gp)?|physician|provider"
    r"|doctor|pcp|gp|consultant|surgeon|assistant|anesthesiologist|anaesthetist|radiologist|pathologist"
    r"|cardiologist|technologist"
    r"|technician|nurse|therapist|dictator|transcriptionist|author|scribe|signature|signed|interpreter|cc"
    r"|emergency contact|next of kin|nok|spouse|guardian|parent|mother|father|wife|husband|son|daughter|sister"
    r"|brother|partner"
    r"|caregiver|contact(?: person)?|informant|insured|guarantor|policy ?holder|subscriber|employer|poa|proxy"
    r"|health care proxy|hcp|user|by|directed by)\s?(?:\([a-z ]{2,20}\)\s?)?[:?\t]\s{0,6}(?:-\s)?"
)
BY = re.compile(
    r"\b(?:(?:dictated|signed|seen|examined|evaluated|reviewed|performed|interpreted|read|authenticated|verified"
    r"|transcribed|prepared|written|entered|ordered|referred|approved|reported|attested|"
    r"completed|administered|accompanied|brought in|followed|managed|treated|assessed|cosigned|co-signed|attended"
    r"|operated on|directed|written|sung|called|supervised)(?: electronically)? by|dear|sincerely,?|regards,?"
    r"|yours truly,?|yours faithfully,?|"
    r"(?:name|names) (?:is|was)|named|goes by|nee|née|spoke (?:with|to)|speak (?:with|to)|discussed with|d/w|case"
    r" with|care of|c/o|known as|starring|according to|my name is|i'm|i am|this is|signed,?|attn|"
    r"assistant to|contact|call|notify|met with|meeting with|says|said|calls? (?:me|him|her)|named (?:him|her))\s{1,3}"
)
RELATION = re.compile(
    r"\b(?:daughters?|sons?|wife|husband|mother|father|mom|dad|sisters?|brothers?|partner|spouse|fianc[eé]e?"
    r"|girlfriend|boyfriend|friend|neighbou?r|aunt|uncle|nephew|niece|cousin|grandmother|grandfather|grandson|"
    r"granddaughter|colleague|caregiver|guardian|roommate|stepmother|stepfather|stepson|stepdaughter|twins?|kid"
    r"|child|baby|relative|next of kin|emergency contact|companion|liv(?:es|ed|ing) with|accompanied by|came with"
    r"|brought in by|escorted by|cared for by)(?: is| was)?(?: named| called|'s name is| name is)?,?\s"
)
GREETING = re.compile(
    r"\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|thank you|thanks|welcome|bye|goodbye|take care"
    r"|nice to (?:meet|see) you|good to see you|alright|all right|okay|ok|so|well|right|now|please|sorry|yes|sure"
    r"|and|great|yeah|um|uh)"
    r"(?: there| again| back)? ?,? ?(?:um ?, |uh ?, )?(?=[a-z])"
)
AGED = re.compile(
    r",? (?:\w+ )?is (?:an? |also an? )?(?:very )?(?:pleasant |delightful |healthy |\w+ )?(?:\d{1,3}"
    r"|[a-z]+(?:-[a-z]+)?)[ -]?(?:-?years?|-?months?|-?weeks?|y/?o|yo)\b"
)
NOT_AFTER_I_AM = frozenset(
    {"i'm", "i am", "this is", "contact", "call", "so", "okay", "ok", "and", "well", "right", "now", "um", "uh"}
)
