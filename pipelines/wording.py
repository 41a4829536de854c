"""Numbers, times and artifacts in words, the same on every screen."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

__all__ = [
    "ARTIFACT_WORDS",
    "bytes_text",
    "count",
    "duration",
    "interval",
    "listed",
    "local_time",
    "number",
    "rows_by_split",
    "short_path",
]

ARTIFACT_WORDS: Mapping[str, str] = {
    "Examples": "examples",
    "ExampleStatistics": "statistics",
    "ExampleAnomalies": "anomalies",
    "Schema": "schema",
    "TransformGraph": "transform graph",
    "TransformCache": "analyser cache",
    "HyperParameters": "hyperparameters",
    "TunerResults": "tuning results",
    "Model": "model",
    "ModelRun": "training record",
    "ModelEvaluation": "evaluation",
    "ModelBlessing": "blessing",
    "PushedModel": "pushed model",
    "GalenIngestReport": "ingest report",
    "GalenDeidentificationReport": "de-identification report",
    "GalenGateVerdict": "verdict",
    "GalenPerformance": "performance",
}
"""Types of artifacts as they are called on the screen."""


def bytes_text(size: float) -> str:
    """Returns a size such as 22 kB (1 kB = 1000 bytes)."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 9.95 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def duration(seconds: float) -> str:
    """Returns a time such as 2.1 s, 34 s, 1 min 05 s or 2 h 03 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def number(value: float | None) -> str:
    """Returns a metric with three decimals; a dash where it is not known."""
    return "-" if value is None or value != value else f"{value:.3f}"


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """Returns a metric with its interval: 0.803 (0.751-0.849)."""
    if value is None or low is None or high is None:
        return number(value)
    return f"{number(value)} ({number(low)}-{number(high)})"


def count(many: int, what: str, plural: str = "") -> str:
    """Returns `1 row` or `442 rows`."""
    return f"{many:,} {what if many == 1 else plural or what + 's'}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """Returns `a, b, c and 4 more`."""
    known = list(names)
    if len(known) <= most:
        return ", ".join(known)
    return f"{', '.join(known[:most])} and {len(known) - most:,} more"


def rows_by_split(rows: Mapping[str, int]) -> str:
    """Returns `train 265, calibration 66, eval 111 rows`."""
    return ", ".join(f"{split} {many:,}" for split, many in rows.items()) + " rows"


def local_time(when: datetime, seconds: bool = False) -> str:
    """Returns a time on this machine's clock: 2026-11-19 10:23."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def short_path(place: str) -> str:
    """Returns a path from here where it lies below."""
    if "://" in place:
        return place
    path, here = Path(place).absolute(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
