"""How well identifiers are found, measured on labelled texts."""
