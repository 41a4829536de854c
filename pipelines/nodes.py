"""Ids of the nodes, known without importing TFX: for `--from` and `--to`, and for the builder."""

from collections.abc import Sequence

from pipeline_configs.errors import ConfigError, Problem, closest
from pipeline_configs.task import Task

__all__ = ["EXAMPLE_GENS", "NEVER_CACHED", "NODES", "node_ids", "refuse_unknown_nodes"]

EXAMPLE_GENS = {"records": "RecordsExampleGen", "images": "ImageExampleGen", "notes": "NotesExampleGen"}
"""The node that reads each kind of data."""

NODES = (
    *EXAMPLE_GENS.values(),
    "StatisticsGen",
    "CuratedSchema",
    "PreviousStatistics",
    "ExampleValidator",
    "DataGate",
    "Window",
    "Transform",
    "Tuner",
    "WarmStart",
    "Trainer",
    "Baseline",
    "PerformanceReport",
    "Evaluator",
    "ModelPusher",
)
"""Ids of the nodes, in the order in which they run; one ExampleGen, by modality; Tuner and WarmStart only where the
task asks for them."""


NEVER_CACHED = ("ModelPusher",)
"""Nodes whose result lies outside the pipeline root, where it may be gone: they look, and do nothing if it is there."""


def node_ids(task: Task) -> tuple[str, ...]:
    """Returns the ids of a task's nodes, in the order in which they run."""
    absent = {node for modality, node in EXAMPLE_GENS.items() if modality != task.modality}
    if not task.training.tuning.enabled:
        absent.add("Tuner")
    if not task.training.warm_start:
        absent.add("WarmStart")
    return tuple(node for node in NODES if node not in absent)


def refuse_unknown_nodes(known: Sequence[str], from_nodes: Sequence[str], to_nodes: Sequence[str]) -> None:
    """Refuses names that are no nodes, and a `--to` that lies before every `--from`.

    Raises:
        ConfigError: One problem for each.
    """
    lower = {name.lower(): name for name in known}
    problems = []
    for option, nodes in (("--from", from_nodes), ("--to", to_nodes)):
        for node in nodes:
            if node in known:
                continue
            near = lower.get(node.lower(), "")
            fix = f"did you mean '{near}'?" if near else closest(node, known)
            problems.append(
                Problem(f"the pipeline has no node '{node}'", option, f"one of: {', '.join(known)}", fix=fix)
            )
    if problems:
        raise ConfigError(*problems)
    position = {name: number for number, name in enumerate(known)}
    if from_nodes and to_nodes and max(position[n] for n in to_nodes) < min(position[n] for n in from_nodes):
        found = f"--from {', '.join(from_nodes)} --to {', '.join(to_nodes)}"
        what = "no node lies between --from and --to"
        raise ConfigError(Problem(what, found=found, expected=f"the order {', '.join(known)}"))
