"""The sample task trained once for all tests of trainers that need a model."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.samples.files import Sample, make_sample
from tests.samples.records import sample_rows, sample_task


@dataclass(frozen=True)
class Trained:
    """What run_fn wrote for the sample task."""

    saved_model: str
    model_run: Path


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(sample_task(), sample_rows(1500), tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def trained(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    from trainers.records import run_fn

    folder = tmp_path_factory.mktemp("trained")
    run_fn(sample.fn_args(folder))
    return Trained(str(folder / "Format-Serving"), folder / "model_run")
