"""Decodes frames in a process of its own, for decoders that may end the process that they run in.

GDCM, the only decoder of lossless JPEG with a licence that Galen can depend on, calls `abort` on some damaged files:
no exception could be caught, and one file would end a run. Here it ends a helper, which is started anew.

Request and answer are a line of JSON and as many bytes as it says; nothing is unpickled.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from typing import IO, Any

import numpy as np
import numpy.typing as npt

__all__ = ["DecoderFailed", "decode_isolated", "serve"]

_PATIENCE = 120.0
"""Seconds after which a frame counts as damaged: hundreds of times what the largest takes."""

_START = "import sys; sys.path[:] = sys.argv[1:]; from transforms.pixels.isolated import serve; serve()"


class DecoderFailed(Exception):
    """The frame cannot be decoded."""


def decode_isolated(syntax: str, frame: bytes, options: dict[str, Any]) -> tuple[npt.NDArray[Any], str]:
    """Decodes one frame in the helper process.

    Args:
        syntax: Transfer syntax.
        frame: The frame's codestream.
        options: What the decoders of pydicom want to know of the Image Pixel module.

    Returns:
        Array `[rows, columns]` or `[rows, columns, samples]`, and its photometric interpretation.

    Raises:
        DecoderFailed: It cannot be decoded, or the helper ended, or took too long.
    """
    with _lock:
        said, content = _answer({"syntax": syntax, "options": options}, frame)
    if "shape" not in said:
        raise DecoderFailed
    return np.frombuffer(content, said["dtype"]).reshape(said["shape"]), said["photometric"]


def serve() -> None:
    """Answers requests on standard input until it ends: the helper's own main function."""
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder

    from transforms.pixels.quiet import quiet

    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # A decoder that prints must not print into an answer.
    with quiet():
        while True:
            try:
                asked, frame = _receive(sys.stdin.buffer)
            except EOFError:
                return
            try:
                decoder = get_decoder(asked["syntax"])
                array, properties = decoder.as_array(encapsulate([frame], has_bot=False), index=0, **asked["options"])
            except Exception:  # noqa: BLE001 - as many ways as bytes can be wrong
                _send(answers, {}, b"")
                continue
            said = {"shape": array.shape, "dtype": array.dtype.str}
            said["photometric"] = str(properties["photometric_interpretation"])
            _send(answers, said, array.tobytes())


_lock = threading.Lock()
_helper: "subprocess.Popen[bytes] | None" = None


def _answer(said: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """The helper's answer. Where it ended it is asked once more: something else may have ended it."""
    for last in (False, True):
        helper = _running()
        watch = threading.Timer(_PATIENCE, helper.kill)
        watch.start()
        try:
            _send(helper.stdin, said, content)
            return _receive(helper.stdout)
        except (OSError, EOFError, ValueError):
            helper.kill()
            helper.wait()
            if last or not watch.is_alive():
                raise DecoderFailed from None
        finally:
            watch.cancel()
    raise DecoderFailed


def _forget() -> None:
    """A process that was forked does not share the helper of its parent."""
    global _helper, _lock
    _helper, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


@atexit.register
def _stop() -> None:
    if _helper is not None:
        _helper.kill()


def _running() -> "subprocess.Popen[bytes]":
    global _helper
    if _helper is None or _helper.poll() is not None:
        command = [sys.executable, "-c", _START, *(path or os.getcwd() for path in sys.path)]  # noqa: PTH109
        _helper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, close_fds=True
        )
    return _helper


def _send(stream: IO[bytes] | None, said: dict[str, Any], content: bytes) -> None:
    if stream is None:
        raise OSError
    stream.write(json.dumps(said | {"bytes": len(content)}).encode() + b"\n")
    stream.write(content)
    stream.flush()


def _receive(stream: IO[bytes] | None) -> tuple[dict[str, Any], bytes]:
    line = stream.readline() if stream else b""
    if not line:
        raise EOFError
    said: dict[str, Any] = json.loads(line)
    content = stream.read(said["bytes"]) if stream else b""
    if len(content) != said["bytes"]:
        raise EOFError
    return said, content
