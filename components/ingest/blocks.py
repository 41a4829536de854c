"""Ingests blocks that a reader across files makes, bundle by bundle."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from components.ingest.block import Block
from components.ingest.job import Result, Settings, guarded

__all__ = ["IngestBlocks"]


class IngestBlocks(beam.DoFn):
    """Blocks of FHIR -> one Result as JSON for each bundle.

    Args:
        settings: What all jobs share.
        new: Makes a work folder of its own and an ingest that writes there.
        result: Makes the result of an ingest that has come to its end, from it, its folder and its order.
    """

    def __init__(
        self,
        settings: Settings,
        new: Callable[[Settings], tuple[str, Any]],
        result: Callable[[Any, str, str], Result],
    ) -> None:
        self._settings, self._new, self._result = settings, new, result

    def start_bundle(self) -> None:
        """Begins without an ingest: the first block makes it."""
        self._ingest: Any = None
        self._failed: Result | None = None
        self._folder = self._order = ""

    def process(self, block: Block) -> Iterable[str]:
        """Ingests a block; what goes wrong is told once, at the end of the bundle."""
        if not self._failed:
            result = guarded("", "FHIR", lambda: self._add(block))
            if result.failure:
                self._failed = result
                if self._ingest:
                    self._ingest.discard()
        return ()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Yields the bundle's result."""
        result = self._failed
        if not result and self._ingest:
            result = guarded(self._order, "FHIR", self._finish)
        if result:
            window = GlobalWindow()
            yield WindowedValue(result.to_json(), window.max_timestamp(), [window])

    def _add(self, block: Block) -> Result:
        if not self._ingest:
            self._folder, self._ingest = self._new(self._settings)
        if not self._order and block.files:
            self._order = json.dumps([block.files[0], f"{block.lines[0]:012d}"])
        self._ingest.add("", block)
        return Result("")

    def _finish(self) -> Result:
        self._ingest.finish()
        return self._result(self._ingest, self._folder, self._order)
