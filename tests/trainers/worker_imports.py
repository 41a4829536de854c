"""What workers of the tests import before they know their modality."""

# ruff: noqa: F401

import tests.trainers.worker_process
import trainers.images
import trainers.notes
import trainers.records
