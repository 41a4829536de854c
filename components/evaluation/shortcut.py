"""Whether a model is better than its shortcut probe, which sees only how and where the data was taken.

A model that is not may have learnt the source instead of the disease (Zech et al., PLoS Med 2018;15:e1002683; DeGrave
et al., Nat Mach Intell 2021;3:610), however good it looks where the same sources are asked again.
"""

import json
from dataclasses import asdict, dataclass

from pipeline_configs.errors import Problem, RunFailed
from trainers.baselines import PROBE

__all__ = ["Shortcut", "read_shortcut", "stored_shortcut", "write_shortcut"]

_REPORT, _FILE = "performance.json", "shortcut.json"


@dataclass(frozen=True)
class Shortcut:
    """AUROC of the model minus that of the probe on the eval split.

    Attributes:
        difference: None where it is not defined.
        low: Lower end of its interval, from paired resamples of patients; None where there is none.
        high: Upper end.
    """

    difference: float | None
    low: float | None
    high: float | None

    @property
    def passed(self) -> bool:
        """Whether the model is better beyond chance."""
        return self.low is not None and self.low > 0


def read_shortcut(performance_uri: str) -> Shortcut | None:
    """Reads the comparison from a performance report; None where the task has no probe.

    Raises:
        RunFailed: The report cannot be read.
    """
    content = _json(performance_uri, _REPORT)
    for comparison in content["comparisons"] if content else ():
        if comparison["baseline"] == PROBE:
            return Shortcut(comparison["difference"], comparison["low"], comparison["high"])
    return None


def write_shortcut(shortcut: Shortcut, evaluation_uri: str) -> None:
    """Writes it beside the evaluation."""
    from tfx.utils import io_utils

    io_utils.write_string_file(f"{evaluation_uri}/{_FILE}", json.dumps(asdict(shortcut), indent=2) + "\n")


def stored_shortcut(evaluation_uri: str) -> Shortcut | None:
    """Reads what `write_shortcut` wrote; None where it wrote nothing.

    Raises:
        RunFailed: It cannot be read.
    """
    content = _json(evaluation_uri, _FILE, needed=False)
    return Shortcut(**content) if content else None


def _json(uri: str, name: str, *, needed: bool = True) -> dict:  # type: ignore[type-arg]
    from tfx.dsl.io import fileio

    path = f"{uri.rstrip('/')}/{name}"
    try:
        if not needed and not fileio.exists(path):
            return {}
        with fileio.open(path) as file:
            return dict(json.loads(file.read()))
    except Exception as error:  # noqa: BLE001 - each storage has errors of its own
        found = type(error).__name__
        raise RunFailed(Problem("the file cannot be read", path, found=found, fix="run the task again")) from None
