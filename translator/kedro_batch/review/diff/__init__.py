"""The diff of two plans: matched jobs, changes and risks as values, and the values that its templates show."""
