"""Puts a drawn exposure into a DICOM file, as the devices of three makers would, headers full of identifiers.

The attributes are those of the CR and DX image objects (DICOM PS3.3 A.2, A.26); stored values and windows follow
PS3.3 C.7.6.3 and C.11.2.
"""

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from examples.cohort.dicom_file import EXPLICIT, IMPLICIT, RLE, dicom_file
from examples.cohort.identifiers import Identifiers
from examples.cohort.people import Person

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["MAKERS", "Maker", "Technique", "draw_technique", "encode", "uid"]

_CR = "1.2.840.10008.5.1.4.1.1.1"
_DX = "1.2.840.10008.5.1.4.1.1.1.1"
_OPERATORS = ("Hathersage^Tamsin", "Wolstenholme^Reinaldo", "Quarkvist^Gudrun", "Yellowlees^Obadiah", "Neskerby^Eszter")


@dataclass(frozen=True)
class Maker:
    """Who makes a device, and how its images differ.

    Attributes:
        name: Manufacturer.
        model: Model of the device.
        modality: "CR" or "DX".
        gamma: Exponent of its tone curve.
        noise: Standard deviation of the noise of a pixel, of a full scale of 1.
        spacing: Distance between pixel centres, in mm.
        inverted: Share of its images that are MONOCHROME1.
        bits: Bits that it stores.
    """

    name: str
    model: str
    modality: str
    gamma: float
    noise: float
    spacing: float
    inverted: float
    bits: tuple[int, ...]


MAKERS = (
    Maker("Halvorsen Imaging", "RadLine 400", "DX", 1.0, 0.015, 1.4, 0.1, (12, 14)),
    Maker("Tessellate Medical", "Clarion DX-2", "DX", 0.85, 0.022, 1.5, 0.3, (10, 12)),
    Maker("Orbis Radiografia", "Placa CR 85", "CR", 1.2, 0.032, 1.6, 0.5, (8, 10, 12)),
)
"""The makers, all invented."""


@dataclass(frozen=True)
class Technique:
    """How one image is taken and stored.

    Attributes:
        maker: Of the device.
        projection: "AP" or "PA".
        shape: Rows and columns.
        bits: Bits stored.
        inverted: Whether it is MONOCHROME1.
        rescale: Slope and intercept, or None where the file has none.
        windows: Number of windows that the file brings, 0 to 2.
        frames: Number of frames.
        syntax: UID of the transfer syntax.
    """

    maker: Maker
    projection: str
    shape: tuple[int, int]
    bits: int
    inverted: bool
    rescale: tuple[float, float] | None
    windows: int
    frames: int
    syntax: str


def draw_technique(person: Person, random: np.random.Generator) -> Technique:
    """Draws how an image of a patient is taken; the ill are somewhat more often taken in bed (AP)."""
    maker = MAKERS[int(random.choice(len(MAKERS), p=person.site.makers))]
    in_bed = 0.25 + 0.20 / (1 + np.exp(-person.views["images"]))
    bits = int(random.choice(maker.bits))
    return Technique(
        maker=maker,
        projection="AP" if random.random() < in_bed else "PA",
        shape=(int(random.choice([256, 288, 300, 320])), 256),
        bits=bits,
        inverted=bool(random.random() < maker.inverted),
        rescale=(float(random.choice([1.0, 2.0])), float(random.choice([0.0, -1024.0])))
        if random.random() < 0.4
        else None,
        windows=int(random.choice(3, p=[0.35, 0.45, 0.20])),
        frames=3 if random.random() < 0.01 else 1,
        syntax=str(random.choice([EXPLICIT, IMPLICIT, RLE], p=[0.80, 0.17, 0.03])),
    )


def uid(random: np.random.Generator) -> str:
    """Returns a new UID of the kind made from a UUID (PS3.5 B.2)."""
    return f"2.25.{int.from_bytes(random.bytes(16), 'big') | 1 << 127}"


def encode(
    person: Person,
    technique: Technique,
    frames: list[NDArray[np.float32]],
    instance: str,
    random: np.random.Generator,
    identifiers: Identifiers,
) -> bytes:
    """Returns the DICOM file of an image.

    Args:
        person: The patient.
        technique: How it is taken.
        frames: Exposures, float32[rows, columns] from 0 to 1.
        instance: SOP instance UID.
        random: Source of chance.
        identifiers: Takes what the header holds.
    """
    from pydicom.dataset import Dataset

    dataset = Dataset()
    _identify(dataset, person, technique, instance, random, identifiers)
    _acquisition(dataset, technique)
    pixels = _stored(dataset, technique, frames)
    photometric = "MONOCHROME1" if technique.inverted else "MONOCHROME2"
    return dicom_file(dataset, pixels, photometric, technique.bits, technique.syntax)


