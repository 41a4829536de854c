import pytest

from components.ingest.runner_problem import runner_problem

FAILED = "Pipeline BeamApp failed in state FAILED: "


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("java.io.IOException: Insufficient number of network buffers: required 512", "too few network buffers"),
        ("NoResourceAvailableException: Could not acquire the minimum required resources.", "no free slots"),
        ("ModuleNotFoundError: No module named 'components'", "the workers have no Galen"),
        ("SDK harness disconnected", "a worker was lost"),
        ("UNAVAILABLE: io exception Connection refused: localhost:50000", "a worker was lost"),
        ("TaskManager with id localhost:1 is no longer reachable.", "a machine of the cluster was lost"),
    ],
)
def test_what_a_cluster_reports_is_told_in_plain_words(said: str, what: str) -> None:
    problem = runner_problem(RuntimeError(f"{FAILED}{said} while reading 'Jane Doe'"))
    assert problem is not None
    assert what in problem.what
    assert "Jane Doe" not in str(problem)


def test_a_cause_is_found_behind_what_was_raised_last() -> None:
    outer = ValueError("something else")
    outer.__cause__ = RuntimeError(f"{FAILED}SDK harness disconnected")
    assert runner_problem(outer) is not None


@pytest.mark.parametrize("error", [RuntimeError("CANCELLED"), ValueError("Connection refused"), None])
def test_errors_of_others_are_left_to_others(error: Exception | None) -> None:
    assert runner_problem(error) is None


def test_what_is_not_known_is_not_guessed() -> None:
    assert runner_problem(RuntimeError(f"{FAILED}KeyError: 'x'")) is None
