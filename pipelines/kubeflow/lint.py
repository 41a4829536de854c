"""Names what Kubernetes or KFP would refuse, or what could not work, before anything is submitted."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import PurePosixPath

from pipeline_configs.beam_options import instead_of_option, is_secret, option_name
from pipeline_configs.container import MEMORY_VOLUME, SCRATCH_VOLUME, Container
from pipeline_configs.environment import Environment
from pipeline_configs.errors import Problem, closest
from pipeline_configs.kubeflow import BEGIN, END, Kubeflow
from pipeline_configs.metadata import MySql
from pipeline_configs.paths import is_remote
from pipeline_configs.secret import Secret
from pipeline_configs.task import Task
from pipelines.nodes import EXAMPLE_GENS, NODES

__all__ = ["lint", "warnings"]

_LABEL = re.compile(r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
_LABEL_KEY = re.compile(r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
_SECRET_NAME = re.compile(r"(^|_)KEY(_|$)|TOKEN|SECRET|PASS|PWD|CREDENTIAL|CONNECTION_?STRING", re.IGNORECASE)
_VOLUME_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_VOLUMES_OF_KFP = (
    *("kfp-launcher", "gcs-scratch", "s3-scratch", "minio-scratch"),
    *("dot-local-scratch", "dot-cache-scratch", "dot-config-scratch"),
    *("var-run-argo", "tmp-dir-argo"),
)
"""Volumes of each pod: KFP's (backend/src/v2/compiler/argocompiler/container.go) and Argo's."""
_IMAGE = re.compile(r"[a-z0-9]([a-z0-9._/-]|:[0-9]+/)*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[0-9a-f]{64})?")
_VALUES = "at most 63 letters, digits, '-', '_' and '.'"
_LABELS = "at most 63 letters, digits, '-', '_' and '.', after an optional prefix/"
_UNITS = {
    "": Fraction(1),
    "m": Fraction(1, 1000),
    **{unit: Fraction(1000**n) for n, unit in enumerate(("K", "M", "G", "T", "P"), 1)},
    **{unit: Fraction(1024**n) for n, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), 1)},
}


def lint(task: Task, environment: Environment, nodes: Sequence[str], variables: Mapping[str, str]) -> list[Problem]:
    """Returns what would be refused, or could not work.

    Args:
        task: The task.
        environment: The environment.
        nodes: Ids of the pipeline's nodes.
        variables: Environment variables that the declarations were read with, which go into the pipeline.
    """
    kubeflow = environment.kubeflow
    if kubeflow is None:
        what = f"the environment '{environment.name}' is not one of Kubeflow Pipelines"
        return [
            Problem(
                what, "kubeflow", "where KFP is, and what containers get", "no such key", "see docs/deployment_guide.md"
            )
        ]
    problems = [*_nodes(kubeflow), *_places(task, environment, kubeflow, nodes)]
    problems += [*_variables(variables), *_options(environment)]
    # What holds for each node is the default's fault, and said once.
    seen: dict[tuple[str, str], list[str]] = {}
    by_key: dict[tuple[str, str], Problem] = {}
    for node in (BEGIN, *nodes, END):
        container = kubeflow.container(node)
        for problem in (*_container(container), *_secrets(environment, container, node)):
            key = (problem.what, problem.found)
            seen.setdefault(key, []).append(node)
            by_key[key] = problem
    for key, problem in by_key.items():
        everywhere = len(seen[key]) == len(nodes) + 2
        where = "kubeflow.defaults" if everywhere else ", ".join(f"kubeflow.nodes.{node}" for node in seen[key])
        problems.append(Problem(problem.what, where, problem.expected, problem.found, problem.fix))
    return problems


def warnings(environment: Environment, nodes: Sequence[str]) -> list[str]:
    """Returns sentences about what works, and may surprise."""
    kubeflow, found = environment.kubeflow, []
    if kubeflow is None:
        return []
    tagged = dict.fromkeys(i for node in nodes if "@sha256:" not in (i := kubeflow.container(node).image))
    if tagged:
        found.append(f"not by digest, so that what runs may change between two nodes: {', '.join(tagged)}")
    idle = [
        node
        for node in nodes
        if kubeflow.container(node).gpu and node not in ("Trainer", "Tuner", "PerformanceReport", "Evaluator")
    ]
    if idle:
        found.append(f"these nodes have no use for a GPU: {', '.join(idle)}")
    users: dict[int, list[str]] = {}
    for node in (BEGIN, *nodes, END):
        container = kubeflow.container(node)
        if container.user is not None and container.scratch and container.scratch.storage_class:
            users.setdefault(container.user, []).append(node)
    found += [
        f"scratch of a storage class: the volume's root must be writable for user {user}, to whom Kubeflow Pipelines "
        f"cannot give it (no fsGroup); without storage_class it is: {', '.join(names)}"
        for user, names in users.items()
    ]
    if environment.notifications and not kubeflow.ui:
        found.append("notifications carry no link to the run: kubeflow.ui, the address of the KFP pages, is empty")
    return found


def _nodes(kubeflow: Kubeflow) -> Iterator[Problem]:
    for name in kubeflow.nodes:
        if name not in (*NODES, BEGIN, END):
            fix = closest(name, [*NODES, BEGIN, END])
            yield Problem(
                f"there is no node '{name}'", f"kubeflow.nodes.{name}", f"one of: {', '.join(NODES)}", fix=fix
            )


def _places(task: Task, environment: Environment, kubeflow: Kubeflow, nodes: Sequence[str]) -> Iterator[Problem]:
    """Each container must find what others wrote."""
    if not isinstance(environment.metadata, MySql):
        yield Problem(
            "containers cannot share a metadata database that is a file",
            "metadata.kind",
            "mysql",
            environment.metadata.kind,
            "use MySQL or MariaDB: docs/deployment_guide.md",
        )
    reader = EXAMPLE_GENS[task.modality]
    for key, path, who in (
        ("pipeline_root", environment.pipeline_root, (BEGIN, *nodes, END)),
        ("serving_root", environment.serving_root, ("ModelPusher",)),
        (f"data.path of {task.name}", task.data.path, (BEGIN, reader)),
    ):
        if is_remote(path):
            continue
        if not path.startswith("/"):
            yield Problem("the path is not absolute", key, "a path on a volume, such as /galen/work/...", path)
            continue
        without = [
            node for node in who if node in (*nodes, BEGIN, END) and not _mounted(path, kubeflow.container(node))
        ]
        if without:
            yield Problem(
                "the path is on no volume, so that other containers would not see it",
                key,
                f"a volume at or above it for: {', '.join(without)}",
                path,
                "add the claim to kubeflow.defaults.volumes, or to the nodes",
            )


def _mounted(path: str, container: Container) -> bool:
    return any(PurePosixPath(path).is_relative_to(volume.path) for volume in container.volumes)


def _variables(variables: Mapping[str, str]) -> Iterator[Problem]:
    for name, value in variables.items():
        if _SECRET_NAME.search(name) or is_secret(value):
            yield Problem(
                "a secret would be written into the pipeline",
                f"${{{name}}}",
                "secrets by name: kubeflow.defaults.secrets",
                fix=f"do not read {name} in the YAML; name the variable where a secret is asked for",
            )


def _options(environment: Environment) -> Iterator[Problem]:
    for option in environment.beam.options:
        instead = instead_of_option(option)
        if instead:
            yield Problem(
                "a secret would be written into the pipeline",
                "beam.options",
                "options that hold no secret",
                f"--{option_name(option)}",
                f"leave it out, and give {instead} from a Kubernetes secret: kubeflow.defaults.secrets",
            )


def _secrets(environment: Environment, container: Container, node: str) -> Iterator[Problem]:
    """Secrets that a container needs and does not get."""
    wanted: list[tuple[str, Secret]] = []
    if isinstance(environment.metadata, MySql):
        wanted += [("metadata.user", environment.metadata.user), ("metadata.password", environment.metadata.password)]
    if node in (BEGIN, *EXAMPLE_GENS.values()):
        key = environment.pseudonym_key
        wanted.append(("pseudonym_key", Secret(variable=key.variable, file=key.file)))
    if node == END:
        for position, way in enumerate(environment.notifications):
            named = [(name, getattr(way, name, None)) for name in ("url", "user", "password")]
            wanted += [(f"notifications.{position}.{name}", s) for name, s in named if isinstance(s, Secret)]
    for what, secret in wanted:
        files = [files.path for files in container.secret_files]
        in_file = secret.file and any(PurePosixPath(secret.file).is_relative_to(path) for path in files)
        if secret.variable not in container.secrets and not in_file:
            yield Problem(
                "a secret does not reach the container",
                expected=f"secrets: {{{secret.variable or 'VARIABLE'}: {{secret: ..., key: ...}}}}",
                found=f"{what} is read from {secret.variable or secret.file}, which no secret fills",
                fix="name the Kubernetes secret and its key",
            )


def _container(container: Container) -> Iterator[Problem]:
    """What Kubernetes refuses of a pod."""
    if not container.image:
        fix = "set image, by digest; in the environment that comes with Galen: export GALEN_IMAGE=..."
        yield Problem("there is no image", expected="registry/galen@sha256:...", found="nothing", fix=fix)
    elif not _IMAGE.fullmatch(container.image):
        yield Problem("this is no name of an image", expected="registry/galen@sha256:...", found=container.image)
    for name, value in container.variables.items():
        if _SECRET_NAME.search(name) or is_secret(value):
            fix = "name a Kubernetes secret under secrets"
            yield Problem("a secret would be written into the pipeline", expected="no secret", found=name, fix=fix)
    both = sorted({*container.variables} & {*container.secrets})
    if both:
        yield Problem("a variable is given twice", found=", ".join(both), expected="once, as a value or from a secret")
    paths = [*_mounts(container)]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        yield Problem("a path is mounted twice", expected="a path of its own for each", found=", ".join(twice))
    yield from _volumes(container)
    for name, least, most in (
        ("cpu", container.cpu, container.cpu_limit),
        ("memory", container.memory, container.memory_limit),
        ("shared_memory, which counts as memory,", container.shared_memory, container.memory_limit),
    ):
        if least and most and _amount(least) > _amount(most):
            yield Problem(f"{name} is above its limit", expected=f"at most {most}", found=least, fix="raise the limit")
    for labels in (container.labels, container.node_selector):
        for key, value in labels.items():
            if not _LABEL_KEY.fullmatch(key) or not _LABEL.fullmatch(value):
                yield Problem("this is no label", expected=_LABELS, found=f"{key}: {value}")
    for key in container.annotations:
        if not _LABEL_KEY.fullmatch(key):
            yield Problem("this is no annotation", expected=_LABELS, found=key)
    for taint in container.tolerations:
        if not (_LABEL_KEY.fullmatch(taint.key) or (taint.operator == "Exists" and not taint.key)):
            expected = f"{_LABELS}; or none, with Exists, for all taints"
            yield Problem("this is no key of a taint", expected=expected, found=f"{taint.key!r} ({taint.operator})")
        if not _LABEL.fullmatch(taint.value):
            yield Problem("this is no value of a taint", expected=_VALUES, found=f"{taint.key}={taint.value}")
        if taint.operator == "Exists" and taint.value:
            yield Problem(
                "a toleration with Exists has a value", found=f"{taint.key}={taint.value}", fix="operator: Equal"
            )
    for wanted in container.node_affinity:
        if not _LABEL_KEY.fullmatch(wanted.key):
            yield Problem("this is no label of a cluster's node", expected=_LABELS, found=repr(wanted.key))
        if (wanted.operator in ("In", "NotIn", "Gt", "Lt")) != bool(wanted.values):
            found = f"{wanted.key} {wanted.operator} {list(wanted.values)}"
            yield Problem(
                "operator and values do not go together", found=found, expected="values with In, NotIn, Gt, Lt"
            )
        if wanted.operator in ("Gt", "Lt") and (len(wanted.values) != 1 or not wanted.values[0].lstrip("-").isdigit()):
            found = f"{wanted.key} {wanted.operator} {list(wanted.values)}"
            yield Problem("Gt and Lt compare with one whole number", found=found)


def _volumes(container: Container) -> Iterator[Problem]:
    """KFP names a volume after its claim, secret or ConfigMap, whose names may be longer and hold dots."""
    named: dict[str, list[str]] = {}
    for name, what in (
        *((volume.claim, "a claim") for volume in container.volumes),
        *((files.secret, "a secret") for files in container.secret_files),
        *((files.config_map, "a ConfigMap") for files in container.config_files),
    ):
        named.setdefault(name, []).append(what)
    own = [SCRATCH_VOLUME] * bool(container.scratch) + [MEMORY_VOLUME] * bool(container.shared_memory)
    for name, held in named.items():
        if not _VOLUME_NAME.fullmatch(name):
            expected = "at most 63 lower-case letters, digits and '-'"
            fix = "name it otherwise: KFP names a volume after what it holds, and Kubernetes takes no such name there"
            yield Problem("this is no name of a volume", expected=expected, found=f"{held[0]}: {name}", fix=fix)
        others = ["a volume of Galen's"] * (name in own) + ["a volume of KFP's"] * (name in _VOLUMES_OF_KFP)
        if len(held) + len(others) > 1:
            yield Problem(
                "two volumes of a pod have the same name",
                expected="a name of its own for each",
                found=f"{name}: {', '.join([*held, *others])}",
                fix="KFP names a volume after its claim, secret or ConfigMap: mount it once, or name one otherwise",
            )


def _mounts(container: Container) -> Iterator[str]:
    mounted = [files.path for files in container.secret_files]
    mounted += [files.path for files in container.config_files]
    mounted += [volume.path for volume in container.volumes]
    mounted += [container.scratch.path] if container.scratch else []
    mounted += ["/dev/shm"] if container.shared_memory else []
    return (str(PurePosixPath(path)) for path in mounted)


def _amount(quantity: str) -> Fraction:
    number = quantity.rstrip("mKMGTPi")
    return Fraction(number) * _UNITS[quantity[len(number) :]]
