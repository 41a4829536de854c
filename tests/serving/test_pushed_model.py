"""serving.pushed_model: which version is taken, what is kept, and what is said where there is none."""

import json
import shutil
from pathlib import Path

import pytest

from components.model_pusher.publish import DESCRIPTION
from pipeline_configs.errors import ConfigError
from serving.pushed_model import load_pushed
from tests.samples.images import image_sample, pushed_images


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pushed_images(tmp_path_factory.getbasetemp())


def test_a_task_folder_gives_the_newest_version_and_a_version_itself(pushed: Path, tmp_path: Path) -> None:
    [version] = [path for path in pushed.iterdir() if path.name.isdigit()]
    folder = tmp_path / "spots"
    for number in ("9", "10"):
        shutil.copytree(version, folder / number)
    (folder / "11").mkdir()
    assert Path(load_pushed(folder).path).name == "10"
    assert Path(load_pushed(str(folder / "9")).path).name == "9"


def test_the_model_knows_what_it_was_declared_as(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    model = load_pushed(pushed)
    assert model.task == image_sample(tmp_path_factory.getbasetemp()).task
    assert model.metadata["version"] == model.version > 1_000_000_000
    assert {"serving_default", "predict", "explain"} <= set(model.signatures)
    assert "Task(" not in repr(model)


def test_a_model_is_loaded_once_and_anew_when_it_is_another(pushed: Path, tmp_path: Path) -> None:
    assert load_pushed(pushed) is load_pushed(str(pushed), "images")
    [version] = [path for path in pushed.iterdir() if path.name.isdigit()]
    first = load_pushed(shutil.copytree(version, tmp_path / "1"))
    shutil.rmtree(tmp_path / "1")
    shutil.copytree(version, tmp_path / "1", copy_function=shutil.copy)
    assert load_pushed(tmp_path / "1") is not first


@pytest.mark.parametrize("made", [False, True])
def test_no_model_says_what_to_do(tmp_path: Path, made: bool) -> None:
    folder = tmp_path / "nothing"
    if made:
        folder.mkdir()
    with pytest.raises(ConfigError, match="there is no pushed model") as error:
        load_pushed(folder)
    assert "galen run" in str(error.value)


def test_another_modality_is_refused(pushed: Path) -> None:
    with pytest.raises(ConfigError, match="for another kind of data"):
        load_pushed(pushed, "notes")


@pytest.mark.parametrize("damage", ["no description", "no declaration", "other declaration", "no model"])
def test_a_damaged_version_is_told(pushed: Path, tmp_path: Path, damage: str) -> None:
    [version] = [path for path in pushed.iterdir() if path.name.isdigit()]
    copy = Path(shutil.copytree(version, tmp_path / "1"))
    metadata = json.loads((copy / DESCRIPTION).read_text())
    if damage == "no description":
        (copy / DESCRIPTION).unlink()
    elif damage == "no model":
        (copy / "saved_model.pb").write_bytes(b"nothing of the kind")
    else:
        del metadata["declaration"]
        if damage == "other declaration":
            metadata["declaration"] = {"name": "Mrs Example"}
        (copy / DESCRIPTION).write_text(json.dumps(metadata))
    with pytest.raises(ConfigError, match="cannot be read") as error:
        load_pushed(copy)
    assert "Mrs Example" not in str(error.value)
