"""Imports what one node needs to run, and no more: the start of a container is mostly imports.

TFX's launcher takes TensorFlow for remote paths and for decorators of its documentation, and Apache Beam for the
operator of Beam's executors; it does without where they are not installed, and here it is told that they are not, while
its modules load. `tfx.components` imports all components when one is asked for, and
`tfx.types.standard_component_specs` all of TensorFlow Model Analysis for one message type: a package that is in
`sys.modules` with nothing but its path lets single modules of it be imported. Keras looks for scikit-learn and
matplotlib, Beam for BigQuery and IPython, for things that no node does; whoever needs them afterwards gets them. What
is imported and seldom used loads when it is used, and what the Evaluator never uses is replaced by modules of which
anything can be imported.
"""

import contextlib
import gc
import importlib
import os
import sys
import types
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any
from unittest import mock

__all__ = ["import_node", "without_tfma"]

_LAUNCHER = "tfx.orchestration.portable.launcher"
_EVALUATION = "components.evaluation"
_LIGHT = ("components.curated_schema",)
"""Executors that need neither TensorFlow nor Beam, though TFX's decorators take them where they are."""
_UNUSED = ("IPython", "matplotlib", "sklearn", "google.cloud.bigquery", "google.cloud.pubsub_v1", "aiohttp", "pymongo")
_SELDOM = ("google.cloud.dataflow", "scipy.linalg", "scipy.ndimage", "scipy.stats")
"""Beam's only for Dataflow, TensorFlow Model Analysis' and Keras 2's for what Galen does not ask of them."""
_WITHOUT_KERAS = ("tfx.components.statistics_gen", "components.example_validator", "components.data_gate")
"""Executors that need TensorFlow and no models."""
_TFMA_UNUSED = tuple(
    f"tensorflow_model_analysis.{name}" for name in ("view", "view.view_types", "view.widget_view", "metrics.rouge")
)
"""Of the Evaluator's package: pictures in notebooks, and a metric of texts that brings NLTK."""
_CLOUDS = ("azure", "boto3", "google.cloud.storage")
"""What Beam's file systems for clouds are made of."""
_LEGACY = "TF_USE_LEGACY_KERAS"
_HEAVY = ("tensorflow", "apache_beam")


def without_tfma() -> None:
    """Lets messages of TensorFlow Model Analysis be read without importing all of it, where nobody has yet."""
    _hollow("tensorflow_model_analysis")


def import_node(executor: str, *, beam: bool, remote: bool = False, native: bool = False) -> None:
    """Imports the launcher and a node's executor; of no use, and no harm, where TFX is imported already.

    Args:
        executor: Dotted path of the executor's class; "" for a node without one, such as a resolver.
        beam: Whether it runs Beam.
        remote: Whether artifacts are in a storage, which Beam's file systems reach.
        native: Whether TFX's own file operations reach it, through TensorFlow.
    """
    if _LAUNCHER in sys.modules:
        return
    collecting, evaluates = gc.isenabled(), executor.startswith(_EVALUATION)
    gc.disable()  # Modules are not garbage; looking for some among them takes a tenth of the time.
    try:
        with _missing([*_UNUSED, *(_CLOUDS if evaluates and not remote else ())]):
            _hollow("tfx.components")
            if evaluates:
                _nameless(*_TFMA_UNUSED)
            else:
                without_tfma()
            # With Keras 2 wished for, TensorFlow looks into it while it loads itself.
            with _later([*_SELDOM, *(() if evaluates or _LEGACY in os.environ else ("tf_keras",))]):
                needed = {"apache_beam": beam, "tensorflow": native}
                with _missing([name for name in _HEAVY if not needed[name]]):
                    importlib.import_module(_LAUNCHER)
                if evaluates:
                    _complete_tfma()
                with _missing(_absent(executor)):
                    if executor:
                        importlib.import_module(executor.rpartition(".")[0])
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _absent(executor: str) -> tuple[str, ...]:
    """What an executor does without."""
    if executor.startswith(_LIGHT):
        return _HEAVY
    return ("keras", "tf_keras") if executor.startswith(_WITHOUT_KERAS) else ()


def _complete_tfma() -> None:
    """Mends TensorFlow Model Analysis as the package `tfx.components` does: it was built without ZetaSQL."""
    try:
        importlib.import_module("tfx_bsl.arrow.sql_util")
    except ImportError:
        sys.modules["tfx_bsl.arrow.sql_util"] = mock.MagicMock()
    import tensorflow_model_analysis as tfma
    from tensorflow_model_analysis.proto import config_pb2

    for name in config_pb2.DESCRIPTOR.message_types_by_name:
        if not hasattr(tfma, name):
            setattr(tfma, name, getattr(config_pb2, name))


def _hollow(name: str) -> None:
    """Puts a package into `sys.modules` that has its path and nothing else."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        package = types.ModuleType(name)
        package.__path__ = list(spec.submodule_search_locations)
        package.__spec__ = spec
        sys.modules[name] = package


class _Later(types.ModuleType):
    """A module that is imported when it is asked for something that is not about modules as such."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextlib.contextmanager
def _later(names: Sequence[str]) -> Iterator[None]:
    """Lets those who import these modules, if nobody has yet, have them when they use them."""
    found = {name: find_spec(name) for name in names if name not in sys.modules}
    lazy = {name: _Later(name) for name, spec in found.items() if spec is not None}
    for name, module in lazy.items():
        module.__spec__ = found[name]
    sys.modules.update(lazy)
    try:
        yield
    finally:
        for name, module in lazy.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _nameless(*names: str) -> None:
    """Puts modules into `sys.modules` of which anything can be imported, and nothing used."""
    for name in names:
        sys.modules.setdefault(name, mock.MagicMock(__spec__=None))


@contextlib.contextmanager
def _missing(names: Sequence[str]) -> Iterator[None]:
    """Makes imports of these modules fail as if they were not installed, but for those that are there already."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
