"""Writes the results of an ingest's jobs into one file."""

from collections.abc import Iterable

import apache_beam as beam

from components.storage import create, join, rename, writing

__all__ = ["WriteResults"]


class WriteResults(beam.PTransform):
    """Writes all results, of which there is at least one, into one file, one a line, at once.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def expand(self, results: beam.PCollection[str]) -> beam.PCollection[None]:
        """Builds the steps."""
        # `combiners.ToList` takes twice as many steps, as there might be none; there is a result for each job.
        keyed = results | beam.Map(lambda line: (b"", line)) | beam.GroupByKey()
        return keyed | "Write" >> beam.Map(_write_lines, self._path)


def _write_lines(lines: tuple[bytes, Iterable[str]], path: str) -> None:
    draft = join(path.rpartition("/")[0], f".{path.rpartition('/')[2]}.draft")
    with writing(path):
        file = create(draft)
        try:
            file.write("\n".join(lines[1]).encode())
        finally:
            file.close()
        rename([(draft, path)])
