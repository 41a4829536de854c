"""What a worker of the tests runs: `python -m tests.trainers.worker_process MODALITY SAMPLE FOLDER [SABOTAGE]`.

It trains the sample that another process made, as the pipeline's node does, and writes down what came of it.
"""

import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any


def main(modality: str, sample: str, folder: str, sabotage: str = "") -> int:
    """Runs run_fn; returns 3 where it failed with a message."""
    import importlib

    from pipeline_configs.errors import GalenError
    from trainers import epochs

    made = pickle.loads(Path(sample).read_bytes())
    finite, record = epochs.finite, {}

    def noted(model: Any, history: dict[str, list[float]], done: int = 0) -> Any:
        record.update(history=finite(model, history, done), sums=[float(abs(w).sum()) for w in model.get_weights()])
        return record["history"]

    epochs.finite = noted
    if sabotage:
        _sabotage(sabotage)
    try:
        importlib.import_module(f"trainers.{modality}").run_fn(made.fn_args(Path(folder)))
    except GalenError as error:
        sys.stdout.write(f"{error}\n")
        return 3
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, "worker.json").write_text(json.dumps(record))
    return 0


def _sabotage(kind: str) -> None:
    """Lets this worker die or fail in the third epoch."""
    from trainers import loop

    trained, passes = loop._pass, []

    def one_pass(*given: Any) -> Any:
        passes.append(1)
        if len(passes) == 5:
            sys.stdout.write(f"sabotage: {kind}\n")
            sys.stdout.flush()
            if kind == "die":
                os.kill(os.getpid(), 9)
            if kind == "fail":
                raise RuntimeError("no room on the disk")
        return trained(*given)

    loop._pass = one_pass


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
