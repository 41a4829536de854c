"""Unique identifiers of DICOM, remapped with the key."""

import hashlib
import hmac

__all__ = ["remapped"]

_PURPOSE = b"galen: dicom uid\x00"


def remapped(key: bytes, uid: str) -> str:
    """Returns the UID that takes the place of another: the same for the same UID and key, in all files and runs.

    HMAC-SHA256 of the UID, of which 122 bits make a UUID of version 8 (RFC 9562 5.8), written below 2.25 as PS3.5 B.2
    and ITU-T X.667 say.

    Args:
        key: Secret key.
        uid: The original UID, without padding.

    Returns:
        At most 44 characters, valid as UI.
    """
    digest = bytearray(hmac.digest(key, _PURPOSE + uid.encode(), hashlib.sha256)[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return f"2.25.{int.from_bytes(digest)}"
