"""Job definitions that ``aws_batch.yml`` declares: how they are merged, and what the plan says of them. Pure.

Settings come in and go out in the shape of a plan, but that ``job_definition`` may be a mapping, with the name in it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kedro_batch.plan.checks.job_definitions import OF_ONE_CONTAINER
from kedro_batch.plan.register_definition import CONTAINERS, own_containers
from kedro_batch.plan.settings import JobDefinition, JobSettings, Platform, Resources, merged_deep, merged_over

_WITHOUT_PLATFORM = ("eksProperties",)
"""AWS Batch takes no platform for these containers."""
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

    A part that is null in ``own`` is taken away. Where ``own`` brings containers of its own, what describes containers
    of another kind is not taken over.
    """
    declared, before = declared_in(own), declared_in(stated) or {}
    if declared is None:
        return merged_over(own, stated)
    kind = own_containers(without_nulls(declared.get("register") or {}))
    if kind is not None and kind != own_containers(before.get("register", {})):
        before = _fitting(before, kind)
        stated = {name: value for name, value in stated.items() if name != "platform" or kind not in _WITHOUT_PLATFORM}
    return {**merged_over(own, stated), "job_definition": without_nulls(merged_deep(declared, before))}


def without_nulls(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping without what is null in it, in mappings at any depth."""
    return {
        name: without_nulls(value) if isinstance(value, Mapping) else value
        for name, value in declared.items()
        if value is not None
    }


def _fitting(declared: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return what a definition has that one with containers of another kind may have too."""
    dropped = OF_ONE_CONTAINER if kind not in _WITHOUT_PLATFORM else (*OF_ONE_CONTAINER, "platform")
    kept = {name: value for name, value in declared.items() if name not in dropped}
    if "register" in kept:
        kept["register"] = {field: value for field, value in kept["register"].items() if field not in CONTAINERS}
    return kept


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
    if own_containers(definition.register) not in _WITHOUT_PLATFORM:
        definition = replace(definition, platform=definition.platform or platform)
    return replace(settings, platform=settings.platform or platform), definition
