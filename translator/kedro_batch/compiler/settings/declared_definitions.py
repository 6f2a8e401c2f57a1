"""Job definitions that ``aws_batch.yml`` declares: how they are merged, and what the plan says of them. Pure.

Settings come in and go out in the shape of a plan, but that ``job_definition`` may be a mapping, with the name in it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kedro_batch.plan.checks.job_definitions import OF_ONE_CONTAINER
from kedro_batch.plan.register_definition import own_containers
from kedro_batch.plan.settings import JobDefinition, JobSettings, Platform, Resources, merged_deep, merged_over

_FILLED_IN = {"vcpus": 1, "memory_mib": 2048}
"""What a definition of one container states where nobody does: AWS Batch registers none without."""


def declared_in(stated: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the definition that settings declare; None if they name one, or none."""
    declared = stated.get("job_definition")
    return declared if isinstance(declared, Mapping) else None


def has_own_containers(declared: Mapping[str, Any]) -> bool:
    """True if a declared definition has containers of its own in ``register``."""
    return own_containers(declared.get("register", {})) is not None


def merge_settings(own: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings merged over others; a declared definition is merged over another one at any depth.

    Where ``own`` brings containers of its own, what describes one container is not taken over.
    """
    merged = merged_over(own, stated)
    declared, before = declared_in(own), declared_in(stated)
    if declared is not None and before is not None:
        if has_own_containers(declared) and not has_own_containers(before):
            before = {name: value for name, value in before.items() if name not in OF_ONE_CONTAINER}
        merged["job_definition"] = merged_deep(declared, before)
    return merged


def with_image(stated: Mapping[str, Any], image: str | None, *, instead: bool = False) -> Mapping[str, Any]:
    """Return settings whose declared definition has an image, if it may have one.

    Args:
        stated: The settings.
        image: The image of the command line; None for none.
        instead: Replace an image that is stated.
    """
    declared = declared_in(stated)
    if image is None or declared is None or has_own_containers(declared) or ("image" in declared and not instead):
        return stated
    return {**stated, "job_definition": {**declared, "image": image}}


def platform_of(stated: Mapping[str, Any]) -> Platform | None:
    """Return the machines that settings are for, by themselves or by the definition that they declare."""
    given = stated.get("platform") or (declared_in(stated) or {}).get("platform")
    return given and Platform(given)


def split_settings(stated: Mapping[str, Any]) -> tuple[JobSettings, JobDefinition | None]:
    """Return the settings of jobs, which name their definition, and that definition if they declare it.

    Of the platform of the settings and that of the definition, each takes the other where it has none.
    """
    declared = declared_in(stated)
    if declared is None:
        return JobSettings.from_dict(stated), None
    platform = platform_of(stated)
    settings = JobSettings.from_dict({**stated, "job_definition": declared.get("name", "")})
    definition = JobDefinition.from_dict({name: value for name, value in declared.items() if name != "name"})
    if not has_own_containers(declared):
        resources = Resources.from_dict({**_FILLED_IN, **definition.resources.to_dict()})
        definition = replace(definition, resources=resources)
    if "eksProperties" not in definition.register:  # AWS Batch takes no platform for EKS
        definition = replace(definition, platform=definition.platform or platform)
    return replace(settings, platform=settings.platform or platform), definition
