"""Files wherever they are: what is no file is not waited for."""

import os
from pathlib import Path

import pytest

from components.ingest.files import is_remote, open_file


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


@pytest.mark.parametrize("path", ["s3://bucket/key", "gs://bucket/key", "azfs://account/container/key"])
def test_storages_that_are_read(path: str) -> None:
    assert is_remote(path)


@pytest.mark.parametrize("path", ["http://host/x.png", "file:///x.png", "ftp://x", "://x", "folder/s3:/x", "C://x"])
def test_other_schemes_are_no_more_than_names_of_files(path: str) -> None:
    assert not is_remote(path)
    with pytest.raises(FileNotFoundError):
        open_file(path)
