"""From notes to the result, its table and its picture: what was put in is found, small cells are not shown."""

import csv
import io
import struct
from pathlib import Path

import numpy as np
import pytest

from components.patterns.counting import count_terms
from components.patterns.patterns import Patterns, find_patterns
from components.patterns.suppression import suppressed
from components.patterns.write import write_patterns
from pipeline_configs.errors import DataProblem, RunFailed
from pipeline_configs.task import Slicing
from tests.components.patterns.examples import example, make_task, ward, write


def found_in(tmp_path: Path, records: list[bytes], min_patients: int = 10) -> Patterns:
    task = make_task()
    counts = count_terms([write(tmp_path / "notes.gz", records)], task, min_patients=min_patients)
    return find_patterns(counts, task.slicing, min_patients)


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> Patterns:
    return found_in(tmp_path_factory.mktemp("ward"), list(ward(1200)))


def names(patterns: Patterns, direction: int) -> list[str]:
    return [patterns.names[term] for term in patterns.ranked(direction)]


def test_what_was_put_in_is_found_in_each_direction(patterns: Patterns) -> None:
    go_with, go_without = names(patterns, 1), names(patterns, -1)
    assert {"reports high fever", "crushing chest pain", "itching rash"} <= set(go_with)
    assert {"ready for discharge", "(no) fever or chills"} == set(go_without)
    assert not {"family at bedside", "labs reviewed", "tolerating regular diet"} & {*go_with, *go_without}
    assert not {"chest", "chest pain", "rash", "discharge"} & {*go_with, *go_without}


def test_a_term_of_one_group_and_label_words_are_marked(patterns: Patterns) -> None:
    remarks = {patterns.names[term]: patterns.remarks(term) for term in patterns.ranked(1)}
    assert remarks["itching rash"] == ["only sex=female"]
    assert remarks["crushing chest pain"] == [] and "label word" in remarks["likely galenic fever"]


def test_chance_alone_gives_nothing(tmp_path: Path) -> None:
    chance = np.random.default_rng(2)
    words = [f"word{chr(97 + i)}" for i in range(20)]
    records = [
        example(". ".join(chance.choice(words, 6)), int(chance.random() < 0.4), str(n), sex=("female", "male")[n % 2])
        for n in range(800)
    ]
    nothing = found_in(tmp_path, records)
    assert len(nothing.names) >= 20 and names(nothing, 1) == names(nothing, -1) == [] and not nothing.represented


def test_cells_of_a_few_patients_and_what_gives_them_away_are_suppressed() -> None:
    counts = [np.array([3, 40, 0, 47]), np.array([30, 40, 20, 20]), np.array([20, 40, 20, 30])]
    hidden = suppressed(counts, [50, 50, 50])
    assert hidden.tolist() == [[True, False, False, True], [False, False, False, True], [True, False, False, False]]
    assert suppressed([np.array([2])], [40]).tolist() == [[True]]


def test_no_file_shows_a_small_cell(tmp_path: Path) -> None:
    """Of 12 women and 40 men with a rash among the ill, 3 women: neither the number nor what it follows from."""
    records = []
    for sex, ill, rash, others in (("female", 1, 3, 60), ("male", 1, 40, 30), ("female", 0, 9, 60), ("male", 0, 8, 60)):
        for number in range(rash + others):
            note = "itching rash today" if number < rash else "resting well today"
            records.append(example(note, ill, f"{sex}{ill}{number}", sex=sex))
    result = found_in(tmp_path, records)
    term = result.as_dict(result.names.index("itching rash"))
    female, male = term["slices"]
    assert (term["positives_with_term"], term["negatives_with_term"]) == (43, 17)
    assert (female["positives_with_term"], female["negatives_with_term"]) == ("<5", 9)
    assert (male["positives_with_term"], male["negatives_with_term"]) == ("hidden", 8)
    assert female["odds_ratio"] is male["odds_ratio"] is female["low"] is male["high"] is None
    table, _ = write_patterns(result, tmp_path / "out", "t", "ill", 5)
    row = next(r for r in csv.DictReader(io.StringIO(table.read_text())) if r["term"] == "itching rash")
    assert row["sex=female: positives_with_term"] == "<5" and row["sex=male: positives_with_term"] == "hidden"
    assert row["sex=female: odds_ratio"] == row["sex=male: odds_ratio"] == ""


def test_the_table_has_every_term_once_and_says_what_stands_for_it(patterns: Patterns, tmp_path: Path) -> None:
    table, picture = write_patterns(patterns, tmp_path / "new" / "folder", "Ward", "ill", 8)
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert sorted(row["term"] for row in rows) == sorted(patterns.names)
    chest = next(row for row in rows if row["term"] == "chest")
    assert chest["represented_by"] == "crushing chest pain" and float(chest["odds_ratio"]) > 2
    assert all(int(r["positives_with_term"]) + int(r["negatives_with_term"]) >= 10 for r in rows)
    rash = next(row for row in rows if row["term"] == "itching rash")
    assert float(rash["q_differs_by_sex"]) < 0.05 and rash["q_differs_by_site"] == ""
    content = picture.read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert content[:4] == b"\x89PNG" and width > 1200 and height > 400
    assert sorted(path.name for path in table.parent.iterdir()) == ["patterns.csv", "patterns.png"]


def test_a_picture_without_a_term_and_without_groups(tmp_path: Path) -> None:
    records = [example("resting well", int(n < 12), str(n)) for n in range(24)]
    nothing = found_in(tmp_path, records)
    _, picture = write_patterns(nothing, tmp_path, "t", "ill", 5)
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match="there is nothing to compare"):
        found_in(tmp_path, [example("cough", 1, str(n)) for n in range(30)])
    with pytest.raises(DataProblem, match="no term is in the notes of 10 patients"):
        found_in(tmp_path, [example("cough", n % 2, str(n)) for n in range(8)])


def test_a_folder_that_cannot_be_written(patterns: Patterns, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match="the patterns cannot be written"):
        write_patterns(patterns, tmp_path / "file" / "out", "t", "ill", 5)


def test_small_groups_are_not_compared(tmp_path: Path) -> None:
    task = make_task()
    file = write(tmp_path / "notes.gz", ward(300))
    counts = count_terms([file], task, min_patients=10)
    strict = find_patterns(counts, Slicing(min_examples=10_000), 10)
    assert not strict.differs and not any(slice_.shown(0) for slice_ in strict.slices)
