"""Beam on Google Cloud Dataflow."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.beam_options import DistributedOptions

__all__ = ["DataflowBeam"]

_Bucket = Annotated[str, Field(pattern=r"^gs://[a-z0-9][a-z0-9._-]+(/.*)?$")]


class DataflowBeam(DistributedOptions):
    """Beam on Google Cloud Dataflow; the pipeline root is then in gs:// too."""

    OWNED: ClassVar[dict[str, str]] = {
        "project": "beam.project",
        "region": "beam.region",
        "temp_location": "beam.temp_location",
        "staging_location": "beam.staging_location",
        "machine_type": "beam.machine_type",
        "worker_machine_type": "beam.machine_type",
        "num_workers": "beam.workers",
        "max_num_workers": "beam.max_workers",
        "disk_size_gb": "beam.disk_gb",
        "service_account_email": "beam.service_account",
        "subnetwork": "beam.subnetwork",
        "use_public_ips": "beam.public_ips",
        "no_use_public_ips": "beam.public_ips",
        "dataflow_kms_key": "beam.kms_key",
        "worker_harness_container_image": "beam.image",
        "extra_package": "beam.package",
        "extra_packages": "beam.package",
    }

    runner: Literal["dataflow"]
    """dataflow: on Google Cloud Dataflow."""
    project: Annotated[str, Field(pattern=r"^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
    """Project that pays."""
    region: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+$")]
    """Region where patients' data may be worked on, such as europe-west3."""
    temp_location: _Bucket
    """Folder for temporary files, in a bucket of the same region."""
    staging_location: Annotated[str, Field(pattern=r"^$|^gs://[a-z0-9][a-z0-9._-]+(/.*)?$")] = ""
    """Folder for what workers install; below `temp_location` where it is left out."""
    machine_type: str = ""
    """Machines of the workers, such as n2-standard-4; Dataflow chooses where it is left out."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Machines to begin with; 0 leaves it to Dataflow."""
    max_workers: Annotated[int, Field(ge=1)] = 10
    """Most machines at a time: the bound of the costs."""
    disk_gb: Annotated[int, Field(ge=0)] = 0
    """Disk of a machine in GB; 0 leaves it to Dataflow."""
    service_account: Annotated[str, Field(pattern=r"^$|^[^@\s]+@[^@\s]+$")] = ""
    """Account as which workers act; the project's default one where it is left out, which may more than it should."""
    subnetwork: str = ""
    """Subnetwork of the workers: regions/REGION/subnetworks/NAME."""
    public_ips: bool = False
    """Whether workers get public addresses. Off: they reach storage over the subnetwork's Private Google Access."""
    kms_key: Annotated[str, Field(pattern=r"^$|^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$")] = ""
    """Key of your own by which temporary data is encrypted."""
    image: str = ""
    """Image of the workers with Beam's worker, Galen's dependencies and, unless `package` is given, Galen."""
    package: str = ""
    """Source distribution of Galen that workers install when they start; `make sdist` makes it. Without an image they
    install all its dependencies as well, some minutes each time."""

    @model_validator(mode="after")
    def _galen_on_the_workers(self) -> Self:
        if not self.image and not self.package:
            raise ValueError("workers need Galen: give image, or package")
        if self.workers > self.max_workers:
            raise ValueError("workers is more than max_workers")
        return self
