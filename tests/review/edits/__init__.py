"""Realistic edits to a pipeline, to test what reviewers see.

``corpus`` has the edits, ``project`` the project that they change, ``compiling`` compiles the plans before and after,
and ``renderings`` lists the golden files of an edit.
"""
