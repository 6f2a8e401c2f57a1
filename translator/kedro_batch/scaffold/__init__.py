"""Writes files for people to start from, such as the demo's project. The texts come from ``templates/``."""
