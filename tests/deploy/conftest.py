"""The manifests of each overlay."""

import pytest

from tests.deploy.manifests import KUBERNETES, OVERLAYS, Manifest, collect


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return collect(KUBERNETES / "overlays" / request.param)
