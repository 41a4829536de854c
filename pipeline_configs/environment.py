"""An environment: where tasks run, as `pipeline_configs/environments/<name>.yaml` declares it."""

from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from pipeline_configs.beam import Beam
from pipeline_configs.beam_direct import DirectBeam
from pipeline_configs.beam_workers import DockerWorkers
from pipeline_configs.declaration import Declaration, Name
from pipeline_configs.kubeflow import Kubeflow
from pipeline_configs.metadata import MetadataStore
from pipeline_configs.notification import Notification
from pipeline_configs.paths import StoragePath, is_remote

__all__ = ["Environment", "PseudonymKey"]


class PseudonymKey(Declaration):
    """Secret from which patients' pseudonyms are made (HMAC); without it no record is read."""

    variable: str = "GALEN_PSEUDONYM_KEY"
    """Environment variable with the key; at least 16 characters."""
    file: str = ""
    """File with the key, used where the variable is unset."""
    create: bool = False
    """Whether a random key is written to `file` where there is none; for demonstrations."""


class Environment(Declaration):
    """Where runs, metadata, models and logs are kept, and what the work is done with."""

    name: Name
    """The environment's name, the same as the file's."""
    description: str = ""
    """What it is for."""
    pipeline_root: StoragePath
    """Folder of the artifacts; one folder a task below it."""
    metadata: MetadataStore
    """ML Metadata database."""
    serving_root: StoragePath
    """Folder of the pushed models; one folder a task below it."""
    log_root: str
    """Folder of the logs of runs."""
    pseudonym_key: PseudonymKey = PseudonymKey()
    """Secret from which patients' pseudonyms are made."""
    beam: Beam = DirectBeam()
    """Where Beam runs: on this machine, Flink, Spark or Dataflow."""
    compression: Literal["", "gzip"] = ""
    """Compression of examples at rest: none is fastest, gzip takes a third of the space."""
    kubeflow: Kubeflow | None = None
    """Kubeflow Pipelines, where tasks run there; `galen run` needs none."""
    notifications: tuple[Notification, ...] = ()
    """Whom the end of a run on Kubeflow is told."""

    @field_validator("beam", mode="before")
    @classmethod
    def _direct_where_left_out(cls, beam: Any) -> Any:
        return {"runner": "direct", **beam} if isinstance(beam, dict) else beam

    @field_validator("metadata", mode="before")
    @classmethod
    def _sqlite_where_left_out(cls, metadata: Any) -> Any:
        return {"kind": "sqlite", **metadata} if isinstance(metadata, dict) else metadata

    @property
    def staged(self) -> bool:
        """Whether executors work on copies on their own disk, of artifacts that are in a cloud's storage."""
        return is_remote(self.pipeline_root) and self.beam.runner == "direct"

    @model_validator(mode="after")
    def _within_reach_of_workers(self) -> Self:
        if self.beam.runner == "dataflow" and not self.pipeline_root.startswith("gs://"):
            raise ValueError("the workers of Dataflow do not see this machine; pipeline_root has to be in gs://")
        if self.beam.runner != "direct" and self.pipeline_root.startswith(("s3://", "azfs://")):
            raise ValueError(
                "TensorFlow cannot write to this storage from a cluster's workers; pipeline_root has to be on a volume "
                "that all of them mount, or in gs://, or beam.runner has to be direct"
            )
        workers = getattr(self.beam, "workers", None)
        if isinstance(workers, DockerWorkers) and not is_remote(self.pipeline_root):
            raise ValueError(
                "containers of workers see no folder of a machine; pipeline_root has to be in a cloud's storage, "
                "or beam.workers of the kind external or process"
            )
        return self
