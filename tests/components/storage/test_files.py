"""Files wherever they are: what is no file is not waited for, and what may go away is told from what stays."""

import errno
import gzip
import os
from pathlib import Path

import pytest
from apache_beam.io.aws.clients.s3.messages import S3ClientError
from apache_beam.io.filesystem import BeamIOError
from botocore import exceptions

from components.storage import (
    copy,
    copy_tree,
    delete,
    digest,
    exists,
    folders,
    is_file,
    is_remote,
    list_files,
    names_below,
    open_file,
    read,
    reading,
    write,
    writing,
)
from pipeline_configs.errors import DataProblem, GalenError, RunFailed
from pipelines.cluster.run_node import FINAL
from pipelines.failure import failure_of


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


def told(error: BaseException, path: str) -> GalenError:
    """What `reading` makes of an exception."""
    with pytest.raises(GalenError) as caught, reading(path):
        raise error
    return caught.value


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTUNREACH])
def test_a_volume_that_is_away_may_come_back(tmp_path: Path, number: int) -> None:
    error = told(OSError(number, os.strerror(number), "P123"), str(tmp_path / "P123" / "P123.csv"))
    assert type(error) is RunFailed and os.strerror(number) in str(error)
    # It is the volume's fault: the file, which may be called after a patient, is not named.
    assert "P123" not in str(error) and os.path.ismount(error.problems[0].where)
    assert failure_of(error, "RecordsExampleGen").code not in FINAL


@pytest.mark.parametrize("number", [errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.EACCES, errno.EISDIR])
def test_what_is_wrong_with_a_file_stays(tmp_path: Path, number: int) -> None:
    error = told(OSError(number, os.strerror(number)), str(tmp_path / "a.csv"))
    assert type(error) is DataProblem and error.problems[0].where == str(tmp_path / "a.csv")
    assert failure_of(error, "RecordsExampleGen").code in FINAL


def test_a_name_in_reports_stays_the_place() -> None:
    assert told(OSError(errno.ESTALE, ""), "file 3 of 12").problems[0].where == "file 3 of 12"
    away = told(BeamIOError("P123", {"s3://b/P123": S3ClientError("Slow down", 503)}), "file 3 of 12")
    assert type(away) is RunFailed and away.problems[0].where == "file 3 of 12" and "P123" not in str(away)


class _Answer(Exception):
    """An answer of a storage, as its client tells it."""

    def __init__(self, text: str, code: int | None) -> None:
        super().__init__(text)
        self.code = code


def beams(error: Exception) -> BeamIOError:
    """An error as Beam's file systems pass it on."""
    return BeamIOError("Match operation failed", {"s3://hospital/P123.csv": error})


