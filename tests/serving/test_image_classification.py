"""perform_image_classification on a really trained model: what may be given, what comes back, what is refused."""

import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

import serving
from pipeline_configs.errors import ConfigError, DataProblem, GalenError
from serving import perform_image_classification
from serving.image_classification import Classification, _frames
from serving.pushed_model import PushedModel, load_pushed
from tests.samples.images import SIZE, pushed_images, spots

LABELS = (np.arange(12) % 2).astype(np.int64)
IMAGES = spots(LABELS, 31)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> PushedModel:
    return load_pushed(pushed_images(tmp_path_factory.getbasetemp()))


def png(pixels: np.ndarray) -> bytes:
    written = BytesIO()
    Image.fromarray(pixels[..., 0]).save(written, "PNG")
    return written.getvalue()


def dicom(
    pixels: np.ndarray, photometric: str = "MONOCHROME2", frames: int = 1, name: str = "Mustermann^Erika"
) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3"
    dataset.PatientName, dataset.PatientID, dataset.Modality = name, "MRN0012345", "DX"
    dataset.BurnedInAnnotation = "YES"
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = *SIZE, frames
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, photometric
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.WindowCenter, dataset.WindowWidth = 127.5 + 0.5, 256
    dataset.PixelData = pixels.tobytes()
    written = BytesIO()
    dataset.save_as(written, enforce_file_format=True)
    return written.getvalue()


def one(image: object, model: object, **options: object) -> Classification:
    found = perform_image_classification(image, model, **options)  # type: ignore[arg-type]
    assert isinstance(found, Classification)
    return found


def test_it_tells_spots_from_none(model: PushedModel) -> None:
    found = perform_image_classification(IMAGES, model)
    assert isinstance(found, list)
    right = [answer.positive == bool(label) for answer, label in zip(found, LABELS, strict=True)]
    assert sum(right) >= 11
    for place, answer in enumerate(found):
        assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-9)
        assert set(answer.probabilities) == {"spot", "no spot"}
        assert answer.positive == (answer.probabilities["spot"] >= answer.threshold)
        assert (answer.image, answer.frame, answer.task, answer.version) == (place, 1, "spots", model.version)
        assert answer.heat_map is None and answer.overlay is None


def test_every_form_of_the_same_image_gets_the_same_answer(model: PushedModel, tmp_path: Path) -> None:
    image = IMAGES[1]
    (tmp_path / "scan.png").write_bytes(png(image))
    forms = [
        image,
        image[..., 0],
        image[..., 0].astype(np.float32) / 255,
        png(image),
        bytearray(png(image)),
        tmp_path / "scan.png",
        str(tmp_path / "scan.png"),
        dicom(image),
        dicom(255 - image, "MONOCHROME1"),
    ]
    answers = [one(form, model).probabilities["spot"] for form in forms]
    np.testing.assert_allclose(answers, answers[0], atol=1e-5)
    many = perform_image_classification(forms, model)
    assert isinstance(many, list)
    np.testing.assert_allclose([answer.probabilities["spot"] for answer in many], answers, atol=1e-5)


def test_the_signature_says_the_same(model: PushedModel) -> None:
    nothing = {"age": np.full((12, 1), np.nan, np.float32), "smoker": np.full((12, 1), -1, np.int64)}
    import tensorflow as tf

    inputs = {name: tf.constant(value) for name, value in nothing.items()}
    expected = model.signatures["predict"](scan=tf.constant(IMAGES), **inputs)["probability"]
    found = perform_image_classification(list(IMAGES), model)
    assert isinstance(found, list)
    np.testing.assert_allclose([a.probabilities["spot"] for a in found], np.asarray(expected)[:, 0], atol=1e-6)


def test_more_images_than_a_batch_come_back_in_order(model: PushedModel) -> None:
    found = perform_image_classification(list(IMAGES) * 6, model)
    assert isinstance(found, list) and [answer.image for answer in found] == list(range(72))
    probabilities = np.array([answer.probabilities["spot"] for answer in found]).reshape(6, 12)
    np.testing.assert_allclose(probabilities, np.broadcast_to(probabilities[0], (6, 12)), atol=1e-5)
    assert perform_image_classification([], model) == []


def test_a_heat_map_and_an_overlay_come_only_when_asked_for(model: PushedModel) -> None:
    with_map = one(IMAGES[1], model, heat_maps=True)
    assert with_map.heat_map is not None and with_map.overlay is None
    assert (with_map.heat_map.shape, with_map.heat_map.dtype) == (SIZE, np.float32)
    assert with_map.heat_map.min() >= 0 and 0.5 < with_map.heat_map.max() <= 1
    with_picture = one(IMAGES[1], model, overlay=True)
    assert with_picture.heat_map is None and with_picture.overlay is not None
    assert Image.open(BytesIO(with_picture.overlay)).height >= 512
    assert len(repr(with_picture)) < 400


