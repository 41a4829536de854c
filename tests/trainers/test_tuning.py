"""trainers.tuning: a real search of two trials, as TFX's Tuner runs and reads it."""

from pathlib import Path

import pytest

from pipeline_configs.training import Training
from tests.sample_records import sample_task
from tests.trainers.conftest import Sample
from trainers.fitting import fit
from trainers.hyperparameters import chosen
from trainers.records import tuner_fn
from trainers.tuning import OBJECTIVE


@pytest.mark.slow
def test_two_trials_give_the_better_hyperparameters(sample: Sample, tmp_path: Path) -> None:
    task = sample_task(epochs=3, tuning={"enabled": True, "trials": 2})
    result = tuner_fn(sample.fn_args(tmp_path, task))
    result.tuner.search(**result.fit_kwargs)
    trials = result.tuner.oracle.get_best_trials(result.tuner.oracle.max_trials)
    assert [trial.status for trial in trials] == ["COMPLETED"] * 2
    assert trials[0].score <= trials[1].score
    best = result.tuner.get_best_hyperparameters()[0].get_config()
    assert set(best["values"]) == {"hidden_units", "dropout", "l2", "learning_rate"}
    training = chosen(task.training, best)
    assert isinstance(training, Training)
    assert training.epochs == 3

    space = result.tuner.hypermodel
    repeated = fit(space.train, space.calibration, space.vocabularies, training)
    assert repeated.record["best_log_loss"] == pytest.approx(trials[0].score, abs=1e-6)
    assert OBJECTIVE in trials[0].metrics.metrics
    assert (tmp_path / "working" / "tuning").is_dir()
