"""`galen` with the light pipeline in place of the real one: `python -m tests.pipelines.light_galen run TASK`."""

from typing import Any

import pipelines.run
from pipelines.commands.main import main
from pipelines.exit_codes import ExitCode


def build(*arguments: Any) -> Any:
    """Builds the light pipeline; imports TFX only then, as the real builder does."""
    from tests.pipelines import light_pipeline

    return light_pipeline.build(*arguments)


_REAL_RUN = pipelines.run.run


def run(request: pipelines.run.Request) -> ExitCode:
    """Runs the light pipeline."""
    return _REAL_RUN(request, build=build)


if __name__ == "__main__":
    pipelines.run.run = run  # type: ignore[assignment]
    main()
