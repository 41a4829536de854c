"""How many threads of this process a runner works in."""

import os
from collections.abc import Sequence

__all__ = ["threads"]


def threads(beam_args: Sequence[str]) -> int:
    """Returns the number for Beam's arguments; 1 where workers are processes, or the runner is not known."""
    from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions

    options = PipelineOptions(list(beam_args))
    direct = options.view_as(DirectOptions)
    runner = (options.view_as(StandardOptions).runner or "DirectRunner").rsplit(".", 1)[-1]
    if runner not in ("DirectRunner", "FnApiRunner") or direct.direct_running_mode != "multi_threading":
        return 1
    return int(direct.direct_num_workers) or os.cpu_count() or 1
