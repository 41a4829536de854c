"""Reads files of FHIR R4 JSON: bundles (.json), one resource (.json), and bulk export (.ndjson), each also as .gz.

A bundle is one JSON text and is held in memory as a whole, with about ten times its size while it is read. Bulk export
is read line by line, in stretches of `PART_BYTES` that several workers take; a packed file (.gz) cannot be entered in
the middle and is one stretch.

Bundles are named after patients by some systems, so that no file's name is repeated anywhere: a file is called by its
number among all files by name, and by its name only where that is a type of resource with a short number, as in bulk
export.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import orjson

from components.fhir.mapping import Mapping
from components.fhir.problem import Unreadable
from components.fhir.reference import PatientKey, own_key, referenced_patient, server
from components.fhir.resources import ResourceReader
from components.storage import StoredFile, open_file, reading

__all__ = ["PART_BYTES", "Part", "PartRead", "is_fhir_file", "parts", "read_part"]

PART_BYTES = 16 << 20
"""Bytes of a stretch of bulk export."""

_BROKEN = "broken JSON"
_NOT_A_RESOURCE = "JSON that is no FHIR resource"
_NO_FHIR_FILE = "a file that is not .json or .ndjson"
_CUT = "the packed file is broken or cut off here"
_TYPE = "a bundle of a type that is not read (history, responses), or of none"
_ENTRIES = "a bundle whose entries are no list"
_ENTRY = "an entry that is no JSON object"
_NESTED = "a bundle where a single resource is expected"
_BUNDLE_TYPES = ("transaction", "collection", "searchset", "batch", "document", "message")
_BULK_NAME = re.compile(
    r"(Patient|Observation|Condition|Encounter|DocumentReference)([._-][0-9]{1,5})?\.(ndjson|jsonl)(\.gz)?", re.ASCII
)
_BOM = b"\xef\xbb\xbf"


class Part(NamedTuple):
    """A file, or a stretch of one.

    Attributes:
        number: Number among all parts, from 0.
        label: What the file is called in reports; never a name that could be a patient's.
        path: Where the file is.
        start: First byte; a line belongs to the part in which it begins.
        stop: Byte after the last one; -1 for the end of the file.
    """

    number: int
    label: str
    path: str
    start: int
    stop: int


class PartRead(NamedTuple):
    """What one part holds.

    Attributes:
        part: Its number.
        lines: Number of lines in it; 0 for a bundle.
        facts: The facts of each patient.
        seen: Number of resources by type.
        rejected: What goes to quarantine, as (line within the part, column, reason).
        left_out: How much was left out on purpose, by reason.
    """

    part: int
    lines: int
    facts: dict[PatientKey, list[Any]]
    seen: dict[str, int]
    rejected: list[tuple[int, str, str]]
    left_out: dict[str, int]


def is_fhir_file(path: str) -> bool:
    """Whether a file is read by its name: .json or .ndjson (.jsonl), packed (.gz) or not."""
    return path.lower().removesuffix(".gz").endswith((".json", ".ndjson", ".jsonl"))


def parts(files: Sequence[StoredFile], part_bytes: int = PART_BYTES) -> list[Part]:
    """Returns the parts in which files are read.

    Args:
        files: The files.
        part_bytes: Bytes of a stretch of bulk export.
    """
    found: list[Part] = []
    for number, file in enumerate(sorted(files, key=lambda file: file.path), start=1):
        label = _label(file, number, len(files))
        splits = _is_lines(file.path) and not file.path.lower().endswith(".gz")
        starts = range(0, max(file.size, 1), part_bytes) if splits else [0]
        for start in starts:
            last = start == starts[-1]
            found.append(Part(len(found), label, file.path, start, -1 if last else start + part_bytes))
    return found


def _label(file: StoredFile, number: int, of: int) -> str:
    name = file.name if _BULK_NAME.fullmatch(file.name) else "*" + _suffix(file.name)
    return f"{name} (file {number} of {of} by name)"


def _suffix(name: str) -> str:
    match = re.search(r"(\.(json|ndjson|jsonl|xml|csv|txt|zip))?(\.gz)?$", name.lower(), re.ASCII)
    return match.group() if match else ""


def _is_lines(path: str) -> bool:
    return path.lower().removesuffix(".gz").endswith((".ndjson", ".jsonl"))


def read_part(part: Part, mapping: Mapping) -> PartRead:
    """Reads a file, or a stretch of one.

    Args:
        part: What to read.
        mapping: What the task reads.

    Raises:
        DataProblem: The storage does not give the file.
    """
    reader = ResourceReader(mapping)
    lines = 0
    if not is_fhir_file(part.path):
        reader.rejected.append((0, "", _NO_FHIR_FILE))
    else:
        with reading(part.label), open_file(part.path) as stream:
            if _is_lines(part.path):
                lines = _read_lines(stream, part, reader)
            else:
                _read_whole(stream, part, reader)
    return PartRead(part.number, lines, reader.facts, dict(reader.seen), reader.rejected, dict(reader.left_out))


def _read_whole(stream: BinaryIO, part: Part, reader: ResourceReader) -> None:
    try:
        text = stream.read()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        reader.rejected.append((0, "", _CUT))
        return
    try:
        _read_json(_resource(text), part, reader)
    except Unreadable as problem:
        reader.rejected.append((0, "", problem.reason))


def _read_json(resource: dict[str, Any], part: Part, reader: ResourceReader) -> None:
    if resource["resourceType"] != "Bundle":
        _read_alone(resource, 1, part, reader)
        return
    if resource.get("type") not in _BUNDLE_TYPES:
        raise Unreadable(_TYPE)
    entries = resource.get("entry", [])
    if not isinstance(entries, list):
        raise Unreadable(_ENTRIES)
    by_url = _patients(entries)
    at_server: dict[str, Callable[[object], PatientKey | None]] = {}
    for line, entry in enumerate(entries, start=1):
        try:
            found = _of_entry(entry)
        except Unreadable as problem:
            reader.rejected.append((line, "", problem.reason))
            continue
        if found is None:
            continue
        inner, url = found
        base = server(url)
        subject = at_server.get(base)
        if subject is None:
            subject = at_server[base] = partial(_subject, at_server=base, by_url=by_url, cache={})
        reader.read(inner, line, partial(own_key, inner.get("id"), url), subject, url or f"{part.number}:{line}")


def _subject(
    reference: object, at_server: str, by_url: dict[str, PatientKey], cache: dict[str, PatientKey | None]
) -> PatientKey | None:
    """As `referenced_patient`, which most resources of a bundle ask the same."""
    text = reference.get("reference") if isinstance(reference, dict) else None
    if isinstance(text, str) and text in cache:
        return cache[text]
    key = referenced_patient(reference, at_server, by_url)
    if isinstance(text, str):
        cache[text] = key
    return key


def _patients(entries: Iterable[Any]) -> dict[str, PatientKey]:
    """The keys of a bundle's patients by the fullUrl that its references use."""
    found = {}
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "Patient":
            url = entry.get("fullUrl")
            if isinstance(url, str):
                try:
                    found[url] = own_key(resource.get("id"), url)
                except Unreadable:
                    continue  # reported where the Patient itself is read
    return found


