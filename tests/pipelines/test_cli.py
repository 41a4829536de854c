"""The command line: help, lists, messages, exit codes, JSON; and that nothing heavy is imported for them."""

import json
import os
import pty
import subprocess
import sys

import pytest

from pipelines.exit_codes import ExitCode
from tests.pipelines.conftest import Home

HEAVY = ("numpy", "pandas", "pyarrow", "tensorflow", "tfx", "apache_beam", "ml_metadata", "sklearn", "google.cloud")


def test_help_lists_commands_and_explains_every_exit_code(home: Home) -> None:
    listing = home.galen("--help")
    assert listing.returncode == 0
    for command in ("run", "tasks", "check", "runs", "show", "init"):
        assert f" {command} " in listing.stdout
    text = " ".join(home.galen("run", "--help").stdout.split())
    for code in ExitCode:
        assert f"{code.value}: {code.meaning}" in text
    assert home.galen("--version").stdout.startswith("galen ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["tasks"], 0),
        (["check", "nothing"], 2),
        (["run", "light", "--param", "trainin.seed=1"], 2),
        (["runs", "light"], 2),
    ],
)
def test_nothing_heavy_is_imported(home: Home, arguments: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pipelines.commands.main", *arguments],
        cwd=home.folder,
        env={**os.environ, **home.variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert imported & {"typer"} and not imported & set(HEAVY)


def test_tasks_says_what_is_missing_and_what_is_broken(home: Home) -> None:
    configs = home.folder / "configs"
    light = (configs / "light.yaml").read_text()
    (configs / "needy.yaml").write_text(light.replace("light", "needy").replace("patients.csv", '"${NEEDED_CSV}"'))
    (configs / "broken.yaml").write_text("name: [")
    (configs / "wrong.yaml").write_text(light.replace("light", "wrong").replace("kind: numeric", "kind: number"))
    done = home.galen("tasks")
    assert done.returncode == 0 and done.stderr == ""
    text = " ".join(done.stdout.split())
    assert "needy needs NEEDED_CSV" in text
    assert "broken is broken: " in text and "broken.yaml:1: this is not valid YAML" in text
    assert "wrong is broken: " in text and "the kind is not known" in text
    entries = {entry["name"]: entry for entry in json.loads(home.galen("tasks", "--json").stdout)}
    assert entries["light"]["state"] == "ready" and entries["light"]["origin"] == str(configs)
    assert entries["needy"]["state"] == "needs" and entries["needy"]["needs"] == ["NEEDED_CSV"]
    assert entries["wrong"]["state"] == "broken" and entries["wrong"]["title"] == "A wrong task"
    assert entries["diabetes_progression"]["origin"] == "galen"
    assert entries["diabetes_progression"]["label"] == "progression_above_140"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "ligth"], ["there is no task 'ligth'", "did you mean 'light'?"]),
        (["run"], ["Missing argument 'TASK'", "galen run --help"]),
        (["run", "light", "--fast"], ["No such option: --fast"]),
        (["run", "light", "--param", "seed"], ["a parameter has the form key=value", "--param training.epochs=5"]),
        (["run", "light", "--param", "training.sed=1"], ["--param training.sed", "did you mean 'seed'?"]),
        (["run", "light", "--env", "lokal"], ["there is no environment 'lokal'", "did you mean 'local'?"]),
        (["run", "light", "--from", "Trianer"], ["no node 'Trianer'", "DataGate", "did you mean 'Trainer'?"]),
        (["run", "light", "--to", "modelpusher"], ["did you mean 'ModelPusher'?"]),
        (["runs", "light"], ["nothing has run in environment 'local' yet", "galen run light"]),
        (["show", "light"], ["nothing has run in environment 'local' yet"]),
        (["runs", "nope"], ["there is no task 'nope'"]),
    ],
)
def test_wrong_use_is_explained(home: Home, arguments: list[str], said: list[str]) -> None:
    done = home.galen(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr.replace("python -m pipelines.commands.main", "galen")


def test_check_says_everything(home: Home) -> None:
    done = home.galen("check", "light", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == found["exit_code"] == 2 and not found["ok"]
    assert any("light.pbtxt" in problem["where"] for problem in found["problems"])
    plain = home.galen("check", "light")
    assert plain.returncode == 2 and "light: " in plain.stderr and "problem" in plain.stderr
    fine = home.galen("check", "diabetes_progression")
    assert fine.returncode == 0 and "diabetes_progression can run" in fine.stdout


def test_colour_only_on_a_terminal(home: Home) -> None:
    assert "\x1b[" not in home.galen("run", "nope").stderr
    assert "\x1b[" in on_a_terminal(home, {})
    assert "\x1b[1;31m" not in on_a_terminal(home, {"NO_COLOR": "1"})


def on_a_terminal(home: Home, variables: dict[str, str]) -> str:
    master, slave = pty.openpty()
    environment = {**os.environ, **home.variables, "TERM": "xterm", **variables}
    command = [sys.executable, "-m", "pipelines.commands.main", "check", "light"]
    subprocess.run(command, cwd=home.folder, env=environment, stdout=slave, stderr=slave, timeout=60, check=False)
    os.close(slave)
    text = b""
    try:
        while chunk := os.read(master, 65536):
            text += chunk
    except OSError:  # the other end is closed
        pass
    os.close(master)
    return text.decode()


def test_an_unexpected_error_is_called_a_defect(home: Home) -> None:
    program = """
import pipelines.task_list
from pipelines.commands.main import main
def tasks():
    raise ValueError("something odd")
pipelines.task_list.tasks = tasks
main()
"""
    environment = {**os.environ, **home.variables}
    done = subprocess.run(
        [sys.executable, "-c", program, "tasks"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "this is a defect in Galen" in done.stderr and "ValueError" in done.stderr
    assert "something odd" not in done.stderr
    assert "Traceback" not in done.stderr


def test_init_writes_a_task_that_the_list_then_shows(home: Home) -> None:
    rows = "\n".join(f"p{n},{30 + n},{n % 2}" for n in range(40))
    (home.folder / "visits.csv").write_text(f"patient_id,age,outcome\n{rows}\n")
    done = home.galen("init", "visits", "--data", "visits.csv")
    assert done.returncode == 0, done.stderr
    assert "wrote pipeline_configs/visits.yaml" in done.stdout and "galen check visits" in done.stdout
    assert (home.folder / "pipeline_configs" / "visits.yaml").exists()
    assert "visits" in home.galen("tasks").stdout
    again = home.galen("init", "visits", "--data", "visits.csv")
    assert again.returncode == 2 and "the file is there already" in again.stderr
    bad = home.galen("init", "other_visits", "--data", "nowhere.csv")
    assert bad.returncode == 4 and "nowhere.csv" in bad.stderr
