"""Pipelines: from a task and an environment to a run."""
