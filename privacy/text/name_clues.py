"""Words and patterns that tell names: titles, credentials, labels, relations, greetings, and what is no name."""

import re

from privacy.text.lexicon import word_set

__all__ = [
    "AGED",
    "AGE_AFTER",
    "BY",
    "BY_WORDS",
    "CONTRACTED",
    "CREDENTIAL",
    "DEGREES",
    "ENDINGS",
    "EPONYMS",
    "FUNCTION",
    "GREETING",
    "GREETING_WORDS",
    "LABEL",
    "LETTERS",
    "MEDICAL_ENDINGS",
    "NAMING",
    "NOT_AFTER_I_AM",
    "NOT_BEFORE_NAMES",
    "PARTICLES",
    "RELATION",
    "RELATION_WORDS",
    "SPEECH",
    "STRONG_TITLES",
    "SURNAMES",
    "TITLES",
    "VERBS",
    "WEAK_TITLES",
]

STRONG_TITLES = word_set("dr drs mr mrs ms mx prof dra sr sra herr frau mme mlle dott")
WEAK_TITLES = word_set(
    "officer detective deputy trooper sheriff doctor professor miss nurse sir madam rev reverend sister brother"
    " father fr judge captain capt sgt sergeant"
    " lt col rabbi pastor monsieur mister missus"
)
TITLES = STRONG_TITLES | WEAK_TITLES
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
    " health center practitioner unknown sw pmd"
    " address insurance employer occupation relationship visit chief complaint subjective objective allergies"
    " medications diagnosis impression findings"
    " technique comparison indication procedure summary report discharge admission referring consulting ordering"
    " admitting"
    " czech english french german irish dutch danish scottish welsh polish swedish finnish emt emt-p emt-b ssn"
    " acct acc account csn ins rn lpn tel email zip room bed unit"
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
    " postnatal suicide cardiomyopathy questionnaire inventory tear tears level levels protocol biplane staging"
    " index rule ratio staging stool bowel depression consensus guideline"
    " guidelines"
    " county street avenue road hospital clinic university college school foundation memorial medical center"
    " health pharmacy bridge club orchestra"
)
MEDICAL_ENDINGS = tuple(
    word_set(
        "ectomy otomy ostomy itis osis oses emia aemia uria oma omas pathy plasty scopy graphy gram lysis algia"
        " trophy plasia"
        " penia phagia plegia paresis rrhea rrhage rrhagia rrhythmia megaly ation ology ologist iatry genic"
        " genous vascular"
        " cardial cranial lumbar tic pic gic mic dic phic racic pril sartan olol statin cillin mycin micin oxacin"
        " azole cycline"
        " vir mab tinib parin xaban gliptin gliflozin glutide prazole tidine setron triptan zepam zolam caine"
        " phylline terol"
        " sone olone onide dronate fibrate amine azine idine pine arone amide emide azide oride cinate tartrate"
        " phosphate"
        " sulfate acetate maleate fumarate hydrochloride sodium calcium potassium bromide trial lial rial ntal"
        " ctal atal etal"
        " ular olar nary tory cocci coccus illus"
    )
)
"""How words of medicine end that are in no list."""
SURNAMES = word_set(
    "brown white young king hill green hall baker cook ward bell wood woods gray fisher bush black knight lane"
    " mills banks brooks walker mason"
    " carpenter parker butler porter turner weaver cooper miller stone hunter cox fox west parks burns marsh"
    " potter fowler archer barber finch stern frost snow rivers price powers noble moody lamb lord swan crane"
    " hawk drake"
    " shepherd farmer gardener sawyer tanner skinner glover hooper thatcher chandler dyer draper fuller holland"
    " berry cherry"
    " flowers bishop pope prince duke earl squire chambers hood bull wolf bird peacock partridge nightingale crow"
    " raven heron"
)
VERBS = word_set(
    "is was has had denies denied reports reported states stated presents presented complains complained underwent"
    " will does did returns returned"
    " came comes continues notes noted feels felt says said tolerated remains remained lives works requested"
    " agreed understands verbalized appears began begins asked asks told tells called calls went goes took takes fell"
    " wants wanted needs arrived arrives smokes smoked drinks drank lost gained describes described endorses endorsed"
    " requests reported tolerates declined declines refuses refused shouted lived worked"
)
DEGREES = word_set(
    "md do rn np pa phd mbbs facs facc facp frcs frcp mrcp jr sr bsn msn lpn dpm dds cnm crna dpt aprn fnp lcsw"
    " mph mba ms"
)
SPEECH = word_set("says said shouted began denies denied lives complains complained verbalized")
PARTICLES = word_set(
    "de da di del della der den dos das du van von la le el al bin ibn ter ten zu af av o mac st san abu"
)

NOT_BEFORE_NAMES = word_set(
    "a an the positive negative modified left right bilateral using via no old new another this that each on mg start"
    " started continue continued taking takes take stop stopped hold held"
)
"""What stands before an eponym, a device or a drug, and seldom before a surname alone."""