def _identify(
    dataset: "Dataset",
    person: Person,
    technique: Technique,
    instance: str,
    random: np.random.Generator,
    identifiers: Identifiers,
) -> None:
    """Writes who is in the image, who took it, and where."""
    from pydicom.uid import UID

    taken = person.admitted + datetime.timedelta(days=int(random.integers(0, 3)))
    study, series = uid(random), uid(random)
    accession = f"{person.site.prefix}X{random.integers(10**8, 10**9)}"
    station = f"{person.site.prefix}-RAD{random.integers(1, 7)}-{random.integers(10**6, 10**7)}"
    serial = f"SN{random.integers(10**8, 10**9)}"
    operator = str(random.choice(_OPERATORS))
    doctor = person.physician
    name = f"{person.family}^{person.given}"
    dataset.SpecificCharacterSet = "ISO_IR 192" if random.random() < 0.5 else "ISO_IR 100"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.SOPClassUID = UID(_DX if technique.maker.modality == "DX" else _CR)
    dataset.SOPInstanceUID = UID(instance)
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = dataset.AcquisitionDate = f"{taken:%Y%m%d}"
    dataset.StudyTime = dataset.ContentTime = f"{random.integers(24):02d}{random.integers(60):02d}00"
    dataset.AccessionNumber = accession
    dataset.InstitutionName = person.site.institution
    dataset.InstitutionAddress = f"{person.site.street}, {person.site.town.name}"
    dataset.ReferringPhysicianName = f"{doctor.family}^{doctor.given}^^Dr."
    dataset.StationName = station[:16]
    described = "Thorax" if random.random() < 0.3 else "Chest 1 view"
    dataset.StudyDescription = f"{described} {person.family}" if random.random() < 0.3 else described
    dataset.OperatorsName = operator
    dataset.PatientName = name
    dataset.PatientID = person.mrn
    dataset.PatientBirthDate = f"{person.birth:%Y%m%d}"
    dataset.PatientSex = "M" if person.sex == "male" else "F"
    dataset.PatientAge = f"{person.age:03d}Y"
    dataset.EthnicGroup = person.ethnicity
    dataset.PatientAddress = f"{person.street}, {person.town.name}"
    dataset.PatientTelephoneNumbers = person.phone
    if random.random() < 0.4:
        dataset.OtherPatientNames = name.upper()
        dataset.PatientComments = f"Call {person.relative} at {person.relative_phone}"
        identifiers.add("relatives", person.relative)
        identifiers.add("given_names", person.relative.split(" ")[0])
        identifiers.add("phones", person.relative_phone)
    dataset.DeviceSerialNumber = serial
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
    dataset.StudyID = f"S{accession[-8:]}"
    block = dataset.private_block(0x0011, f"{technique.maker.name.split()[0].upper()} PATIENT", create=True)
    block.add_new(0x01, "LO", f"{person.given} {person.family}")
    block.add_new(0x02, "LO", person.ssn)

    identifiers.add("uids", instance, study, series)
    identifiers.add("accession_numbers", accession, f"S{accession[-8:]}")
    identifiers.add("stations", station[:16])
    identifiers.add("device_serials", serial)
    identifiers.add("dicom_dates", f"{taken:%Y%m%d}", f"{person.birth:%Y%m%d}")
    identifiers.add("dicom_names", name, operator, f"{doctor.family}^{doctor.given}")
    identifiers.add("streets", person.site.street)


def _acquisition(dataset: "Dataset", technique: Technique) -> None:
    maker = technique.maker
    dataset.Modality = maker.modality
    dataset.Manufacturer = maker.name
    dataset.ManufacturerModelName = maker.model
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = technique.projection
    dataset.ImagerPixelSpacing = [maker.spacing, maker.spacing]
    dataset.SeriesNumber, dataset.InstanceNumber = 1, 1
    if maker.modality == "DX":
        dataset.BurnedInAnnotation = "NO"
        dataset.PresentationIntentType = "FOR PRESENTATION"


def _stored(dataset: "Dataset", technique: Technique, frames: list[NDArray[np.float32]]) -> NDArray[np.unsignedinteger]:
    """Returns stored values, which fill nine tenths of what the bits could hold, and writes how to show them."""
    top = (1 << technique.bits) - 1
    stored = np.rint((0.9 * np.stack(frames) ** technique.maker.gamma + 0.02) * top)
    if technique.inverted:
        stored = top - stored
    slope, intercept = technique.rescale or (1.0, 0.0)
    if technique.rescale:
        dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType = slope, intercept, "US"
    if technique.windows:
        low, high = (0.1 * top, 1.0 * top) if technique.inverted else (0.0, 0.9 * top)
        centre = [round(slope * (low + high) / 2 + intercept, 1), round(slope * top / 2 + intercept, 1)]
        width = [round(slope * (high - low), 1), round(slope * top, 1)]
        several = technique.windows == 2
        dataset.WindowCenter = centre if several else centre[0]
        dataset.WindowWidth = width if several else width[0]
    array = stored.astype(np.uint8 if technique.bits == 8 else np.uint16)
    return array if len(frames) > 1 else np.asarray(array[0])
