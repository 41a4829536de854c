"""Rows of all kinds, good and bad: what becomes of each, and that no value of a patient is told."""

import csv
import io
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.ingest.job import FileJob, Result, ingest_file
from components.ingest.reasons import Reason
from privacy.pseudonyms import pseudonym
from tests.components.ingest.helpers import HEADER, KEY, make_task

GOOD = {"age": 59.0, "age_band": b"40-60", "sex": b"male", "smoker": 1, "site": b"a", "ill": 0}


def one(ingest: Any, row: str, **changes: Any) -> dict[str, Any]:
    """What the only row of a file becomes, without the patient."""
    result = ingest(f"{HEADER}\n{row}\n", make_task(**changes))
    assert result.entries == []
    (example,) = result.rows
    del example["patient"]
    return example


def refused(ingest: Any, row: str, **changes: Any) -> list[tuple[str, str]]:
    """Why a row goes to quarantine, beside a good one that does not."""
    result = ingest(f"{HEADER}\n{row}\n77,59,m,yes,a,0\n", make_task(**changes))
    assert result.counts.rows.total() == 1
    assert result.counts.quarantine.rows == 1
    assert {line for line, _, _ in result.entries} == {2}
    return [(column, reason) for _, column, reason in result.entries]


def test_a_good_row(ingest: Any) -> None:
    assert one(ingest, "1,59,m,yes,a,0") == GOOD


def test_nothing_but_what_is_declared(ingest: Any) -> None:
    """Neither identifier nor raw label nor an ignored column is anywhere in the bytes."""
    changes = {"identifiers": ["name"], "ignored_columns": ["note"]}
    result = ingest(f"{HEADER},name,note\nP-4711,59,m,yes,a,3,Homer,doughnut\n", make_task(**changes))
    (row,) = result.rows
    assert row == {**GOOD, "ill": 1, "patient": pseudonym(KEY, "P-4711").encode()}
    assert not any(word in b"".join(result.raw) for word in (b"4711", b"Homer", b"doughnut", b"outcome", b"name"))


@pytest.mark.parametrize("compress", [False, True])
def test_compression(ingest: Any, compress: bool) -> None:
    result = ingest(f"{HEADER}\n1,59,m,yes,a,0\n", gzip=compress)
    assert result.rows[0]["age"] == 59
    ((shard,),) = result.counts.shards.values()
    assert shard.endswith(".tfrecord.gz" if compress else ".tfrecord")


def test_missing_values_are_left_out(ingest: Any) -> None:
    result = ingest(f"{HEADER}\n1,,,,,1\n2, ,  ,\t,\u00a0,1\n")
    assert [{k: v for k, v in row.items() if k != "patient"} for row in result.rows] == [{"ill": 1}] * 2
    assert result.counts.missing == {"age": 2, "sex": 2, "smoker": 2, "site": 2}


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ("1,0,m,yes,a,0", {"features.age.missing": [0]}),
        ("1,0.0,m,yes,a,0", {"features.age.missing": ["0"]}),
        ("1,-1,m,yes,a,0", {"features.age.missing": [-1]}),
        ("1,NA,m,yes,a,0", {"features.age.missing": ["NA", 0]}),
        ("1, NA ,m,yes,a,0", {"features.age.missing": ["NA"]}),
    ],
)
def test_declared_missing_numbers(ingest: Any, row: str, changes: dict[str, Any]) -> None:
    """Also where they lie outside the plausible range."""
    assert "age" not in one(ingest, row, **changes)


@pytest.mark.parametrize("name", ["sex", "smoker"])
@pytest.mark.parametrize(("written", "missing"), [("-9", -9), ("-9.0", -9), ("NA", "NA"), ("false", False)])
def test_declared_missing_text(ingest: Any, name: str, written: str, missing: str | int | bool) -> None:
    row = f"1,59,{written},yes,a,0" if name == "sex" else f"1,59,m,{written},a,0"
    assert name not in one(ingest, row, **{f"features.{name}.missing": [missing], "features.smoker.false": ["no"]})


