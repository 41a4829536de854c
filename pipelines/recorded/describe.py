"""What a node read and wrote, in one line: rows by split, artifacts and bytes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline_configs.paths import is_remote
from pipelines.launching.observer import NodeResult
from pipelines.metadata.records import Artifact, Node
from pipelines.wording import ARTIFACT_WORDS, bytes_text, count, listed, rows_by_split

__all__ = ["artifact_bytes", "described", "ingest_report", "json_file"]


def described(result: NodeResult) -> str:
    """Returns what to say about a node that ended: `examples, schema -> transform graph, 45 kB`."""
    if result.outcome == "skipped":
        return "left out"
    if result.record is None:
        return "results of an earlier run"
    node = result.record
    special = _ingest(node) or _blessing(node) or _push(node)
    if special:
        return special
    if node.hands_on:
        return f"found {_names(node.outputs)}"
    wrote = _wrote(node.outputs)
    read = _names(node.inputs)
    if not read:
        return wrote or "nothing found"
    return f"{read} -> {wrote or 'nothing'}"


def _ingest(node: Node) -> str:
    for artifact in node.outputs_of("GalenIngestReport"):
        report = ingest_report(artifact)
        if not report:
            return ""
        files = report.get("files", [])
        rows = sum(int(file.get("rows", 0)) for file in files)
        size = report.get("bytes_read") or sum(int(file.get("bytes", 0)) for file in files)
        text = f"{count(len(files), 'file')}, {count(rows, 'row')}, {bytes_text(size)} -> "
        text += rows_by_split(report.get("rows", {}))
        written = report.get("bytes_written")
        text += f", {bytes_text(written)}" if written else ""
        quarantined = int(report.get("quarantined", 0))
        text += f"; {count(quarantined, 'row')} in quarantine" if quarantined else ""
        pairs = int(report.get("near_duplicates_across_splits", 0))
        return text + (f"; {count(pairs, 'pair')} of images in different splits look the same" if pairs else "")
    return ""


def _blessing(node: Node) -> str:
    for artifact in node.outputs_of("ModelBlessing"):
        blessed = artifact.number("blessed")
        verdict = "blessed" if blessed == 1 else "not blessed" if blessed == 0 else "no verdict"
        others = {key: found for key, found in node.outputs.items() if artifact not in found}
        rest = _wrote(others)
        return f"{_names(node.inputs)} -> {verdict}{'; ' if rest else ''}{rest}"
    return ""


def _push(node: Node) -> str:
    for artifact in node.outputs_of("PushedModel"):
        if artifact.number("pushed") != 1:
            return f"{_names(node.inputs)} -> nothing pushed"
        version = artifact.properties.get("pushed_version") or Path(artifact.uri).name
        size = artifact_bytes(artifact.uri)
        return f"{_names(node.inputs)} -> version {version}" + (f", {bytes_text(size)}" if size else "")
    return ""


def _names(artifacts: Mapping[str, Sequence[Artifact]]) -> str:
    counts: dict[str, int] = {}
    for found in artifacts.values():
        for artifact in found:
            word = ARTIFACT_WORDS.get(artifact.type, artifact.type)
            counts[word] = counts.get(word, 0) + 1
    order = list(ARTIFACT_WORDS.values())
    counts = dict(sorted(counts.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))
    return listed((_counted(word, many) for word, many in counts.items()), most=4)


def _counted(word: str, many: int) -> str:
    if many == 1:
        return word
    return f"{many} {word}" if word.endswith("s") else f"{many} {word}s"


def _wrote(outputs: Mapping[str, Sequence[Artifact]]) -> str:
    names = _names(outputs)
    sizes = [artifact_bytes(artifact.uri) for found in outputs.values() for artifact in found]
    known = [size for size in sizes if size is not None]
    return f"{names}, {bytes_text(sum(known))}" if names and known else names


def artifact_bytes(uri: str) -> int | None:
    """Returns the size of a file or of all files below a folder; None where it lies elsewhere or is gone."""
    if is_remote(uri) or not Path(uri).exists():
        return None
    path = Path(uri)
    if path.is_file():
        return path.stat().st_size
    return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())


def ingest_report(artifact: Artifact) -> dict[str, Any]:
    """Returns an ingest's report.json; empty where it cannot be read."""
    return json_file(f"{artifact.uri}/report.json")


def json_file(uri: str) -> dict[str, Any]:
    """Reads a JSON object from any storage; empty where it cannot be read."""
    from components import storage

    try:
        found = json.loads(storage.read(uri))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
