"""De-identification of text: what finds identifiers, and what stands in their place."""
