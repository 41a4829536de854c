"""Reads secrets where an environment says they are."""

import os
from pathlib import Path

from pipeline_configs.errors import ConfigError, Problem
from pipeline_configs.secret import Secret

__all__ = ["read_secret"]


def read_secret(secret: Secret, what: str) -> str:
    """Returns a secret.

    Args:
        secret: Names the environment variable and the file.
        what: What it is, for the message, such as "password of the metadata database".

    Raises:
        ConfigError: It is nowhere, empty, or cannot be read.
    """
    if secret.variable and secret.variable in os.environ:
        found, where = os.environ[secret.variable], f"environment variable {secret.variable}"
    elif secret.file:
        found, where = _content(secret.file, what), secret.file
    else:
        places = " or ".join(
            p for p in (f"the variable {secret.variable}" if secret.variable else "", secret.file) if p
        )
        raise ConfigError(
            Problem(
                f"the {what} is not given",
                secret.variable or secret.file,
                expected=places or "variable or file in the environment's file",
                fix=f"export {secret.variable}=..." if secret.variable else "write the file",
            )
        )
    if not found.strip():
        raise ConfigError(Problem(f"the {what} is empty", where))
    if not found.strip().isprintable():
        raise ConfigError(Problem(f"the {what} is not one line of text", where, fix="write it without line ends"))
    return found.strip()


def _content(file: str, what: str) -> str:
    try:
        return Path(file).expanduser().read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(Problem(f"the {what} is no text", file, expected="UTF-8")) from None
    except OSError as error:
        raise ConfigError(Problem(f"the {what} cannot be read", file, found=error.strerror or "")) from None
