"""What the rules find in notes, and what they leave alone."""

import importlib.util
import itertools
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from privacy.findings import Category
from privacy.text.deidentification import deidentify
from privacy.text.known_names import KnownNames
from privacy.text.rule_engine import RuleEngine

_spec = importlib.util.spec_from_file_location("golden_notes", Path(__file__).with_name("golden.py"))
assert _spec and _spec.loader
_golden = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_golden)

ENGINE = RuleEngine(year=2026)
NOBODY = KnownNames()
NOTES = _golden.snippets()


def found(text: str, known: KnownNames = NOBODY) -> list[tuple[str, str]]:
    return [(finding.category.value, text[finding.start : finding.end]) for finding in ENGINE.find(text, known)]


@pytest.mark.parametrize("note", NOTES, ids=range(len(NOTES)))
def test_every_identifier_of_a_note_is_covered(note) -> None:
    covered = {place for f in ENGINE.find(note.text, NOBODY) for place in range(f.start, f.end)}
    missed = [
        span.category
        for span in note.spans
        if any(note.text[p].isalnum() and p not in covered for p in range(span.start, span.end))
    ]
    assert not missed


def test_little_else_is_covered_and_categories_are_right() -> None:
    wrong = other = total = 0
    for note in NOTES:
        gold = {place for span in note.spans for place in range(span.start, span.end)}
        findings = ENGINE.find(note.text, NOBODY)
        wrong += sum(any(note.text[p].isalnum() and p not in gold for p in range(f.start, f.end)) for f in findings)
        total += len(note.spans)
        other += sum(
            not any(f.category is span.category and f.start < span.end and span.start < f.end for f in findings)
            for span in note.spans
        )
    assert total > 500
    assert wrong <= 2
    assert other <= 2


@pytest.mark.parametrize(("case", "least"), [(str.lower, 0.94), (str.upper, 0.96)])
def test_most_identifiers_are_covered_in_another_case(case: Callable[[str], str], least: float) -> None:
    total = missed = 0
    for note in NOTES:
        text = case(note.text)
        if len(text) != len(note.text):
            continue
        covered = {place for f in ENGINE.find(text, NOBODY) for place in range(f.start, f.end)}
        total += len(note.spans)
        missed += sum(
            any(text[p].isalnum() and p not in covered for p in range(span.start, span.end)) for span in note.spans
        )
    assert total > 500
    assert 1 - missed / total > least


@pytest.mark.parametrize("note", NOTES, ids=range(len(NOTES)))
def test_findings_are_sorted_and_do_not_overlap(note) -> None:
    findings = ENGINE.find(note.text, NOBODY)
    assert all(a.end <= b.start for a, b in itertools.pairwise(findings))
    assert all(0 <= f.start < f.end <= len(note.text) for f in findings)


MEDICINE = [
    "BP 120/80, HR 72, SpO2 98% on 2 L, strength 3/5, reflexes 2+/4, GCS 15/15, vision 20/40.",
    "Take 1/2 tablet (5 mg) q6h prn for 10-14 days; 1,200 mL over 8 hours; heparin 5000 units.",
    "Disc bulge at L4-L5 and C5-C6. T2N0M0. Gleason 3+4=7. Grade 2/6 systolic murmur.",
    "Parkinson's disease, Crohn's disease, Hodgkin lymphoma, Bell's palsy, Barrett's esophagus.",
    "Foley catheter, Jackson-Pratt drain, Lisfranc injury, McMurray test, Babinski sign, Kerley B lines.",
    "Started Lipitor 40 mg, Plavix 75 mg, Humira and Allegra. Allergic to Sulfa and Codeine.",
    "He may return; she will rest. Mark the site. Hope for recovery. The rose rash. Grant leave. The dean agrees.",
    "Seen on Tuesday. Symptoms for 3 weeks, since 2016, worse last Friday, again 2 years ago.",
    "ROS: Constitutional: Denies fever. HEENT: Normal. Skin: Warm. Assessment and Plan: Continue Lasix.",
    "LOINC 2160-0, ICD-10 E11.9, CPT 99213, RxNorm 314076, NCT01234567. Sodium 135-145. Ki-67 20%.",
    "A 45-year-old man, 89 years old, 12 y/o. Temp 98.6 F. Weight 94 kg. Saturation 94%. 95 mg daily.",
    "She lives in Ohio, was born in France and is Hispanic and Catholic.",
    "Past Medical History: Diabetes Mellitus. Right Ventricle and Left Atrium normal. Swan-Ganz catheter.",
    "Benign Prostatic Hyperplasia, Atrial Fibrillation, Laparoscopic Cholecystectomy. Metoprolol Succinate 50 mg.",
    "Barrett Esophagus, Prague C2M4. Mallory Weiss Tear. Kansas City Cardiomyopathy Questionnaire 62. Ghent criteria.",
    "Edinburgh Postnatal Depression Scale 9. Glasgow Coma Scale 15. Clark level 4. Simpson's biplane. Bruce protocol.",
    "Placed in Trendelenburg, then in Bledsoe brace. Seen in Urology, transferred to Stepdown. Started Trulicity.",
    "Bookwalter retractor, Weitlaner, Metzenbaum scissors. 3-0 Vicryl. Taken to PACU in Stable Condition.",
    "CT Chest With Contrast: opacity of 12 x 8 mm (Series 4, Image 112). LI-RADS 3. Schmorl Node at T8.",
]


