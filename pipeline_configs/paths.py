"""Paths: on this machine, on a volume, or in a storage that Galen reaches."""

from typing import Annotated

from pydantic import AfterValidator

__all__ = ["SCHEMES", "StoragePath", "is_remote"]

SCHEMES = ("gs", "s3", "azfs")


def is_remote(path: str) -> bool:
    """Whether a path names a storage that can be read, such as s3://bucket/key; others are no more than odd names."""
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme in SCHEMES


def _reachable(path: str) -> str:
    scheme, separator, _ = path.partition("://")
    if separator and not is_remote(path):
        raise ValueError(
            f"there is no way to paths that begin with {scheme}://; there are local ones, "
            f"{', '.join(f'{known}://' for known in SCHEMES)}"
        )
    return path


StoragePath = Annotated[str, AfterValidator(_reachable)]
"""A declared path; one with a scheme that leads nowhere is refused, and not taken for a folder of that name."""
