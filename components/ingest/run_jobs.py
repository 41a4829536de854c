"""Pieces of work as a Beam pipeline, on any runner."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apache_beam as beam

from components.ingest.job import Result, Settings

__all__ = ["RunJobs"]


@beam.typehints.with_output_types(str)
class RunJobs(beam.PTransform):
    """Does each piece of work by itself, in parallel; gives the `Result` of each as JSON.

    Args:
        settings: What all jobs share.
        jobs: At least one, all of one dataclass: names and numbers, never a row.
        work: Does one of them and never raises; a function of a module, which workers look up by its name.
    """

    def __init__(self, settings: Settings, jobs: Sequence[Any], work: Callable[[Settings, Any], Result]) -> None:
        super().__init__()
        self._settings = settings
        self._jobs = jobs
        self._work = work

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[str]:
        """Builds the steps."""
        kind = type(self._jobs[0])
        return (
            begin
            | "Jobs" >> beam.Create([tuple(vars(job).values()) for job in self._jobs])
            | "SpreadJobs" >> beam.Reshuffle()
            | "RunJob" >> beam.ParDo(_RunJob(self._settings, kind, self._work))
        )


class _RunJob(beam.DoFn):
    """Job as a tuple -> Result as JSON."""

    def __init__(self, settings: Settings, kind: type, work: Callable[[Settings, Any], Result]) -> None:
        self._settings = settings
        self._kind = kind
        self._work = work

    def process(self, element: tuple[Any, ...]) -> Iterator[str]:
        yield self._work(self._settings, self._kind(*element)).to_json()
