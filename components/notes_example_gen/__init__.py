"""NotesExampleGen: clinical notes in tables, JSON lines, text files or FHIR R4 to de-identified tf.Examples."""
