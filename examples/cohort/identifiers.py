"""What was put into the cohort that gives a person away, by category, so that a test can look for leaks."""

import json
from pathlib import Path

__all__ = ["Identifiers"]


class Identifiers:
    """Collects identifying strings as they stand in the files.

    Only strings that a search does not hit by accident are kept: no ages, no ZIP codes, no bare years.
    """

    def __init__(self) -> None:
        self._found: dict[str, set[str]] = {}

    def add(self, category: str, *texts: str) -> None:
        """Adds strings to a category."""
        self._found.setdefault(category, set()).update(text for text in texts if text)

    def write(self, path: Path) -> None:
        """Writes them as JSON: for each category a sorted list."""
        lists = {category: sorted(texts) for category, texts in sorted(self._found.items())}
        path.write_text(json.dumps(lists, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
