"""ImageExampleGen: medical images of a manifest or a folder of DICOM files, to tf.Examples by split."""