@pytest.mark.parametrize(("written", "stored"), [("-9", None), ("-9.0", None), ("3.0", b"3"), ("3.10", b"3.10")])
def test_where_every_text_is_a_value(ingest: Any, written: str, stored: bytes | None) -> None:
    """A code is the same whether or not a tool took its column for floats in this span."""
    example = one(ingest, f"1,59,m,yes,{written},0", **{"features.site.missing": [-9]})
    assert example.get("site") == stored


def test_text_that_stands_for_a_number(ingest: Any) -> None:
    example = one(ingest, '1,"> 89",m,yes,a,0', **{"features.age.replace": {"> 89": 90}})
    assert (example["age"], example["age_band"]) == (90.0, b">=60")


@pytest.mark.parametrize(
    ("age", "band"),
    [("39.99", b"<40"), ("40", b"40-60"), ("59.999", b"40-60"), ("60", b">=60"), ("0", b"<40"), ("120", b">=60")],
)
def test_bands_hold_their_lower_bound(ingest: Any, age: str, band: bytes) -> None:
    assert one(ingest, f"1,{age},m,yes,a,0")["age_band"] == band


def test_slice_features_with_a_name_of_their_own(ingest: Any) -> None:
    changes = {
        "sensitive": {"age": {"bands": [50], "name": "old"}, "sex": {"name": "gender"}, "smoker": {"name": "smokes"}}
    }
    example = one(ingest, "1,59,m,yes,a,0", **changes)
    assert (example["old"], example["gender"], example["smokes"]) == (b">=50", b"male", b"1")
    assert "age_band" not in example


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", 1), ("TRUE", 1), ("1", 1), ("1.0", 1), ("yes", 1), (" Y ", 1), ("0", 0), ("0.00", 0), ("N", 0)],
)
def test_flags(ingest: Any, written: str, value: int) -> None:
    assert one(ingest, f"1,59,m,{written},a,0")["smoker"] == value


@pytest.mark.parametrize(
    ("positive", "written", "value"),
    [
        ({"above": 140}, "140", 0),
        ({"above": 140}, "140.5", 1),
        ({"at_least": 140}, "140", 1),
        ({"equals": ["malignant"], "negative": ["benign"]}, " malignant ", 1),
        ({"equals": ["malignant"], "negative": ["benign"]}, "benign", 0),
        ({"equals": [1], "negative": [0, 2]}, "2.0", 0),
        ({"equals": [True], "negative": [False]}, "true", 1),
    ],
)
def test_labels(ingest: Any, positive: dict[str, Any], written: str, value: int) -> None:
    assert one(ingest, f"1,59,m,yes,a,{written}", **{"label.positive": positive})["ill"] == value


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("1,abc,m,yes,a,0", [("age", Reason.NOT_A_NUMBER)]),
        ("1,nan,m,yes,a,0", [("age", Reason.MISSING_WORD)]),
        ("1,inf,m,yes,a,0", [("age", Reason.NOT_FINITE)]),
        ('1,"59,5",m,yes,a,0', [("age", Reason.COMMA)]),
        ('1,"> 89",m,yes,a,0', [("age", Reason.COMPARISON)]),
        ("1,300,m,yes,a,0", [("age", Reason.OUT_OF_RANGE)]),
        ("1,-0.5,m,yes,a,0", [("age", Reason.OUT_OF_RANGE)]),
        ("1,59,x,yes,a,0", [("sex", Reason.UNKNOWN_VALUE)]),
        ("1,59,M,yes,a,0", [("sex", Reason.OTHER_CASE)]),
        ("1,59,male,yes,a,0", [("sex", Reason.UNKNOWN_VALUE)]),
        ("1,59,m,maybe,a,0", [("smoker", Reason.NEITHER_FLAG)]),
        ("1,59,m,2,a,0", [("smoker", Reason.NEITHER_FLAG)]),
        ("1,59,m,yes,a,", [("outcome", Reason.NO_LABEL)]),
        ("1,59,m,yes,a,x", [("outcome", Reason.NOT_A_NUMBER)]),
        (" ,59,m,yes,a,0", [("id", Reason.NO_PATIENT)]),
        ("1,59,m,yes,a", [("", Reason.RAGGED)]),
        ("1,59,m,yes,a,0,", [("", Reason.RAGGED)]),
        ("1", [("", Reason.RAGGED)]),
        ('"1"x,59,m,yes,a,0', [("", Reason.AFTER_QUOTE)]),
        (
            ",300,x,maybe,a,",
            [
                ("age", Reason.OUT_OF_RANGE),
                ("id", Reason.NO_PATIENT),
                ("outcome", Reason.NO_LABEL),
                ("sex", Reason.UNKNOWN_VALUE),
                ("smoker", Reason.NEITHER_FLAG),
            ],
        ),
    ],
)
def test_bad_rows(ingest: Any, row: str, expected: list[tuple[str, str]]) -> None:
    assert refused(ingest, row) == expected


