"""`pipelines.node` with the light pipeline in place of the real one, and containers that die where a test says so."""

import json
import os
import signal
import sys
import time
import types
from pathlib import Path
from typing import Any

from pipelines import node


def wanted(name: str) -> str:
    """Returns what the control file says about a node, once: the next attempt finds it no more."""
    file = Path(os.environ["GALEN_HOME"]) / "logs" / "containers.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    found = known.pop(name, "")
    if found:
        file.write_text(json.dumps(known))
    return str(found)


def die(*arguments: Any) -> None:
    """As the kernel ends a process that takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying(where: str) -> None:
    """Makes this process die in a phase of its node."""
    if where == "start":
        die()
    from tfx.orchestration.portable import launcher

    real = launcher.Launcher

    if where == "driver":
        real._prepare_execution = die  # type: ignore[method-assign,assignment]
    if where == "executor":
        run = real._run_executor

        def torn(self: Any, info: Any) -> Any:
            done = run(self, info)
            for artifacts in info.output_dict.values():
                (Path(artifacts[0].uri) / "torn").write_text("half written")
            die()
            return done

        real._run_executor = torn  # type: ignore[method-assign]
    if where in ("publishing", "published"):
        publish = real._publish_successful_execution

        def cut(self: Any, *arguments: Any) -> None:
            if where == "published":
                publish(self, *arguments)
            die()

        real._publish_successful_execution = cut  # type: ignore[method-assign]
    if where == "slow":
        publish_ = real._publish_successful_execution

        def slow(self: Any, *arguments: Any) -> None:
            (Path(os.environ["GALEN_HOME"]) / "logs" / "about-to-publish").touch()
            time.sleep(2)
            publish_(self, *arguments)

        real._publish_successful_execution = slow  # type: ignore[method-assign]


if __name__ == "__main__":
    from tests.pipelines import light_galen

    stand_in = types.ModuleType("pipelines.builder")
    stand_in.build = light_galen.build  # type: ignore[attr-defined]
    sys.modules["pipelines.builder"] = stand_in
    name = sys.argv[sys.argv.index("--node") + 1]
    where = wanted(name)
    if where:
        dying(where)
    sys.exit(node.main())