@pytest.mark.parametrize("text", MEDICINE)
def test_medicine_is_left_alone(text: str) -> None:
    assert found(text) == []
    assert found(text.lower()) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mr. Perry was seen.", "Perry"),
        ("mr. perry was seen today .", "perry"),
        ("DR. PERRY WAS CALLED TODAY.", "PERRY"),
        ("Prof. de la Cruz agrees.", "de la Cruz"),
        ("[doctor] hi , martha . how are you ?", "martha"),
        ("mark is a 45-year-old male with pain .", "mark"),
        ("PATIENT: PERRY, JOHN", "PERRY"),
        ("Her daughter Anna called.", "Anna"),
        ("Signed by Zyta Kowalczyk on arrival", "Zyta Kowalczyk"),
        ("Discussed with Ayumi Tanaka, RN, at noon.", "Ayumi Tanaka"),
        ("J. R. Whitfield agrees.", "J. R. Whitfield"),
        ("Dear Ms. Young,", "Young"),
        ("Krisztián Szöllösy presents with cough.", "Krisztián Szöllösy"),
        ("It was discussed with Rodriguez, who agrees.", "Rodriguez"),
        ("Smith, 45M, comes with pain.", "Smith"),
        ("Seen with Daniela C Capon at noon.", "Daniela C Capon"),
        ("PCP: Gail Hutchins NP", "Gail Hutchins"),
        ("PATIENT NAME:   GUTIERREZ,MARIA D", "MARIA D"),
        ("pt j. castellanos has pain today .", "j. castellanos"),
        ("the nurse was olga krylova , she said .", "olga krylova"),
        ("Bouchard, Thérèse | F", "Thérèse"),
        ("Crew: Petrov, EMT-P; Lindgren, EMT-B.", "Lindgren"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert ("NAME", name) in found(text)


def test_a_name_found_once_is_found_again() -> None:
    text = "Mr. Wexcombe fell. WEXCOMBE denies pain; Wexcombe's wife agrees."
    assert [value.lower() for _, value in found(text)] == ["wexcombe"] * 3


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("perry came", ["perry"]), ("Perry's wife", ["Perry"]), ("seen: PERRY, JOHN", ["PERRY", "JOHN"]),
        ("a call of J. Perry", ["J. Perry"]), ("J.P. agreed", ["J.P."]), ("john perry agreed", ["john perry"]),
        ("perrywinkle", []),
    ],
)  # fmt: skip
def test_known_names(text: str, names: list[str]) -> None:
    text = f"Note of a long visit, with much text so that capitals matter here: {text}. And then some more of it."
    assert [value for _, value in found(text, KnownNames(("John Perry",)))] == names


def test_known_names_that_are_words_need_a_capital() -> None:
    known = KnownNames(("Rose White",))
    text = "White count is normal in the white tube. White agrees. The rose rash of Rose is gone; she is better."
    values = [value for _, value in found(text, known)]
    assert "white" not in values and "rose" not in values
    assert values.count("White") == 2 and "Rose" in values


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("94-year-old woman", "94"),
        ("aged 93", "93"),
        ("92 y/o", "92"),
        ("a 103yo man", "103"),
        ("ninety-two years old", "ninety-two"),
        ("Age: 97", "97"),
        ("a 95F with cough", "95"),
        ("his mother died at 96", "96"),
        ("the patient is 91.", "91"),
        ("her 95th birthday", "95"),
    ],
)
def test_ages_over_89(text: str, age: str) -> None:
    assert found(text) == [("AGE", age)]