def test_bad_labels(ingest: Any) -> None:
    named = {"label.positive": {"equals": ["0"], "negative": ["no"]}}
    assert refused(ingest, "1,59,m,yes,a,perhaps", **named) == [("outcome", Reason.NEITHER_LABEL)]
    assert refused(ingest, "1,59,m,yes,a,9", **{"label.range": [0, 4]}) == [("outcome", Reason.OUT_OF_RANGE)]
    assert refused(ingest, "1,59,m,yes,a,-9", **{"label.missing": [-9]}) == [("outcome", Reason.NO_LABEL)]


def test_one_byte_that_is_not_utf_8_costs_one_row(ingest: Any) -> None:
    result = ingest(f"{HEADER}\n1,59,m,yes,a,0\n2,59,m,yes,".encode() + b"K\xf6ln,0\n3,59,m,yes,a,0\n")
    assert result.entries == [(3, "site", Reason.UNDECODABLE)]
    assert len(result.rows) == 2


def test_a_byte_that_is_not_utf_8_in_a_column_that_is_not_read_costs_nothing(ingest: Any) -> None:
    task = make_task(identifiers=["name"])
    result = ingest(f"{HEADER},name\n".encode() + b"1,59,m,yes,a,0,M\xfcller\n", task)
    assert result.entries == []
    assert len(result.rows) == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_line_ends_and_byte_order_mark(ingest: Any, end: str, mark: str, last: str) -> None:
    lines = [HEADER, "1,59,m,yes,a,0", "", "2,x,m,yes,a,0", "3,59,m,yes,a,0"]
    result = ingest(mark + end.join(lines) + last.replace("\n", end))
    assert [row["age"] for row in result.rows] == [59.0, 59.0]
    assert result.entries == [(4, "age", Reason.NOT_A_NUMBER)]


