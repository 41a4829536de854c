"""Headers: each thing that can be wrong with a file gives one clear message, without a value of a patient."""

import gzip
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.ingest.header import inspect_header
from tests.components.ingest.helpers import HEADER, is_root, make_task

ROW = "1,59,m,yes,a,0"


def problems(path: Path, **changes: object) -> str:
    """What is wrong, as the user reads it."""
    return "\n".join(map(str, inspect_header(make_task(**{"data.path": str(path), **changes}))))


def csv_problems(tmp_path: Path, content: str | bytes, **changes: object) -> str:
    file = tmp_path / "records.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return problems(file, **changes)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_good_file(tmp_path: Path, end: str, encoding: str) -> None:
    assert csv_problems(tmp_path, end.join([HEADER, ROW, ""]).encode(encoding)) == ""


def test_a_good_file_that_is_compressed(tmp_path: Path) -> None:
    file = tmp_path / "records.csv.gz"
    file.write_bytes(gzip.compress(f"{HEADER}\n{ROW}\n".encode()))
    assert problems(file) == ""
    file.write_bytes(file.read_bytes()[:-10])
    assert "the compressed file is broken or cut off" in problems(file)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le"])
def test_declared_encodings(tmp_path: Path, encoding: str) -> None:
    text = f"{HEADER.replace('site', 'Größe')}\n{ROW}\n"
    changes = {"features.site.column": "Größe", "data.encoding": encoding}
    assert csv_problems(tmp_path, text.encode(encoding), **changes) == ""


def test_missing_file(tmp_path: Path) -> None:
    assert "nothing.csv: there is no such file or folder" in problems(tmp_path / "nothing.csv")


def test_empty_file(tmp_path: Path) -> None:
    text = csv_problems(tmp_path, "")
    assert "records.csv: the file is empty" in text
    assert "a header and rows" in text


def test_only_blank_lines(tmp_path: Path) -> None:
    assert "the file holds only blank lines" in csv_problems(tmp_path, "\n\n\n")


def test_header_only(tmp_path: Path) -> None:
    assert "records.csv: there is a header and no row below it" in csv_problems(tmp_path, HEADER + "\n\n")


def test_header_only_in_one_of_several_files_is_fine(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + "\n")
    assert "there is a header and no row below it" in problems(tmp_path / "*.csv")
    (tmp_path / "b.csv").write_text(f"{HEADER}\n{ROW}\n")
    assert problems(tmp_path / "*.csv") == ""


@pytest.mark.parametrize(
    ("delimiter", "name", "setting"),
    [(";", "a semicolon", '";"'), ("\t", "a tab", r'"\t"'), ("|", "a bar", '"|"')],
)
def test_wrong_delimiter(tmp_path: Path, delimiter: str, name: str, setting: str) -> None:
    content = f"{HEADER}\n{ROW}\n".replace(",", delimiter)
    text = csv_problems(tmp_path, content)
    assert "the file has another delimiter" in text
    assert f"looks like {name}" in text
    assert f"set data.delimiter: {setting}" in text
    assert csv_problems(tmp_path, content, **{"data.delimiter": delimiter}) == ""


def test_latin_1_read_as_utf_8(tmp_path: Path) -> None:
    content = f"{HEADER}\n1,59,m,yes,Köln,0\n".encode("latin-1")
    text = csv_problems(tmp_path, content, **{"data.quarantine.max_share": 0.01})
    assert "the file is not utf-8" in text
    assert "looks like latin-1" in text
    assert "set data.encoding: latin-1" in text


def test_windows_text_read_as_utf_8(tmp_path: Path) -> None:
    content = f"{HEADER}\n1,59,m,yes,“a”,0\n".encode("cp1252")
    assert "looks like cp1252" in csv_problems(tmp_path, content, **{"data.quarantine.max_share": 0.01})