PASSING = [
    beams(S3ClientError("An error occurred (SlowDown)", 503)),
    beams(S3ClientError("An error occurred (InternalError)", 500)),
    exceptions.ClientError({"ResponseMetadata": {"HTTPStatusCode": 500}}, "ListObjectsV2"),
    beams(S3ClientError("An error occurred (RequestTimeout)", 400)),
    beams(_Answer("429 rateLimitExceeded", 429)),
    beams(_Answer("403 rateLimitExceeded", 403)),
    beams(S3ClientError('Read timeout on endpoint URL: "http://minio:9000/"', None)),
    beams(S3ClientError("Connection was closed before we received a valid response from endpoint URL", None)),
    ConnectionResetError(errno.ECONNRESET, ""),
    TimeoutError(),
    exceptions.ReadTimeoutError(endpoint_url="http://minio:9000"),
    exceptions.ResponseStreamingError(error="IncompleteRead"),
    exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
]
STAYING = [
    beams(S3ClientError("Not Found", 404)),
    beams(S3ClientError("Forbidden", 403)),
    beams(_Answer("401 Unauthorized", 401)),
    beams(S3ClientError("An error occurred (InvalidRequest)", 400)),
    exceptions.ClientError({"ResponseMetadata": {"HTTPStatusCode": 403}}, "HeadBucket"),
    exceptions.NoCredentialsError(),
    exceptions.ParamValidationError(report="Invalid bucket name"),
    gzip.BadGzipFile(),
    EOFError(),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_a_storage_that_may_be_well_again_is_no_fault_of_the_data(error: Exception) -> None:
    found = told(error, "s3://hospital/P123.csv")
    assert type(found) is RunFailed and failure_of(found, "RecordsExampleGen").code not in FINAL
    [problem] = found.problems
    assert problem.where == "s3://hospital" and "P123" not in str(found)
    assert problem.what in ("the storage does not answer", "the storage is overloaded or has failed")


@pytest.mark.parametrize("error", STAYING, ids=repr)
def test_what_another_attempt_does_not_mend_is_a_data_problem(error: Exception) -> None:
    found = told(error, "s3://hospital/a.csv.gz")
    assert type(found) is DataProblem and failure_of(found, "RecordsExampleGen").code in FINAL
    assert found.problems[0].where == "s3://hospital/a.csv.gz"


def test_credentials_are_asked_for_where_they_stay_secret() -> None:
    text = str(told(exceptions.NoCredentialsError(), "s3://hospital/a.csv"))
    assert "AZURE_STORAGE_CONNECTION_STRING" in text and "beam.options" not in text


def test_a_file_is_read_unpacked_or_as_it_is(tmp_path: Path) -> None:
    path = f"{tmp_path}/below/a.csv.gz"
    packed = gzip.compress(b"id,age\n")
    write(path, packed)
    assert read(path) == packed
    with open_file(path) as file:
        assert file.read() == b"id,age\n"


def test_files_below_a_folder_are_listed_copied_and_deleted(tmp_path: Path) -> None:
    source = f"{tmp_path}/source"
    for name in ("a", "b/c", "b/_SUCCESS", "b/.hidden", "[x]/d"):
        write(f"{source}/{name}", name.encode())
    assert [file.path.removeprefix(f"{source}/") for file in list_files(f"{source}/**")] == ["[x]/d", "a", "b/c"]
    assert [file.name for file in list_files(f"{source}/[x]/*")] == ["d"]
    assert [file.name for file in list_files(f"{source}/b/_*")] == ["_SUCCESS"]
    names = ["[x]/d", "a", "b/.hidden", "b/_SUCCESS", "b/c"]
    assert names_below(source) == names and folders(source) == ["[x]", "b"]
    # What a node left in a folder of artifacts is copied whole.
    assert copy_tree(source, f"{tmp_path}/target") == sum(map(len, names))
    assert names_below(f"{tmp_path}/target") == names
    assert copy(f"{source}/b/c", f"{tmp_path}/one/c") == digest(f"{source}/b/c")
    delete(f"{source}/a")
    assert not is_file(f"{source}/a") and exists(f"{source}/b") and not is_file(f"{source}/b")
    delete(source)
    assert not exists(source) and names_below(source) == [] and folders(source) == []
    delete(source)
    assert copy_tree(source, f"{tmp_path}/nothing") == 0


def test_a_pattern_means_the_same_here_as_in_a_storage(tmp_path: Path) -> None:
    for name in ("1.csv", "b/2.csv", "b/c/3.csv"):
        write(f"{tmp_path}/{name}", b"x")
    assert [file.name for file in list_files(f"{tmp_path}/**/*.csv")] == ["2.csv"]
    assert [file.name for file in list_files(f"{tmp_path}/**/**/*.csv")] == ["3.csv"]
    assert [file.name for file in list_files(f"{tmp_path}/**")] == ["1.csv", "2.csv", "3.csv"]


class Away(OSError):
    """As Beam's BeamIOError, which is an OSError though no file of this machine has part in it."""


Away.__module__ = "apache_beam.io.filesystem"


def test_what_is_copied_from_a_storage_is_told_as_trouble_of_the_side_that_has_it(tmp_path: Path) -> None:
    def copying(error: Exception) -> GalenError:
        with pytest.raises(GalenError) as told, reading("s3://b/x"), writing(str(tmp_path)):
            raise error
        return told.value

    away = Away("the storage")
    away.__cause__ = exceptions.EndpointConnectionError(endpoint_url="http://storage")
    assert str(copying(away)).startswith("s3://b: the storage does not answer")
    full = copying(OSError(errno.ENOSPC, "no space"))
    assert isinstance(full, RunFailed) and str(full).startswith(f"{tmp_path}: the disk is full")
