"""Notes and dialogues of ACI-Bench, with the names that their metadata gives."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline_configs.errors import DataProblem, Problem
from privacy.findings import Category, Finding
from privacy.measure.gold import GoldText
from privacy.text.known_names import KnownNames

__all__ = ["read_aci_bench"]


def read_aci_bench(path: Path) -> list[GoldText]:
    """Reads a folder of ACI-Bench: notes and dialogues, and the names in the metadata beside them.

    Gold is every place where a word of the patient's first or family name or of the doctor's name stands, whole and
    in any case. Where that word is an English word too (young, white), only places with a capital count in a note, and
    in a dialogue, which has no capitals, those right after a title, a greeting or a first name. Only findings
    of names are judged, and names of people whom the metadata does not name (relatives, other doctors) count as
    false, so that the
    true precision is higher than the one measured.

    Args:
        path: The folder, or one of its CSV files with texts.

    Raises:
        DataProblem: The files are missing or not of that form.
    """
    files = [path] if path.is_file() else sorted(f for f in path.glob("*.csv") if not f.stem.endswith("_metadata"))
    try:
        texts = [text for file in files for text in _aci_texts(file)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error):
        texts = []
    if not texts:
        raise DataProblem(
            Problem(
                "the labelled notes cannot be read",
                str(path),
                expected="CSV files with dialogue and note, and beside each its _metadata.csv with the names",
            )
        ) from None
    return texts


def _aci_texts(file: Path) -> Iterator[GoldText]:
    with file.with_name(f"{file.stem}_metadata.csv").open(encoding="utf-8", newline="") as handle:
        names = {row["encounter_id"]: _names(row) for row in csv.DictReader(handle)}
    with file.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            known = KnownNames(names[row["encounter_id"]])
            for part in ("note", "dialogue"):
                spans = tuple(_occurrences(row[part], known, capitals=part == "note"))
                yield GoldText(row[part], spans, judged=frozenset({Category.NAME}), known=known, part=part)


def _names(row: dict[str, str]) -> tuple[str, ...]:
    patient = f"{row['patient_firstname'].strip()} {row['patient_familyname'].strip()}".strip()
    return tuple(name for name in (patient, row["doctor_name"].strip()) if name)


_CALLED = re.compile(r"\b(?:dr|doctor|mr|mrs|ms|miss|hi|hello|hey)\b[ .,]*$|\[(?:doctor|patient)\]$")


def _occurrences(text: str, known: KnownNames, capitals: bool) -> Iterator[Finding]:
    for word in re.finditer(r"[^\W\d_]+", text):
        name = word[0].lower()
        if name not in known.parts:
            continue
        if name in known.plain:
            called = _CALLED.search(text.lower(), max(0, word.start() - 12), word.start())
            before = re.search(r"([^\W\d_]+)\s+$", text[max(0, word.start() - 30) : word.start()])
            full = before is not None and before[1].lower() in known.parts
            if not (called or full or (capitals and word[0][0].isupper())):
                continue
        yield Finding(word.start(), word.end(), Category.NAME)
