"""Unreadable: why something in a FHIR resource cannot be read."""

__all__ = ["Unreadable"]


class Unreadable(Exception):
    """Something in a resource that cannot be read; becomes an entry in quarantine.

    Args:
        reason: A fixed sentence; never a value, a name or anything else out of the resource.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
