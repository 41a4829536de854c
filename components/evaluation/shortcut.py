"""Whether a model is better than its shortcut probe, which sees only how and where the data was taken.

A model that is not may have learnt the source instead of the disease (Zech et al., PLoS Med 2018;15:e1002683; DeGrave
et al., Nat Mach Intell 2021;3:610), however good it looks where the same sources are asked again.
"""

import json
from dataclasses import asdict, dataclass

from components.evaluation.stored import stored_json
from pipeline_configs.errors import Problem, RunFailed

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
    from trainers.baselines import PROBE  # with TensorFlow, which those who only read a result do without

    try:
        comparisons = stored_json(performance_uri, _REPORT)["comparisons"]
    except (OSError, ValueError, KeyError) as error:
        raise _unreadable(performance_uri, error) from None
    for comparison in comparisons:
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
    try:
        return Shortcut(**stored_json(evaluation_uri, _FILE))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(evaluation_uri, error) from None


def _unreadable(uri: str, error: Exception) -> RunFailed:
    return RunFailed(Problem("the file cannot be read", uri, found=type(error).__name__, fix="run the task again"))
