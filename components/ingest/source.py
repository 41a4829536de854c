"""The files of a task: its path, taken apart for TFX, with the newest span and version found.

`{SPAN}`, `{VERSION}` and `{YYYY}`, `{MM}`, `{DD}` stand for digits; `*` and `?` for anything but a slash. A span by
date is the number of days since 1970-01-01, as TFX counts.
"""

import datetime
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from components.storage import StoredFile, checksum, is_remote, join, list_files, matches, reading
from pipeline_configs.errors import ConfigError, DataProblem, Problem

__all__ = ["Found", "Location", "find", "find_files", "fingerprint", "locate", "span_number", "spans"]

SUFFIXES = {
    "csv": ("*.csv", "*.tsv", "*.txt", "*.csv.gz", "*.tsv.gz", "*.txt.gz"),
    "parquet": ("*.parquet", "*.pq"),
    "fhir": ("*.json", "*.ndjson", "*.json.gz", "*.ndjson.gz"),
    "jsonl": ("*.jsonl", "*.ndjson", "*.jsonl.gz", "*.ndjson.gz"),
    "dicom": ("*",),
}
"""Which files of a folder are read, by `data.format`."""

_DEEP = frozenset(["dicom"])
"""Formats whose files lie in folders below folders, as studies and series do, and are many and large."""

_TOKEN = re.compile(r"\{(SPAN|VERSION|YYYY|MM|DD)\}")
_DIGITS = {"SPAN": r"\d+", "VERSION": r"\d+", "YYYY": r"\d{4}", "MM": r"\d{2}", "DD": r"\d{2}"}
_EPOCH = datetime.date(1970, 1, 1)


class Location(NamedTuple):
    """A path in two parts, as TFX's ExampleGen takes them: a folder, and a pattern of files below it."""

    base: str
    pattern: str


@dataclass(frozen=True)
class Found:
    """The files of one span.

    Attributes:
        span: Number of the span; 0 where the path names none.
        version: Version of the span; None where the path names none.
        pattern: The pattern with span and version filled in.
        files: The files, sorted by path; at least one.
        by_content: Whether `fingerprint` reads them; it does not where they are images.
    """

    span: int
    version: int | None
    pattern: str
    files: tuple[StoredFile, ...]
    by_content: bool = True


def locate(path: str) -> Location:
    """Takes a path apart: file, folder, or pattern with `*`, `?` and `{...}`, local or with a scheme such as s3://.

    Returns:
        The folder above the first part that is a pattern (for a plain path: above its last part), and the rest.
    """
    scheme, separator, rest = path.rpartition("://")
    if not separator:
        rest = os.path.abspath(Path(path).expanduser())  # noqa: PTH100 - `..` goes, links stay
    parts = rest.rstrip("/").split("/")
    first = next((i for i, part in enumerate(parts) if any(c in part for c in "*?{")), len(parts) - 1)
    if separator and first == 0:
        return Location(scheme + separator + parts[0], "/".join(parts[1:]) or "*")
    base = scheme + separator + "/".join(parts[:first])
    return Location(base or "/", "/".join(parts[first:]))


