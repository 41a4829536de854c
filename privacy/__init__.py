"""De-identification of records, images and notes."""
