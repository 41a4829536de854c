"""The Dockerfile and .dockerignore, read as text: what must hold before anyone builds an image."""

import re
import subprocess

import pytest

from tests.deploy.manifests import PROJECT

TEXT = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """Splits a Dockerfile into its instructions, continued lines joined and comments dropped."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [(m[1], m[2].strip()) for m in re.finditer(r"^([A-Z]+)\s+(.*)$", joined, re.MULTILINE)]


def stages(text: str) -> dict[str, list[Instruction]]:
    """Returns the instructions of each stage by its name, each beginning with its FROM."""
    found: dict[str, list[Instruction]] = {}
    name = ""
    for instruction in instructions(text):
        if instruction[0] == "FROM":
            name = (re.search(r" AS (\w+)$", instruction[1]) or ["", "default"])[1]
            found[name] = []
        if name:
            found[name].append(instruction)
    return found


STAGES = stages(TEXT)


def of(stage: str, kind: str) -> list[str]:
    return [argument for name, argument in STAGES[stage] if name == kind]


def test_cpu_and_gpu_are_targets_and_cpu_is_what_comes_without_one() -> None:
    assert {"cpu", "gpu"} <= set(STAGES)
    assert list(STAGES)[-1] == "default"
    assert STAGES["default"] == [("FROM", "cpu")]


@pytest.mark.parametrize("stage", ["cpu", "gpu"])
def test_an_image_ends_as_a_user_of_a_number_that_is_not_root(stage: str) -> None:
    assert of(stage, "USER")[-1] == "10001:10001"
    assert STAGES[stage][-1][0] == "USER"


@pytest.mark.parametrize("stage", ["cpu", "gpu"])
def test_labels_say_what_is_in_an_image(stage: str) -> None:
    labels = dict(re.findall(r'([\w.]+)="([^"]*)"', " ".join(of(stage, "LABEL"))))
    for key in ("title", "description", "licenses", "version", "revision", "created", "source"):
        assert f"org.opencontainers.image.{key}" in labels
    assert labels["galen.accelerator"] == stage
    # They change with each commit: anything before them would lose its cache.
    names = [name for name, _ in STAGES[stage]]
    assert "ARG" not in names[: max(i for i, name in enumerate(names) if name in {"COPY", "RUN"})]


def test_every_installation_is_by_hash_and_builds_by_what_is_locked() -> None:
    installs = [run for name, run in instructions(TEXT) if name == "RUN" and "/bin/pip --python" in run]
    assert len(installs) == 3
    for run in installs:
        if run.rstrip().endswith(".txt") or "-r " in run:
            assert "--require-hashes" in run
        else:
            assert "--no-deps --no-build-isolation" in run
    assert all("--no-build-isolation" in run for run in installs if "requirements.lock" in run)
    assert "PIP_NO_CACHE_DIR=1" in TEXT


def test_packages_are_installed_before_anything_of_galen_is_copied() -> None:
    copied = of("packages", "COPY")
    assert copied == ["requirements.lock ./"]
    assert of("cuda", "COPY") == ["requirements-gpu.lock ./"]


def test_there_is_no_secret_and_nothing_fetched_from_an_address() -> None:
    assert not re.search(r"password|secret|token|api_?key", TEXT, re.IGNORECASE)
    assert not re.search(r"https?://|curl|wget", TEXT)
    assert "ADD" not in {name for name, _ in instructions(TEXT)}
    assert not re.search(r"chmod\s+(-R\s+)?0?777", TEXT)


def test_no_instruction_needs_buildkit() -> None:
    assert "<<" not in TEXT
    assert "--mount" not in TEXT
    assert "COPY --link" not in TEXT
    assert not TEXT.startswith("# syntax")


def test_whatever_writes_by_default_writes_below_tmp() -> None:
    variables = dict(re.findall(r"([A-Z_]+)=(\S+)", " ".join(of("runtime", "ENV"))))
    for name in (
        "HOME",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "MPLCONFIGDIR",
        "KERAS_HOME",
        "NUMBA_CACHE_DIR",
    ):
        assert re.match(r"/tmp(/|$)", variables[name]), name
    assert variables["PYTHONDONTWRITEBYTECODE"] == "1"


def test_an_image_does_not_say_which_gpus_a_container_sees() -> None:
    given = " ".join(of("gpu", "ENV"))
    assert "NVIDIA_DRIVER_CAPABILITIES=compute,utility" in given
    assert "NVIDIA_VISIBLE_DEVICES" not in TEXT


@pytest.mark.parametrize(
    ("given", "image", "target"),
    [
        ([], "yes", "cpu"),
        (["TARGET=gpu"], "yes", "gpu"),
        (["TARGET=gpu", "TAG=r.example/galen:1"], "r.example/galen:1", "gpu"),
        (["IMAGE=r.example/galen:2"], "r.example/galen:2", "cpu"),
    ],
)
def test_what_is_built_is_what_is_tested(given: list[str], image: str, target: str) -> None:
    done = subprocess.run(
        ["make", "-n", "test-image", *given], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f'GALEN_IMAGE="{image}" GALEN_TARGET="{target}"' in done.stdout
    assert ("scripts/image.sh" in done.stdout) is not any("IMAGE=" in word for word in given)


def test_the_image_for_beams_workers_is_of_the_versions_that_galen_has() -> None:
    text = (PROJECT / "docs" / "guides" / "beam.md").read_text(encoding="utf-8")
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    beam = re.search(r"^apache-beam==(\S+)", lock, re.MULTILINE)
    python = re.search(r"^ARG BASE=python:(\d+\.\d+)", TEXT, re.MULTILINE)
    assert beam
    assert python
    assert f"COPY --from=apache/beam_python{python[1]}_sdk:{beam[1]} /opt/apache/beam" in text


def test_there_is_a_health_check_that_the_command_line_knows() -> None:
    (check,) = of("runtime", "HEALTHCHECK")
    assert check.endswith('CMD ["galen", "--version"]')
    assert of("runtime", "ENTRYPOINT") == ['["galen"]']


def ignored(patterns: list[str], path: str) -> bool:
    """Whether .dockerignore leaves a path out: the last pattern that fits it or a folder above it decides."""
    result = False
    parts = path.split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    for pattern in patterns:
        negated = pattern.startswith("!")
        glob = re.escape(pattern.lstrip("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(glob, name) for name in above):
            result = not negated
    return result


PATTERNS = [
    line.strip()
    for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


def tracked() -> list[str]:
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [name for name in listing.stdout.split("\0") if name]


def test_the_build_sees_the_packages_and_what_it_copies_by_name_and_nothing_else() -> None:
    setup = (PROJECT / "setup.py").read_text(encoding="utf-8")
    packages = set(re.findall(r'"(\w+)"', setup.split("PACKAGES = (")[1].split(")")[0]))
    assert len(packages) > 8
    alone = {"setup.py", "pyproject.toml", "README.md", "LICENSE", "scripts/sbom.py"}
    alone |= {"requirements.lock", "requirements-gpu.lock"}
    wanted = {name for name in tracked() if name in alone or name.split("/")[0] in packages}
    assert {name for name in tracked() if not ignored(PATTERNS, name)} == wanted | (alone & wanted)
    assert "requirements.lock" in wanted


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".env",
        "galen_home/pseudonym.key",
        "tests/conftest.py",
        "pipelines/__pycache__/cli.cpython-313.pyc",
        "pipeline_configs/__init__.pyc",
        "requirements-dev.lock",
        "shared/data/records.csv",
        ".venv/bin/python",
    ],
)
def test_secrets_data_and_leftovers_stay_out(path: str) -> None:
    assert ignored(PATTERNS, path)


def test_a_stage_is_read_whole() -> None:
    parsed = stages("FROM a AS x\n# note\nRUN one \\\n    && two\nFROM x\nUSER 1\n")
    assert parsed == {"x": [("FROM", "a AS x"), ("RUN", "one      && two")], "default": [("FROM", "x"), ("USER", "1")]}
