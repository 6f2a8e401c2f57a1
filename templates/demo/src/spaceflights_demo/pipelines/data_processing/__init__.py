"""From the raw tables to one table that a model can learn from."""

from .pipeline import create_pipeline

__all__ = ["create_pipeline"]
