"""NotesExampleGen within TFX: its executor on real files, and its driver."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tfx")

from components.notes_example_gen.component import NotesExampleGen
from components.notes_example_gen.driver import NotesDriver
from components.notes_example_gen.inspect_notes import inspect_notes
from components.notes_example_gen.read import _BLOCK_BYTES
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.errors import DataProblem
from privacy.pseudonyms import pseudonym
from tests.components.ingest.helpers import KEY
from tests.components.ingest.running import Run
from tests.components.notes_example_gen.notes import body, make_notes_task, note, row, rows, write_csv, write_jsonl
from tests.components.notes_example_gen.test_first_pass import assert_clean

Runner = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the executor."""
    return Run(tmp_path / "root", NotesExampleGen)


def by_patient(run: Run) -> dict[str, set[str]]:
    """The splits of each patient."""
    found: dict[str, set[str]] = {}
    for split in ("train", "calibration", "eval"):
        for example in run.decoded(split):
            patient = example.features.feature["patient"].bytes_list.value[0].decode()
            found.setdefault(patient, set()).add(split)
    return found


def test_do(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_BLOCK_BYTES, "column", 20_000)
    shared = body(999, 300)
    copies = [row(900 + i, note=f"{shared} addendum {body(i, 5)}") for i in range(12)]
    again = [row(0), row(0, outcome=2), row(1, note="too short")]
    table = [*rows(100), *copies, *again]
    task = make_notes_task(write_csv(tmp_path / "notes.csv", table), rows_per_patient="many")
    run(task)
    report = run.report
    assert report["read"] == len(table)
    assert report["files"] == [{"file": "notes.csv", "rows": len(table), "bytes": report["bytes_read"]}]
    assert sum(report["rows"].values()) == 113
    assert report["patients"] == 112
    assert report["reasons"] == {"the same note was there before": 1, "the note is empty or nearly so": 1}
    assert [entry["file"] for entry in run.quarantine] == ["notes.csv"] * 2
    assert report["near_duplicate_clusters"] == 2  # the copies, and the note that stands with both labels
    assert report["patients_with_both_labels"] == 1
    assert report["patients_moved"] > 0
    assert report["encodings"] == {"utf-8": 114}
    assert run.removed["removed"]["note"]["NAME"] > 300
    assert run.removed["dropped_columns"] == ["family", "given"]
    splits = by_patient(run)
    assert all(len(found) == 1 for found in splits.values())
    together = {next(iter(splits[pseudonym(KEY, f"MRN-77{900 + i:05d}")])) for i in range(12)}
    assert len(together) == 1
    written = [file for file in run.root.rglob("*") if file.is_file()]
    assert_clean(b"".join(file.read_bytes() for file in written))
    assert not (Path(run.examples.uri) / ".work").exists()
    for split in report["rows"]:
        positives = [e.features.feature["ill"].int64_list.value[0] for e in run.decoded(split)]
        assert (len(positives), sum(positives)) == (report["rows"][split], report["positives"][split])


def test_the_same_data_gives_the_same_examples_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_BLOCK_BYTES, "column", 20_000)
    task = make_notes_task(write_csv(tmp_path / "notes.csv", rows(90)))
    found = []
    for root in ("a", "b"):
        run = Run(tmp_path / root, NotesExampleGen)(task, compression="gzip")
        assert all(name.endswith(".tfrecord.gz") for name in run.files())
        found.append((run.files(), [run.decoded(split) for split in ("train", "calibration", "eval")]))
    assert found[0] == found[1]


def test_too_much_in_quarantine_stops_with_advice_and_no_value(run: Run, tmp_path: Path) -> None:
    table = [*rows(40), *(row(100 + i, note="Zwyrtkova") for i in range(5))]
    file = write_jsonl(tmp_path / "notes.jsonl", table)
    task = make_notes_task(file, **{"data.format": "jsonl", "data.quarantine.max_share": 0.05})
    with pytest.raises(DataProblem) as caught:
        run(task)
    assert "5 x note: the note is empty or nearly so" in str(caught.value)
    assert "features.note.min_characters" in str(caught.value)
    assert "Zwyrtkova" not in str(caught.value)


def texts(folder: Path, count: int) -> Path:
    """A manifest and its text files."""
    (folder / "texts").mkdir(parents=True)
    for number in range(count):
        (folder / "texts" / f"{number}.txt").write_text(note(number))
    return write_csv(folder / "manifest.csv", [row(n, note=f"texts/{n}.txt") for n in range(count)])


