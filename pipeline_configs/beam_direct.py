"""Beam on this machine."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.beam_options import BeamOptions

__all__ = ["DirectBeam"]


class DirectBeam(BeamOptions):
    """Beam on this machine, in the process of the run or in some beside it."""

    OWNED: ClassVar[dict[str, str]] = {"direct_running_mode": "beam.mode", "direct_num_workers": "beam.workers"}

    runner: Literal["direct"] = "direct"
    """direct: on this machine."""
    mode: Literal["auto", "in_memory", "multi_threading", "multi_processing"] = "auto"
    """How the workers run. auto looks at the kind of data, its size and the cores when a run is planned; in_memory: one
    thread; multi_threading: threads, for images and notes; multi_processing: processes, for millions of records."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Number of workers, at most this many where the mode is auto; 0 for one a core."""

    @model_validator(mode="after")
    def _one_thread(self) -> Self:
        if self.mode == "in_memory" and self.workers > 1:
            raise ValueError("mode in_memory works in one thread; give mode multi_threading, or leave workers out")
        return self
