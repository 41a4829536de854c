"""The software bill of materials."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

import sbom

PROJECT = Path(__file__).resolve().parents[2]
LISTING = (
    "ii \tlibc6\t2.41-12+deb13u5\tamd64\tglibc\t2.41-12+deb13u5\n"
    "ii \tg++\t4:14.2.0-1\tamd64\tgcc-defaults\t1.220\n"
    "rc \tremoved\t1.0\tamd64\tremoved\t1.0\n"
)


def installed() -> Iterable[Distribution]:
    """Not those that setuptools carries inside, which are on the path once a test has imported it."""
    return distributions(path=[sysconfig.get_paths()["purelib"]])


def made() -> dict[str, object]:
    return sbom.document(installed(), sbom.debian_components(LISTING, "debian-13"), ("debian", "13"))


def test_every_installed_package_is_in_it_with_its_version() -> None:
    found = {(c["name"], c["version"]) for c in made()["components"] if str(c.get("purl")).startswith("pkg:pypi/")}
    wanted = {(sbom.canonical(d.metadata["Name"]), d.version) for d in installed()}
    assert wanted - found == {item for item in wanted if item[0] == "galen"}
    assert len(found) > 200


def test_debian_packages_are_named_as_scanners_look_for_them() -> None:
    found = {c["name"]: c["purl"] for c in sbom.debian_components(LISTING, "debian-13")}
    assert set(found) == {"libc6", "g++"}
    assert found["libc6"].startswith("pkg:deb/debian/libc6@2.41-12%2Bdeb13u5?arch=amd64&distro=debian-13")
    assert found["g++"].startswith("pkg:deb/debian/g%2B%2B@4%3A14.2.0-1?")


def test_references_are_unique_and_dependencies_point_to_something() -> None:
    bill = made()
    references = [c["bom-ref"] for c in [bill["metadata"]["component"], *bill["components"]]]
    assert len(references) == len(set(references))
    edges = {d["ref"]: d["dependsOn"] for d in bill["dependencies"]}
    assert {end for ends in edges.values() for end in ends} | set(edges) <= set(references)
    assert any("tensorflow@" in end for end in edges[bill["metadata"]["component"]["bom-ref"]])


def test_the_same_packages_give_the_same_file() -> None:
    assert json.dumps(made()) == json.dumps(made())
    other = sbom.document(installed(), [], ("debian", "13"))
    assert other["serialNumber"] != made()["serialNumber"]


def test_the_licence_is_the_expression_else_the_classifiers() -> None:
    from email.message import Message

    metadata = Message()
    metadata["Classifier"] = "License :: OSI Approved :: Apache Software License"
    metadata["Classifier"] = "Programming Language :: Python"
    assert sbom.licences(metadata) == [{"license": {"name": "Apache Software License"}}]
    metadata["License-Expression"] = "Apache-2.0"
    assert sbom.licences(metadata) == [{"expression": "Apache-2.0"}]
    long = Message()
    long["License"] = "Permission is hereby granted\nfree of charge"
    assert sbom.licences(long) == []


def test_it_runs_with_nothing_but_the_standard_library() -> None:
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import runpy; runpy.run_path({str(PROJECT / 'scripts' / 'sbom.py')!r})",
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
