"""Notes with marked identifiers, as the tests read them."""

import re
from pathlib import Path
from typing import NamedTuple

from privacy.findings import Category, Finding

_MARK = re.compile(r"<([A-Z_]+)\|([^>]*)>")


class Golden(NamedTuple):
    text: str
    spans: tuple[Finding, ...]


def golden(marked: str) -> Golden:
    """Reads `<CATEGORY|text>`."""
    text, spans, position = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[position : match.start()]
        spans.append(Finding(len(text), len(text) + len(match[2]), Category(match[1])))
        text += match[2]
        position = match.end()
    return Golden(text + marked[position:], tuple(spans))


def snippets() -> list[Golden]:
    lines = (Path(__file__).parent / "snippets.txt").read_text(encoding="utf-8").split("\n", 1)[1]
    return [golden(part.strip("\n")) for part in lines.split("\n---\n")]
