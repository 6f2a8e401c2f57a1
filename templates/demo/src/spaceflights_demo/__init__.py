"""A price model for trips to the moon."""
