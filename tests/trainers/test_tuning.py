"""trainers.tuning: a real search of two trials, as TFX's Tuner runs and reads it."""

from pathlib import Path

import pytest

from pipeline_configs.training import Training
from tests.samples.records import sample_task
from tests.trainers.conftest import Sample
from trainers.epochs import MONITORED
from trainers.fitting import fit
from trainers.hyperparameters import chosen
from trainers.input_fn import features_and_labels
from trainers.records import tuner_fn
from trainers.training_run import TrainingRun
from trainers.warm_start import vocabulary_sizes
from transforms.layout import Layout


@pytest.mark.slow
def test_two_trials_give_the_better_hyperparameters(sample: Sample, tmp_path: Path) -> None:
    task = sample_task(epochs=3, tuning={"enabled": True, "trials": 2})
    asked = sample.fn_args(tmp_path, task)
    result = tuner_fn(asked)
    result.tuner.search(**result.fit_kwargs)
    trials = result.tuner.oracle.get_best_trials(result.tuner.oracle.max_trials)
    assert [trial.status for trial in trials] == ["COMPLETED"] * 2
    assert trials[0].score <= trials[1].score
    best = result.tuner.get_best_hyperparameters()[0].get_config()
    assert set(best["values"]) == {"hidden_units", "dropout", "l2", "learning_rate"}
    training = chosen(task.training, best)
    assert isinstance(training, Training)
    assert training.epochs == 3

    run = TrainingRun(asked)
    train, calibration = (
        features_and_labels(files, run.graph, task) for files in (asked.train_files, asked.eval_files)
    )
    repeated = fit(train, calibration, vocabulary_sizes(Layout(task.inputs), run.graph), training)
    assert repeated.record["best_log_loss"] == pytest.approx(trials[0].score, abs=1e-6)
    assert MONITORED in trials[0].metrics.metrics
    assert (tmp_path / "working" / "tuning").is_dir()
