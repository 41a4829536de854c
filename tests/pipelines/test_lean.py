"""A node's process imports what its node needs, and what was left out is there for who asks for it later."""

import os
import subprocess
import sys

import pytest

HEAVY = "tensorflow", "apache_beam", "tensorflow_model_analysis.api", "keras", "matplotlib", "sklearn"


def imported(executor: str, then: str = "", *, beam: bool = False, given: dict[str, str] | None = None) -> list[str]:
    """Which heavy packages a process has after it has imported a node."""
    code = f"""
import sys
from pipelines.launching.lean import import_node
import_node({executor!r}, beam={beam})
{then}
print("RESULT", *(name for name in {HEAVY!r} if sys.modules.get(name)))
"""
    # TensorFlow Transform sets it where it is imported, as it may be in this process.
    variables = {key: value for key, value in os.environ.items() if key != "TF_USE_LEGACY_KERAS"} | (given or {})
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout.rpartition("RESULT")[2].split()


@pytest.mark.parametrize("executor", ["", "components.curated_schema.component.CuratedSchema_Executor"])
def test_a_node_without_tensorflow_and_beam_imports_neither(executor: str) -> None:
    assert imported(executor) == []


@pytest.mark.parametrize("given", [{}, {"TF_USE_LEGACY_KERAS": "1"}])
def test_what_was_said_to_be_missing_is_there_afterwards(given: dict[str, str]) -> None:
    then = "import tensorflow, keras, matplotlib.pyplot, sklearn.linear_model, apache_beam, tf_keras; "
    then += "keras.layers.Dense(1); tf_keras.Model"
    found = imported("", then, given=given)
    assert {"tensorflow", "apache_beam", "keras", "matplotlib", "sklearn"} <= set(found)


def test_statistics_need_no_models_and_not_all_of_tensorflow_model_analysis() -> None:
    found = imported("tfx.components.statistics_gen.executor.Executor", beam=True)
    assert "tensorflow" in found and "apache_beam" in found
    assert "keras" not in found and "tensorflow_model_analysis.api" not in found


def test_the_evaluator_has_all_of_tensorflow_model_analysis() -> None:
    then = "import tensorflow_model_analysis as tfma; tfma.EvalConfig(); tfma.load_metrics"
    assert "tensorflow_model_analysis.api" in imported("components.evaluation.executor.Executor", then, beam=True)


SELDOM = """
seldom = {"scipy.stats", "google.cloud.dataflow_v1beta3"}
assert not seldom & set(sys.modules)
from tensorflow_model_analysis.utils import math_util
from apache_beam.runners.dataflow import dataflow_runner
assert round(math_util.stats.t.ppf(0.975, 10), 3) == 2.228
assert dataflow_runner.dataflow_api.JobMessageImportance
assert seldom <= set(sys.modules)
import scipy.stats
from scipy import ndimage
assert scipy.stats.t is math_util.stats.t and ndimage.zoom
"""


def test_what_is_seldom_used_loads_when_it_is_used() -> None:
    assert imported("components.evaluation.executor.Executor", SELDOM, beam=True)
