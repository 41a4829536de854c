"""A process that reads image files for a worker, so that workers in threads of one process do not wait for each other.

Much of reading a DICOM header holds the interpreter's lock. What is asked and answered is a head (the lengths of both
parts), JSON and bytes; nothing is unpickled. Files on disk the process reads itself, others it is given.
"""

import json
import os
import select
import signal
import struct
import subprocess
import sys
import traceback
from collections import Counter, deque
from typing import Any

import numpy as np

from components.image_example_gen.image_reader import Found, ImageReader, Join, Reading, Refused, Taken
from pipeline_configs.errors import DataProblem, Problem, RunFailed
from pipeline_configs.image import Image
from pipeline_configs.privacy import Privacy
from privacy.dicom.removed import Action, Kind, Removed
from transforms.pixels.image_file import ImageFile, Picture
from transforms.pixels.quiet import quiet

__all__ = ["Answer", "ReaderEnded", "ReaderProcess", "serve"]

Answer = tuple[Found, Taken | None]
"""The file without its content; nothing is taken of one without a row."""

_PATIENCE = 600.0
"""Seconds after which a process that says nothing is ended: hundreds of times what the largest image takes."""

_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
"""Has glibc keep what an image took for the next one: else half the time goes into memory handed out anew."""

_HEAD = struct.Struct("<QQ")
_READY = {"ready": True}
_START = (
    "import sys; sys.path[:] = sys.argv[1:]; from components.image_example_gen.reader_process import serve; serve()"
)


class ReaderEnded(Exception):
    """The process was ended twice while it read the same image."""


class ReaderProcess:
    """A process that reads images, one after the other in the order in which they are asked for.

    It is started at once and used when it is `ready`. Where something ends it, it is started anew and asked again.
    """

    def __init__(self) -> None:
        self._reading: Reading | None = None
        self._asked: deque[tuple[dict[str, Any], bytes]] = deque()
        self._start()

    @property
    def asked(self) -> int:
        """Images that were asked for and not taken yet."""
        return len(self._asked)

    @property
    def ready(self) -> bool:
        """Whether it has started; does not wait."""
        if not self._ready and _says_something(self._from, 0):
            self._await_ready()
        return self._ready

    def use(self, reading: Reading) -> None:
        """Says how the images are read that are asked for next."""
        if reading is not self._reading:
            self._reading = reading
            self._send(*_described(reading))

    def ask(self, path: str, content: bytes = b"") -> None:
        """Asks for an image.

        Args:
            path: A file on disk; "" where it is another.
            content: The whole file then. As it may be longer than a pipe, nothing else may be asked for before it.
        """
        self._asked.append(({"path": path}, content))
        self._send(*self._asked[-1])

    def answer(self) -> Answer:
        """Waits for the image that was asked for first.

        Raises:
            Refused: It goes to quarantine.
            DataProblem: There is no permission for the storage as a whole.
            RunFailed: The storage does not answer, or a defect in the reader.
            MemoryError: There is not enough memory for it.
            ReaderEnded: The process was ended twice while it read it.
        """
        try:
            if not self._ready:
                self._await_ready()
            said, content = _receive(self._from, _PATIENCE)
        except (OSError, EOFError):
            self._again()
            try:
                said, content = _receive(self._from, _PATIENCE)
            except (OSError, EOFError):
                self.stop()
                raise ReaderEnded from None
        self._asked.popleft()
        return _unpacked(said, content)

    def stop(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def _start(self) -> None:
        command = [sys.executable, "-c", _START, *(path or os.getcwd() for path in sys.path)]  # noqa: PTH109
        # Files are read without buffers: what waits in one, `poll` would not see. What it prints may quote values.
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_KEEP_MEMORY},
        )
        assert self._process.stdin
        assert self._process.stdout
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._ready = False

    def _again(self) -> None:
        """Starts anew and asks again for what was not answered."""
        self.stop()
        self._start()
        self._await_ready()
        if self._reading:
            self._send(*_described(self._reading))
        for request in self._asked:
            self._send(*request)

    def _await_ready(self) -> None:
        try:
            self._ready = _receive(self._from, _PATIENCE)[0] == _READY
        except (OSError, EOFError):
            self._ready = False

    def _send(self, said: dict[str, Any], content: bytes) -> None:
        try:
            _send(self._to, said, content)
        except OSError:
            return  # It has ended, which the answer will show.


