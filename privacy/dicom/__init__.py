"""De-identification of DICOM headers after PS3.15 Annex E."""
