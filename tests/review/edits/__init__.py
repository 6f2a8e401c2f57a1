"""Realistic edits to a pipeline, for what reviewers see of them.

``corpus`` has the edits, ``project`` the project that they change, ``compiling`` makes plans of both sides, and
``renderings`` lists what is kept of each as a golden file.
"""
