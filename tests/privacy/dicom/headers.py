"""A DICOM header with identifiers of an invented patient in realistic places."""

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

UID = "1.2.826.0.1.3680043.9.7777.4711"

IDENTIFIERS = (
    *("Quillfeather", "MRN-20394857", "19310412", "20240229", "0815-ACC", "Grauwacke Hospital", "Doktor", "GW-CT-07"),
    *("5550142", "1.2.826.0.1.3680043.9.7777", "Feldweg", "SN-889900", "private note"),
)
"""None of them may be left."""


def header(**changes: object) -> Dataset:
    """Returns a chest CT's header; `changes` are attributes to set, None to leave out."""
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.SOPInstanceUID = f"{UID}.1"
    dataset.StudyInstanceUID = f"{UID}.2"
    dataset.SeriesInstanceUID = f"{UID}.3"
    dataset.FrameOfReferenceUID = f"{UID}.4"
    dataset.Modality = "CT"
    dataset.Manufacturer = "Acme"
    dataset.StudyDate = "20240229"
    dataset.StudyTime = "101112"
    dataset.AcquisitionDateTime = "20240229101112.5"
    dataset.ContentDate = "20240229"
    dataset.AccessionNumber = "0815-ACC"
    dataset.StudyID = "4711"
    dataset.InstitutionName = "Grauwacke Hospital"
    dataset.InstitutionAddress = "Feldweg 3"
    dataset.ReferringPhysicianName = "Doktor^Anna"
    dataset.OperatorsName = ["Doktor^Bea", "Doktor^Cleo"]
    dataset.StationName = "GW-CT-07"
    dataset.DeviceSerialNumber = "SN-889900"
    dataset.StudyDescription = "CT of Mr Quillfeather"
    dataset.ProtocolName = "Quillfeather special"
    dataset.PatientName = "Quillfeather^Otto"
    dataset.PatientID = " MRN-20394857"
    dataset.PatientBirthDate = "19310412"
    dataset.PatientSex = "M"
    dataset.PatientAge = "092Y"
    dataset.PatientSize = "1.75"
    dataset.PatientWeight = "80"
    dataset.EthnicGroup = "Other"
    dataset.SmokingStatus = "NO"
    dataset.PatientTelephoneNumbers = "5550142"
    dataset.ImageComments = "call 5550142"
    dataset.KVP = "120"
    reference = Dataset()
    reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    reference.ReferencedSOPInstanceUID = f"{UID}.1"
    reference.PatientID = "MRN-20394857"
    dataset.SourceImageSequence = Sequence([reference])
    request = Dataset()
    request.RequestingPhysician = "Doktor^Anna"
    dataset.RequestAttributesSequence = Sequence([request])
    kept = Dataset()
    kept.CodeValue = "T-D3000"
    kept.StudyDate = "20240229"
    deeper = Dataset()
    deeper.OperatorsName = "Doktor^Bea"
    kept.AnatomicRegionModifierSequence = Sequence([deeper])
    dataset.AnatomicRegionSequence = Sequence([kept])
    block = dataset.private_block(0x0029, "ACME 1.0", create=True)
    block.add_new(0x10, "LO", "private note on Quillfeather")
    dataset.add_new(0x60000010, "US", 8)
    dataset.add_new(0x60003000, "OW", b"\1\2")
    dataset.add_new(0x50000010, "US", 8)
    for keyword, value in changes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.SourceApplicationEntityTitle = "GW-CT-07"
    dataset.file_meta = meta
    dataset.preamble = b"Quillfeather".ljust(128, b"\0")
    return dataset
