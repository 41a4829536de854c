"""FHIR R4 as a source of records and of notes: resources across files to one row a patient."""