def _of_entry(entry: object) -> tuple[dict[str, Any], str] | None:
    """Resource and fullUrl of an entry, or None where it holds none (a deletion, a search's outcome)."""
    if not isinstance(entry, dict):
        raise Unreadable(_ENTRY)
    resource, url = entry.get("resource"), entry.get("fullUrl", "")
    if resource is None and ("request" in entry or "response" in entry):
        return None
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str) or not isinstance(url, str):
        raise Unreadable(_NOT_A_RESOURCE)
    if resource["resourceType"] == "Bundle":
        raise Unreadable(_NESTED)
    return resource, url


def _read_lines(stream: BinaryIO, part: Part, reader: ResourceReader) -> int:
    """Reads the lines that begin within a part; returns their number."""
    number = 0
    try:
        for number, text in enumerate(_lines(stream, part), start=1):
            if not text.strip():
                continue
            try:
                resource = _resource(text)
                if resource["resourceType"] == "Bundle":
                    raise Unreadable(_NESTED)
                _read_alone(resource, number, part, reader)
            except Unreadable as problem:
                reader.rejected.append((number, "", problem.reason))
    except (EOFError, gzip.BadGzipFile, zlib.error):
        reader.rejected.append((number + 1, "", _CUT))
    return number


def _lines(stream: BinaryIO, part: Part) -> Iterator[bytes]:
    position = part.start
    if position:
        # The line that holds the byte before began in the part before; if that byte ends it, nothing is skipped.
        stream.seek(position - 1)
        position += len(stream.readline()) - 1
    while part.stop < 0 or position < part.stop:
        text = stream.readline()
        if not text:
            return
        position += len(text)
        yield text


def _read_alone(resource: dict[str, Any], line: int, part: Part, reader: ResourceReader) -> None:
    """Reads a resource that stands in no bundle: its references are relative to the server it is from, or absolute."""
    reader.read(resource, line, partial(own_key, resource.get("id"), ""), _subject_alone, f"{part.number}:{line}")


def _subject_alone(reference: object) -> PatientKey | None:
    return referenced_patient(reference, "", {})


def _resource(text: bytes) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        Unreadable: There is none, or it is no resource; the parser's own message holds the text and is dropped.
    """
    try:
        found = orjson.loads(text.removeprefix(_BOM))
    except orjson.JSONDecodeError:
        raise Unreadable(_BROKEN) from None
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise Unreadable(_NOT_A_RESOURCE)
    return found