def test_a_header_in_another_encoding(tmp_path: Path) -> None:
    """Even where all rows may go to quarantine, the names of the columns have to be right."""
    assert "looks like latin-1" in csv_problems(tmp_path, f"{HEADER},Größe\n{ROW},1\n".encode("latin-1"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_read_as_utf_8(tmp_path: Path, encoding: str) -> None:
    text = csv_problems(tmp_path, f"{HEADER}\n{ROW}\n".encode(encoding))
    assert "the file is not utf-8" in text
    assert f"set data.encoding: {encoding}" in text


def test_utf_16_without_a_byte_order_mark(tmp_path: Path) -> None:
    content = f"{HEADER}\n{ROW}\n".encode("utf-16-le")
    text = csv_problems(tmp_path, content, **{"data.encoding": "utf-16"})
    assert "the file is not utf-16" in text
    assert "no byte order mark; looks like utf-16-le" in text
    assert csv_problems(tmp_path, content, **{"data.encoding": "utf-16-le"}) == ""


def test_utf_8_read_as_utf_16(tmp_path: Path) -> None:
    text = csv_problems(tmp_path, f"{HEADER}\n{ROW}\n", **{"data.encoding": "utf-16"})
    assert "the file is not utf-16" in text
    assert "looks like utf-8" in text


def test_one_bad_byte_among_many_rows_is_left_to_the_quarantine(tmp_path: Path) -> None:
    rows = f"{ROW}\n" * 1000
    content = f"{HEADER}\n{rows}".encode() + b"9,59,m,yes,\xe9,0\n"
    assert csv_problems(tmp_path, content, **{"data.quarantine.max_share": 0.01}) == ""


@pytest.mark.parametrize("encoding", ["utf-99", "base64", "rot13"])
def test_unknown_encoding(tmp_path: Path, encoding: str) -> None:
    text = csv_problems(tmp_path, HEADER, **{"data.encoding": encoding})
    assert "data.encoding: this encoding is not known" in text


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"PAR1xxxx", "a Parquet file"), (b"PK\x03\x04xx", "an Excel or zip file"), (b"\x1f\x8bxx", "a gzip file")],
)
def test_another_kind_of_file(tmp_path: Path, content: bytes, kind: str) -> None:
    text = csv_problems(tmp_path, content)
    assert "this is no CSV file" in text
    assert kind in text


def test_duplicate_columns(tmp_path: Path) -> None:
    text = csv_problems(tmp_path, f"{HEADER},age\n{ROW},3\n")
    assert "the column 'age' is there 2 times" in text


def test_missing_column_with_a_close_name(tmp_path: Path) -> None:
    text = csv_problems(tmp_path, f"{HEADER.replace('smoker', 'smokers')}\n{ROW}\n")
    assert "the column 'smoker' is missing" in text
    assert "a column for features.smoker" in text
    assert "did you mean 'smokers'?" in text


@pytest.mark.parametrize(
    ("name", "key"),
    [("age", "features.age.column: AGE"), ("id", "patient_id: ID"), ("outcome", "label.column: OUTCOME")],
)
def test_missing_column_in_other_case(tmp_path: Path, name: str, key: str) -> None:
    text = csv_problems(tmp_path, f"{HEADER.replace(name, name.upper(), 1)}\n{ROW}\n")
    assert f"'{name.upper()}', which is written differently" in text
    assert f"set {key}" in text


def test_extra_columns(tmp_path: Path) -> None:
    content = f"{HEADER},surname,zip,\n{ROW},a,b,c\n"
    text = csv_problems(tmp_path, content)
    assert "2 columns are not declared" in text
    assert "surname, zip" in text
    assert "a column has no name" in text
    assert "data.undeclared_columns: ignore" in text
    assert csv_problems(tmp_path, content, **{"data.undeclared_columns": "ignore"}) == ""
    known = {"identifiers": ["surname"], "ignored_columns": ["zip"]}
    assert "declared columns only" not in csv_problems(tmp_path, content, **known)


def test_no_header_at_all_and_the_first_patient_stays_unquoted(tmp_path: Path) -> None:
    text = csv_problems(tmp_path, "4711,59,m,yes,Springfield,0\n" * 3)
    assert "the header names none of the declared columns" in text
    assert "is there a header at all?" in text
    assert "4711" not in text and "Springfield" not in text


@pytest.mark.parametrize("content", [f'"{HEADER}', f'"{HEADER}\n{ROW}\n', f'i"d,"{HEADER}'])
def test_a_quote_in_the_header_that_is_never_closed(tmp_path: Path, content: str) -> None:
    text = csv_problems(tmp_path, content)
    assert "records.csv" in text
    assert "a quote" in text and "opened and not closed" in text


def test_a_sample_that_ends_within_a_quoted_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.ingest.header_csv.SAMPLE", 70)
    assert csv_problems(tmp_path, f'{HEADER}\n1,59,m,yes,"a\nb\nc\nd\ne\nf\ng\nh\ni\nj",0\n') == ""


def test_spaces_around_names(tmp_path: Path) -> None:
    assert csv_problems(tmp_path, f"{HEADER.replace(',', ' , ')}\n{ROW}\n") == ""


