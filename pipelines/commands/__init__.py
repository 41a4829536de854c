"""The commands of `galen`, from their arguments to what they do. Nothing heavy is imported before it is needed."""