def test_a_byte_order_mark_within_a_file_is_part_of_a_value(ingest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where two files were put together; whether a block begins there makes no difference."""
    content = f"{HEADER}\n1,59,m,yes,a,0\n\ufeff2,59,m,yes,a,0\n\ufeff\n"
    whole = ingest(content)
    monkeypatch.setattr("components.ingest.read_csv.text_blocks", tiny_blocks)
    parts = ingest(content)
    assert whole.entries == parts.entries == [(4, "", Reason.RAGGED)]
    assert whole.by_split == parts.by_split
    assert len(whole.rows) == 2


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-be"])
def test_encodings(ingest: Any, encoding: str) -> None:
    result = ingest(f"{HEADER}\r\n1,59,m,yes,Köln,0\r\n".encode(encoding), make_task(**{"data.encoding": encoding}))
    assert result.rows[0]["site"] == "Köln".encode()


def test_decimal_comma_and_semicolon(ingest: Any) -> None:
    task = make_task(**{"data.decimal": ",", "data.delimiter": ";"})
    content = f"{HEADER}\n1;59,5;m;yes;a;0\n2;1.234,5;m;yes;a;0\n3;59.5;m;yes;a;0\n".replace(
        HEADER, HEADER.replace(",", ";")
    )
    result = ingest(content, task)
    assert [row["age"] for row in result.rows] == [59.5]
    assert result.entries == [(3, "age", Reason.POINT), (4, "age", Reason.POINT)]


def test_quoted_delimiters_line_ends_and_quotes(ingest: Any) -> None:
    cells = ["a,b", "two\nlines", 'say "no"', "two\r\nlines"]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER.split(","))
    for number, cell in enumerate(cells):
        writer.writerow([number, 59, "m", "yes", cell, 0])
    writer.writerow([9, "x", "m", "yes", "a", 0])
    result = ingest(text.getvalue())
    assert sorted(row["site"] for row in result.rows) == sorted(cell.replace("\r\n", "\n").encode() for cell in cells)
    assert result.entries == [(8, "age", Reason.NOT_A_NUMBER)]


def test_spaces_around_values_are_taken_off_and_counted(ingest: Any) -> None:
    result = ingest(f"{HEADER}\n 1 , 59, m,yes ,a b , 0\n")
    (row,) = result.rows
    assert (row["sex"], row["site"]) == (b"male", b"a b")
    assert result.counts.trimmed == {"id": 1, "age": 1, "sex": 1, "smoker": 1, "site": 1, "outcome": 1}
    assert row["patient"] == pseudonym(KEY, "1").encode()


def test_a_repeated_patient_keeps_the_first_good_row(ingest: Any) -> None:
    rows = [
        "1,59,m,yes,a,0",
        "2,999,m,yes,a,0",
        "1,60,m,yes,a,0",
        "2,61,m,yes,a,0",
        " 1.0,62,m,yes,a,0",
        "2,63,m,yes,a,0",
    ]
    result = ingest("\n".join([HEADER, *rows, ""]))
    assert sorted(row["age"] for row in result.rows) == [59.0, 61.0]
    repeated = (Reason.REPEATED_PATIENT,)
    assert result.entries == [(3, "age", Reason.OUT_OF_RANGE), *((line, "id", *repeated) for line in (4, 6, 7))]
    assert result.counts.quarantine.rows == 4


def test_a_repeated_patient_in_a_later_block(ingest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.ingest.read_csv.text_blocks", small_blocks)
    rows = [f"{i % 40},59,m,yes,a,0" for i in range(60)]
    result = ingest("\n".join([HEADER, *rows, ""]))
    assert len(result.rows) == 40
    assert [line for line, _, _ in result.entries] == list(range(42, 62))


def tiny_blocks(file: Any, encoding: str, delimiter: str, quote: str, block_bytes: int) -> Any:
    from components.ingest.lines import text_blocks

    return text_blocks(file, encoding, delimiter, quote, 5)


def small_blocks(file: Any, encoding: str, delimiter: str, quote: str, block_bytes: int) -> Any:
    from components.ingest.lines import text_blocks

    return text_blocks(file, encoding, delimiter, quote, 100)


def test_many_rows_of_a_patient_where_the_task_says_so(ingest: Any) -> None:
    rows = [f"{i % 7},59,m,yes,a,0" for i in range(30)]
    result = ingest("\n".join([HEADER, *rows, ""]), make_task(rows_per_patient="many"))
    assert len(result.rows) == 30
    splits_of = {row["patient"]: split for split, found in result.by_split.items() for row in found}
    assert sum(len({row["patient"] for row in found}) for found in result.by_split.values()) == len(splits_of) == 7


def test_order_within_a_split_is_the_file_s(ingest: Any) -> None:
    rows = [f"{i},{i % 100},m,yes,a,0" for i in range(500)]
    result = ingest("\n".join([HEADER, *rows, ""]))
    place = {pseudonym(KEY, str(i)).encode(): i for i in range(500)}
    for found in result.by_split.values():
        places = [place[row["patient"]] for row in found]
        assert places == sorted(places)
        assert [row["age"] for row in found] == [min(i % 100, 90) for i in places]  # ages over 89 are capped


def test_the_same_file_gives_the_same_examples_again(ingest: Any) -> None:
    text = "\n".join([HEADER, *(f"{i},{i % 100},m,yes,a,0" for i in range(300)), ""])
    assert ingest(text).by_split == ingest(text).by_split


def test_a_shard_is_closed_when_it_is_large(ingest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.ingest.ingest.SHARD_BYTES", 1000)
    monkeypatch.setattr("components.ingest.read_csv.text_blocks", small_blocks)
    result = ingest("\n".join([HEADER, *(f"{i},59,m,yes,a,0" for i in range(100)), ""]))
    assert result.counts.shards["train"][:2] == ["train/00000.tfrecord", "train/00001.tfrecord"]
    assert len(result.rows) == 100


def test_the_list_is_bounded_and_the_count_is_not(ingest: Any) -> None:
    text = "\n".join([HEADER, *(f"{i},x,m,yes,a,0" for i in range(50)), ""])
    quarantine = ingest(text, make_task(**{"data.quarantine.max_listed": 7})).counts.quarantine
    assert (quarantine.rows, quarantine.counts["age", Reason.NOT_A_NUMBER], len(quarantine.entries)) == (50, 50, 7)


def parquet(tmp_path: Path, **columns: Any) -> Path:
    defaults = {
        "id": [1, 2],
        "age": [59.5, None],
        "sex": ["m", None],
        "smoker": [True, None],
        "site": ["a", None],
        "outcome": [0, 3],
    }
    file = tmp_path / "records.parquet"
    pq.write_table(pa.table({**defaults, **columns}), file, row_group_size=1)
    return file


PARQUET = {"data.format": "parquet"}


def test_parquet(ingest: Any, tmp_path: Path) -> None:
    result = ingest(parquet(tmp_path), make_task(**PARQUET))
    by_label = {row["ill"]: row for row in result.rows}
    assert by_label[0] == {**GOOD, "age": 59.5, "patient": pseudonym(KEY, "1").encode()}
    assert set(by_label[1]) == {"ill", "patient"}


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([7, 8]),
        pa.array([7, 8], pa.uint8()),
        pa.array([7.0, 8.0]),
        pa.array(["7", " 8 "]),
        pa.array(["7.0", "8"]).dictionary_encode(),
    ],
)
def test_a_patient_is_the_same_whatever_the_type_of_the_id(ingest: Any, tmp_path: Path, ids: pa.Array) -> None:
    result = ingest(parquet(tmp_path, id=ids), make_task(**PARQUET))
    assert {row["patient"] for row in result.rows} == {pseudonym(KEY, "7").encode(), pseudonym(KEY, "8").encode()}


def test_parquet_types(ingest: Any, tmp_path: Path) -> None:
    """Categories as numbers, flags as numbers, a column without any value, NaN for missing."""
    columns = {"sex": [1.0, 2.0], "smoker": [0, 1], "site": pa.nulls(2), "age": [float("nan"), 59.0]}
    task = make_task(**PARQUET, **{"features.sex.values": {"1": "male", "2": "female"}})
    result = ingest(parquet(tmp_path, **columns), task)
    by_label = {row["ill"]: row for row in result.rows}
    assert by_label[0]["sex"] == b"male"
    assert by_label[0]["smoker"] == 0
    assert "age" not in by_label[0]
    assert by_label[1]["age"] == 59.0
    assert "site" not in by_label[1]


def test_bad_rows_of_parquet_go_by_their_number(ingest: Any, tmp_path: Path) -> None:
    result = ingest(parquet(tmp_path, age=[float("inf"), 300.0], site=["a", "b"]), make_task(**PARQUET))
    assert result.entries == [(1, "age", Reason.NOT_FINITE), (2, "age", Reason.OUT_OF_RANGE)]


def test_a_parquet_file_that_is_broken_within(tmp_path: Path, settings: Any) -> None:
    file = tmp_path / "records.parquet"
    table = pa.table({"id": range(9000), "age": [1.5] * 9000, "sex": ["m"] * 9000, "smoker": [True] * 9000})
    table = table.append_column("site", pa.array([f"s{i}" for i in range(9000)]))
    pq.write_table(table.append_column("outcome", pa.array([1] * 9000)), file, compression="snappy")
    content = bytearray(file.read_bytes())
    content[200:20_000] = bytes(19_800)
    file.write_bytes(content)
    result = ingest_file(settings(make_task(**PARQUET)), FileJob(0, str(file), file.name, len(content)))
    assert result.failure == "DataProblem"
    assert "records.parquet: the Parquet file is broken" in str(result.error)
    assert not list((tmp_path / "work").rglob("*.tfrecord"))


def test_a_result_survives_its_way_through_beam(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_text(f"{HEADER}\n1,59,m,yes,a,0\n2,x,m,yes,a,0\n")
    result = ingest_file(settings(make_task()), FileJob(0, str(file), file.name, 1))
    assert Result.from_json(result.to_json()) == result


SECRET = "Zebra-4711"


@pytest.mark.parametrize("column", range(6))
@pytest.mark.parametrize("wrong", [SECRET, f"{SECRET},1", f'{SECRET}"', f"> {SECRET}", f"9{SECRET}"])
def test_no_message_and_no_report_holds_a_value(ingest: Any, caplog: Any, column: int, wrong: str) -> None:
    row = ["1", "59", "m", "yes", "a", "0"]
    row[column] = '"' + wrong.replace('"', '""') + '"'
    result = ingest(f"{HEADER}\n{','.join(row)}\n{','.join(row)}\n1\n", make_task(**{"features.site.values": ["a"]}))
    quarantine = result.counts.quarantine
    told = f"{quarantine.csv()!r} {quarantine.reasons} {quarantine.columns} {caplog.text}"
    assert quarantine.rows >= 2
    assert "Zebra" not in told and "4711" not in told


def test_a_defect_is_told_without_its_text(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError(f"could not convert {SECRET}")

    monkeypatch.setattr("components.ingest.ingest.hash_patients", fail)
    file = tmp_path / "records.csv"
    file.write_text(f"{HEADER}\n1,59,m,yes,a,0\n")
    result = ingest_file(settings(make_task()), FileJob(0, str(file), file.name, 1))
    assert result.failure == "RunFailed"
    assert "ValueError in test_ingest.py:" in str(result.error)
    assert SECRET not in result.to_json()


def full_disk(_: str) -> BinaryIO:
    """/dev/full says ENOSPC to every write, as a full disk does."""
    return Path("/dev/full").open("wb")


def test_a_full_disk_leaves_nothing_behind(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "records.csv"
    file.write_text("\n".join([HEADER, *(f"{i},59,m,yes,a,0" for i in range(5000)), ""]))
    (tmp_path / "work").mkdir()
    monkeypatch.setattr("components.ingest.ingest.create", full_disk)
    result = ingest_file(settings(make_task()), FileJob(0, str(file), file.name, 1))
    assert result.failure == "RunFailed"
    assert "the disk is full" in str(result.error)
    assert list((tmp_path / "work").iterdir()) == []


def test_no_permission_to_write(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_text(f"{HEADER}\n1,59,m,yes,a,0\n")
    (tmp_path / "work").write_text("a file where the folder should be")
    result = ingest_file(settings(make_task()), FileJob(0, str(file), file.name, 1))
    assert result.failure == "RunFailed"
    assert "cannot be written" in str(result.error)


def test_rows_that_get_lost_are_noticed(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.ingest.ingest.Ingest._write", lambda *_: None)
    file = tmp_path / "records.csv"
    file.write_text(f"{HEADER}\n1,59,m,yes,a,0\n")
    result = ingest_file(settings(make_task()), FileJob(0, str(file), file.name, 1))
    assert "rows got lost between reading and writing" in str(result.error)
