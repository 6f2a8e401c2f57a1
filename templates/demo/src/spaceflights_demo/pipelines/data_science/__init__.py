"""From the joined table to a model and its score."""

from .pipeline import create_pipeline

__all__ = ["create_pipeline"]
