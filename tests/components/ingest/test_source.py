"""From a path to files: spans, versions, dates, folders and patterns."""

import datetime
from pathlib import Path

import pytest

from components.ingest.source import Location, find, find_files, fingerprint, locate, span_number
from pipeline_configs.errors import ConfigError, DataProblem


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def names(folder: Path, path: str, span: int | None = None, data_format: str = "csv") -> list[str]:
    found = find(locate(str(folder / path)), data_format, span)
    return [str(Path(file.path).relative_to(folder)) for file in found.files]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/data/records.csv", ("/data", "records.csv")),
        ("/data/*.csv", ("/data", "*.csv")),
        ("/data/folder/", ("/data", "folder")),
        ("/records.csv", ("/", "records.csv")),
        ("/data/../x/a.csv", ("/x", "a.csv")),
        ("/data/span-{SPAN}/v{VERSION}/*.csv", ("/data", "span-{SPAN}/v{VERSION}/*.csv")),
        ("/data/{YYYY}/{MM}/{DD}/a.csv", ("/data", "{YYYY}/{MM}/{DD}/a.csv")),
        ("s3://bucket/x/span-{SPAN}/v{VERSION}/*.csv", ("s3://bucket/x", "span-{SPAN}/v{VERSION}/*.csv")),
        ("s3://bucket/a.csv", ("s3://bucket", "a.csv")),
        ("s3://bucket", ("s3://bucket", "*")),
        ("gs://bucket/{SPAN}.csv", ("gs://bucket", "{SPAN}.csv")),
        ("azfs://account/container/x/*.parquet", ("azfs://account/container/x", "*.parquet")),
    ],
)
def test_a_path_is_taken_apart(path: str, expected: tuple[str, str]) -> None:
    assert locate(path) == Location(*expected)


def test_a_relative_path_does_not_depend_on_where_a_node_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert locate("data/a.csv") == Location(f"{tmp_path}/data", "a.csv")
    assert locate("~/a.csv") == Location("/home/somebody", "a.csv")


@pytest.mark.parametrize(
    ("span", "expected"),
    [(None, None), (7, 7), ("7", 7), ("1970-01-02", 1), (datetime.date(2026, 11, 1), 20758)],
)
def test_span_numbers(span: int | str | datetime.date | None, expected: int | None) -> None:
    assert span_number(span) == expected


@pytest.mark.parametrize("span", ["yesterday", "2026-13-01", -1, True])
def test_what_is_no_span(span: int | str) -> None:
    with pytest.raises(ConfigError, match="a number, or a date as YYYY-MM-DD"):
        span_number(span)


def test_the_newest_span_in_its_newest_version(tmp_path: Path) -> None:
    put(tmp_path, "span-2/v1/a.csv", "span-10/v2/a.csv", "span-10/v10/a.csv", "span-10/v10/b.csv", "span-9/v99/a.csv")
    put(tmp_path, "span-x/v1/a.csv", "span-11/notes.txt")
    path = "span-{SPAN}/v{VERSION}/*.csv"
    found = find(locate(str(tmp_path / path)), "csv")
    assert (found.span, found.version, found.pattern) == (10, 10, "span-10/v10/*.csv")
    assert names(tmp_path, path) == ["span-10/v10/a.csv", "span-10/v10/b.csv"]
    assert names(tmp_path, path, span=9) == ["span-9/v99/a.csv"]


def test_leading_zeros_and_folders(tmp_path: Path) -> None:
    put(tmp_path, "0007/a.csv", "0012/a.csv", "0012/readme.md", "0012/_SUCCESS", "0012/.a.csv.crc")
    assert names(tmp_path, "{SPAN}") == ["0012/a.csv"]
    assert names(tmp_path, "{SPAN}", span=7) == ["0007/a.csv"]


def test_spans_by_date(tmp_path: Path) -> None:
    put(tmp_path, "2026-10-31.csv", "2026-11-01.csv", "2026-02-30.csv", "2026-11-1.csv")
    found = find(locate(str(tmp_path / "{YYYY}-{MM}-{DD}.csv")), "csv")
    assert (found.span, found.version, found.pattern) == (20758, None, "2026-11-01.csv")
    assert names(tmp_path, "{YYYY}-{MM}-{DD}.csv", span=20757) == ["2026-10-31.csv"]


def test_a_span_named_twice_is_the_same_both_times(tmp_path: Path) -> None:
    put(tmp_path, "1/records-1.csv", "2/records-1.csv")
    assert names(tmp_path, "{SPAN}/records-{SPAN}.csv") == ["1/records-1.csv"]


def test_no_such_span(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i}.csv" for i in range(1, 8)))
    with pytest.raises(DataProblem) as caught:
        names(tmp_path, "{SPAN}.csv", span=9)
    assert "there is no span 9" in str(caught.value)
    assert "one of: 3, 4, 5, 6, 7 (7 in all)" in str(caught.value)
    put(tmp_path, "2026-11-01.txt")
    with pytest.raises(DataProblem, match="there is no span 1970-01-10"):
        names(tmp_path, "{YYYY}-{MM}-{DD}.txt", span=9)


def test_a_span_for_a_path_without_one(tmp_path: Path) -> None:
    put(tmp_path, "a.csv")
    with pytest.raises(ConfigError, match="a span is asked for, and the path names none"):
        names(tmp_path, "a.csv", span=1)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.csv", "missing.csv: there is no such file or folder"),
        ("missing/deeper/a.csv", "a.csv: there is no such file or folder"),
        ("*.parquet", r"\*.parquet: no file matches"),
        ("{SPAN}/a.csv", "no file matches|there is no such file"),
        ("empty", "empty: the folder is empty"),
        ("other", r"other: the folder holds no CSV file\n.*\n  found: 2 other files"),
    ],
)
def test_nothing_there(tmp_path: Path, path: str, message: str) -> None:
    put(tmp_path, "other/a.parquet", "other/b.md")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataProblem, match=message):
        names(tmp_path, path)


def test_names_with_brackets_are_plain_names(tmp_path: Path) -> None:
    put(tmp_path, "data [2026]/a[1].csv", "data [2026]/a1.csv")
    assert names(tmp_path, "data [2026]/a[1].csv") == ["data [2026]/a[1].csv"]


def test_a_hidden_file_is_read_only_when_named(tmp_path: Path) -> None:
    put(tmp_path, "_part.csv", "a.csv")
    assert [f.name for f in find_files(str(tmp_path / "*.csv"), "csv")] == ["a.csv"]
    assert [f.name for f in find_files(str(tmp_path / "_*.csv"), "csv")] == ["_part.csv"]


def test_fingerprint_goes_by_names_and_contents(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "b.csv")

    def now() -> str:
        return fingerprint(find(locate(str(tmp_path / "*.csv")), "csv"))

    first = now()
    assert first.startswith("files:2,bytes:10,digest:")
    (tmp_path / "a.csv").touch()
    assert now() == first
    (tmp_path / "a.csv").write_text("A.csv")
    changed = now()
    (tmp_path / "a.csv").rename(tmp_path / "c.csv")
    assert len({first, changed, now()}) == 3
