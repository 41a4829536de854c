"""Pseudonyms and the key they are made with."""

import hashlib
import hmac
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_configs.environment import PseudonymKey
from pipeline_configs.errors import ConfigError
from privacy.pseudonyms import digests, key_check, load_key, pseudonym

VARIABLE = "GALEN_TEST_PSEUDONYM_KEY"
KEY = "sixteen letters!"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def source(file: Path | str = "", create: bool = False) -> PseudonymKey:
    return PseudonymKey(variable=VARIABLE, file=str(file), create=create)


@pytest.mark.parametrize("length", [16, 63, 64, 65, 200])
@pytest.mark.parametrize("patient", ["", "1", "Müller-7", "x" * 1000])
def test_a_pseudonym_is_the_beginning_of_hmac_sha256(length: int, patient: str) -> None:
    key = os.urandom(length)
    assert pseudonym(key, patient) == hmac.new(key, patient.encode(), hashlib.sha256).hexdigest()[:16]


def test_a_known_pseudonym_never_changes() -> None:
    """Models, reports and windows of spans know patients by these."""
    assert pseudonym(b"galen test key, never used elsewhere", "P0001") == "aae3c2fbe851da65"


def test_digests_of_many() -> None:
    expected = "".join(pseudonym(KEY.encode(), patient) for patient in ("a", "b", "a"))
    assert digests(KEY.encode(), [b"a", b"b", b"a"]).hex() == expected
    assert digests(KEY.encode(), []) == b""


def test_the_check_of_a_key_tells_keys_apart() -> None:
    assert key_check(b"a" * 16) != key_check(b"a" * 15 + b"b")
    assert len(key_check(b"a" * 16)) == 8


def test_the_variable_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("another key, long enough")
    monkeypatch.setenv(VARIABLE, f" {KEY}\n")
    assert load_key(source(tmp_path / "key")) == KEY.encode()


def test_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    with caplog.at_level(logging.WARNING):
        assert load_key(source(file)) == KEY.encode()
    assert not caplog.text
    file.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert load_key(source(file)) == KEY.encode()
    assert "other users may read the pseudonym key" in caplog.text
    assert KEY not in caplog.text


def test_no_key() -> None:
    with pytest.raises(ConfigError) as caught:
        load_key(source())
    text = str(caught.value)
    assert "there is no key for the patients' pseudonyms" in text
    assert f"the environment variable {VARIABLE}" in text
    assert f"export {VARIABLE}=" in text


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"or the file .*/missing"):
        load_key(source(tmp_path / "missing"))
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("key", ["qwerty", "fifteen letters"])
def test_a_key_that_is_too_short_is_not_repeated(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(ConfigError, match="the pseudonym key is too short") as caught:
        load_key(source())
    assert "at least 16 characters" in str(caught.value)
    assert key not in str(caught.value)
    monkeypatch.delenv(VARIABLE)
    (tmp_path / "key").write_text(key)
    with pytest.raises(ConfigError, match="too short"):
        load_key(source(tmp_path / "key"))


def test_a_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "key"
    key = load_key(source(file, create=True))
    assert len(key) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_key(source(file, create=True)) == load_key(source(file)) == key
    assert [path.name for path in file.parent.iterdir()] == ["key"]


def test_two_processes_make_one_key(tmp_path: Path) -> None:
    code = (
        "from privacy.pseudonyms import load_key; from pipeline_configs.environment import PseudonymKey;"
        f"print(load_key(PseudonymKey(variable={VARIABLE!r}, file={str(tmp_path / 'key')!r}, create=True)).decode())"
    )
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate()[0] for process in started}) == 1


def test_a_file_that_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff" * 32)
    with pytest.raises(ConfigError, match="not plain ASCII text"):
        load_key(source(tmp_path / "key"))
    with pytest.raises(ConfigError, match="cannot be read or made"):
        load_key(source(tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be read or made"):
        load_key(source(tmp_path / "file" / "key", create=True))


@pytest.mark.parametrize("key", ["0" * 64, "abababababababababab", "12345" * 8])
def test_a_key_that_is_no_secret(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(ConfigError, match="too easy to guess") as caught:
        load_key(source())
    assert key not in str(caught.value)


def test_an_empty_variable_does_not_fall_back_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(KEY)
    monkeypatch.setenv(VARIABLE, " ")
    with pytest.raises(ConfigError, match=f"environment variable {VARIABLE}: the pseudonym key is too short"):
        load_key(source(tmp_path / "key"))
