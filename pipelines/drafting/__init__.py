"""`galen init`: a first task and schema from a look at the data."""
