"""Beam: from what an environment declares to a runner's arguments, and whether it can be reached."""
