"""Writes files for people to start from. What is written comes from ``templates/``."""
