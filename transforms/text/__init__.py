"""Clinical notes: reading their bytes, cleaning, sections, near-duplicates; plain Python and NumPy."""
