"""Fetches what a Flink cluster on this machine needs, once, into `.flink/`: pinned, and checked against its digests.

Flink itself is the distribution inside the PyPI package apache-flink-libraries. Beam's job server is the list of jars
of `scripts/flink/pom.xml`, from Maven's own repository; a small jar names them in its manifest, so that
`java -jar .flink/job-server.jar` works as with the single jar that Beam publishes.
"""

import hashlib
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from setup_console import CommandError, Console, SetupError

__all__ = ["CACHE", "JOB_SERVER", "LIBRARIES", "fetch", "missing"]

_ROOT = Path(__file__).resolve().parent.parent
_PINNED = _ROOT / "scripts" / "flink"
CACHE = Path(os.environ.get("GALEN_FLINK_CACHE", _ROOT / ".flink")).absolute()
"""Where it is kept; GALEN_FLINK_CACHE names a folder that several checkouts share."""
LIBRARIES = CACHE / "distribution" / "lib"
"""Flink's own jars."""
JOB_SERVER = CACHE / "job-server.jar"
_JARS = CACHE / "job-server"
_MAIN = "org.apache.beam.runners.flink.FlinkJobServerDriver"


def missing() -> str:
    """Says why a cluster cannot be started here, without fetching anything; "" where it can."""
    if shutil.which("java") is None:
        return "there is no java on the PATH"
    if not any(LIBRARIES.glob("flink-dist-*.jar")) or not JOB_SERVER.is_file():
        return f"Flink is not in {CACHE}: run `make flink`"
    return ""


def fetch(console: Console) -> None:
    """Fetches what is not there yet.

    Raises:
        SetupError: Java, Maven or a package cannot be had, or a file is another one than was pinned.
    """
    if shutil.which("java") is None:
        raise SetupError(
            "there is no java on the PATH; Flink needs Java 11 or 17 (Debian: apt install default-jre-headless)"
        )
    if not any(LIBRARIES.glob("flink-dist-*.jar")):
        _fetch_distribution(console)
    if not JOB_SERVER.is_file():
        _fetch_job_server(console)


def _fetch_distribution(console: Console) -> None:
    console.say("fetching Flink (230 MB)")
    download = CACHE / "download"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    _command(
        console,
        [*pip, "--no-build-isolation", "--require-hashes", "-r", f"{_PINNED}/requirements.txt", "-d", f"{download}"],
        "Flink cannot be had through pip",
    )
    (archive,) = download.glob("apache*flink*libraries-*.tar.gz")
    target = LIBRARIES.parent.with_suffix(".new")
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            _, _, below = member.name.partition("/deps/")
            if below.startswith("lib/") and member.isfile():
                member.name = below
                tar.extract(member, target, filter="data")
    target.replace(LIBRARIES.parent)
    shutil.rmtree(download)


def _fetch_job_server(console: Console) -> None:
    if shutil.which("mvn") is None:
        raise SetupError("there is no mvn on the PATH; it fetches Beam's job server (Debian: apt install maven)")
    console.say("fetching Beam's job server for Flink (90 MB)")
    shutil.rmtree(_JARS, ignore_errors=True)
    # -C: a file that is not what its repository says it is, is an error.
    maven = ["mvn", "--quiet", "--batch-mode", "-C", "-f", f"{_PINNED}/pom.xml", "dependency:copy-dependencies"]
    _command(
        console,
        [*maven, f"-DoutputDirectory={_JARS}", "-DincludeScope=runtime"],
        "Beam's job server cannot be had through Maven",
    )
    _verify(_JARS, _PINNED / "jars.sha256")
    draft = JOB_SERVER.with_suffix(".new")
    _write_jar(draft, sorted(jar.name for jar in _JARS.glob("*.jar")))
    draft.replace(JOB_SERVER)


def _command(console: Console, command: list[str], what: str) -> None:
    try:
        console.run(command)
    except CommandError as error:
        raise SetupError(f"{what}: {error}") from None


def _verify(folder: Path, pinned: Path) -> None:
    """Holds the files of a folder against a list as `sha256sum` writes it; files of neither side may be over."""
    wanted = {name: digest for digest, name in map(str.split, pinned.read_text().splitlines())}
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        shutil.rmtree(folder)
        raise SetupError(f"what came is not what {pinned.name} pins, and was thrown away: {', '.join(wrong[:5])}")


def _write_jar(path: Path, jars: list[str]) -> None:
    """Writes a jar that is only a manifest: the main class, and the jars beside it; a line has 72 bytes at most."""
    entry = f"Class-Path: {' '.join(f'{_JARS.name}/{jar}' for jar in jars)}"
    lines = [entry[:70], *(f" {entry[i : i + 69]}" for i in range(70, len(entry), 69))]
    manifest = "\r\n".join(["Manifest-Version: 1.0", f"Main-Class: {_MAIN}", *lines, "", ""])
    with zipfile.ZipFile(path, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", manifest)
