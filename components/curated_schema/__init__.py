"""The curated schema as an artifact."""
