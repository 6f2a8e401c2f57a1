"""Job definitions with several containers, and what ``submit`` says of them."""

from kedro_batch.plan.settings import JobDefinition

MAIN, SIDE = {"name": "main"}, {"name": "side"}


def pod(*containers, first=()) -> JobDefinition:
    """Return a definition for EKS.

    Args:
        containers: In AWS's spelling.
        first: Those that run before the others.
    """
    inside = {"containers": list(containers), **({"initContainers": list(first)} if first else {})}
    return JobDefinition(register={"eksProperties": {"podProperties": inside}})


def task(*containers) -> JobDefinition:
    """Return a definition with several containers on ECS."""
    return JobDefinition(register={"ecsProperties": {"taskProperties": [{"containers": list(containers)}]}})


def on_pod(*containers):
    """Return the ``submit`` of a job on EKS."""
    return {"eksPropertiesOverride": {"podProperties": {"containers": list(containers)}}}


def on_task(*containers):
    """Return the ``submit`` of a job with several containers on ECS."""
    return {"ecsPropertiesOverride": {"taskProperties": [{"containers": list(containers)}]}}
