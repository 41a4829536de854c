"""Models and how they are trained, one module per modality."""
