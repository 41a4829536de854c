"""Storages that are reached through Beam's file systems, and what Beam does not do with S3."""

import sys
from collections.abc import Sequence
from typing import Any

from pipeline_configs.data import SCHEMES

__all__ = ["file_systems", "is_remote", "knock", "s3_client", "split_s3", "use_options"]

_options: list[str] = []


def is_remote(path: str) -> bool:
    """Whether a path names a storage that can be read, such as s3://bucket/key; others are no more than odd names."""
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme in SCHEMES


def use_options(options: Sequence[str]) -> None:
    """Sets Beam's options for remote storage (--s3_endpoint_url=..., --s3_region_name=...) in this process."""
    _options[:] = options
    if sys.modules.get("apache_beam"):
        file_systems(anew=True)


def file_systems(anew: bool = False) -> Any:
    """Returns Beam's FileSystems; they have the options of `use_options` unless a pipeline has set its own.

    Args:
        anew: Sets the options again.
    """
    from apache_beam.io.filesystems import FileSystems
    from apache_beam.options.pipeline_options import PipelineOptions

    if anew or FileSystems._pipeline_options is None:  # S3 refuses to work without any
        FileSystems.set_options(PipelineOptions(list(_options)))
    return FileSystems


def s3_client(path: str) -> Any:
    """Returns boto3's client as Beam's options and the environment set it up, for what Beam does not do."""
    from apache_beam.io.aws.clients.s3.boto3_client import Client

    return Client(file_systems().get_filesystem(path)._options).client


def split_s3(path: str) -> tuple[str, str]:
    """Returns bucket and key of an address in S3."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key


def knock(path: str) -> None:
    """Asks S3 for one name where a path is in S3, so that what cannot work fails at once; use within `reading`.

    Beam tries again for ten minutes where an answer has no HTTP status: without credentials, and where nothing answers.
    """
    if path.startswith("s3://"):
        s3_client(path).list_objects_v2(Bucket=split_s3(path)[0], MaxKeys=1)
