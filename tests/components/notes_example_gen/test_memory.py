"""Memory of the first pass does not grow with the notes, but for some 300 bytes each."""

import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from components.notes_example_gen.ingest import NoteIngest
from components.notes_example_gen.read import _BLOCK_BYTES, read_blocks
from privacy.text.deidentification import Deidentified
from tests.components.notes_example_gen.notes import body, make_notes_task, row, write_csv
from transforms.text import prepared as prepared_module

KEY = b"a key for tests only, of 32 byte"


def peak(folder: Path, count: int) -> int:
    """Peak of Python's memory while a file of notes is read, in bytes."""
    file = write_csv(folder / "notes.csv", (row(n, note=body(n, 400)) for n in range(count)))
    task = make_notes_task(file)
    ingest = NoteIngest(task, KEY, str(folder / "work"))
    tracemalloc.start()
    try:
        counts = ingest.run("notes.csv", read_blocks(str(file), task))
        assert counts.rows.total() == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_fifteen_times_the_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unchanged(text: str, **_: Any) -> Deidentified:
        return Deidentified(text, Counter())

    monkeypatch.setattr(prepared_module, "deidentify", unchanged)
    monkeypatch.setitem(_BLOCK_BYTES, "column", 64 << 10)
    peak(tmp_path / "warm", 20)
    small, large = peak(tmp_path / "small", 40), peak(tmp_path / "large", 600)
    assert large < small + 560 * 1200  # of 2,400 bytes a note; numpy joins the tables once at the end