def span_number(span: int | str | datetime.date | None) -> int | None:
    """Returns the number of a span given as a number or a date (YYYY-MM-DD); None stands for the newest.

    Raises:
        ConfigError: It is neither.
    """
    if span is None or (isinstance(span, int) and not isinstance(span, bool) and span >= 0):
        return span
    if isinstance(span, datetime.datetime):
        span = span.date()
    if isinstance(span, datetime.date):
        return (span - _EPOCH).days
    text = str(span).strip()
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return (datetime.date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        raise ConfigError(
            Problem("this is no span", "--param span", "a number, or a date as YYYY-MM-DD", repr(text))
        ) from None


def find(location: Location, data_format: str, span: int | None = None) -> Found:
    """Finds the files of a span, in its newest version.

    Args:
        location: Where to look.
        data_format: `data.format` of the task; says which files of a folder count.
        span: Number of the span; the newest where it is None.

    Raises:
        DataProblem: Nothing is there, or it cannot be listed.
        ConfigError: A span is asked for and the path names none.
    """
    pattern, version = location.pattern, None
    tokens = set(_TOKEN.findall(pattern))
    if not tokens & {"SPAN", "YYYY"}:
        if span is not None:
            raise ConfigError(
                Problem("a span is asked for, and the path names none", "data.path", "{SPAN} or {YYYY}-{MM}-{DD} in it")
            )
        span = 0
    else:
        span, version, pattern = _newest(location, span, deep=data_format in _DEEP)
    files = tuple(find_files(join(location.base, pattern), data_format))
    return Found(span, version, pattern, files, by_content=data_format not in _DEEP)


def find_files(path: str, data_format: str) -> list[StoredFile]:
    """Lists the files that a path without `{...}` names: a file, all of a pattern, or those of a folder.

    Raises:
        DataProblem: There is none, or the storage cannot be listed.
    """
    found = list_files(path)
    if found:
        return found
    below = list_files(join(path, "**" if data_format in _DEEP else "*"))
    fitting = [file for file in below if matches(file.name, SUFFIXES[data_format])]
    if not fitting:
        raise DataProblem(_nothing(path, below, data_format))
    return fitting


def fingerprint(found: Found) -> str:
    """Returns a text that changes with the names and contents of the files.

    Local files are read (about a second for a gigabyte), so that a file that is copied again does not look new;
    for remote ones the storage's own checksum is asked for. Of images only names and sizes are taken in here.

    Raises:
        DataProblem: A file cannot be read.
    """
    total = hashlib.blake2b(digest_size=16)
    for file in found.files:
        with reading(file.path):
            content = checksum(file.path) if found.by_content else ""
            total.update(f"{file.name}\0{file.size}\0{content}\n".encode())
    size = sum(file.size for file in found.files)
    return f"files:{len(found.files)},bytes:{size},digest:{total.hexdigest()}"


def spans(location: Location, data_format: str = "") -> list[int]:
    """Returns the numbers of all spans there are, rising; none where the path names none.

    Args:
        location: Where to look.
        data_format: `data.format` of the task; says whether a span's files lie in folders below folders.

    Raises:
        DataProblem: The storage cannot be listed.
    """
    return sorted({number for number, _ in _candidates(location, deep=data_format in _DEEP)})


def _candidates(location: Location, *, deep: bool = False) -> dict[tuple[int, int], dict[str, str]]:
    """What the tokens stand for, by span and version."""
    glob_pattern = join(location.base, _TOKEN.sub("*", location.pattern))
    files = list_files(glob_pattern) or list_files(join(glob_pattern, "**" if deep else "*"))
    expression = re.compile(_expression(location.pattern) + (r"(/.*)?" if deep else r"(/[^/]*)?"))
    start = len(location.base.rstrip("/")) + 1
    candidates: dict[tuple[int, int], dict[str, str]] = {}
    for file in files:
        match = expression.fullmatch(file.path[start:])
        texts = match.groupdict() if match else {}
        number = _span_of(texts)
        if number is not None:
            candidates.setdefault((number, int(texts.get("VERSION") or 0)), texts)
    return candidates


def _newest(location: Location, wanted: int | None, *, deep: bool = False) -> tuple[int, int | None, str]:
    """Returns span, version and filled pattern of the newest version of the wanted (or the newest) span."""
    candidates = _candidates(location, deep=deep)
    chosen = [key for key in candidates if wanted is None or key[0] == wanted]
    if not chosen:
        if not candidates:
            raise DataProblem(_nothing(join(location.base, location.pattern), [], ""))
        spans = sorted({_span_text(number, location.pattern) for number, _ in candidates})
        raise DataProblem(
            Problem(
                f"there is no span {_span_text(wanted or 0, location.pattern)}",
                join(location.base, location.pattern),
                expected=f"one of: {', '.join(spans[-5:])}" + (f" ({len(spans)} in all)" if len(spans) > 5 else ""),
            )
        )
    number, version = max(chosen)
    texts = candidates[number, version]
    pattern = _TOKEN.sub(lambda token: texts[token[1]], location.pattern)
    return number, version if "VERSION" in texts else None, pattern


def _expression(pattern: str) -> str:
    """The pattern as a regular expression with a group for each token; a token that comes twice must be the same."""
    parts, seen = [], set()
    for part in re.split(r"(\{(?:SPAN|VERSION|YYYY|MM|DD)\}|\*|\?)", pattern):
        if part in ("*", "?"):
            parts.append("[^/]*" if part == "*" else "[^/]")
        elif _TOKEN.fullmatch(part):
            name = part[1:-1]
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{_DIGITS[name]})")
            seen.add(name)
        else:
            parts.append(re.escape(part))
    return "".join(parts)


def _span_of(texts: dict[str, str]) -> int | None:
    if "SPAN" in texts:
        return int(texts["SPAN"])
    if {"YYYY", "MM", "DD"} <= texts.keys():
        try:
            return (datetime.date(int(texts["YYYY"]), int(texts["MM"]), int(texts["DD"])) - _EPOCH).days
        except ValueError:
            return None
    return None


def _span_text(number: int, pattern: str) -> str:
    return str(number) if "{SPAN}" in pattern else str(_EPOCH + datetime.timedelta(days=number))


def _nothing(path: str, below: list[StoredFile], data_format: str) -> Problem:
    """What is wrong with a path at which nothing was found."""
    if below:
        forms = ", ".join(form[1:] for form in SUFFIXES[data_format])
        return Problem(
            f"the folder holds no {data_format.upper()} file", path, expected=forms, found=f"{len(below)} other files"
        )
    if not is_remote(path):
        if Path(path).is_dir():
            if not os.access(path, os.R_OK | os.X_OK):
                return Problem("no permission to read the folder", path, fix="give this user the right to read it")
            return Problem("the folder is empty", path)
        above = next(folder for folder in Path(path).parents if folder.is_dir())
        if not os.access(above, os.R_OK | os.X_OK):
            return Problem("no permission to read the folder", str(above), fix="give this user the right to read it")
    what = "no file matches" if any(c in path for c in "*?{") else "there is no such file or folder"
    return Problem(what, path, fix="correct data.path, or put the data there")
