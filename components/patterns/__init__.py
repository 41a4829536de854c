"""Which phrases of notes go with a diagnosis, counted by patient, with their statistics and picture."""
