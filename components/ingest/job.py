"""One unit of the ingest as a Beam worker does it: a job in, a result out, both plain JSON; nothing is ever raised.

Beam repeats what an exception says, with the element that it was working on, in its own exceptions and logs. So a
worker gives back what went wrong as data; and of what nobody foresaw only the type and the place, never the text.
"""

import json
import traceback
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from components.ingest.ingest import Counts, Ingest
from components.ingest.patients import Hashes
from components.ingest.quarantine import Entry, Quarantine
from components.ingest.read import read_blocks
from components.storage import create, join, open_file, writing
from pipeline_configs.environment import PseudonymKey
from pipeline_configs.errors import ConfigError, DataProblem, GalenError, Problem, RunFailed
from pipeline_configs.task import Task
from privacy.pseudonyms import key_check, load_key

__all__ = [
    "FileJob",
    "Result",
    "Settings",
    "guarded",
    "ingest_file",
    "load_hashes",
    "new_ingest",
    "result_of",
    "save_hashes",
]


@dataclass(frozen=True)
class Settings:
    """What all jobs of an ingest share; goes into the pipeline, so that the key itself is not in it.

    Attributes:
        declaration: JSON of the task.
        key_source: JSON of the environment's pseudonym_key.
        gzip: Whether shards are compressed.
        work: Work folder.
        key_check: `privacy.pseudonyms.key_check` of the driver's key, "" where it is not held against the worker's.
    """

    declaration: str
    key_source: str
    gzip: bool
    work: str
    key_check: str = ""

    @property
    def task(self) -> Task:
        """The task."""
        return Task.model_validate_json(self.declaration)

    @property
    def key(self) -> bytes:
        """The secret of the pseudonyms, as this process finds it: on a cluster, in the worker's own environment.

        Raises:
            ConfigError: There is none, or it is another one than the driver's.
        """
        source = PseudonymKey.model_validate_json(self.key_source)
        if self.key_check:
            # A key made here would give the patients of this worker other pseudonyms than the next one's.
            source = source.model_copy(update={"create": False})
        key = load_key(source)
        if self.key_check and key_check(key) != self.key_check:
            raise ConfigError(
                Problem(
                    "a worker has another key for the patients' pseudonyms than the run",
                    "pseudonym_key",
                    fix="give all workers the same secret, by variable or file, and start the run again",
                )
            )
        return key


@dataclass(frozen=True)
class FileJob:
    """One file to ingest.

    Attributes:
        number: Its number among the files of the span.
        path: The file.
        name: Its name in reports.
        size: Its bytes.
        taken: File with the patients of earlier files, from `save_hashes`; "" for none.
    """

    number: int
    path: str
    name: str
    size: int
    taken: str = ""


@dataclass
class Result:
    """What became of a job.

    Attributes:
        order: By which results are put in order.
        folder: Folder of the shards.
        counts: What was counted; None where it failed.
        hashes: File with the pseudonyms of the patients written, from `save_hashes`.
        patients: Their number.
        name: Name of the file in reports; "" where the result is not of one file.
        size: Bytes read.
        problems: What went wrong.
        failure: Name of the error to raise, "DataProblem" or "RunFailed"; "" where nothing went wrong.
    """

    order: str
    folder: str = ""
    counts: Counts | None = None
    hashes: str = ""
    patients: int = 0
    name: str = ""
    size: int = 0
    problems: tuple[Problem, ...] = ()
    failure: str = ""

    def to_json(self) -> str:
        """Returns the result as text."""
        tree = {**vars(self), "problems": [asdict(problem) for problem in self.problems], "counts": None}
        if self.counts:
            quarantine = self.counts.quarantine
            counts = [[*key, number] for key, number in quarantine.counts.items()]
            tree["counts"] = {**vars(self.counts), "quarantine": {**vars(quarantine), "counts": counts}}
        return json.dumps(tree)

    @classmethod
    def from_json(cls, text: str) -> "Result":
        """Returns the result that `to_json` wrote."""
        tree: dict[str, Any] = json.loads(text)
        tree["problems"] = tuple(Problem(**problem) for problem in tree["problems"])
        counts = tree["counts"]
        if counts:
            quarantine = counts.pop("quarantine")
            quarantine["counts"] = Counter({(column, reason): n for column, reason, n in quarantine["counts"]})
            quarantine["entries"] = [Entry(*entry) for entry in quarantine["entries"]]
            plain: dict[str, Any] = {
                name: Counter(value) if name in _COUNTERS else value for name, value in counts.items()
            }
            tree["counts"] = Counts(Quarantine(**quarantine), **plain)
        return cls(**tree)

    @property
    def error(self) -> GalenError | None:
        """The error to raise, if any."""
        if not self.failure:
            return None
        return (DataProblem if self.failure == "DataProblem" else RunFailed)(*self.problems)


_COUNTERS = ("rows", "positives", "missing", "trimmed", "left_out", "removed")


def ingest_file(settings: Settings, job: FileJob) -> Result:
    """Ingests one file; whatever goes wrong is in the result."""
    order = f"{job.number:08d}"

    def work() -> Result:
        taken = load_hashes(job.taken) if job.taken else None
        folder, ingest = new_ingest(settings, taken)
        ingest.run(job.name, read_blocks(job.path, settings.task))
        return result_of(ingest, folder, order, job.name, job.size)

    return guarded(order, job.name, work)


def new_ingest(settings: Settings, taken: Hashes | None = None) -> tuple[str, Ingest]:
    """Returns a work folder of its own and an ingest that writes there; a repeated attempt has another folder."""
    folder = join(settings.work, uuid.uuid4().hex)
    return folder, Ingest(settings.task, settings.key, folder, settings.gzip, taken)


def result_of(ingest: Ingest, folder: str, order: str, name: str = "", size: int = 0) -> Result:
    """Returns the result of an ingest that has come to its end."""
    hashes = join(folder, "patients")
    try:
        save_hashes(hashes, ingest.seen.all())
    except BaseException:
        ingest.discard()
        raise
    return Result(order, folder, ingest.counts, hashes, len(ingest.seen), name, size)


def guarded(order: str, where: str, work: Callable[[], Result]) -> Result:
    """Runs a piece of work; returns what it raises as a result."""
    try:
        return work()
    except DataProblem as error:
        return Result(order, problems=error.problems, failure="DataProblem")
    except GalenError as error:
        return Result(order, problems=error.problems, failure="RunFailed")
    except MemoryError:
        problem = Problem("there is not enough memory", where, fix="give the machine more, or use fewer workers")
        return Result(order, problems=(problem,), failure="RunFailed")
    except Exception as error:  # noqa: BLE001 - see the module's docstring
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} in {frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        problem = Problem("a defect in the ingest", where, found=place, fix="report it, without the data")
        return Result(order, problems=(problem,), failure="RunFailed")


def save_hashes(path: str, hashes: Hashes) -> None:
    """Writes pseudonyms as numbers."""
    with writing(path):
        file = create(path)
        try:
            file.write(hashes.astype("<u8", copy=False).view(np.uint8).data)
        finally:
            file.close()


def load_hashes(path: str) -> Hashes:
    """Reads what `save_hashes` wrote."""
    with open_file(path) as file:
        return np.frombuffer(file.read(), "<u8").astype(np.uint64, copy=False)
