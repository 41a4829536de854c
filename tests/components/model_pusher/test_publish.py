"""The push itself: whole or not at all, also when it is killed, also where the disk or the store lets it down."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from components.model_pusher import publish as module
from components.model_pusher.publish import DESCRIPTION, Item, existing_versions, publish
from pipeline_configs.errors import RunFailed

REPOSITORY = Path(__file__).resolve().parents[3]


def _describe(version, files):
    return json.dumps({"version": version, "files": sorted(files)}).encode()


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    for name, content in {
        "saved_model.pb": b"graph" * 1000,
        "variables/variables.index": b"index",
        "variables/variables.data-00000-of-00001": os.urandom(5_000_000),
        "assets/vocabulary": b"",
        "model.keras": b"keras",
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return [Item(str(file), str(file.relative_to(folder))) for file in folder.rglob("*") if file.is_file()]


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_version_holds_every_file_and_its_description(model, tmp_path):
    done = publish(model, str(tmp_path / "serving" / "task"), _describe)
    got = _contents(tmp_path / "serving" / "task" / str(done.version))
    assert json.loads(got.pop(DESCRIPTION)) == {"version": done.version, "files": sorted(got)}
    assert got == {item.target: Path(item.source).read_bytes() for item in model}
    assert {name: checksum.sha256 for name, checksum in done.files.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in got.items()
    }
    assert abs(done.version - time.time()) < 60


def test_versions_rise_and_none_is_ever_overwritten(model, tmp_path):
    future = int(time.time()) + 10_000
    (tmp_path / "task" / str(future)).mkdir(parents=True)
    (tmp_path / "task" / str(future) / "saved_model.pb").write_bytes(b"another's")
    versions = [publish(model, str(tmp_path / "task"), _describe).version for _ in range(3)]
    assert versions == [future + 1, future + 2, future + 3]
    assert _contents(tmp_path / "task" / str(future)) == {"saved_model.pb": b"another's"}
    assert existing_versions(str(tmp_path / "task")) == [future, *versions]


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir() if entry.name != ".push-lock"]


def test_an_error_in_mid_copy_leaves_nothing(model, tmp_path, monkeypatch):
    copied = []

    def copy(source, target):
        if len(copied) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)
        copied.append(target)
        return original(source, target)

    original = module.copy
    monkeypatch.setattr(module, "copy", copy)
    with pytest.raises(RunFailed, match="cannot be pushed") as caught:
        publish(model, str(tmp_path / "task"), _describe)
    assert "No space left on device" in str(caught.value) and "free some space" in str(caught.value)
    assert _names(tmp_path / "task") == []


def test_a_check_that_fails_leaves_nothing(model, tmp_path):
    def check(path):
        assert (Path(path) / "saved_model.pb").is_file()
        raise RunFailed("the model does not answer")

    with pytest.raises(RunFailed, match="does not answer"):
        publish(model, str(tmp_path / "task"), _describe, check)
    assert _names(tmp_path / "task") == []


def test_a_disk_that_writes_something_else_is_noticed(model, tmp_path, monkeypatch):
    def copy(source, target):
        result = original(source, target)
        if target.endswith("variables.index"):
            Path(target).write_bytes(b"indeX")
        return result

    original = module.copy
    monkeypatch.setattr(module, "copy", copy)
    with pytest.raises(RunFailed, match=r"differences in variables/variables\.index"):
        publish(model, str(tmp_path / "task"), _describe)
    assert _names(tmp_path / "task") == []


def test_no_permission_is_said(model, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunFailed, match="cannot be pushed"):
        publish(model, str(tmp_path / "file" / "task"), _describe)


def test_a_push_that_is_killed_leaves_no_version_and_the_next_one_cleans_up(model, tmp_path):
    """Stops in the middle of a file, is killed with signal 9, and pushes again."""
    script = f"""
        import time
        from components.model_pusher.publish import Item, publish
        from components.storage import copying

        def half(file):
            yield file.read(1)
            time.sleep(60)

        items = [Item({model[0].source!r}, "first")]
        first = copying._chunks
        copying._chunks = lambda file: half(file) if file.name == {model[1].source!r} else first(file)
        items.append(Item({model[1].source!r}, "saved_model.pb"))
        publish(items, {str(tmp_path / "task")!r}, lambda version, files: b"")
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=REPOSITORY)
    try:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "task").glob(".push-*/saved_model.pb")) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert list((tmp_path / "task").glob(".push-*/saved_model.pb"))
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    left = _names(tmp_path / "task")
    assert left and all(name.startswith(".push-") for name in left)
    assert existing_versions(str(tmp_path / "task")) == []

    done = publish(model, str(tmp_path / "task"), _describe)
    assert _names(tmp_path / "task") == [str(done.version)]
    assert len(_contents(tmp_path / "task" / str(done.version))) == len(model) + 1


