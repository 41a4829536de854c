"""trainers.hyperparameters."""

import keras_tuner
import pytest

from pipeline_configs.training import Training
from trainers.hyperparameters import batch_size_for, chosen, in_space


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(10, 10), (265, 32), (600, 32), (1100, 64), (10_000, 512), (133_000, 4096), (10**7, 4096)],
)
def test_the_batch_grows_with_the_rows(rows: int, expected: int) -> None:
    assert batch_size_for(rows, Training()) == expected


def test_a_declared_batch_size_is_kept_unless_there_are_fewer_rows() -> None:
    assert batch_size_for(1000, Training(batch_size=48)) == 48
    assert batch_size_for(20, Training(batch_size=48)) == 20


def test_what_the_tuner_found_replaces_what_the_task_says() -> None:
    hp = keras_tuner.HyperParameters()
    hp.values.update({"hidden_units": 128, "l2": 0.05})
    training = Training(members=3, epochs=11)
    drawn = in_space(hp, training)
    found = chosen(training, hp.get_config())
    assert found == drawn
    assert (found.hidden_units, found.l2, found.members, found.epochs) == (128, 0.05, 3, 11)


def test_without_a_tuner_the_task_decides() -> None:
    assert chosen(Training(dropout=0.4), None) == Training(dropout=0.4)


def test_the_default_of_the_search_is_close_to_the_tasks_default() -> None:
    drawn = in_space(keras_tuner.HyperParameters(), Training())
    assert drawn == Training()
