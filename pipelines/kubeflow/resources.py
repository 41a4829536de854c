"""Gives a task of a KFP pipeline what the environment declares for its node."""

from typing import Any

from pipeline_configs.container import MEMORY_VOLUME, SCRATCH_VOLUME, Container, NodeAffinity, seconds

__all__ = ["equip", "retry_window"]

_DAY = 86400
_LONGEST = 366 * _DAY


def equip(task: Any, container: Container) -> None:
    """Sets resources, secrets, volumes and where the pod may run.

    Args:
        task: A `kfp.dsl.PipelineTask`.
        container: What it gets.
    """
    from kfp import kubernetes

    task.set_caching_options(False)
    _resources(task, container)
    for name, value in sorted(container.variables.items()):
        task.set_env_variable(name, value)
    for name, source in sorted(container.secrets.items()):  # each by itself: two may be filled by one key
        kubernetes.use_secret_as_env(task, secret_name=source.secret, secret_key_to_env={source.key: name})
    for files in container.secret_files:
        kubernetes.use_secret_as_volume(task, secret_name=files.secret, mount_path=files.path)
    for config in container.config_files:
        kubernetes.use_config_map_as_volume(task, config_map_name=config.config_map, mount_path=config.path)
    for volume in container.volumes:
        kubernetes.mount_pvc(task, pvc_name=volume.claim, mount_path=volume.path, sub_path=volume.sub_path)
    _storage(task, container)
    _place(task, container)
    kubernetes.set_image_pull_policy(task, container.image_pull_policy)
    if container.image_pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(container.image_pull_secrets))
    if container.user is not None:
        kubernetes.set_security_context(task, run_as_user=container.user, run_as_non_root=True)
    if container.timeout:
        kubernetes.set_timeout(task, seconds(container.timeout))


def _resources(task: Any, container: Container) -> None:
    for set_to, value in (
        (task.set_cpu_request, container.cpu),
        (task.set_cpu_limit, container.cpu_limit),
        (task.set_memory_request, container.memory),
        (task.set_memory_limit, container.memory_limit),
    ):
        if value:
            set_to(value)
    if container.gpu:
        task.set_accelerator_type(container.gpu.type)
        task.set_accelerator_limit(container.gpu.count)
    retries = container.retries
    if retries.most:
        task.set_retry(retries.most, f"{seconds(retries.backoff)}s", float(retries.factor), "3600s")


def _storage(task: Any, container: Container) -> None:
    from kfp import kubernetes

    if container.scratch and not container.scratch.storage_class:
        # A claim's root belongs to root as a rule, and KFP has no fsGroup; an emptyDir is everybody's.
        kubernetes.empty_dir_mount(
            task,
            volume_name=SCRATCH_VOLUME,
            mount_path=container.scratch.path,
            size_limit=container.scratch.size,
        )
    elif container.scratch:
        kubernetes.add_ephemeral_volume(
            task,
            volume_name=SCRATCH_VOLUME,
            mount_path=container.scratch.path,
            access_modes=["ReadWriteOnce"],
            size=container.scratch.size,
            storage_class_name=container.scratch.storage_class,
        )
    if container.shared_memory:
        kubernetes.empty_dir_mount(
            task,
            volume_name=MEMORY_VOLUME,
            mount_path="/dev/shm",
            medium="Memory",
            size_limit=container.shared_memory,
        )


def _place(task: Any, container: Container) -> None:
    from kfp import kubernetes

    for key, value in sorted(container.node_selector.items()):
        kubernetes.add_node_selector(task, key, value)
    for taint in container.tolerations:
        # An empty effect or value is not the same as none.
        kubernetes.add_toleration(
            task,
            key=taint.key,
            operator=taint.operator,
            value=taint.value or None,
            effect=taint.effect or None,
        )
    # KFP makes a term of each call, and of required terms Kubernetes asks for any one: all of them go into one.
    required = [_expression(wanted) for wanted in container.node_affinity if not wanted.weight]
    if required:
        kubernetes.add_node_affinity(task, match_expressions=required)
    for wanted in container.node_affinity:
        if wanted.weight:
            kubernetes.add_node_affinity(task, match_expressions=[_expression(wanted)], weight=wanted.weight)
    for key, value in sorted(container.labels.items()):
        kubernetes.add_pod_label(task, key, value)
    for key, value in sorted(container.annotations.items()):
        kubernetes.add_pod_annotation(task, key, value)


def _expression(wanted: NodeAffinity) -> dict[str, Any]:
    return {"key": wanted.key, "operator": wanted.operator, "values": list(wanted.values)}


def retry_window(container: Container) -> int:
    """Returns the seconds that all attempts of a node may take together, pauses included.

    Argo takes the longest backoff for the time since the first attempt began, after which nothing is tried again and
    a later attempt is killed (workflow/controller/operator.go, processNodeRetries); a day for each attempt where the
    environment sets no timeout.
    """
    retries = container.retries
    attempt = seconds(container.timeout) if container.timeout else _DAY
    pauses = sum(seconds(retries.backoff) * retries.factor**n for n in range(retries.most))
    return min(attempt * (retries.most + 1) + pauses, _LONGEST)
