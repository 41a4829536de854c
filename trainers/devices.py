"""Where a model is trained: on which processors, with which arithmetic, together with which other processes."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import tensorflow as tf

from pipeline_configs.errors import ConfigError, Problem, RunFailed
from trainers.workers import ALONE, CONFIG, PATIENCE, Workers, patience, workers_of

__all__ = ["Place", "place_here", "place_on", "policy_for", "visible_gpus", "xla_for"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where a model is trained.

    Attributes:
        strategy: How batches are spread.
        devices: GPUs of this process; none for the CPU.
        workers: The processes that train together.
    """

    strategy: tf.distribute.Strategy = field(default_factory=tf.distribute.get_strategy)
    devices: tuple[str, ...] = ()
    workers: Workers = ALONE

    @property
    def replicas(self) -> int:
        """Copies of the model, over all processes."""
        return int(self.strategy.num_replicas_in_sync)

    @property
    def local(self) -> int:
        """Copies of the model in this process."""
        return self.replicas // self.workers.count

    def described(self, policy: str, xla: bool) -> dict[str, object]:
        """Returns what training.json says of it."""
        return {
            # Its class has the name of how it does it.
            "strategy": type(self.strategy).__name__.replace("CollectiveAllReduce", "MultiWorkerMirrored"),
            "workers": self.workers.count,
            "replicas": self.replicas,
            "devices": list(self.devices) or ["CPU"],
            "dtype_policy": policy,
            "xla": xla,
        }


def visible_gpus() -> list[str]:
    """Returns the names of the GPUs that TensorFlow sees, and lets it take their memory as it needs it.

    By itself TensorFlow takes all memory of all GPUs at once, and leaves none to a second process.
    """
    _let_memory_grow()
    return [device.name for device in tf.config.list_logical_devices("GPU")]


def place_on(devices: Sequence[str]) -> Place:
    """Returns one process's place.

    Args:
        devices: Names of the devices to use, such as `visible_gpus()`.

    Returns:
        With MirroredStrategy on two and more: each holds the whole model and takes its share of every batch. Otherwise
        with TensorFlow's default, which uses the one GPU or the CPU.
    """
    strategy = tf.distribute.MirroredStrategy(list(devices)) if len(devices) > 1 else tf.distribute.get_strategy()
    return Place(strategy, tuple(devices))


def place_here(variables: Mapping[str, str] | None = None, gpus: int | None = None) -> Place:
    """Returns the place that GPUs and TF_CONFIG give, after all other workers have come.

    Must be called before TensorFlow does anything where there are several workers.

    Args:
        variables: Environment variables; those of this process where left out.
        gpus: Most GPUs to use where there is one process; all where left out.

    Raises:
        ConfigError: TF_CONFIG is broken, or this process has used TensorFlow before.
        RunFailed: Not all workers came in time.
    """
    variables = os.environ if variables is None else variables
    workers = workers_of(variables)
    if workers.count == 1:
        return place_on(visible_gpus()[:gpus])
    _log.info("%s waits for the others: %s", workers, ", ".join(workers.addresses))
    strategy = _together(workers, patience(variables))
    # Logical devices would be those of all workers.
    place = Place(strategy, tuple(gpu.name for gpu in tf.config.list_physical_devices("GPU")), workers)
    _log.info("%s trains, with %d of %d replicas", workers, place.local, place.replicas)
    return place


def policy_for(mixed_precision: bool, devices: Sequence[str]) -> str:
    """Returns Keras' dtype policy: "mixed_float16" where it is asked for and there is a GPU, else "float32"."""
    return "mixed_float16" if mixed_precision and devices else "float32"


def xla_for(wanted: bool, place: Place) -> bool:
    """Whether training steps are compiled by XLA: TensorFlow cannot compile a step that several replicas share."""
    if wanted and place.replicas > 1:
        _log.warning("training.xla is left out: XLA compiles steps on one processor, and there are %d", place.replicas)
    return wanted and place.replicas == 1


def _together(workers: Workers, seconds: int) -> tf.distribute.Strategy:
    cluster = tf.train.ClusterSpec({kind: list(addresses) for kind, addresses in workers.cluster.items()})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        cluster, task_type=workers.kind, task_id=workers.task, rpc_layer="grpc"
    )
    options = tf.distribute.experimental.CommunicationOptions(timeout_seconds=seconds)
    _let_memory_grow()
    _wait_no_longer(workers, seconds)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
    except tf.errors.OpError as error:
        what = f"not all of the {workers.count} workers came within {seconds} s"
        expected = f"a process behind each of: {', '.join(workers.addresses)}"
        fix = f"look at the others' logs, at {CONFIG} of each and at the network between them; {PATIENCE} sets the time"
        raise RunFailed(Problem(what, f"Trainer, {workers}", expected, type(error).__name__, fix)) from error


def _let_memory_grow() -> None:
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except (RuntimeError, ValueError) as error:  # in use already, or cut into several
            _log.warning("%s: memory is taken whole: %s", gpu.name, error)


def _wait_no_longer(workers: Workers, seconds: int) -> None:
    """Sets how long a worker waits for the others to come, which TensorFlow has no public setting for (an hour).

    Raises:
        ConfigError: TensorFlow is in use, and can no longer be told.
    """
    from tensorflow.compiler.xla.tsl.protobuf import coordination_config_pb2
    from tensorflow.python.eager import context

    if context.context()._context_handle is not None:
        what, expected = "several workers need a process that has not used TensorFlow yet", "a fresh process"
        fix = "let the Trainer run in a process of its own, as python -m pipelines.node does"
        raise ConfigError(Problem(what, f"Trainer, {workers}", expected, "TensorFlow in use", fix))
    jobs = [
        coordination_config_pb2.CoordinatedJob(name=kind, num_tasks=len(addresses))
        for kind, addresses in workers.cluster.items()
    ]
    leader = next(iter(workers.cluster))
    context.context().configure_coordination_service(
        service_type="standalone",
        service_leader=f"/job:{leader}/replica:0/task:0",
        cluster_register_timeout_in_ms=seconds * 1000,
        shutdown_barrier_timeout_in_ms=0,
        coordinated_jobs=jobs,
    )
    # Without it a worker that has registered waits an hour for the others' devices, whatever the time above.
    context.context().coordination_service.cluster_register_with_barrier = True
