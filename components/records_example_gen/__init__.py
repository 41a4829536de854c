"""RecordsExampleGen: patient records in CSV, Parquet or FHIR R4, from any storage, to tf.Examples by split."""
