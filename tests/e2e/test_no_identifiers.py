"""No identifier that was put into the data comes out: in artifacts, logs, names of files and metrics, metadata."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from examples.cohort.cohort import ensure
from tests.e2e.conftest import Home

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TASKS = ("cohort_records", "cohort_images", "cohort_notes")
PATIENTS = 400


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, str, list[str]]]:
    """A home in which all tasks ran on a cohort, what they printed, and the identifiers of the cohort."""
    home = Home(tmp_path_factory.mktemp("cohort") / "home")
    cohort = home.path / "data" / "cohort"
    ensure(cohort, PATIENTS)
    printed = []
    for task in TASKS:
        # Nothing here is about how good a model is, and the network on images takes minutes to become so.
        done = home.galen("run", task, *(("--param", "training.epochs=3") if task == "cohort_images" else ()))
        # A small cohort may be refused, which leaves the same artifacts.
        assert done.returncode in (0, 3), done.stdout + done.stderr
        shown = [home.galen("show", task, *form).stdout for form in ((), ("--json",))]
        printed += [done.stdout, done.stderr, *shown]
    known = json.loads((cohort / "identifiers.json").read_text(encoding="utf-8"))
    del known[
        "dicom_dates"
    ]  # eight digits, which occur in pixels and probabilities by chance; other forms are looked for
    yield home, "\n".join(printed), sorted({text for texts in known.values() for text in texts})


def pieces(home: Home) -> Iterator[tuple[str, bytes]]:
    """Every file below the home but the cohort itself, unpacked where it is compressed, with its name."""
    cohort = home.path / "data"
    for file in sorted(home.path.rglob("*")):
        if file.is_relative_to(cohort) or not file.is_file() or file.name == "pseudonym.key":
            continue
        name = str(file.relative_to(home.path))
        yield name, name.encode()
        if file.suffix == ".parquet":
            yield name, as_text(pq.read_table(file))
        elif zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for member in archive.namelist():
                    yield f"{name}/{member}", member.encode() + archive.read(member)
        elif file.suffix == ".sqlite":
            with sqlite3.connect(file) as database:
                yield name, "\n".join(database.iterdump()).encode()
        else:
            yield name, file.read_bytes()


def as_text(table: pa.Table) -> bytes:
    out = io.StringIO()
    for column in table.columns:
        out.write("\n".join(str(value) for value in column.to_pylist()))
    return (" ".join(table.column_names) + out.getvalue()).encode()


PREFIX = 6
"""Bytes by which candidates are found at once; shorter identifiers are looked for one by one."""


def windows(content: bytes) -> np.ndarray:
    """Every PREFIX consecutive bytes as one number, uint64."""
    data = np.frombuffer(content, np.uint8).astype(np.uint64)
    length = len(data) - PREFIX + 1
    if length <= 0:
        return np.zeros(0, np.uint64)
    return sum(data[i : i + length] << np.uint64(8 * i) for i in range(PREFIX))  # type: ignore[return-value]


def hashed(numbers: np.ndarray) -> np.ndarray:
    """24 bits of each number, by Fibonacci hashing."""
    return (numbers * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)


class Search:
    """Looks for many strings at once, in any upper and lower case of ASCII letters."""

    def __init__(self, identifiers: list[str]) -> None:
        wanted = sorted({text.encode().lower() for text in identifiers})
        self._short = [text for text in wanted if len(text) < PREFIX]
        self._by_prefix: dict[int, list[bytes]] = {}
        for text in wanted:
            if len(text) >= PREFIX:
                self._by_prefix.setdefault(int(windows(text[:PREFIX])[0]), []).append(text)
        # A table by hash first: a search in the sorted prefixes took minutes for what this does in seconds.
        self._table = np.zeros(1 << 24, bool)
        self._table[hashed(np.array(list(self._by_prefix), np.uint64))] = True

    def __call__(self, content: bytes) -> list[str]:
        """Returns the strings that occur."""
        whole = content.lower()
        found = {text for text in self._short if text in whole}
        step = 4 << 20
        for start in range(0, len(whole), step):
            part = windows(whole[start : start + step + PREFIX - 1])
            for place in np.flatnonzero(self._table[hashed(part)]):
                at = start + int(place)
                found |= {text for text in self._by_prefix.get(int(part[place]), ()) if whole.startswith(text, at)}
        return sorted(text.decode() for text in found)


def test_the_search_finds_what_is_there(written: tuple[Home, str, list[str]]) -> None:
    home, _, identifiers = written
    notes = (home.path / "data" / "cohort" / "notes" / "notes.csv").read_bytes()
    assert len(Search(identifiers)(notes)) > 3 * PATIENTS


def test_nothing_that_was_written_holds_an_identifier(written: tuple[Home, str, list[str]]) -> None:
    home, _, identifiers = written
    leaks: dict[str, int] = {}
    search, looked = Search(identifiers), 0
    for name, content in pieces(home):
        looked += 1
        hits = search(content)
        if hits:
            leaks[name] = len(hits)
    assert looked > 200
    assert leaks == {}


def test_nothing_that_was_shown_holds_an_identifier(written: tuple[Home, str, list[str]]) -> None:
    _, printed, identifiers = written
    assert Search(identifiers)(printed.encode()) == []


def test_every_ingest_says_what_it_removed(written: tuple[Home, str, list[str]]) -> None:
    home, _, _ = written
    for task in TASKS:
        [file] = (home.path / "pipelines" / task).glob("*ExampleGen/deidentification/*/deidentification.json")
        report = json.loads(file.read_text())
        assert report["mode"] == "safe_harbor" and report["pseudonyms"] > PATIENTS / 2
        assert sum(count for kinds in report["removed"].values() for count in kinds.values()) > PATIENTS
