"""Reasons, and how they travel."""

import pickle

from transforms.pixels.reasons import ImageReason, advice
from transforms.pixels.unreadable import Unreadable


def test_each_reason_but_the_empty_file_has_advice() -> None:
    for reason in ImageReason:
        assert bool(advice(reason, "features.image")) == (reason != ImageReason.EMPTY)
        assert "{" not in advice(reason, "features.image")
    assert advice(ImageReason.TOO_WIDE, "features.scan").startswith("set features.scan.max_side higher")
    assert advice("anything else", "features.image") == ""


def test_it_reaches_another_process_whole() -> None:
    error = pickle.loads(pickle.dumps(Unreadable(ImageReason.SYNTAX, "1.2.840.10008.1.2.4.100")))
    assert (error.reason, error.detail) == (ImageReason.SYNTAX, "1.2.840.10008.1.2.4.100")
    assert str(error) == "the transfer syntax is not supported (1.2.840.10008.1.2.4.100)"
    assert str(Unreadable(ImageReason.EMPTY)) == "the file is empty"
