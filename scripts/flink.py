"""A Flink cluster on this machine: `python scripts/flink.py setup`, or `run TASK ...` with galen run's arguments."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from flink_cluster import Cluster
from flink_setup import CACHE, fetch
from setup_console import Console, SetupError

_ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Fetches what is missing and, for `run`, runs a task on a cluster that lives as long as the run.

    Returns:
        The exit code: galen's own, or 1 where the cluster does not come up.
    """
    if not arguments or arguments[0] not in ("setup", "run"):
        print(__doc__, file=sys.stderr)
        return 2
    console = Console(CACHE / "flink.log")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        fetch(console)
        if arguments[0] == "setup":
            console.say(f"Flink and Beam's job server are in {CACHE}")
            return 0
        return _run(console, arguments[1:])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(console: Console, arguments: list[str]) -> int:
    key = os.environ.get("GALEN_PSEUDONYM_KEY")
    secrets = {"GALEN_PSEUDONYM_KEY": key} if key else {}
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=CACHE))
    with Cluster(folder, secrets=secrets, say=console.say) as cluster:
        galen = [sys.executable, "-m", "pipelines.commands.main", "run", *arguments, "--env", "flink"]
        run = subprocess.Popen(galen, env={**os.environ, **cluster.variables, "PYTHONPATH": str(_ROOT)})
        code = _waited(run)
        states = sorted(cluster.jobs().values())
        console.say(f"jobs on Flink: {', '.join(f'{states.count(s)} {s.lower()}' for s in dict.fromkeys(states))}")
    console.say(f"the cluster is stopped{f'; its logs are in {folder}' if code else ''}")
    if not code:
        shutil.rmtree(folder)
    return code


def _waited(run: subprocess.Popen[bytes]) -> int:
    """Waits for a run; it hears of Ctrl-C too, and is waited for then as well."""
    while True:
        try:
            return run.wait()
        except KeyboardInterrupt:
            continue
        except SystemExit:
            run.terminate()
            run.wait()
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
