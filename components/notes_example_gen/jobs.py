"""One unit of the ingest of notes as a Beam worker does it: a job in, a result out; nothing is ever raised."""

import uuid
from dataclasses import dataclass

from components.ingest.ingest import Counts
from components.ingest.job import Result, Settings, guarded
from components.ingest.quarantine import Quarantine
from components.notes_example_gen.ingest import NOTES_FILE, NoteIngest
from components.notes_example_gen.read import read_blocks
from components.notes_example_gen.splits import write_splits
from components.storage import join

__all__ = ["ShareJob", "SplitJob", "new_ingest", "note_result", "read_share", "split_notes"]


@dataclass(frozen=True)
class ShareJob:
    """A share of a file to read.

    Attributes:
        number: Number of the file among those of the span.
        path: The file.
        name: Its name in reports.
        size: Its bytes.
        share: Number of the share.
        shares: Number of shares of the file.
        root: Folder that paths of text files are relative to.
    """

    number: int
    path: str
    name: str
    size: int
    share: int
    shares: int
    root: str


@dataclass(frozen=True)
class SplitJob:
    """Examples to deal out.

    Attributes:
        order: As in the result that wrote them.
        folder: Where they are.
        chosen: File with the number of each one's split.
    """

    order: str
    folder: str
    chosen: str


def read_share(settings: Settings, job: ShareJob) -> Result:
    """Reads a share of a file; whatever goes wrong is in the result."""
    order = f"{job.number:08d}-{job.share:04d}"

    def work() -> Result:
        folder, ingest = new_ingest(settings, job.root)
        ingest.run(job.name, read_blocks(job.path, settings.task, job.share, job.shares))
        return note_result(ingest, folder, order, job.name, job.size if job.share == 0 else 0)

    return guarded(order, job.name, work)


def new_ingest(settings: Settings, root: str = "") -> tuple[str, NoteIngest]:
    """Returns a work folder of its own and an ingest that writes there; a repeated attempt has another folder."""
    folder = join(settings.work, uuid.uuid4().hex)
    return folder, NoteIngest(settings.task, settings.key, folder, root)


def note_result(ingest: NoteIngest, folder: str, order: str, name: str = "", size: int = 0) -> Result:
    """Returns the result of an ingest that has come to its end."""
    return Result(order, folder, ingest.counts, name=name, size=size)


def split_notes(settings: Settings, job: SplitJob) -> Result:
    """Deals examples out to the splits; whatever goes wrong is in the result."""

    def work() -> Result:
        shards = write_splits(settings, join(job.folder, NOTES_FILE), job.chosen, uuid.uuid4().hex)
        counts = Counts(Quarantine(0), shards=shards.by_split, bytes_written=shards.size)
        return Result(job.order, settings.work, counts)

    return guarded(job.order, "the examples", work)
