"""Pseudonyms of patients: a keyed hash (HMAC-SHA256, RFC 2104) that nobody can repeat without the key.

The key is a secret from the environment or from a file of its own; it is never written to an artifact, a log or a
database. An unkeyed hash of an identifier would be no protection: record numbers are few enough to try them all.
"""

import contextlib
import hashlib
import logging
import os
import secrets
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from pipeline_configs.environment import PseudonymKey
from pipeline_configs.errors import ConfigError, Problem

__all__ = ["DIGEST_BYTES", "MIN_KEY_LENGTH", "digests", "key_check", "load_key", "pseudonym"]

MIN_KEY_LENGTH = 16
"""Fewest characters of a key."""

_FEWEST_DISTINCT = 6
"""Fewest different characters of a key: a row of zeros is no secret."""

DIGEST_BYTES = 8
"""Bytes of the HMAC that make a pseudonym: 16 hexadecimal characters. With ten million patients the chance that any
two share one is 3 in a million."""

_BLOCK = 64
_MAKE_ONE = "python -c 'import secrets; print(secrets.token_hex(32))'"


def load_key(source: PseudonymKey) -> bytes:
    """Loads the key from the environment variable or, where it is not set, from the file.

    Args:
        source: Names the variable and the file, and says whether a missing file is made.

    Returns:
        The key, at least `MIN_KEY_LENGTH` characters.

    Raises:
        ConfigError: There is no key, it cannot be read or written, or it is too short or too easy to guess.
    """
    if source.variable in os.environ:
        # One that is empty is a secret that did not arrive: the file's key would give every patient another pseudonym.
        return _checked(os.environ[source.variable].strip(), f"environment variable {source.variable}")
    if not source.file:
        raise ConfigError(_no_key(source))
    path = Path(source.file).expanduser()
    try:
        if not path.exists():
            if not source.create:
                raise ConfigError(_no_key(source))
            _create(path)
        text = path.read_text(encoding="ascii").strip()
        if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            logging.getLogger(__name__).warning("other users may read the pseudonym key; run: chmod 600 %s", path)
    except UnicodeDecodeError:
        raise ConfigError(
            Problem("the pseudonym key is not plain ASCII text", str(path), fix=f"make one with: {_MAKE_ONE}")
        ) from None
    except OSError as error:
        raise ConfigError(
            Problem("the file of the pseudonym key cannot be read or made", str(path), found=error.strerror or "")
        ) from None
    return _checked(text, str(path))


def pseudonym(key: bytes, patient: str) -> str:
    """Returns the pseudonym of one patient.

    Args:
        key: Secret key.
        patient: The identifier as text, without surrounding spaces.

    Returns:
        16 hexadecimal characters.
    """
    return digests(key, [patient.encode()]).hex()


def digests(key: bytes, patients: Iterable[bytes]) -> bytes:
    """Returns the first eight bytes of HMAC-SHA256 of each identifier, one after the other.

    Args:
        key: Secret key.
        patients: Identifiers in UTF-8, without surrounding spaces.

    Returns:
        bytes[8 * patients].
    """
    inner, outer = _pads(key)

    def digest(patient: bytes) -> bytes:
        first = inner()
        first.update(patient)
        second = outer()
        second.update(first.digest())
        return second.digest()[:DIGEST_BYTES]

    return b"".join(map(digest, patients))


def key_check(key: bytes) -> str:
    """Returns eight hexadecimal characters by which a changed key is noticed, without telling the key."""
    return digests(key, [b"\x00galen: which key\x00"]).hex()[:8]


def _pads(key: bytes) -> "tuple[Callable[[], hashlib._Hash], Callable[[], hashlib._Hash]]":
    """The two hashes of RFC 2104 with the key already taken in: copying them is twice as fast as hmac.digest."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
    return inner.copy, outer.copy


def _create(path: Path) -> None:
    """Writes a random key that only this user can read; where two processes do it at once, one key wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def _checked(text: str, where: str) -> bytes:
    if len(text) < MIN_KEY_LENGTH:
        raise ConfigError(
            Problem(
                "the pseudonym key is too short",
                where,
                expected=f"at least {MIN_KEY_LENGTH} characters",
                found=f"{len(text)}",
                fix=f"make one with: {_MAKE_ONE}",
            )
        )
    if len(set(text)) < _FEWEST_DISTINCT:
        expected, fix = f"at least {_FEWEST_DISTINCT} different characters", f"make one with: {_MAKE_ONE}"
        raise ConfigError(Problem("the pseudonym key is too easy to guess", where, expected, f"{len(set(text))}", fix))
    return text.encode()


def _no_key(source: PseudonymKey) -> Problem:
    expected = f"the environment variable {source.variable}" + (f", or the file {source.file}" if source.file else "")
    return Problem(
        "there is no key for the patients' pseudonyms",
        "pseudonym_key",
        expected=expected,
        found="neither" if source.file else "unset",
        fix=f"export {source.variable}=$({_MAKE_ONE}), and keep it: another key gives other pseudonyms",
    )
