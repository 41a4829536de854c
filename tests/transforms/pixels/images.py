"""Small images made for tests, as files."""

import warnings
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image as Pillow
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from pipeline_configs.image import Image
from transforms.pixels.image_file import Pixels
from transforms.pixels.read_image import read_image

__all__ = ["declared", "dicom", "gradient", "pixels", "png", "saved"]


def declared(**changes: Any) -> Image:
    """An image as a task declares it: 16 x 16 grey, stretched."""
    return Image(**({"kind": "image", "size": (16, 16), "fit": "stretch"} | changes))


def gradient(height: int = 16, width: int = 16, top: int = 4095) -> npt.NDArray[np.uint16]:
    """Values from 0 to `top`, from the left to the right."""
    return np.tile(np.linspace(0, top, width).round().astype(np.uint16), (height, 1))


def dicom(array: npt.NDArray[Any] | None, syntax: str = ExplicitVRLittleEndian, **changes: Any) -> bytes:
    """A DICOM file of `[rows, columns]`, `[frames, rows, columns]` or `[rows, columns, 3]` whole numbers.

    Args:
        array: Stored values; None leaves out all that describes pixels.
        syntax: Transfer syntax, of those that are not compressed.
        changes: Attributes to set; None to leave out.
    """
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.PatientID = "MRN-1"
    dataset.PatientName = "Quillfeather^Otto"
    dataset.Modality = "DX"
    if array is not None:
        colour = array.shape[-1] == 3
        rows, columns = array.shape[-3:-1] if colour else array.shape[-2:]
        dataset.SamplesPerPixel = 3 if colour else 1
        if colour:
            dataset.PlanarConfiguration = 0
        dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
        dataset.Rows, dataset.Columns = rows, columns
        if array.ndim == 3 and not colour:
            dataset.NumberOfFrames = len(array)
        bits = array.dtype.itemsize * 8
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
        dataset.PixelRepresentation = int(array.dtype.kind == "i")
        dataset.add_new("PixelData", "OB" if bits == 8 else "OW", array.tobytes() + b"\0" * (array.nbytes % 2))
    with warnings.catch_warnings(action="ignore"):
        for keyword, value in changes.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = syntax
    return saved(dataset)


def saved(dataset: Dataset) -> bytes:
    """The bytes of a dataset."""
    stream = BytesIO()
    with warnings.catch_warnings(action="ignore"):
        pydicom.dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()


def png(array: npt.NDArray[Any], name: str = "PNG", **options: Any) -> bytes:
    """An image file by Pillow."""
    stream = BytesIO()
    Pillow.fromarray(array).save(stream, name, **options)
    return stream.getvalue()


def pixels(content: bytes, **changes: Any) -> Pixels:
    """Pixels of the first picture, of the single channel where there is one."""
    read = read_image(content, declared(**changes), None).pictures[0].pixels
    return read[:, :, 0] if read.shape[2] == 1 else read
