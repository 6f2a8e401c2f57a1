"""``aws_batch.yml``: where it is, what it says, and the settings of each node."""
