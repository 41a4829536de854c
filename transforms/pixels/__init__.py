"""Image files to pixels of one size: DICOM, PNG, JPEG and TIFF, in NumPy; the same for training and for serving."""
