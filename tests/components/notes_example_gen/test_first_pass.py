"""The first pass: rows to de-identified examples, what cannot be taken in to quarantine."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.ingest.job import Settings
from components.ingest.reasons import Reason
from components.notes_example_gen.jobs import ShareJob, read_share
from components.notes_example_gen.read import _BLOCK_BYTES, shares_of
from pipeline_configs.task import Task
from tests.components.notes_example_gen.notes import (
    FAMILY,
    GIVEN,
    body,
    make_notes_task,
    note,
    row,
    rows,
    write_csv,
    write_jsonl,
)
from transforms.text.reasons import NoteReason

Read = Callable[..., Any]


def assert_clean(content: bytes) -> None:
    """No identifier of an invented person is left."""
    for name in (*GIVEN, *FAMILY, "Plimpton", "Hortense", "MRN-77", "617-555", "1961-", "/1961", "/2021"):
        assert name.encode() not in content, name


def test_a_note_is_stored_without_identifiers(read: Read, tmp_path: Path) -> None:
    done = read(make_notes_task("x"), write_csv(tmp_path / "n.csv", rows(40)))
    assert len(done.rows) == 40
    assert set(done.rows[0]) == {"note", "sex", "ill", "patient"}
    assert_clean(b"".join(file.read_bytes() for file in done.folder.rglob("*") if file.is_file()))
    stored = done.rows[0]["note"].decode()
    assert stored.startswith("Patient: [NAME]   DOB: [DATE 1961]\nAttending: Dr. [NAME], MD\n\nHISTORY OF PRESENT")
    assert body(0) in stored
    assert done.counts.removed["note: NAME"] >= 120
    assert done.counts.removed["note: PHONE"] == 40
    assert done.table.sections["history of present illness"] == 40
    assert done.table.encodings == {"utf-8": 40}


def test_names_of_the_row_go_wherever_they_stand(read: Read, tmp_path: Path) -> None:
    text = f"zebulon came in, says the cough of OKONJO-BRANDT is worse; {body(3)}"
    table = [row(0, given="Zebulon", family="Okonjo-Brandt", note=text)]
    (stored,) = read(make_notes_task("x"), write_csv(tmp_path / "n.csv", table)).rows
    assert b"zebulon" not in stored["note"]
    assert b"OKONJO" not in stored["note"]
    assert body(3).encode() in stored["note"]


def test_dates_of_a_patient_move_together_in_a_limited_data_set(read: Read, tmp_path: Path) -> None:
    table = [row(0, id="A", note=f"Seen on 04/10/2021 and on 04/17/2021. {body(1)}"), row(1, id="B")]
    task = make_notes_task("x", **{"privacy.mode": "limited_data_set"})
    done = read(task, write_csv(tmp_path / "n.csv", table))
    import datetime
    import re

    found = re.findall(r"\d\d/\d\d/\d{4}", done.rows[0]["note"].decode())
    first, second = (datetime.datetime.strptime(text, "%m/%d/%Y") for text in found)
    assert (second - first).days == 7
    assert first != datetime.datetime(2021, 4, 10)


def test_sections_are_left_out_and_counted(read: Read, tmp_path: Path) -> None:
    task = make_notes_task("x", **{"features.note.left_out_sections": ["A&P"]})
    done = read(task, write_csv(tmp_path / "n.csv", rows(3)))
    assert all(b"returns in a week" not in stored["note"] for stored in done.rows)
    assert done.table.sections["assessment and plan"] == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.NO_NOTE),
        ("   \n", Reason.NO_NOTE),
        ("ok", NoteReason.EMPTY),
        ("\u200b" * 60, NoteReason.EMPTY),
        ("a\x00b " * 30, NoteReason.BINARY),
        ("\x01\x02\x03\x04 word " * 30, NoteReason.BINARY),
        ("12 345 678 9 " * 20, NoteReason.DIGITS),
        ("word " * 300_000, NoteReason.TOO_LONG),
    ],
)
def test_notes_that_are_none(read: Read, tmp_path: Path, text: str, reason: str) -> None:
    file = write_jsonl(tmp_path / "n.jsonl", [row(0), row(1, note=text), row(2)])
    done = read(make_notes_task("x", **{"data.format": "jsonl"}), file)
    assert done.entries == [(2, "note", reason)]
    assert len(done.rows) == 2
    assert done.counts.quarantine.rows == 1


def test_ten_megabytes_are_refused(read: Read, tmp_path: Path) -> None:
    table = [row(0), row(1, note="cough " * 1_700_000), row(2)]
    done = read(make_notes_task("x"), write_csv(tmp_path / "n.csv", table))
    assert done.reasons == [NoteReason.TOO_LONG]
    assert len(done.rows) == 2


def test_only_sections_that_are_left_out(read: Read, tmp_path: Path) -> None:
    task = make_notes_task("x", **{"features.note.left_out_sections": ["plan"]})
    done = read(task, write_csv(tmp_path / "n.csv", [row(0, note=f"PLAN: {body(0)}")]))
    assert done.reasons == [NoteReason.EMPTY]


def test_a_row_with_another_bad_cell_is_told_by_that(read: Read, tmp_path: Path) -> None:
    table = [row(0, sex="x", note=""), row(1, outcome="maybe")]
    done = read(make_notes_task("x"), write_csv(tmp_path / "n.csv", table))
    assert done.entries == [
        (2, "note", Reason.NO_NOTE),
        (2, "sex", Reason.UNKNOWN_VALUE),
        (3, "outcome", Reason.NOT_A_NUMBER),
    ]
    assert done.counts.quarantine.rows == 2


def files_of(folder: Path, contents: dict[str, bytes]) -> Path:
    """Text files and a manifest that names them, in order."""
    table = []
    for number, (name, content) in enumerate(contents.items()):
        if content != b"absent":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        table.append(row(number, note=name))
    return write_csv(folder / "manifest.csv", table)


def test_text_files_in_all_encodings(read: Read, tmp_path: Path) -> None:
    text = f"Fi\xe8vre \xe9lev\xe9e, \u201cno cough\u201d. {body(1)}\r\nD\xe9grad\xe9."
    contents = {
        "texts/1.txt": text.encode(),
        "texts/2.txt": text.encode("utf-8-sig"),
        "texts/3.txt": text.encode("cp1252"),
        "texts/4.txt": text.encode("utf-16"),
        "texts/5.txt.gz": gzip.compress(text.encode()),
        "texts/6.txt": text.replace("\r\n", "\r").encode(),
    }
    task = make_notes_task("x", **{"features.note.stored": "file"})
    done = read(task, files_of(tmp_path, contents))
    assert {stored["note"].decode() for stored in done.rows} == {text.replace("\r\n", "\n")}
    assert done.table.encodings == {"utf-8": 4, "cp1252": 1, "utf-16": 1}
    assert done.counts.quarantine.rows == 0


def test_text_files_that_are_none(read: Read, tmp_path: Path) -> None:
    contents = {
        "good.txt": note(0).encode(),
        "gone.txt": b"absent",
        "empty.txt": b"",
        "scan.txt": b"%PDF-1.4\n" + bytes(range(256)) * 9,
        "long.txt": b"cough " * 1_700_000,
        "cut.txt.gz": gzip.compress(note(1).encode() * 50)[:-30],
        "broken.txt": b"\xff\xfe\x00\xd8\x00\xd8\x00\xd8",
        "x" * 300 + ".txt": b"absent",
        "digits.txt": b"0123456789 " * 50,
    }
    task = make_notes_task("x", **{"features.note.stored": "file"})
    done = read(task, files_of(tmp_path, contents))
    assert done.entries == [
        (3, "note", Reason.NO_FILE),
        (4, "note", NoteReason.EMPTY),
        (5, "note", NoteReason.BINARY),
        (6, "note", NoteReason.TOO_LONG),
        (7, "note", NoteReason.CUT_OFF),
        (8, "note", NoteReason.UNKNOWN_ENCODING),
        (9, "note", Reason.NO_FILE),
        (10, "note", NoteReason.DIGITS),
    ]
    assert len(done.rows) == 1
    # Names of text files may be made of patients' ids: only the manifest and its line are told.
    assert "gone" not in done.counts.quarantine.csv().decode()


def test_bad_json_lines(read: Read, tmp_path: Path) -> None:
    good = json.dumps(row(0))
    nested = json.dumps({**row(2), "note": ["a", "list"]})
    other = json.dumps({**row(3), "extra": {"nested": "elsewhere"}})
    lines = [
        good,
        good[:-5],
        "[1, 2]",
        "",
        nested,
        other,
        good[:-1] + ', "sex": "f"}',
        good.replace('"outcome": 0', '"outcome": NaN'),
        "[" * 100_000,
        json.dumps({**row(4), "note": "\ud800" + body(4)}),
    ]
    file = tmp_path / "n.jsonl"
    file.write_bytes("\n".join(lines).encode() + b'\n{"id": "\xff"}\n\n')
    done = read(make_notes_task("x", **{"data.format": "jsonl"}), file)
    assert done.entries == [
        (2, "", NoteReason.BROKEN_LINE),
        (3, "", NoteReason.NO_OBJECT),
        (5, "note", NoteReason.NESTED),
        (7, "", NoteReason.REPEATED_KEY),
        (8, "", NoteReason.BROKEN_LINE),
        (9, "", NoteReason.BROKEN_LINE),
        (10, "note", Reason.UNDECODABLE),
        (11, "", Reason.UNDECODABLE),
    ]
    assert len(done.rows) == 2
    assert done.counts.taken_in == 10


def test_json_values_of_all_types(read: Read, tmp_path: Path) -> None:
    table = [row(0, id=7, outcome=1), row(1, id="8", outcome="0"), row(2, id=9.0, outcome=0.0)]
    del table[2]["family"]
    done = read(make_notes_task("x", **{"data.format": "jsonl"}), write_jsonl(tmp_path / "n.jsonl", table))
    assert [stored["ill"] for stored in done.rows] == [1, 0, 0]
    assert done.counts.quarantine.rows == 0


def test_a_packed_file_that_is_cut_off(settings: Callable[[Task], Settings], tmp_path: Path) -> None:
    plain = "".join(json.dumps(line) + "\n" for line in rows(300))
    file = tmp_path / "n.jsonl.gz"
    file.write_bytes(gzip.compress(plain.encode())[:-200])
    task = make_notes_task("x", **{"data.format": "jsonl"})
    result = read_share(settings(task), ShareJob(0, str(file), file.name, 1, 0, 1, ""))
    assert result.failure == "DataProblem"
    assert "broken or cut off" in result.problems[0].what
    assert not any((tmp_path / "work").rglob("*.tfrecord"))


def test_parquet_and_csv_and_json_lines_give_the_same(read: Read, tmp_path: Path) -> None:
    table = rows(20)
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "n.parquet")
    files = {
        "csv": write_csv(tmp_path / "n.csv", table),
        "parquet": tmp_path / "n.parquet",
        "jsonl": write_jsonl(tmp_path / "n.jsonl", table),
    }
    done = [read(make_notes_task("x", **{"data.format": name}), file).rows for name, file in files.items()]
    assert done[0] == done[1] == done[2]


@pytest.mark.parametrize("data_format", ["csv", "jsonl"])
def test_shares_are_the_whole(read: Read, tmp_path: Path, data_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_BLOCK_BYTES, "column", 4096)
    write = write_csv if data_format == "csv" else write_jsonl
    file = write(tmp_path / f"n.{data_format}", rows(60))
    task = make_notes_task("x", **{"data.format": data_format})
    assert shares_of(task, file.stat().st_size) > 3
    whole = read(task, file)
    parts = [read(task, file, share, 3) for share in range(3)]
    assert all(part.rows for part in parts)
    assert sorted(s["patient"] for part in parts for s in part.rows) == sorted(s["patient"] for s in whole.rows)
    lines = {line for part in parts for line in part.table.lines.tolist()}
    assert lines == set(whole.table.lines.tolist())
    assert len(lines) == 60


@pytest.mark.parametrize(
    "piece", ["a", " ", "Dr. ", "7 ", "PLAN: ", "\n", "-", "Patient: ", "(", "a@b.", "1/2/2020 ", "# "]
)
def test_odd_text_comes_to_an_end(read: Read, tmp_path: Path, piece: str) -> None:
    """A pattern that tries every way of matching would not return from these within the life of a person."""
    text = (piece * 60_000)[:60_000]
    file = write_jsonl(tmp_path / "n.jsonl", [row(0, note=f"x{text}x"), row(1)])
    done = read(make_notes_task("x", **{"data.format": "jsonl"}), file)
    assert len(done.rows) + done.counts.quarantine.rows == 2