def test_two_pushes_at_once_make_two_versions(model, tmp_path):
    script = f"""
        from pathlib import Path
        from components.model_pusher.publish import Item, publish
        root = Path({str(tmp_path / "model")!r})
        items = [Item(str(f), str(f.relative_to(root))) for f in root.rglob("*") if f.is_file()]
        for _ in range(3):
            publish(items, {str(tmp_path / "task")!r}, lambda version, files: b"", lambda path: None)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    processes = [subprocess.Popen(command, cwd=REPOSITORY) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    versions = existing_versions(str(tmp_path / "task"))
    assert len(versions) == 6
    assert sorted(_names(tmp_path / "task")) == [str(version) for version in versions]


class _Store:
    """An object store in memory behind Beam's file systems' interface; files appear when they are closed."""

    def __init__(self):
        self.files, self.order = {}, []

    def create(self, path, compression_type):
        import io

        store = self

        class Writing(io.BytesIO):
            def close(self):
                if not self.closed:
                    store.files[path] = self.getvalue()
                    store.order.append(path)
                super().close()

        assert compression_type == "uncompressed"
        return Writing()

    def open(self, path, compression_type):
        import io

        assert compression_type == "uncompressed"
        return io.BytesIO(self.files[path])

    def match(self, patterns):
        from types import SimpleNamespace

        prefix = patterns[0].removesuffix("**")
        found = [SimpleNamespace(path=path) for path in self.files if path.startswith(prefix)]
        return [SimpleNamespace(metadata_list=found)]


@pytest.fixture
def store(monkeypatch):
    from components.storage import files

    made = _Store()
    monkeypatch.setattr(files, "file_systems", lambda: made)
    return made


def test_in_an_object_store_the_file_that_makes_it_a_model_goes_last(model, store):
    store.files["gs://models/task/41/saved_model.pb"] = b"old"
    done = publish(model, "gs://models/task", _describe)
    assert store.order[-1] == f"gs://models/task/{done.version}/saved_model.pb"
    assert store.order[-2] == f"gs://models/task/{done.version}/{DESCRIPTION}"
    assert len(store.order) == len(model) + 1
    assert "saved_model.pb" in json.loads(store.files[f"{done.path}/{DESCRIPTION}"])["files"]
    assert store.files["gs://models/task/41/saved_model.pb"] == b"old"
    assert existing_versions("gs://models/task") == [41, done.version]


def test_in_an_object_store_a_push_that_breaks_is_no_model(model, store, monkeypatch):
    def copy(source, target):
        if target.endswith("model.keras"):
            raise OSError("connection lost")
        return original(source, target)

    original = module.copy
    monkeypatch.setattr(module, "copy", copy)
    with pytest.raises(RunFailed, match="cannot be pushed"):
        publish(model, "gs://models/task", _describe)
    assert not any(path.endswith("saved_model.pb") for path in store.files)


def test_s3_is_written_and_listed_through_beam(model, monkeypatch):
    boto3 = pytest.importorskip("boto3")
    from apache_beam.io.filesystems import FileSystems
    from moto.server import ThreadedMotoServer

    monkeypatch.setattr(FileSystems, "_pipeline_options", None)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        }.items():
            monkeypatch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="models")
        whole = publish(model, "s3://models/task", _describe)
        empty = client.head_object(Bucket="models", Key=f"task/{whole.version}/assets/vocabulary")
        assert empty["ContentLength"] == 0
        with pytest.raises(RunFailed, match="cannot be pushed"):
            publish(model, "s3://no-such-bucket/task", _describe)
        full = [item for item in model if item.target != "assets/vocabulary"]
        client.create_bucket(Bucket="others")
        done = publish(full, "s3://others/task", _describe)
        assert existing_versions("s3://others/task") == [done.version]
        stored = client.list_objects_v2(Bucket="others")["Contents"]
        assert {entry["Key"].removeprefix(f"task/{done.version}/") for entry in stored} == {
            DESCRIPTION,
            *(item.target for item in full),
        }
        assert {entry["Size"] for entry in stored if entry["Key"].endswith("saved_model.pb")} == {5000}
    finally:
        server.stop()
