"""Reads JSON that lies beside an evaluation or a report, on this machine or in a storage."""

import json
from pathlib import Path
from typing import Any

__all__ = ["stored_json"]


def stored_json(uri: str, name: str) -> Any:
    """Returns the content of a file.

    Args:
        uri: Folder of the artifact.
        name: Name of the file.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: It cannot be read.
        ValueError: It is no JSON.
    """
    if "://" not in uri:
        return json.loads((Path(uri) / name).read_text(encoding="utf-8"))
    import tensorflow as tf

    try:
        with tf.io.gfile.GFile(f"{uri.rstrip('/')}/{name}") as file:
            return json.loads(file.read())
    except tf.errors.NotFoundError:
        raise FileNotFoundError from None
    except tf.errors.OpError as error:
        raise OSError(type(error).__name__) from None
