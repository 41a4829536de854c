"""Values of features besides pixels or text, as a caller gives them, to the tensors that a model takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from components.ingest.normalise import converter
from pipeline_configs.errors import DataProblem, Problem
from pipeline_configs.feature import Numeric
from pipeline_configs.task import Task
from transforms.tensors import MISSING

__all__ = ["named_values"]

_DTYPES = {"numeric": np.float32, "categorical": object, "flag": np.int64}


def named_values(task: Task, rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Converts values as the ingest does: missing ones, units of category names, ranges.

    Args:
        task: The task.
        rows: For each example, values by the name of the feature, written as in the task's source; what is left out or
            None is missing. A feature that is made of a date takes the number that it becomes.

    Returns:
        For each of `task.input_values`: float32, object (text) or int64 `[n, 1]`; NaN, "" or -1 where missing.

    Raises:
        DataProblem: A name is no such feature, or a value is none of those declared; the value itself is not told.
    """
    unknown = sorted({str(name) for row in rows for name in row} - set(task.input_values))
    if unknown:
        expected = ", ".join(task.input_values) or "no values besides"
        # Names that a caller made up may be anything, so that they are counted and not quoted.
        found = f"{len(unknown)} other names"
        raise DataProblem(Problem("values are given that the model does not take", "values", expected, found))
    tensors, problems = {}, []
    for name, feature in task.input_values.items():
        plain = feature.model_copy(update={"date": None}) if isinstance(feature, Numeric) else feature
        try:
            column = converter(task, plain)(pa.array([row.get(name) for row in rows]))
        except (pa.ArrowException, TypeError, ValueError):
            problems.append(Problem("values are of no type that the feature has", name, feature.kind))
            continue
        problems += [
            Problem(str(reason), name, feature.kind, f"{int(mask.sum())} values") for reason, mask in column.bad
        ]
        missing = MISSING[feature.kind]
        values = [missing if value is None else value for value in column.values.to_pylist()]
        tensors[name] = np.array(values, _DTYPES[feature.kind]).reshape(-1, 1)
    if problems:
        raise DataProblem(*problems)
    return tensors
