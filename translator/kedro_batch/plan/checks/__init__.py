"""Checks of a plan: each takes a plan, or the plain values of its file, and returns what is wrong with it."""
