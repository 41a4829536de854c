"""Digest of Galen's own source, so that changed code is not answered from the cache."""

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["code_digest"]

_ROOT = Path(__file__).resolve().parent.parent


@cache
def code_digest(*folders: str) -> str:
    """Returns the SHA-256, in hex, of all Python files below some folders of Galen, shortened to 16 characters.

    TFX's cache knows a node's inputs and parameters, not the code behind it.

    Args:
        *folders: Folders relative to the folder that holds the packages.
    """
    digest = hashlib.sha256()
    for file in sorted(f for folder in folders for f in (_ROOT / folder).rglob("*.py")):
        digest.update(f"{file.relative_to(_ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
