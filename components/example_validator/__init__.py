"""Validation of statistics against the curated schema and against the previous span."""
