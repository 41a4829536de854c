"""What is raised for an image that cannot be used."""

from transforms.pixels.reasons import ImageReason

__all__ = ["Unreadable"]


class Unreadable(Exception):
    """One image goes to quarantine, and the run goes on.

    Attributes:
        reason: The fixed sentence.
        detail: A transfer syntax, the name of a package or of an attribute; never a value of the file.
    """

    def __init__(self, reason: ImageReason, detail: str = "") -> None:
        super().__init__(reason, detail)  # Both, so that it can be pickled between processes.
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else str(self.reason)
