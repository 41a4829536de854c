"""Looks at the beginning of a CSV file: what kind of file it is, its encoding, delimiter and header."""

import codecs
import io
import re

from components.ingest.header import Header, column_problems
from components.ingest.lines import text_blocks
from components.ingest.normalise import source_columns
from components.ingest.read_csv import REPLACEMENT, split_header
from components.storage import open_file, reading
from pipeline_configs.errors import Problem
from pipeline_configs.task import Task

__all__ = ["inspect_csv"]

SAMPLE = 256 << 10
"""Bytes that are looked at."""

_KINDS = {
    b"PAR1": ("a Parquet file", "set data.format: parquet"),
    b"PK\x03\x04": ("an Excel or zip file", "export it as CSV"),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", "export it as CSV"),
    b"\x1f\x8b": ("a gzip file without .gz in its name", "add .gz to its name"),
    b"%PDF": ("a PDF", "export the table as CSV"),
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKED = {"utf-16": _UTF16, "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)}
_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar (|)"}


def inspect_csv(task: Task, path: str) -> Header:
    """Looks at the beginning of a CSV file.

    Raises:
        DataProblem: It cannot be read.
    """
    wrong_settings = _setting_problems(task)
    if wrong_settings:
        return Header(wrong_settings)
    with reading(path), open_file(path) as file:
        sample = file.read(SAMPLE)
        whole = not file.read(1)
        problem = _kind_problem(sample, path) or _encoding_problem(task, sample, path)
        if problem:
            return Header((problem,))
        text = _text(sample, task.data.encoding, whole)
        if not text.strip():
            what = "the file holds only blank lines" if whole else f"there is no line end in the first {SAMPLE} bytes"
            return Header((Problem(what, path, "a header and rows"),))
        blocks = text_blocks(io.BytesIO(text.encode()), "utf-8", task.data.delimiter, task.data.quote)
        block = next((block for block in blocks if len(block.begins)), None)
    if block is None:
        return Header((Problem("the header has a quote that is opened and not closed", path),))
    line = block.data[: block.ends[0]].decode()
    problems = _delimiter_problems(task, line, path) or column_problems(task, split_header(line, task.data), path)
    return Header(tuple(problems), has_rows=len(block.begins) > 1 or bool(block.rejected) or not whole)


def _setting_problems(task: Task) -> tuple[Problem, ...]:
    problems = []
    data = task.data
    try:
        usable = codecs.lookup(data.encoding)._is_text_encoding
    except LookupError:
        usable = False
    if not usable:
        examples = "such as utf-8, latin-1, utf-16"
        problems.append(Problem("this encoding is not known", "data.encoding", examples, data.encoding))
    for name, mark in (("delimiter", data.delimiter), ("quote", data.quote)):
        if not mark.isascii() or mark in "\r\n":
            problems.append(Problem(f"this {name} cannot be used", f"data.{name}", "one ASCII character", repr(mark)))
    if data.delimiter == data.quote:
        problems.append(Problem("delimiter and quote are the same", "data.delimiter"))
    return tuple(problems)


def _kind_problem(sample: bytes, path: str) -> Problem | None:
    for magic, (kind, fix) in _KINDS.items():
        if sample.startswith(magic):
            return Problem("this is no CSV file", path, "text", kind, fix)
    return None


def _encoding_problem(task: Task, sample: bytes, path: str) -> Problem | None:
    """Says where the declared encoding cannot be right, and which one is likely."""
    declared = task.data.encoding
    name = codecs.lookup(declared).name
    wide = name.startswith(("utf-16", "utf-32"))
    looks_wide = sample.startswith(_UTF16) or b"\0" in sample
    likely = ""
    if looks_wide and not wide:
        likely = _wide(sample)
        found = f"looks like {likely}" if likely else "NUL characters: not text, or broken"
    elif wide and looks_wide and name in _MARKED and not sample.startswith(_MARKED[name]):
        likely = _wide(sample)
        found = "no byte order mark" + (f"; looks like {likely}" if likely else "")
    elif wide and not looks_wide:
        likely = _narrow(sample)
        found = f"looks like {likely}"
    else:
        text = _text(sample, declared, False)
        lines = text.split("\n")
        wrong = sum(REPLACEMENT in line for line in lines)
        if not wrong or _decodes(sample, declared):
            return None
        if wrong <= task.data.quarantine.max_share * len(lines) and REPLACEMENT not in text.lstrip("\n").split("\n")[0]:
            return None
        likely = _narrow(sample)
        found = f"{wrong} of the first {len(lines)} lines hold other characters; looks like {likely}"
    fix = f"set data.encoding: {likely}" if likely else "write the file again as text"
    return Problem(f"the file is not {declared}", path, "the encoding in data.encoding", found, fix)


def _wide(sample: bytes) -> str:
    """Which of the encodings with two bytes a character it looks like; "" for none."""
    if sample.startswith(_UTF16):
        return "utf-16"
    even, odd = sample[0:2000:2].count(0), sample[1:2000:2].count(0)
    if max(even, odd) < 0.3 * len(sample[:2000]) / 2:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _narrow(sample: bytes) -> str:
    if _decodes(sample, "utf-8"):
        return "utf-8"
    return "cp1252" if re.search(rb"[\x80-\x9f]", sample) else "latin-1"


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeError:
        return False
    return True


def _text(sample: bytes, encoding: str, whole: bool) -> str:
    """The sample as text with LF line ends, up to its last line end where the file goes on."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    text: str = decoder.decode(sample, final=whole)
    text = text.removeprefix("\ufeff")
    return text if whole else text[: text.rfind("\n") + 1]


def _delimiter_problems(task: Task, line: str, path: str) -> list[Problem]:
    """Says where another delimiter would find more of the declared columns."""
    wanted = {name.lower() for name in (*source_columns(task), *task.identifiers, *task.ignored_columns)}

    def hits(delimiter: str) -> int:
        names = split_header(line, task.data.model_copy(update={"delimiter": delimiter}))
        return len(wanted & {name.lower() for name in names})

    likely = max(_DELIMITERS, key=hits)
    if hits(likely) <= hits(task.data.delimiter):
        return []
    expected = f"{_DELIMITERS.get(task.data.delimiter, repr(task.data.delimiter))} (data.delimiter)"
    written = "\\t" if likely == "\t" else likely
    fix = f'set data.delimiter: "{written}"'
    fix += ', and data.decimal: "," if numbers have a comma' if likely == ";" else ""
    return [Problem("the file has another delimiter", path, expected, f"looks like {_DELIMITERS[likely]}", fix)]
