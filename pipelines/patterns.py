"""`galen patterns`: which phrases of the notes go with the diagnosis, from the examples of the last ingest."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components import storage
from components.storage import reading, writing
from pipeline_configs.environment import Environment
from pipeline_configs.errors import ConfigError, Problem
from pipeline_configs.task import Task

if TYPE_CHECKING:
    from components.patterns.patterns import Patterns
    from pipelines.metadata.records import Artifact
    from pipelines.recorded.history import RunRecord

__all__ = ["FEWEST_PATIENTS", "SPLITS", "PatternsRequest", "PatternsResult", "find_examples", "run_patterns"]

SPLITS = ("train", "calibration", "eval")

FEWEST_PATIENTS = 5
"""Lowest limit that may be asked for: a term of fewer patients could tell who they are."""

_NODE = "NotesExampleGen"

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class PatternsRequest:
    """What is asked for.

    Attributes:
        task: Name of a task, or its file.
        environment: Name of an environment, or its file.
        split: train, calibration, eval or all.
        min_patients: Terms of fewer patients are never shown.
        top: Most terms of each direction on the screen and in the picture.
        mask: Whether the label words of the task are left out.
        folder: Where the files go; beside the pipeline root where left out.
    """

    task: str
    environment: str = "local"
    split: str = "train"
    min_patients: int = 10
    top: int = 15
    mask: bool = False
    folder: Path | None = None


@dataclass(frozen=True)
class PatternsResult:
    """What was found.

    Attributes:
        task: The task.
        run: Run whose examples were read.
        split: What was read of them.
        patterns: The statistics.
        top: As asked for.
        table: CSV file.
        picture: PNG file.
    """

    task: Task
    run: str
    split: str
    patterns: "Patterns"
    top: int
    table: Path
    picture: Path

    def as_dict(self) -> dict[str, Any]:
        """Returns it for JSON; the table has the terms that are not among the strongest."""
        patterns, counts = self.patterns, self.patterns.counts
        return {
            "task": self.task.name,
            "run": self.run,
            "split": self.split,
            "label": self.task.label.name,
            "notes": counts.notes,
            "patients": counts.positives + counts.negatives,
            "positives": counts.positives,
            "negatives": counts.negatives,
            "patients_with_both_labels": counts.both,
            "min_patients": patterns.min_patients,
            "terms": len(patterns.names),
            "associated": int(abs(patterns.direction).sum()),
            "words_left_out": counts.words_left_out,
            "with_diagnosis": [patterns.as_dict(term) for term in patterns.ranked(1)[: self.top]],
            "without_diagnosis": [patterns.as_dict(term) for term in patterns.ranked(-1)[: self.top]],
            "table": str(self.table),
            "picture": str(self.picture),
        }


def run_patterns(request: PatternsRequest, progress: Progress = lambda step, notes: None) -> PatternsResult:
    """Finds the examples, counts, computes and writes the table and the picture.

    Args:
        request: What is asked for.
        progress: Called with "words" or "patients" and the notes read in this pass.

    Raises:
        ConfigError: The task is not on notes, nothing was read yet, or an option is wrong.
        DataProblem: The examples cannot be read, or there are too few.
        RunFailed: The files cannot be written.
    """
    from pipelines.config import load_environment, load_task
    from pipelines.logs import quiet_environment

    _refuse_options(request)
    task, file = load_task(request.task)
    if task.modality != "notes":
        fix = "galen tasks lists the tasks with their modality"
        raise ConfigError(Problem("patterns are found in notes", str(file), "modality: notes", task.modality, fix))
    if request.mask and not task.text[1].masked:
        where, fix = f"{file}: features.{task.text[0]}.masked", "leave the option out, or list words there"
        raise ConfigError(Problem("the task masks no words that could be left out", where, fix=fix))
    environment = load_environment(request.environment)
    record, examples = find_examples(environment, task)
    quiet_environment()
    from components.patterns.counting import count_terms
    from components.patterns.patterns import find_patterns
    from components.patterns.write import write_patterns

    with _files(examples, request.split, task, environment) as files:
        counts = count_terms(files, task, min_patients=request.min_patients, mask=request.mask, progress=progress)
    patterns = find_patterns(counts, task.slicing, request.min_patients)
    folder = request.folder or _default_folder(environment, task, request)
    sizes = f"{counts.notes:,} notes of {counts.positives:,} patients with and {counts.negatives:,} without"
    title = f"{task.title} ({request.split}): {sizes} {task.label.name}"
    table, picture = write_patterns(patterns, folder, title, task.label.name, request.top)
    return PatternsResult(task, record.id, request.split, patterns, request.top, table, picture)


def find_examples(environment: Environment, task: Task) -> "tuple[RunRecord, Artifact]":
    """Returns the newest run that has examples of the task, and the examples.

    Raises:
        ConfigError: There is none, or the examples are gone.
    """
    from pipelines.recorded import history

    store = history.open_store(environment, task.name)
    for record in history.runs(store, environment, task.name):
        for node in history.nodes_of(store, record, task.name):
            found = node.outputs_of("Examples")
            if node.id == _NODE and node.state in ("complete", "cached") and found:
                return record, found[-1]
    what = f"no run of {task.name} in environment '{environment.name}' has read notes yet"
    raise ConfigError(Problem(what, store.place, fix=_advice(task, environment)))


def _refuse_options(request: PatternsRequest) -> None:
    problems = []
    if request.split not in (*SPLITS, "all"):
        expected = f"one of: {', '.join((*SPLITS, 'all'))}"
        problems.append(Problem("there is no such split", "--split", expected, request.split))
    if request.min_patients < FEWEST_PATIENTS:
        what = "terms of so few patients could tell who they are"
        expected = f"{FEWEST_PATIENTS} or more"
        problems.append(Problem(what, "--min-patients", expected, str(request.min_patients)))
    if problems:
        raise ConfigError(*problems)


@contextmanager
def _files(examples: "Artifact", split: str, task: Task, environment: Environment) -> Iterator[list[str]]:
    """Gives the patterns of the files of a split, or of all: of copies on this machine where they are elsewhere."""
    splits = SPLITS if split == "all" else (split,)
    with tempfile.TemporaryDirectory(prefix="galen-") as scratch:
        root = examples.uri
        if storage.is_remote(root):
            with reading(root), writing(scratch):
                for name in splits:
                    storage.copy_tree(f"{root}/Split-{name}", f"{scratch}/Split-{name}")
            root = scratch
        found = [f"{root}/Split-{name}/*" for name in splits if storage.names_below(f"{root}/Split-{name}")]
        if not found:
            what, where = f"the examples of split {split} are gone", examples.uri
            raise ConfigError(Problem(what, where, fix=f"{_advice(task, environment)} --force"))
        yield found


def _advice(task: Task, environment: Environment) -> str:
    where = "" if environment.name == "local" else f" --env {environment.name}"
    return f"galen run {task.name}{where} --to {_NODE}"


def _default_folder(environment: Environment, task: Task, request: PatternsRequest) -> Path:
    """Beside the logs, which are on this machine: nothing that a run writes or clears away lies there.

    Another question has another folder, so that its answer replaces none.
    """
    asked = f"{request.split}{'-without-label-words' if request.mask else ''}"
    return Path(environment.log_root).parent / "patterns" / task.name / asked
