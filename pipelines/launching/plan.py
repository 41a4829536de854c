"""A run's plan: the compiled pipeline, with what this run takes from an earlier one and leaves out."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline_configs.errors import ConfigError, Problem
from pipelines.metadata.records import RunContext
from pipelines.metadata.store import Store
from pipelines.nodes import NEVER_CACHED, refuse_unknown_nodes

if TYPE_CHECKING:
    from tfx.orchestration.pipeline import Pipeline

__all__ = ["Plan", "Selection", "plan_run"]


@dataclass(frozen=True)
class Selection:
    """Which nodes to run.

    Attributes:
        from_nodes: Where to begin; results of the nodes before are those of an earlier run. Empty for the beginning.
        to_nodes: Where to stop; empty for the end.
        force: Whether nodes run although a cached result fits.
    """

    from_nodes: tuple[str, ...] = ()
    to_nodes: tuple[str, ...] = ()
    force: bool = False

    @property
    def partial(self) -> bool:
        """Whether some nodes are left out."""
        return bool(self.from_nodes or self.to_nodes)


@dataclass(frozen=True)
class Plan:
    """What a run does, complete: whoever has it can launch any of its nodes.

    Attributes:
        pipeline: The compiled pipeline, `tfx.orchestration.Pipeline`, of this run alone.
        base: The earlier run whose results are reused, or "".
    """

    pipeline: Any
    base: str = ""

    @property
    def nodes(self) -> list[str]:
        """Ids of all nodes, in an order in which they can run."""
        return [node.pipeline_node.node_info.id for node in self.pipeline.nodes]

    @property
    def to_run(self) -> list[str]:
        """Ids of those that are neither left out nor reused."""
        return [name for name in self.nodes if not self.node(name).execution_options.HasField("skip")]

    @property
    def deployment(self) -> Any:
        """How executors and drivers are run, `IntermediateDeploymentConfig`."""
        from tfx.orchestration.local import runner_utils

        return runner_utils.extract_local_deployment_config(self.pipeline)

    def node(self, name: str) -> Any:
        """Returns a node's `PipelineNode`.

        Raises:
            ConfigError: There is none of this name.
        """
        for node in self.pipeline.nodes:
            if node.pipeline_node.node_info.id == name:
                return node.pipeline_node
        raise ConfigError(Problem(f"the plan has no node '{name}'", expected=f"one of: {', '.join(self.nodes)}"))

    def executor(self, name: str) -> tuple[str, bool]:
        """Returns the dotted path of a node's executor, "" where it has none, and whether it runs Beam."""
        from tfx.orchestration.local import runner_utils

        spec = runner_utils.extract_executor_spec(self.deployment, name)
        beam = getattr(spec, "python_executor_spec", None)
        return getattr(beam or spec, "class_path", ""), beam is not None

    def to_bytes(self) -> bytes:
        """Returns the plan as bytes, for another process."""
        return self.base.encode() + b"\0" + bytes(self.pipeline.SerializeToString())

    @classmethod
    def from_bytes(cls, content: bytes) -> "Plan":
        """Returns the plan that `to_bytes` wrote."""
        from tfx.proto.orchestration import pipeline_pb2

        base, _, pipeline = content.partition(b"\0")
        return cls(pipeline_pb2.Pipeline.FromString(pipeline), base.decode())

    def before(self, name: str) -> list[str]:
        """Returns the nodes that must have ended before one may begin."""
        return list(self.node(name).upstream_nodes)

    def reused(self, name: str) -> bool:
        """Whether a node's results are those of the base run."""
        from tfx.orchestration.portable import partial_run_utils

        return bool(self.base) and partial_run_utils.should_attempt_to_reuse_artifact(self.node(name).execution_options)


def plan_run(pipeline: "Pipeline", store: Store, run: RunContext, selection: Selection = Selection()) -> Plan:
    """Compiles a pipeline for one run, and enters what it reuses into the metadata.

    What TFX's LocalDagRunner does, but that earlier results for `--from` come from the last run that has them, not from
    the last run whatever became of it.

    Args:
        pipeline: What to run.
        store: Its metadata.
        run: The run, as `Store.begin_run` made it.
        selection: Which nodes.

    Raises:
        ConfigError: A selected node does not exist, or there is no earlier run to go on from.
    """
    from tfx.dsl.compiler import constants
    from tfx.dsl.compiler.compiler import Compiler
    from tfx.orchestration.portable import partial_run_utils, runtime_parameter_utils

    from pipelines.launching.tfx_metadata import TfxMetadata

    ir: Any = Compiler().compile(pipeline)
    runtime_parameter_utils.substitute_runtime_parameter(ir, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run.id})
    plan = Plan(ir)
    refuse_unknown_nodes(plan.nodes, selection.from_nodes, selection.to_nodes)
    if selection.partial:
        partial_run_utils.mark_pipeline(
            ir, from_nodes=selection.from_nodes or None, to_nodes=selection.to_nodes or None
        )
        plan = Plan(ir, _base_run(ir, store, run, selection))
        if plan.base:
            # Here and not with the first node: of nodes in processes of their own several may be the first.
            with TfxMetadata(store) as handle:
                partial_run_utils.snapshot(handle, ir, base_run_id=plan.base)
    for name in plan.nodes:
        if selection.force or name in NEVER_CACHED:
            plan.node(name).execution_options.caching_options.enable_cache = False
    return plan


def _base_run(ir: Any, store: Store, run: RunContext, selection: Selection) -> str:
    """Returns the last run that has results of every node that must be reused; "" where none must."""
    nodes = [node.pipeline_node for node in ir.nodes]
    if not any(not node.execution_options.HasField("skip") for node in nodes):
        raise ConfigError(
            Problem(
                "no node lies between --from and --to",
                found=f"--from {', '.join(selection.from_nodes)} --to {', '.join(selection.to_nodes)}",
            )
        )
    required = {
        node.node_info.id
        for node in nodes
        if node.execution_options.HasField("skip")
        and node.execution_options.skip.reuse_artifacts_mode == node.execution_options.skip.REQUIRED
    }
    if not required:
        return ""
    pipeline = ir.pipeline_info.id
    for earlier in store.runs(pipeline):
        if earlier.id != run.id:
            finished = {n.id for n in store.nodes(earlier, pipeline) if n.state in ("complete", "cached")}
            if required <= finished:
                return earlier.id
    raise ConfigError(
        Problem(
            "there is no earlier run whose results could be used",
            f"--from {', '.join(selection.from_nodes)}",
            expected=f"a run in which these ended well: {', '.join(n for n in _ids(nodes) if n in required)}",
            fix="run without --from",
        )
    )


def _ids(nodes: Collection[Any]) -> list[str]:
    return [node.node_info.id for node in nodes]