ENDINGS = re.compile(
    r".*(?:[oe]va?|enko|[sc]k[iy]|ska|wicz|v[iy]ch?|[ts]son|dottir|i[ck]enen|[aeiou]nen|escu|oglu|shvili|adze"
    r"|poulos|idis|akis"
    r"|berg|stein|mann|gaard|quist|strom|strand|veld|huis|stra|dijk|uddin|zadeh|ullah)$"
).match
"""How surnames of many countries end."""
CONTRACTED = re.compile(r".*'(?:m|re|ve|ll|d|t|s)$").match
CREDENTIAL = re.compile(
    r"((?:[^\W\d_a-z][\w'-]*\.?,?\s){0,3}[^\W\d_a-z][\w'-]+),?\s\(?(?:M\.?D|D\.?O|R\.?N|Ph\.?D|PA-?C|PA|N\.?P|APRN"
    r"|ARNP|FNP(?:-?(?:C|BC))?|CRNP|CRNA|CNM|LPN|BSN|MSN|DNP|DPM|DDS|DMD|DPT|PT|OTR(?:/L)?"
    r"|PharmD|Pharm\.D|LCSW|LICSW|MSW|MBBS|MB|FACS|FACC|FACP|FRCS|FRCP|MRCP|MRCGP|FAAP|Esq|RD|RRT|CMA|RMA|AuD|PsyD"
    r"|CCC-SLP|EMT(?:-[A-Z])?|Paramedic|Jr|Sr)\b\.?"
)
LETTERS = word_set(
    "md do rn phd ph pa np aprn arnp fnp crnp crna cnm lpn bsn msn dnp dpm dds dmd dpt pt otr pharmd pharm lcsw"
    " licsw msw mbbs mb"
    " facs facc facp frcs frcp mrcp mrcgp faap esq rd rrt cma rma aud psyd ccc emt paramedic jr sr"
)
"""The words of `CREDENTIAL`."""
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
    r"|caller|crew|medic|witness|supervisor|manager|case manager|social worker|teacher|chaplain|pharmacist|midwife"
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
    r"assistant to|calls? (?:me|him|her)|contact|call|notify|met with|meeting with|says|said|named (?:him"
    r"|her))\s{1,3}"
)
RELATION = re.compile(
    r"\b(?:daughters?|sons?|wife|husband|mother|father|mom|dad|sisters?|brothers?|partner|spouse|fianc[eé]e?"
    r"|rep|representative|supervisor|coworker|boss|teacher|lawyer|attorney|landlord|case manager|social worker"
    r"|chaplain"
    r"|pcp|pmd|attending|surgeon|cardiologist|oncologist|neurologist|hospitalist|resident|fellow|therapist"
    r"|midwife|sw|rn|np"
    r"|girlfriend|boyfriend|friend|sibling|grandma|grandpa|caseworker|nanny|aide|neighbou?r|aunt|uncle|nephew"
    r"|niece|cousin|grandmother|grandfather|grandson|"
    r"granddaughter|colleague|caregiver|guardian|roommate|stepmother|stepfather|stepson|stepdaughter|twins?|kid"
    r"|child|baby|relative|next of kin|emergency contact|companion|liv(?:es|ed|ing) with|accompanied by|came with"
    r"|brought in by|escorted by|cared for by)(?:-in-law)?(?: is| was)?(?: named| called|'s name is| name is)?,?\s"
)
GREETING = re.compile(
    r"\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|thank you|thanks|welcome|bye|goodbye|take care"
    r"|nice to (?:meet|see) you|good to see you|alright|all right|okay|ok|so|well|right|now|please|sorry|yes|sure"
    r"|and|great|yeah|um|uh)"
    r"(?: there| again| back)? ?,? ?(?:um ?, |uh ?, )?(?=[a-z])"
)
BY_WORDS = word_set(
    "dictat sign seen examin evaluat review perform interpret read authenticat verifi transcrib prepar writ enter"
    " order"
    " refer approv report attest complet administ accompan brought follow manag treat assess cosign attend operat"
    " direct sung"
    " call supervis dear sincerely regards yours name goes nee née spoke speak discuss case care known starring"
    " according"
    " this attn assistant contact notify met meeting says said"
) | {"co-signed", "d/w", "c/o", "my name", "i'm ", "i am "}
RELATION_WORDS = word_set(
    "daughter son wife husband mother father mom dad sister brother partner spouse fianc rep supervisor coworker"
    " boss teacher"
    " lawyer attorney landlord case social chaplain pcp pmd attending surgeon cardiologist oncologist neurologist"
    " hospitalist"
    " resident fellow therapist midwife girlfriend boyfriend friend neighb aunt uncle nephew niece cousin grand"
    " colleague"
    " caregiver guardian roommate step sibling nanny aide twin kid child baby relative next emergency companion"
    " liv accompanied came"
    " brought"
    " escorted cared"
) | {"sw", "rn", "np"}
GREETING_WORDS = word_set(
    "hello hey dear good thank welcome bye goodbye take nice alright all okay well right now please sorry yes"
    " sure and great yeah"
    " hi ok so um uh"
)
AGED = re.compile(
    r",? (?:\w+ )?is (?:an? |also an? )?(?:very )?(?:pleasant |delightful |healthy |\w+ )?(?:\d{1,3}"
    r"|[a-z]+(?:-[a-z]+)?)[ -]?(?:-?years?|-?months?|-?weeks?|y/?o|yo)\b"
)
NAMING = re.compile(
    r"\b(?:names? (?:is|was)|named|maiden name:?|goes by|everyone calls (?:me|him|her)|n[eé]e|(?:dictated|signed"
    r"|read|interpreted"
    r"|transcribed|authenticated|verified|attested|co-?signed|reported|prepared|requested) by:?|discussed with"
    r"|spoke (?:with|to)"
    r"|d/w)\s{1,3}(?=[^\W\d_])"
)
"""Cues so strong that a word of no list is a name after them, in a text without capitals."""
AGE_AFTER = re.compile(r", (?:an? )?\d{1,3}[ -]?(?:[mf]\b|y/?o\b|y\.o|years?\b|male\b|female\b|,)")
NOT_AFTER_I_AM = frozenset(
    {"i'm", "i am", "this is", "contact", "call", "so", "okay", "ok", "and", "well", "right", "now", "um", "uh"}
)