def serve() -> None:
    """Reads what it is asked for until standard input ends: the process' own main function."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The end of standard input ends it.
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # A decoder that prints must not print into an answer.
    questions = sys.stdin.fileno()
    _import_decoders()
    _send(answers, _READY, b"")
    reader: ImageReader | None = None
    with quiet():
        while True:
            try:
                asked, content = _receive(questions, None)
            except EOFError:
                return
            if "path" not in asked:
                reader = ImageReader(_reading(asked, content))
                continue
            assert reader
            _send(answers, *_answer(reader, asked["path"], content))


def _import_decoders() -> None:
    """What is imported with the first image, before the process says that it is ready."""
    import pydicom.encaps
    import pydicom.pixels.decoders.base
    from PIL import Image as Pillow

    del pydicom
    Pillow.preinit()


def _answer(reader: ImageReader, path: str, content: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        found = reader.found(reader.content(path) if path else content)
        if found.row < 0:
            return {"row": -1, "patient": None}, b""
        taken = reader.taken(found)
    except Refused as error:
        return {"refused": [error.column, error.reason]}, b""
    except (DataProblem, RunFailed) as error:
        key = "problems" if isinstance(error, DataProblem) else "failed"
        return {key: [vars(problem) for problem in error.problems]}, b""
    except MemoryError:
        return {"memory": True}, b""
    except Exception as error:  # noqa: BLE001 - its text may quote the file
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return {"defect": f"{type(error).__name__} in {frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"}, b""
    return _packed(found, taken)


def _packed(found: Found, taken: Taken) -> tuple[dict[str, Any], bytes]:
    image = taken.image
    said = {
        "row": found.row,
        "patient": found.patient,
        "frames": [[picture.frame, *picture.pixels.shape] for picture in image.pictures],
        "acquisition": image.acquisition,
        "own_patient": image.patient,
        "removed": [[str(kind), str(action), count] for (kind, action), count in image.removed.counts.items()],
        "kind": taken.kind,
        "pixels": taken.pixels,
        "look": taken.look,
    }
    return said, b"".join(picture.pixels.tobytes() for picture in image.pictures)


def _unpacked(said: dict[str, Any], content: bytes) -> Answer:
    if "refused" in said:
        raise Refused(*said["refused"])
    if "problems" in said:
        raise DataProblem(*(Problem(**problem) for problem in said["problems"]))
    if "failed" in said:
        raise RunFailed(*(Problem(**problem) for problem in said["failed"]))
    if "memory" in said:
        raise MemoryError
    if "defect" in said:
        problem = Problem("a defect in the ingest", found=said["defect"], fix="report it, without the data")
        raise RunFailed(problem)
    found = Found(b"", said["row"], said["patient"])
    if found.row < 0:
        return found, None
    pictures, at = [], 0
    for frame, *shape in said["frames"]:
        size = shape[0] * shape[1] * shape[2]
        pictures.append(Picture(np.frombuffer(content, np.uint8, size, at).reshape(shape), frame))
        at += size
    removed = Removed(Counter({(Kind(kind), Action(action)): count for kind, action, count in said["removed"]}))
    image = ImageFile(tuple(pictures), said["acquisition"], said["own_patient"], removed)
    return found, Taken(image, said["kind"], said["pixels"], said["look"])


def _described(reading: Reading) -> tuple[dict[str, Any], bytes]:
    join = reading.join
    said = {
        "column": reading.column,
        "declared": reading.declared.model_dump_json(),
        "privacy": reading.privacy.model_dump_json(),
        "key": reading.key.hex(),
        "join": [join.tag, join.patient_from_file] if join else None,
    }
    return said, join.keys.astype("<u8").tobytes() if join else b""


def _reading(said: dict[str, Any], content: bytes) -> Reading:
    join = None
    if said["join"]:
        tag, patient_from_file = said["join"]
        join = Join(tag, np.frombuffer(content, "<u8").astype(np.uint64), patient_from_file)
    return Reading(
        said["column"],
        Image.model_validate_json(said["declared"]),
        Privacy.model_validate_json(said["privacy"]),
        bytes.fromhex(said["key"]),
        join,
    )


def _send(to: int, said: dict[str, Any], content: bytes) -> None:
    text = json.dumps(said).encode()
    left = memoryview(_HEAD.pack(len(text), len(content)) + text + content)
    while left:
        left = left[os.write(to, left) :]


def _receive(source: int, patience: float | None) -> tuple[dict[str, Any], bytes]:
    """Raises EOFError where the other side has ended, and TimeoutError, an OSError, where it says nothing."""
    text, content = _HEAD.unpack(_exactly(source, _HEAD.size, patience))
    said: dict[str, Any] = json.loads(_exactly(source, text, patience))
    return said, _exactly(source, content, patience)


def _says_something(source: int, patience: float) -> bool:
    """Whether there is something to read, or the other side has ended; `select` would not take high numbers."""
    poll = select.poll()
    poll.register(source, select.POLLIN)
    return bool(poll.poll(patience * 1000))


def _exactly(source: int, size: int, patience: float | None) -> bytes:
    parts = []
    while size:
        if patience is not None and not _says_something(source, patience):
            raise TimeoutError
        part = os.read(source, size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
