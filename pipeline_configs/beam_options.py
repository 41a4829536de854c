"""What every runner of Beam has: further options, which may not contradict what is declared, nor carry a secret."""

import re
from typing import ClassVar, Self

from pydantic import model_validator

from pipeline_configs.declaration import Declaration

__all__ = ["BeamOptions", "DistributedOptions", "instead_of_option", "is_secret", "option_name"]

_ALWAYS = {
    "runner": "beam.runner",
    "sdk_container_image": "the image of beam.workers, or beam.image",
    "sdk_container_image_overrides": "the image of beam.workers, or beam.image",
}

_SECRETS = {
    "azure_connection_string": "AZURE_STORAGE_CONNECTION_STRING",
    "s3_access_key_id": "AWS_ACCESS_KEY_ID",
    "s3_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "s3_session_token": "AWS_SESSION_TOKEN",
}
"""Options of Beam's storages by which one gets in, and the variable that the storage's client reads instead."""
_WHO = "hdfs_user"
"""Opens HDFS as a secret would where a cluster believes everybody's name; Beam takes it from nowhere else."""
_SECRET_VALUE = re.compile(
    r"(AccountKey|SharedAccessKey|SharedAccessSignature)\s*=|[?&]sig=|://[^/@\s]+@", re.IGNORECASE
)
"""Keys within connection strings of Azure, signed addresses, and passwords in addresses."""


class BeamOptions(Declaration):
    """What the declarations of all runners share."""

    OWNED: ClassVar[dict[str, str]] = {}
    """Options of Beam that a key of the declaration stands for."""

    options: tuple[str, ...] = ()
    """Further options, written as for Beam: --s3_endpoint_url=..."""

    @model_validator(mode="after")
    def _nothing_said_twice(self) -> Self:
        for number, option in enumerate(self.options, 1):
            name = option_name(option)
            if not name:
                # It may be the value of the one before, and that a secret: never repeated.
                raise ValueError(
                    f"an option begins with two dashes, holds no space before its value, and has the value after '=': "
                    f"the option at place {number} of {len(self.options)} does not"
                )
            key = {**_ALWAYS, **self.OWNED}.get(name)
            if key:
                raise ValueError(f"--{name} stands in options; give {key} instead")
        return self


class DistributedOptions(BeamOptions):
    """What the runners on other machines share."""

    options: tuple[str, ...] = ()
    """Further options, written as for Beam. They travel with the job and the cluster shows them, so that none may be a
    secret."""

    @model_validator(mode="after")
    def _no_secret(self) -> Self:
        for option in self.options:
            name = option_name(option)
            if name == _WHO or instead_of_option(option):
                raise ValueError(
                    f"--{name} would travel with the job, where the cluster shows it; give the workers "
                    f"the credentials of the storage in their own environment{_as_variable(name)}"
                )
        return self


def is_secret(text: str) -> bool:
    """Whether a text holds what looks like a key or a password: in a connection string of Azure, or in an address."""
    return bool(_SECRET_VALUE.search(text))


def instead_of_option(option: str) -> str:
    """Returns the environment variable to use instead of an option that carries a secret; "" for all other options.

    Where no variable stands for it, it is "a variable of the storage's own client".
    """
    known = _SECRETS.get(option_name(option), "")
    return known or ("a variable of the storage's own client" if is_secret(option) else "")


def _as_variable(name: str) -> str:
    return f", as {_SECRETS[name]}" if name in _SECRETS else ""


def option_name(option: str) -> str:
    """Returns the name of an option, without dashes and value; "" where it is none."""
    name = option.split("=", 1)[0]
    return name[2:] if name.startswith("--") and len(name) > 2 and name.split() == [name] else ""
