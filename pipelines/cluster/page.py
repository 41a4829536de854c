"""What the KFP pages show of a node: one HTML file, with nothing that a browser would have to fetch."""

import base64
import html
import io
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components import storage
from pipelines.recorded.summary import Summary

if TYPE_CHECKING:
    from pipelines.metadata.records import Node

__all__ = ["metrics_of", "page", "pictures_of", "write_metrics", "write_page"]

_LOG = logging.getLogger("galen.cluster")
_WIDTH = 100
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1c2733; }
h1 { font-size: 1.3rem; margin: 0 0 .2rem; } .where { color: #5b6b7b; margin: 0 0 1.2rem; }
pre { font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; overflow-x: auto; background: #f6f8fa; padding: 1rem;
      border-radius: 6px; }
.verdict { font-weight: 600; padding: .6rem 1rem; border-radius: 6px; background: #eef2f6; }
.good { background: #e3f4e8; color: #14532d; } .bad { background: #fde8e8; color: #7f1d1d; }
img { max-width: 100%; border: 1px solid #e3e8ee; border-radius: 6px; }
"""


def page(
    title: str,
    where: str,
    lines: Sequence[str],
    *,
    verdict: str = "",
    good: bool | None = None,
    summary: Summary | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> str:
    """Returns a page.

    Args:
        title: Headline.
        where: Task, run and environment, in a line.
        lines: Sentences.
        verdict: The verdict in a sentence; "" where there is none.
        good: Colours the verdict.
        summary: Tables of metrics, groups and thresholds.
        pictures: PNG images by what they show.
    """
    colour = {True: "good", False: "bad", None: ""}[good]
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1><p class='where'>{html.escape(where)}</p>",
    ]
    if verdict:
        parts.append(f"<p class='verdict {colour}'>{html.escape(verdict)}</p>")
    parts += [f"<p>{html.escape(line)}</p>" for line in lines if line]
    if summary is not None:
        tables = _tables(summary)
        parts += [f"<pre>{tables}</pre>"] if tables.strip() else []
    for name, content in (pictures or {}).items():
        data = base64.b64encode(content).decode()
        parts.append(f"<p><img alt='{html.escape(name)}' src='data:image/png;base64,{data}'></p>")
    return "\n".join([*parts, "</body></html>", ""])


def _tables(summary: Summary) -> str:
    from rich.console import Console

    from pipelines.screen.summary import show_tables

    console = Console(file=io.StringIO(), record=True, width=_WIDTH, force_terminal=True, highlight=False, emoji=False)
    show_tables(summary, console)
    text: str = console.export_html(inline_styles=True, code_format="{code}")
    return text


def pictures_of(nodes: "Sequence[Node]") -> dict[str, bytes]:
    """Returns the pictures that a node drew, by their names."""
    found = {}
    for node in nodes:
        for artifact in node.outputs_of("GalenPerformance"):
            for file in storage.names_below(artifact.uri):
                if file.endswith(".png"):
                    found[file.removesuffix(".png")] = storage.read(f"{artifact.uri}/{file}")
    return found


def metrics_of(summary: Summary) -> dict[str, float]:
    """Returns the metrics on the eval split and the result of each threshold."""
    estimates = summary.metrics.get("eval", {})
    found = {name: estimate.value for name, estimate in estimates.items()}
    for threshold in summary.thresholds:
        name = "_".join(part for part in (threshold.metric, threshold.kind, threshold.group, "margin") if part)
        found[name.replace("=", "_")] = threshold.margin
    if summary.blessed is not None:
        found["blessed"] = float(summary.blessed)
    return {name: round(value, 6) for name, value in found.items() if value is not None}


def write_page(text: str, file: Path | None) -> None:
    """Writes a page where KFP wants it; that it cannot be written is no reason for a node to fail."""
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        _LOG.warning("the page for KFP cannot be written: %s", error.strerror)


def write_metrics(metrics: Mapping[str, float], executor_input: str) -> None:
    """Hands metrics to KFP, as its launcher reads them: beside the artifact `metrics`, in a JSON file.

    Args:
        metrics: Numbers by name.
        executor_input: KFP's description of outputs (ExecutorInput, pipeline_spec.proto); says where the file goes.
    """
    try:
        outputs: Any = json.loads(executor_input)["outputs"]
        file = Path(outputs["outputFile"])
        artifacts = outputs["artifacts"]["metrics"]["artifacts"]
    except (ValueError, KeyError, TypeError):
        return
    said = {"artifacts": {"metrics": {"artifacts": [{"name": artifacts[0]["name"], "metadata": dict(metrics)}]}}}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(said), encoding="utf-8")
    except OSError as error:
        _LOG.warning("the metrics for KFP cannot be written: %s", error.strerror)
