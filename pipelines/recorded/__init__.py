"""What runs left behind: facts, metrics, lineage, read from ML Metadata and the artifacts without TFX."""
