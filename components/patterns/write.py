"""Writes patterns as a table and a picture."""

import csv
import io
import os
from pathlib import Path
from typing import Any

from components.patterns.figure import draw
from components.patterns.patterns import Patterns
from pipeline_configs.errors import Problem, RunFailed

__all__ = ["CSV_NAME", "PNG_NAME", "write_patterns"]

CSV_NAME, PNG_NAME = "patterns.csv", "patterns.png"

_PLAIN = (
    *("term", "words", "negated", "label_word", "positives_with_term", "negatives_with_term", "share_of_positives"),
    *("share_of_negatives", "odds_ratio", "low", "high", "p", "q", "z", "represented_by"),
)
_OF_SLICE = ("positives_with_term", "negatives_with_term", "odds_ratio", "low", "high")


def write_patterns(patterns: Patterns, folder: Path, title: str, label: str, top: int) -> tuple[Path, Path]:
    """Writes patterns.csv with all terms and patterns.png with the strongest.

    Args:
        patterns: The result.
        folder: Made where it is not there.
        title: Title of the picture.
        label: Name of the label.
        top: Most terms of each direction in the picture.

    Returns:
        The two files.

    Raises:
        RunFailed: They cannot be written.
    """
    files = folder / CSV_NAME, folder / PNG_NAME
    contents = _table(patterns).encode(), draw(patterns, title, label, top)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in zip(files, contents, strict=True):
            draft = file.with_name(f".{file.name}.{os.getpid()}")
            draft.write_bytes(content)
            draft.replace(file)
    except OSError as error:
        fix = "choose another folder with --output"
        problem = Problem("the patterns cannot be written", str(folder), found=error.strerror or "", fix=fix)
        raise RunFailed(problem) from None
    return files


def _table(patterns: Patterns) -> str:
    """One line a term, the strongest first, then those against the diagnosis, then the rest."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    groups = [f"{slice_.group.feature}={slice_.group.value}" for slice_ in patterns.slices]
    differs = [f"q_differs_by_{feature}" for feature in dict.fromkeys(s.group.feature for s in patterns.slices)]
    of_groups = [f"{group}: {column}" for group in groups for column in _OF_SLICE]
    writer.writerow([*_PLAIN, "remarks", *differs, *of_groups])
    direction = patterns.direction
    order = sorted(
        range(len(patterns.names)),
        key=lambda term: (-int(abs(direction[term])), -int(direction[term]), -abs(float(patterns.z[term]))),
    )
    for term in order:
        found = patterns.as_dict(term)
        writer.writerow(
            [
                *(_text(found[column]) for column in _PLAIN),
                "; ".join(found["remarks"]),
                *(_text(found["differs"].get(column.removeprefix("q_differs_by_"))) for column in differs),
                *(_text(slice_[column]) for slice_ in found["slices"] for column in _OF_SLICE),
            ]
        )
    return out.getvalue()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)