def test_other_values_are_written_as_in_the_source_and_count(model: PushedModel) -> None:
    plain = one(IMAGES[0], model)
    told = one(IMAGES[0], model, values={"age": "63", "smoker": "yes"})
    same = one(IMAGES[0], model, values={"age": 63.0, "smoker": 1})
    assert told.probabilities == same.probabilities != plain.probabilities
    assert one(IMAGES[0], model, values={"age": None}).probabilities == plain.probabilities


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"age": "sixty-three"}, "age"),
        ({"age": 400}, "age"),
        ({"smoker": "sixty-three"}, "smoker"),
        ({"sixty-three": 1}, "does not take"),
        ([{}, {}], "do not go with the images"),
        ("sixty-three", "do not go with the images"),
        ([3], "mappings"),
    ],
)
def test_wrong_values_are_refused_and_not_told(model: PushedModel, values: object, words: str) -> None:
    with pytest.raises(DataProblem, match=words) as error:
        perform_image_classification(IMAGES[0], model, values=values)  # type: ignore[arg-type]
    assert "sixty-three" not in str(error.value) and "400" not in str(error.value)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (b"", "the file is empty"),
        (b"Erika Mustermann, MRN0012345", "neither DICOM, PNG, JPEG nor TIFF"),
        (png(IMAGES[0])[:200], "damaged|too early"),
        (dicom(IMAGES[0])[:-900], "fewer pixels|too early|damaged"),
        ("Mustermann_MRN0012345.png", "cannot be read"),
        (Path("/no/Mustermann/MRN0012345.png"), "cannot be read"),
        ("Mustermann\0MRN0012345", "cannot be read"),
        (np.zeros((2, 3, 4, 5), np.uint8), "no image"),
        (np.zeros(7, np.uint8), "no image"),
        (np.full((9, 9), 3.0), "no image"),
        (None, "no image"),
        (17, "no image"),
    ],
)
def test_what_is_no_image_is_refused_by_its_place_and_without_its_content(
    model: PushedModel, image: object, words: str
) -> None:
    with pytest.raises(DataProblem, match=words) as error:
        perform_image_classification(image, model)  # type: ignore[arg-type]
    text = str(error.value)
    assert "image 1" in text
    assert not any(secret in text for secret in ("Mustermann", "Erika", "MRN0012345"))
    with pytest.raises(GalenError, match="image 3"):
        perform_image_classification([IMAGES[0], IMAGES[1], image], model)  # type: ignore[list-item]


@pytest.mark.parametrize("what", ["pipe", "/dev/zero", "folder", "large"])
def test_files_that_have_no_end_are_not_read(model: PushedModel, tmp_path: Path, what: str) -> None:
    path = Path(what) if what.startswith("/") else tmp_path / what
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "large":
        with path.open("wb") as file:
            file.truncate((1 << 29) + 1)
    with pytest.raises(DataProblem, match=r"image 1: the image's file cannot be read") as problem:
        perform_image_classification(path, model)
    assert str(tmp_path) not in str(problem.value)


@pytest.mark.parametrize("wrong", [None, 3, b"model"])
def test_what_is_no_model(wrong: object) -> None:
    with pytest.raises(ConfigError, match="this is no model"):
        perform_image_classification(np.zeros((8, 8), np.uint8), wrong)  # type: ignore[arg-type]


def test_of_a_file_whose_frames_are_examples_each_has_its_answer(model: PushedModel) -> None:
    name, declared = model.task.image
    features = {**model.task.features, name: declared.model_copy(update={"frames": "each"})}
    each = replace(model, task=model.task.model_copy(update={"features": features}))
    found = perform_image_classification(dicom(np.concatenate([IMAGES[0], IMAGES[1]]), frames=2), each)
    assert isinstance(found, list)
    assert [(answer.image, answer.frame) for answer in found] == [(0, 1), (0, 2)]
    alone = [one(image, model).probabilities["spot"] for image in IMAGES[:2]]
    np.testing.assert_allclose([answer.probabilities["spot"] for answer in found], alone, atol=1e-5)


def test_of_the_header_only_what_the_model_was_declared_to_see_reaches_it(model: PushedModel) -> None:
    width = model.task.features["width"].model_copy(update={"model_input": True, "acquisition_input": True})
    task = model.task.model_copy(update={"features": {**model.task.features, "width": width}})
    [frame] = _frames(dicom(IMAGES[0]), 0, {"age": 50}, task)
    assert frame.values == {"width": float(SIZE[1]), "age": 50}
    [plain] = _frames(dicom(IMAGES[0]), 0, {"age": 50}, model.task)
    assert plain.values == {"age": 50}


def test_nothing_of_the_header_is_logged_or_returned(
    model: PushedModel, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = one(dicom(IMAGES[1]), model, overlay=True)
    out, err = capfd.readouterr()
    assert answer.overlay is not None
    for text in (out, err, caplog.text, repr(answer), answer.overlay.decode("latin-1")):
        assert not any(secret in text for secret in ("Mustermann", "Erika", "MRN0012345"))


def test_no_model_and_a_folder_of_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no pushed model"):
        perform_image_classification(IMAGES[0], tmp_path)


def test_the_package_gives_both_functions_and_nothing_else() -> None:
    assert serving.perform_image_classification is perform_image_classification
    assert set(serving.__all__) == {"perform_image_classification", "perform_medical_diagnosis"}
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        serving.other  # noqa: B018
