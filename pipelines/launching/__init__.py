"""Runs the nodes of a pipeline with TFX's portable launcher: in one process, or each in its own."""
