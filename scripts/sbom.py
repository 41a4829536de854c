"""Writes the image's software bill of materials: every Python and Debian package in it, as CycloneDX 1.6 in JSON.

    python /usr/share/galen/sbom.py | diff - /usr/share/galen/sbom.json

compares what is installed with what was when the image was built. Standard library only, and nothing in it depends on
time or chance: the same packages give the same file.
"""

import json
import platform
import re
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = "galen"
_DEPENDENCY = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;]*)(?:;(.*))?$")
_DPKG = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"


def canonical(name: str) -> str:
    """Returns a Python package's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(metadata: Any) -> list[dict[str, Any]]:
    """Returns what a package says of its licence: the SPDX expression, else the classifiers, else its one line."""
    if expression := metadata.get("License-Expression"):
        return [{"expression": expression}]
    classifiers = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    names = sorted({line.rpartition(" :: ")[2] for line in classifiers} - {"OSI Approved"})
    line = (metadata.get("License") or "").strip()
    if not names and line and "\n" not in line and len(line) < 80:
        names = [line]
    return [{"license": {"name": name}} for name in names]


def python_component(distribution: Distribution) -> dict[str, Any]:
    """Describes one Python package."""
    name, version = canonical(distribution.metadata["Name"]), distribution.version
    component: dict[str, Any] = {"type": "application" if name == ROOT else "library", "name": name, "version": version}
    component["purl"] = component["bom-ref"] = f"pkg:pypi/{name}@{quote(version)}"
    if found := licences(distribution.metadata):
        component["licenses"] = found
    return component


def requirements(distribution: Distribution) -> set[str]:
    """Returns the names of what a package asks for, those of its extras and of other platforms among them."""
    matches = (_DEPENDENCY.match(line) for line in distribution.requires or [])
    return {canonical(match[1]) for match in matches if match}


def debian_components(listing: str, distro: str) -> Iterator[dict[str, Any]]:
    """Describes the installed packages of a `dpkg-query` listing.

    Args:
        listing: Lines in the format of `_DPKG`.
        distro: The system, such as `debian-13`.
    """
    vendor = distro.partition("-")[0]
    for line in sorted(listing.splitlines()):
        status, name, version, architecture, source, source_version = line.split("\t")
        if not status.startswith("ii"):
            continue
        qualifiers = f"arch={architecture}&distro={distro}&upstream={quote(f'{source}@{source_version}', safe='')}"
        purl = f"pkg:deb/{vendor}/{quote(name, safe='')}@{quote(version, safe='')}?{qualifiers}"
        yield {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


def document(
    python: Iterable[Distribution], debian: Iterable[dict[str, Any]], system: tuple[str, str]
) -> dict[str, Any]:
    """Makes the whole bill.

    Args:
        python: The Python packages.
        debian: The components of the system's packages.
        system: The system's name and version.
    """
    by_name = {canonical(item.metadata["Name"]): item for item in python}
    components = {name: python_component(item) for name, item in sorted(by_name.items())}
    references = {name: component["bom-ref"] for name, component in components.items()}
    interpreter = {"type": "platform", "name": "python", "version": platform.python_version(), "bom-ref": "python"}
    os_component = {"type": "operating-system", "name": system[0], "version": system[1], "bom-ref": "os"}
    root = components.pop(ROOT, {"type": "application", "name": ROOT, "bom-ref": ROOT})
    bill: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": [os_component, interpreter, *components.values(), *debian],
        "dependencies": [
            {
                "ref": reference,
                "dependsOn": sorted(references[r] for r in requirements(by_name[name]) & set(references)),
            }
            for name, reference in references.items()
        ],
    }
    content = json.dumps(bill, sort_keys=True)
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return bill


def main() -> int:
    """Prints the bill of the environment that runs this."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    system = (release.get("ID", "linux"), release.get("VERSION_ID", ""))
    command = ["dpkg-query", "-W", "-f", _DPKG]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bill = document(distributions(), debian_components(listing, "-".join(filter(None, system))), system)
    json.dump(bill, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
