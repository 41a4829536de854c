"""A cohort for all tests of this folder, written once."""

import pytest

from examples.cohort.cohort import Cohort, generate


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return generate(tmp_path_factory.mktemp("cohort") / "c", patients=150, seed=20)
