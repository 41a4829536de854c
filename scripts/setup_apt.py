"""Reads a machine's apt sources, and writes others that point the same mirrors at a newer release.

Both formats are understood: one line (`deb [signed-by=...] http://mirror/debian bookworm main`) and deb822 stanzas.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

# Kept from a source, since they say whether and how it is trusted. Architecture, language and the like are not.
_KEPT_OPTIONS = (
    "Signed-By",
    "Trusted",
    "Check-Valid-Until",
    "Allow-Insecure",
    "Allow-Weak",
    "Allow-Downgrade-To-Insecure",
)


@dataclass(frozen=True)
class Source:
    """One apt source of binary packages.

    Attributes:
        uris: Its mirrors.
        suites: Releases, such as `bookworm` and `bookworm-updates`.
        components: Parts of the archive, such as `main`.
        options: What is kept of its options, in deb822's spelling.
    """

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)


def read_sources(apt: Path) -> list[Source]:
    """Reads every source of an apt configuration folder."""
    sources: list[Source] = []
    for path in (apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))):
        try:
            text = path.read_text(encoding="utf-8")
        except OSError:
            continue
        if path.suffix == ".list":
            sources += parse_one_line(text)
        elif path.suffix == ".sources":
            sources += parse_deb822(text)
    return sources


def parse_one_line(text: str) -> list[Source]:
    """Reads the one-line format: `deb [options] uri suite component...`."""
    sources = []
    for line in text.splitlines():
        kind, rest = [*line.partition("#")[0].split(None, 1), "", ""][:2]
        if kind != "deb":
            continue
        options: dict[str, str] = {}
        if rest.startswith("["):
            inside, _, rest = rest[1:].partition("]")
            options = _kept(dict(item.split("=", 1) for item in inside.split() if "=" in item))
        words = rest.split()
        if len(words) >= 2:
            sources.append(Source((words[0],), (words[1],), tuple(words[2:]), options))
    return sources


def parse_deb822(text: str) -> list[Source]:
    """Reads deb822 stanzas: `Key: value`, continued on indented lines, parted by empty lines."""
    sources = []
    for fields in _stanzas(text):
        lower = {key.lower(): value for key, value in fields.items()}
        if "deb" not in lower.get("types", "").split() or lower.get("enabled", "yes").strip().lower() in {
            "no",
            "false",
        }:
            continue
        sources.append(
            Source(
                tuple(lower.get("uris", "").split()),
                tuple(lower.get("suites", "").split()),
                tuple(lower.get("components", "").split()),
                _kept(fields),
            )
        )
    return sources


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    key = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, key = {}, ""
        elif line[0] in " \t":
            if key:
                fields[key] += "\n" + line.rstrip()
        else:
            key, _, value = line.partition(":")
            fields[key.strip()] = value.strip()
            key = key.strip()


def _kept(options: Mapping[str, str]) -> dict[str, str]:
    spelling = {name.lower(): name for name in _KEPT_OPTIONS}
    return {spelling[key.lower()]: value for key, value in options.items() if key.lower() in spelling}


def retarget(sources: Sequence[Source], codename: str, target: str) -> list[Source]:
    """Picks the sources of one release and points them at another one on the same mirrors.

    Args:
        sources: All of the machine's sources.
        codename: The machine's release, such as `bookworm`; its -updates and -security suites count too.
        target: The release wanted, such as `trixie`.
    """
    moved: list[Source] = []
    for source in sources:
        suites = tuple(
            target + suite[len(codename) :]
            for suite in source.suites
            if suite.rstrip("/") in {codename, f"{codename}-updates", f"{codename}-security"}
        )
        uris = tuple(uri for uri in source.uris if not uri.startswith("cdrom:"))
        if uris and suites and "main" in source.components:
            new = replace(source, uris=uris, suites=suites, components=("main",))
            if new not in moved:
                moved.append(new)
    return moved


def render_sources(sources: Sequence[Source]) -> str:
    """Writes sources as deb822."""
    stanzas = []
    for source in sources:
        lines = [
            "Types: deb",
            f"URIs: {' '.join(source.uris)}",
            f"Suites: {' '.join(source.suites)}",
            f"Components: {' '.join(source.components)}",
            *(f"{key}: {value}" for key, value in source.options.items()),
        ]
        stanzas.append("\n".join(lines) + "\n")
    return "\n".join(stanzas)


def apt_conf(folder: Path) -> str:
    """Writes the apt configuration that keeps everything apt writes in one folder.

    Proxies, credentials and trusted keys stay the machine's. Its hooks do not run: they would work on the system's.
    """
    return f"""\
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{folder}/sources.d";
Dir::State "{folder}";
Dir::State::lists "{folder}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{folder}";
Dir::Cache::archives "{folder}/archives";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
