"""The job definitions of a run: which revision each name means, from its first submission to its last."""
