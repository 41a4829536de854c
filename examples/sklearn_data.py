"""The data that scikit-learn ships, written as CSV files, so that a fresh checkout has real patients to ingest.

`diabetes`: 442 patients (Efron, Hastie, Johnstone and Tibshirani, Least Angle Regression, 2004), unscaled.
`breast_cancer`: 569 patients (Wolberg, Street and Mangasarian, Breast Cancer Wisconsin (Diagnostic), 1995).

The published data has no patient id: patients are numbered in its order.
"""

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from pipeline_configs.errors import ConfigError, Problem, RunFailed, closest

__all__ = ["NAMES", "export"]

NAMES = ("diabetes", "breast_cancer")
"""The data sets, as `data.bundled` names them."""


def export(name: Literal["diabetes", "breast_cancer"] | str, path: str | Path) -> Path:
    """Writes a data set as CSV; the same bytes every time, and either whole or not at all.

    Args:
        name: One of `NAMES`.
        path: The file; folders above it are made.

    Returns:
        The file.

    Raises:
        ConfigError: There is no such data set.
        RunFailed: The file cannot be written.
    """
    makers = {"diabetes": _diabetes, "breast_cancer": _breast_cancer}
    if name not in makers:
        expected = f"one of: {', '.join(NAMES)}"
        what = f"there is no bundled data '{name}'"
        raise ConfigError(Problem(what, "data.bundled", expected, fix=closest(name, NAMES)))
    file = Path(path).expanduser()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, makers[name]())
    except OSError as error:
        problem = Problem("the bundled data cannot be written", str(file), found=os.strerror(error.errno or 0))
        raise RunFailed(problem) from None
    return file


def _diabetes() -> Iterator[list[Any]]:
    """Yields the header and the rows; `progression` is the measure one year after baseline."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    yield ["patient_id", *data.feature_names, "progression"]
    for number, (row, target) in enumerate(zip(data.data.tolist(), data.target.tolist(), strict=True), 1):
        yield [f"D{number:04d}", *map(_plain, row), _plain(target)]


def _breast_cancer() -> Iterator[list[Any]]:
    """Yields the header and the rows; `mean radius` and `radius error` become mean_radius and error_radius."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    yield ["patient_id", *map(_column, data.feature_names.tolist()), "diagnosis"]
    for number, (row, target) in enumerate(zip(data.data.tolist(), data.target.tolist(), strict=True), 1):
        yield [f"B{number:04d}", *map(_plain, row), str(data.target_names[target])]


def _column(name: str) -> str:
    words = name.split()
    if words[-1] == "error":
        words = ["error", *words[:-1]]
    return "_".join(words)


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _write(file: Path, rows: Iterable[list[Any]]) -> None:
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
        Path(draft).chmod(0o644)
        Path(draft).replace(file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
