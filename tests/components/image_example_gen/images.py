"""What the tests of ImageExampleGen share: a task on images, small image files, a manifest."""

import csv
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from pipeline_configs.task import Task
from tests.components.ingest.helpers import make_task

COLUMNS = ("path", "patient", "age", "sex", "ill")
CR = "1.2.840.10008.5.1.4.1.1.1"


def image_task(path: Path | str, **changes: Any) -> Task:
    """A task on images with a manifest; keys like "data.decimal" change a part of it."""
    features: dict[str, Any] = {
        "image": {"kind": "image", "column": "path", "size": [16, 12]},
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120], "model_input": False},
        "sex": {"kind": "categorical", "values": ["m", "f"], "model_input": False},
        "maker": {"kind": "categorical", "acquisition": "manufacturer", "model_input": False},
        "width": {"kind": "numeric", "unit": "1", "range": [8, 500], "acquisition": "width", "model_input": False},
        "bits": {"kind": "categorical", "acquisition": "bits", "values": ["8", "12"], "model_input": False},
    }
    tree = {
        "modality": "images",
        "data.path": str(path),
        "patient_id": "patient",
        "rows_per_patient": "many",
        "features": features,
        "label": {"name": "ill", "positive": {"above": 0}},
        "sensitive": {"age": {"bands": [40]}, "sex": {}, "width": {"bands": [100]}, "maker": {"name": "device"}},
    }
    return make_task(**{**tree, **changes})


def pixels(seed: int, height: int = 24, width: int = 20, bits: int = 12) -> npt.NDArray[np.uint16]:
    """Noise that no other seed gives."""
    return np.random.default_rng(seed).integers(0, 1 << bits, (height, width)).astype(np.uint16)


def dicom(seed: int, **attributes: Any) -> bytes:
    """A small CR image; attributes by keyword, None leaves one out."""
    array = attributes.pop("array", None)
    array = pixels(seed) if array is None else array
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CR
    dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{seed + 1}"
    values = {
        "SOPClassUID": CR,
        "SOPInstanceUID": f"1.2.3.{seed + 1}",
        "Modality": "CR",
        "Manufacturer": "Maker",
        "PatientName": "Zephyrine^Quillfeather",
        "PatientID": f"P{seed}",
        "AccessionNumber": f"ACC{seed}",
        "InstitutionName": "Saint Quillfeather",
        "StudyDate": "20240102",
        "Rows": array.shape[-2],
        "Columns": array.shape[-1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        **attributes,
    }
    for name, value in values.items():
        if value is not None:
            setattr(dataset, name, value)
    if "PixelData" not in attributes:
        dataset.PixelData = array.tobytes()
        dataset["PixelData"].VR = "OW"
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def png(array: npt.NDArray[Any] | Image.Image) -> bytes:
    """A PNG."""
    stream = BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(stream, "PNG")
    return stream.getvalue()


def row(number: int, path: str, **cells: str) -> dict[str, str]:
    """A row of a manifest."""
    usual = {"path": path, "patient": f"P{number}", "age": "50", "sex": "m", "ill": str(number % 2)}
    return {**usual, **cells}


def write_manifest(path: Path, rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def good(folder: Path, count: int, start: int = 0) -> list[dict[str, str]]:
    """Writes good images of as many patients, and returns their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(start, start + count):
        (folder / f"{number}.dcm").write_bytes(dicom(number))
        rows.append(row(number, f"{number}.dcm"))
    return rows
