"""What workers of the tests import before they know their modality."""

# ruff: noqa: F401

import trainers.images
import trainers.notes
import trainers.records
