"""From a pushed model back to the files it was made from."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.metadata.records import Artifact, Node
from pipelines.metadata.store import Store
from pipelines.recorded.describe import ingest_report
from pipelines.wording import ARTIFACT_WORDS, bytes_text, count, listed, rows_by_split

__all__ = ["Ancestor", "lineage"]

# What is looked for behind each type, in this order; the rest (schema, blessing, statistics) is no ancestor of weights.
_BEHIND = {
    "PushedModel": ("Model",),
    "Model": ("TransformGraph", "Examples", "HyperParameters", "Model"),
    "TransformGraph": ("Examples",),
    "HyperParameters": ("Examples",),
}


@dataclass(frozen=True)
class Ancestor:
    """A step of the way back.

    Attributes:
        what: Pushed model, model, transform graph, examples, input file.
        uri: Where it is.
        detail: Version, span, rows.
        run: Run that made it.
        node: Node that made it.
        behind: What it was made from.
    """

    what: str
    uri: str
    detail: str = ""
    run: str = ""
    node: str = ""
    behind: Sequence["Ancestor"] = ()

    def as_dict(self) -> dict[str, Any]:
        """Returns the tree for JSON."""
        return asdict(self)


def lineage(store: Store, nodes: Sequence[Node]) -> Ancestor | None:
    """Returns the way back from the model that a run pushed, or else from the one that it made.

    Args:
        store: The metadata.
        nodes: The run's nodes with their artifacts.
    """
    for kind in ("PushedModel", "Model"):
        for node in reversed(nodes):
            made = [
                a for a in node.outputs_of(kind) if not node.hands_on and (kind == "Model" or a.number("pushed") == 1)
            ]
            if made:
                return _ancestor(store, made[0], set())
    return None


def _ancestor(store: Store, artifact: Artifact, seen: set[int]) -> Ancestor:
    seen.add(artifact.id)
    origin = store.origin(artifact.id)
    behind: list[Ancestor] = []
    if origin:
        node = origin[0]
        wanted = _BEHIND.get(artifact.type, ())
        inputs = [a for found in node.inputs.values() for a in found if a.type in wanted and a.id not in seen]
        for found in sorted(inputs, key=lambda a: (wanted.index(a.type), a.id)):
            if found.id not in seen:
                behind.append(_ancestor(store, found, seen))
        behind += [file for report in node.outputs_of("GalenIngestReport") for file in _files(report)]
    return Ancestor(
        what=ARTIFACT_WORDS.get(artifact.type, artifact.type),
        uri=str(artifact.properties.get("pushed_destination") or artifact.uri),
        detail=_detail(artifact, origin[0] if origin else None),
        run=origin[1].id if origin else "",
        node=origin[0].id if origin else "",
        behind=behind,
    )


def _detail(artifact: Artifact, node: Node | None) -> str:
    if artifact.type == "PushedModel":
        return f"version {artifact.properties['pushed_version']}" if artifact.properties.get("pushed_version") else ""
    if artifact.type != "Examples":
        return ""
    parts = []
    if artifact.number("span") is not None:
        parts.append(f"span {artifact.number('span')}")
    if artifact.number("version"):
        parts.append(f"version {artifact.number('version')}")
    for report in node.outputs_of("GalenIngestReport") if node else ():
        rows = ingest_report(report).get("rows", {})
        parts += [rows_by_split(rows)] if rows else []
    return ", ".join(parts)


def _files(report: Artifact) -> list[Ancestor]:
    files = ingest_report(report).get("files", [])
    shown = [
        Ancestor(
            "input file",
            str(f.get("file", "")),
            f"{count(int(f.get('rows', 0)), 'row')}, {bytes_text(f.get('bytes', 0))}",
        )
        for f in files[:20]
    ]
    if len(files) > len(shown):
        shown.append(Ancestor("input files", "", f"{listed([str(f.get('file', '')) for f in files[20:]], most=1)}"))
    return shown
