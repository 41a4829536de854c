"""A synthetic hospital cohort: the same invented patients as records, FHIR bundles, chest images and notes.

`examples.cohort.cohort.ensure(folder)` writes it; docs/guides/cohort.md describes it.
"""
