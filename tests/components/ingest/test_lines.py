"""Blocks of text: cut where rows end, with the right line of each row."""

import csv
import io
import random
from collections.abc import Iterable

import pytest

from components.ingest.lines import TextBlock, text_blocks
from pipeline_configs.errors import DataProblem


def rows(blocks: Iterable[TextBlock]) -> list[tuple[int, str]]:
    """Line and text of each row."""
    return [
        (int(line), block.data[begin:end].decode())
        for block in blocks
        for begin, end, line in zip(block.begins, block.ends, block.lines, strict=True)
    ]


def read(data: bytes, encoding: str = "utf-8", block_bytes: int = 4 << 20) -> list[TextBlock]:
    return list(text_blocks(io.BytesIO(data), encoding, ",", '"', block_bytes))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 1000])
def test_line_ends_and_blank_lines(end: str, block_bytes: int) -> None:
    text = end.join(["a,b", "1,2", "", "", "3,4"])
    assert rows(read(text.encode(), block_bytes=block_bytes)) == [(1, "a,b"), (2, "1,2"), (5, "3,4")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "utf-32"])
@pytest.mark.parametrize("block_bytes", [1, 5, 1000])
def test_encodings(encoding: str, block_bytes: int) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    assert rows(read("é,b\r\n1,ü\r\n".encode(encoding), declared, block_bytes)) == [(1, "é,b"), (2, "1,ü")]


@pytest.mark.parametrize("block_bytes", [1, 4, 9, 1000])
def test_lines_within_quotes(block_bytes: int) -> None:
    text = 'a,b\n"x\n\ny",2\n\n"say ""no""\n",3\n4,5\n'
    expected = [(1, "a,b"), (2, '"x\n\ny",2'), (6, '"say ""no""\n",3'), (8, "4,5")]
    assert rows(read(text.encode(), block_bytes=block_bytes)) == expected


def test_a_quote_within_a_value_is_text() -> None:
    blocks = read(b'a,b\n5" pipe,2\n3,4" and 5"\n5,6\n')
    assert rows(blocks) == [(1, "a,b"), (2, '5" pipe,2'), (3, '3,4" and 5"'), (4, "5,6")]


@pytest.mark.parametrize("block_bytes", [6, 1000])
def test_a_row_with_text_after_a_quote_is_set_aside(block_bytes: int) -> None:
    blocks = read(b'a,b\n1,2\n"x"y,2\n"z",3\n"open,1\n"shut",2\n4,5\n', block_bytes=block_bytes)
    assert [(r.line, r.reason) for block in blocks for r in block.rejected] == [
        (3, "text follows a closing quote"),
        (5, "text follows a closing quote"),
    ]
    assert rows(blocks) == [(1, "a,b"), (2, "1,2"), (4, '"z",3'), (7, "4,5")]


def test_a_last_line_that_is_cut_off_within_quotes_is_set_aside() -> None:
    blocks = read(b'a,b\n1,2\n"3,4')
    assert [tuple(r) for block in blocks for r in block.rejected] == [(3, "", "a quote is opened and not closed", "")]
    assert rows(blocks) == [(1, "a,b"), (2, "1,2")]


def test_a_quote_that_swallows_the_rest_is_an_error_with_its_line() -> None:
    with pytest.raises(DataProblem) as caught:
        read(b'a,b\n1,2\n"3,4\n5,6\n')
    assert 'line 3: a quote (") is opened and not closed' in str(caught.value)


def test_a_quote_that_swallows_a_large_file_ends_the_reading_early() -> None:
    data = b'a,b\n"1,2\n' + b"3,4\n" * 10_000
    file = io.BytesIO(data)
    with pytest.raises(DataProblem, match="line 2"):
        list(text_blocks(file, "utf-8", ",", '"', block_bytes=1000, max_row=5000))
    assert file.tell() < len(data)


def test_text_that_cannot_be_decoded_at_all() -> None:
    with pytest.raises(DataProblem, match="after line 1: the file is not utf-16"):
        read(b"a,b\n1,2\n", "utf-16")


def test_nothing() -> None:
    assert rows(read(b"")) == []
    assert rows(read(b"\n\r\n\r")) == []


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_the_csv_module(seed: int) -> None:
    """Random tables, written by Python's csv module with quotes where needed, in blocks of random length."""
    rng = random.Random(seed)
    pieces = ["", "x", "1.5", 'say "no"', "a,b", "two\nlines", " ", '"', "ä€", "\n", '""']
    table = [["".join(rng.choices(pieces, k=rng.randint(0, 3))) for _ in range(3)] for _ in range(50)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])).writerows(table)
    found = rows(read(text.getvalue().encode(), block_bytes=rng.randint(1, 300)))
    assert [next(csv.reader(io.StringIO(row, newline=""))) for _, row in found] == table
    starts, line = [], 1
    for row in table:
        starts.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert [line for line, _ in found] == starts