@pytest.mark.skipif(is_root(), reason="permissions do not hold for root")
def test_no_permission(tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_text(f"{HEADER}\n{ROW}\n")
    file.chmod(0)
    assert "no permission to read" in problems(file)
    file.chmod(0o600)
    tmp_path.chmod(0)
    assert "no permission to read the folder" in problems(file)
    tmp_path.chmod(0o700)


def test_no_permission_as_the_system_reports_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "the path")

    monkeypatch.setattr("components.ingest.header_csv.open_file", refuse)
    assert "records.csv: no permission to read" in csv_problems(tmp_path, f"{HEADER}\n{ROW}\n")


def table(**changes: pa.Array) -> pa.Table:
    columns = {
        "id": pa.array([1]),
        "age": pa.array([59.5]),
        "sex": pa.array(["m"]),
        "smoker": pa.array([True]),
        "site": pa.array(["a"]).dictionary_encode(),
        "outcome": pa.array([1]),
    }
    return pa.table({**columns, **changes})


def parquet_problems(tmp_path: Path, content: pa.Table, **changes: object) -> str:
    file = tmp_path / "records.parquet"
    pq.write_table(content, file)
    return problems(file, **{"data.format": "parquet", **changes})


def test_a_good_parquet_file(tmp_path: Path) -> None:
    assert parquet_problems(tmp_path, table()) == ""


@pytest.mark.parametrize(
    ("column", "values", "expected", "found"),
    [
        ("age", pa.array(["59"]), "numbers", "string"),
        ("age", pa.array([True]), "numbers", "bool"),
        ("age", pa.array([[1.0]]), "numbers", "list"),
        ("outcome", pa.array(["1"]), "numbers", "string"),
        ("sex", pa.array([b"m"]), "text, whole numbers or truth values", "binary"),
        ("smoker", pa.array([0], pa.timestamp("s")), "text, whole numbers or truth values", "timestamp"),
        ("id", pa.array([True]), "text, whole numbers or truth values", "bool"),
    ],
)
def test_wrong_type_in_parquet(tmp_path: Path, column: str, values: pa.Array, expected: str, found: str) -> None:
    text = parquet_problems(tmp_path, table(**{column: values}))
    assert f"the column '{column}' has the wrong type" in text
    assert f"expected: {expected}" in text
    assert f"found: {found}" in text


def test_text_in_a_numeric_parquet_column_that_declares_text(tmp_path: Path) -> None:
    content = table(age=pa.array(["> 89"]))
    assert "features.age.replace" in parquet_problems(tmp_path, content)
    assert parquet_problems(tmp_path, content, **{"features.age.replace": {"> 89": 90}}) == ""
    assert parquet_problems(tmp_path, content, **{"features.age.missing": ["NA"]}) == ""


def test_parquet_without_rows(tmp_path: Path) -> None:
    assert "there is a header and no row below it" in parquet_problems(tmp_path, table().slice(0, 0))


def test_truncated_parquet(tmp_path: Path) -> None:
    parquet_problems(tmp_path, table())
    file = tmp_path / "records.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    text = problems(file, **{"data.format": "parquet"})
    assert "records.parquet: the Parquet file is cut off or broken" in text


def test_not_a_parquet_file(tmp_path: Path) -> None:
    (tmp_path / "records.parquet").write_text(f"{HEADER}\n{ROW}\n")
    assert "this is no Parquet file" in problems(tmp_path / "records.parquet", **{"data.format": "parquet"})


def test_many_bad_files_are_not_all_told(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number:02d}.csv").write_text("")
    found = inspect_header(make_task(**{"data.path": str(tmp_path)}))
    assert len(found) == 21
    assert "and 30 more files were not looked at" in str(found[-1])


def test_newest_span_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("")
    (tmp_path / "2.csv").write_text(f"{HEADER}\n{ROW}\n")
    task = make_task(**{"data.path": str(tmp_path / "{SPAN}.csv")})
    assert inspect_header(task) == []
    assert "the file is empty" in str(inspect_header(task, span=1)[0])
    assert "there is no span 3" in str(inspect_header(task, span=3)[0])


def test_looking_at_a_local_header_loads_neither_tensorflow_nor_beam(tmp_path: Path) -> None:
    """`galen check` has to answer at once."""
    file = tmp_path / "records.csv"
    file.write_text(f"{HEADER}\n{ROW}\n")
    code = (
        "import sys; from tests.components.ingest.helpers import make_task;"
        "from components.ingest.header import inspect_header;"
        f"assert inspect_header(make_task(**{{'data.path': {str(file)!r}}})) == [];"
        "print(sorted({'tensorflow', 'tfx', 'apache_beam', 'tfx_bsl', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
