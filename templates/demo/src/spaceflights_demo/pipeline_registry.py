"""The pipelines of the project."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Register each pipeline by its name, and all of them together as the default."""
    pipelines = find_pipelines()
    pipelines["__default__"] = sum(pipelines.values(), start=Pipeline([]))
    return pipelines