@pytest.mark.parametrize(
    "text", ["89-year-old", "aged 45", "90 pack-years", "94% on air", "97 kg", "T 98F", "he is 98 kg"]
)
def test_other_numbers_are_no_ages(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("555-0142", "PHONE"), ("(617) 555-0142", "PHONE"), ("+44 20 7946 0958", "PHONE"), ("fax: 617.555.0142", "FAX"),
        ("a.b@example.org", "EMAIL"), ("https://example.org/x?y=1", "URL"), ("example.com/path", "URL"),
        ("10.0.0.17", "IP"), ("2001:db8::8a2e:370:7334", "IP"), ("219-09-9999", "SSN"), ("ssn 219099999", "SSN"),
        ("MRN: 0048213", "MRN"), ("medical record number 448-21-3", "MRN"), ("Member ID: XEA905512345", "HEALTH_PLAN"),
        ("1EG4-TE5-MK73", "HEALTH_PLAN"), ("4111 1111 1111 1111", "ACCOUNT"),
        ("GB82 WEST 1234 5698 7654 32", "ACCOUNT"),
        ("acct # 55001234", "ACCOUNT"), ("AB1234563", "LICENCE"), ("license no. D4421987", "LICENCE"),
        ("1HGCM82633A004352", "VEHICLE"), ("license plate 7KLM392", "VEHICLE"), ("serial number RNB204417H", "DEVICE"),
        ("(01)00884838003019(21)A4471", "DEVICE"), ("3f2b8c1e-9a77-4d2c-8e11-5b6c7d8e9f00", "OTHER_ID"),
        ("123 Main St, Apt 4", "ADDRESS"), ("P.O. Box 4471", "ADDRESS"), ("Hauptstr. 12", "ADDRESS"),
        ("12 rue de la Paix", "ADDRESS"), ("Via Garibaldi 14", "ADDRESS"), ("zip code 02139", "ZIP"),
        ("Boston, MA 02139", "ZIP"),
        ("SW1A 1AA", "ZIP"), ("Durham County", "LOCATION"), ("moved from Tucson last year", "LOCATION"),
        ("MRN: 123", "MRN"), ("440/555-0199", "PHONE"), ("call Smith at x45512", "PHONE"), ("last 4 6617", "SSN"),
        ("Plate: CA 8ABC123", "VEHICLE"), ("Run # 2022-118342", "OTHER_ID"), ("twitter @janedoe88", "OTHER_ID"),
        ("the corner of 5th and Main", "ADDRESS"), ("14908 Dora Creek, near", "ADDRESS"),
        ("Postbus 1234", "ADDRESS"), ("she lives on Mlýnská 15", "ADDRESS"), ("stopped on Monday 6/13", "DATE"),
        ("flew to HORTEN", "LOCATION"), ("transferred to Mercy Hospital", "LOCATION"), ("d/c 6/4", "DATE"),
        ("he grew up in harburg", "LOCATION"), ("lives in spokane, wa 99201", "ZIP"), ("his brother, 95, and", "AGE"),
        ("on 3.14.22", "DATE"),
    ],
)  # fmt: skip
def test_numbers_codes_and_places(text: str, category: str) -> None:
    assert category in [name for name, _ in found(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Seen at 12 Harbour Street, Apt. 4\nNorwich, NR3 1AB",
            [("ADDRESS", "12 Harbour Street, Apt. 4"), ("LOCATION", "Norwich"), ("ZIP", "NR3 1AB")],
        ),
        (
            "Home: 16 Koskikatu 25 Apt. 86\nArtilleros\n, CO\n Uruguay 64677",
            [("ADDRESS", "16 Koskikatu 25 Apt. 86"), ("LOCATION", "Artilleros"), ("LOCATION", "CO"), ("ZIP", "64677")],
        ),
        (
            "At 9 Elm Street, Boston, MA 02139 476",
            [("ADDRESS", "9 Elm Street"), ("LOCATION", "Boston"), ("ZIP", "02139")],
        ),
        ("At 9 Elm Street\nAssessment: stable", [("ADDRESS", "9 Elm Street")]),
        ("Bed 14 Hello Dr. Smith", [("NAME", "Smith")]),
    ],
)
def test_what_follows_a_street(text: str, expected: list[tuple[str, str]]) -> None:
    covered = found(text)
    assert [category for category, _ in covered] == [category for category, _ in expected]
    assert [value.split("\n")[0] for _, value in covered] == [value.split("\n")[0] for _, value in expected]


def test_a_long_address_of_a_page_is_taken_to_its_end() -> None:
    url = f"https://example.org/{'x' * 900}/end"
    assert found(f"see {url} now") == [("URL", url)]


def test_a_pickled_engine_finds_the_same() -> None:
    again = pickle.loads(pickle.dumps(ENGINE))
    assert all(again.find(note.text, NOBODY) == ENGINE.find(note.text, NOBODY) for note in NOTES)


def test_threads_find_the_same() -> None:
    alone = [ENGINE.find(note.text, NOBODY) for note in NOTES]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda note: ENGINE.find(note.text, NOBODY), NOTES)) == alone


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "İstanbul İİİ",
        "1" * 5000,
        "a." * 3000,
        "Aa " * 3000,
        "- " * 4000,
        "1 2 " * 2000,
        "A. " * 2000,
        "https://" * 500,
    ],
)
def test_odd_texts_are_read_to_the_end(text: str) -> None:
    assert all(f.end <= len(text) for f in ENGINE.find(text, NOBODY))


def test_every_category_has_a_rule() -> None:
    seen = {f.category for note in NOTES for f in ENGINE.find(note.text, NOBODY)}
    assert seen == set(Category)


@pytest.mark.parametrize("note", NOTES, ids=range(len(NOTES)))
def test_a_second_run_changes_nothing(note) -> None:
    once = deidentify(note.text, engine=ENGINE).text
    assert deidentify(once, engine=ENGINE).text == once
