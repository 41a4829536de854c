"""Storages that are reached through Beam's file systems, and what Beam does not do with S3."""

import re
import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["file_systems", "knock", "literal", "s3_client", "split_s3", "use_options"]

_options: list[str] = []


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


def literal(path: str) -> str:
    """Returns a path of a storage as a pattern of Beam's that fits this path alone, whatever stands in it."""
    return re.sub(r"[\[*?]", lambda found: f"[{found[0]}]", path)


def knock(path: str) -> None:
    """Asks S3 for one name below a path, or a pattern, so that what cannot work fails at once; use within `reading`.

    Beam tries again for ten minutes where an answer has no HTTP status: without credentials, and where nothing answers.
    """
    if path.startswith("s3://"):
        bucket, key = split_s3(path)
        # Rights may be given below a prefix alone.
        s3_client(path).list_objects_v2(Bucket=bucket, Prefix=re.split(r"[*?{]", key)[0], MaxKeys=1)
