"""Curated TensorFlow Metadata schemas, one per task."""