def properties_of(task: Any) -> dict[str, Any]:
    """The properties of an execution once the driver has looked."""
    from tfx.utils import proto_utils

    component = NotesExampleGen(task=task, key=PseudonymKey())
    plain = {
        name: value if isinstance(value, str | int) or value is None else proto_utils.proto_to_json(value)
        for name, value in component.exec_properties.items()
    }
    return NotesDriver.resolve_exec_properties(None, plain, None, None)  # type: ignore[arg-type]


def test_a_changed_text_makes_the_cache_stale(tmp_path: Path) -> None:
    task = make_notes_task(texts(tmp_path, 30), **{"features.note.stored": "file"})
    before = properties_of(task)["input_fingerprint"]
    assert properties_of(task)["input_fingerprint"] == before
    assert "texts:" in before
    changed = tmp_path / "texts" / "7.txt"
    changed.write_text(changed.read_text() + " No fever.")
    assert properties_of(task)["input_fingerprint"] != before


def test_no_text_file_at_all(run: Run, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "manifest.csv", [row(n, note=f"texts/{n}.txt") for n in range(30)])
    task = make_notes_task(file, **{"features.note.stored": "file", "data.root": str(tmp_path / "elsewhere")})
    (problem,) = inspect_notes(task)
    assert "none of the first 20 text files is there" in problem.what
    assert str(tmp_path / "elsewhere") in problem.expected
    with pytest.raises(DataProblem, match="none of the first 20"):
        run(task)


def test_sources_are_looked_at_before_a_run(tmp_path: Path) -> None:
    good = write_jsonl(tmp_path / "good.jsonl", rows(5))
    assert inspect_notes(make_notes_task(good, **{"data.format": "jsonl"})) == []
    lacking = write_jsonl(
        tmp_path / "lacking.jsonl", [{k: v for k, v in line.items() if k != "family"} for line in rows(5)]
    )
    (problem,) = inspect_notes(make_notes_task(lacking, **{"data.format": "jsonl"}))
    assert problem.what == "the column 'family' is missing"
    more = write_jsonl(tmp_path / "more.jsonl", [{**line, "ssn": "1"} for line in rows(5)])
    (problem,) = inspect_notes(make_notes_task(more, **{"data.format": "jsonl"}))
    assert problem.what == "a column is not declared"
    broken = tmp_path / "broken.jsonl"
    broken.write_text("id,note\n1,2\n")
    (problem,) = inspect_notes(make_notes_task(broken, **{"data.format": "jsonl"}))
    assert problem.what == "these are no JSON lines"
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n\n")
    (problem,) = inspect_notes(make_notes_task(empty, **{"data.format": "jsonl"}))
    assert problem.what == "there is no line in it"
    (problem,) = inspect_notes(make_notes_task(tmp_path / "absent.csv"))
    assert "no such file" in problem.what
    unnamed = [{k: v for k, v in line.items() if k != "family"} for line in rows(3)]
    (problem,) = inspect_notes(make_notes_task(write_csv(tmp_path / "n.csv", unnamed, unnamed[0])))
    assert problem.expected == "a column for privacy.known_names"


def test_aci_bench(run: Run, tmp_path: Path, shared_data: Path) -> None:
    """127 real clinic notes of invented people, with the names of the metadata."""
    csv.field_size_limit(1 << 24)
    table = []
    for part in ("train", "valid", "clinicalnlp_taskB_test1"):
        with (shared_data / "aci_bench" / f"{part}.csv").open(newline="") as file:
            notes = {line["encounter_id"]: line["note"] for line in csv.DictReader(file)}
        with (shared_data / "aci_bench" / f"{part}_metadata.csv").open(newline="") as file:
            for line in csv.DictReader(file):
                table.append(
                    {
                        "id": line["encounter_id"],
                        "given": line["patient_firstname"],
                        "family": line["patient_familyname"],
                        "sex": line["patient_gender"][:1],
                        "note": notes[line["encounter_id"]],
                        "outcome": int("hypertension" in line["2nd_complaints"]),
                    }
                )
    task = make_notes_task(write_csv(tmp_path / "notes.csv", table), **{"features.note.left_out_sections": ["plan"]})
    run(task)
    report = run.report
    assert sum(report["rows"].values()) == len(table)
    assert report["sections"]["assessment and plan"] > 50
    assert report["sections"]["physical examination"] > 50
    stored = [
        e.features.feature["note"].bytes_list.value[0].decode() for split in report["rows"] for e in run.decoded(split)
    ]
    patients = {line["id"]: line["family"].strip() for line in table}
    left = sum(name in text for text in stored for name in set(patients.values()) if len(name) > 5)
    assert left <= 2
