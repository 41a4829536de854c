"""Files wherever they are: what is no file is not waited for."""

import os
from pathlib import Path

import pytest

from components.ingest.files import open_file


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, suffix: str) -> None:
    pipe = tmp_path / f"pipe{suffix}"
    os.mkfifo(pipe)
    with pytest.raises(FileNotFoundError):
        open_file(str(pipe))


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_not_read(device: str) -> None:
    with pytest.raises(FileNotFoundError):
        open_file(device)


def test_a_link_to_a_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    with open_file(str(tmp_path / "link")) as file:
        assert file.read() == b"content"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        open_file(str(tmp_path / "loop"))
