"""`galen patterns`: counts, and shows what it finds."""

import json
import sys
from pathlib import Path

from pipelines.logs import captured, log_file
from pipelines.patterns import PatternsRequest, run_patterns
from pipelines.screen.console import console_on, output_console
from pipelines.screen.patterns import Counting, show_patterns

__all__ = ["patterns_command"]


def patterns_command(request: PatternsRequest, *, as_json: bool) -> None:
    """Runs and shows it.

    Args:
        request: What is asked for.
        as_json: Whether to write JSON.

    Raises:
        GalenError: As `run_patterns`.
    """
    from pipelines.config import load_environment

    log = log_file(load_environment(request.environment).log_root, Path(request.task).stem, "patterns")
    with captured(log) as streams:  # what TensorFlow says when it starts is for the log
        counting = Counting(console_on(streams.err))
        try:
            result = run_patterns(request, counting)
        finally:
            counting.close()
    if as_json:
        json.dump(result.as_dict(), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    show_patterns(result, output_console())
