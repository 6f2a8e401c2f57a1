"""The hours that jobs may use at most: what they use comes in, hours and words go out. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from kedro_batch.files.json_schema import whole
from kedro_batch.plan.resource_hours import ResourceUse
from kedro_batch.review.formatting import BY_DEFINITION
from kedro_batch.review.overview.model import Hours
from kedro_batch.text.wording import counted

_DIGITS = 6


class _HoursOf(NamedTuple):
    """What the hours of an amount are called in JSON and in words, and how much of it is one in them."""

    key: str
    label: str
    unit: int


HOURS: Mapping[str, _HoursOf] = {
    "vcpus": _HoursOf("vcpu_hours", "vCPU-hours", 1),
    "memory_mib": _HoursOf("gib_hours", "GiB-hours", 1024),
    "gpus": _HoursOf("gpu_hours", "GPU-hours", 1),
}
"""The hours of each amount of a plan."""


def sum_hours(use: ResourceUse) -> dict[str, Hours]:
    """Return the hours of what the jobs of a plan may use, by their names in JSON."""
    unknown = {what for _, what in use.unknown}
    return {
        one.key: Hours(
            most=whole(round(use.hours[name] / one.unit, _DIGITS)),
            jobs_without_limit=use.jobs_without_limit.get(name, 0),
            unknown=f"{name} hours" in unknown,
        )
        for name, one in HOURS.items()
    }


def spell_most_hours(use: ResourceUse) -> str:
    """Spell the hours that may cost most: those of vCPUs, and those of GPUs if there are any."""
    hours = sum_hours(use)
    gpus = hours[HOURS["gpus"].key]
    shown = ["vcpus", *(["gpus"] if gpus.most or gpus.jobs_without_limit or gpus.unknown else [])]
    if all(_is_left_out(hours[HOURS[name].key]) for name in shown):
        return f"{' and '.join(HOURS[name].label for name in shown)} {BY_DEFINITION}"
    return ", ".join(spell_hours(hours, name) for name in shown)


def _is_left_out(one: Hours) -> bool:
    """True if the plan leaves all to job definitions."""
    return one.unknown and not one.most and not one.jobs_without_limit


def spell_hours(hours: Mapping[str, Hours], name: str, *, exactly: bool = False) -> str:
    """Spell the hours of an amount: ``at most 1.2 vCPU-hours and no limit for 2 jobs``.

    Args:
        hours: All hours, by their names in JSON.
        name: The amount, by its name in a plan.
        exactly: Do not round.
    """
    one, label = hours[HOURS[name].key], HOURS[name].label
    if _is_left_out(one):
        return f"{label} {BY_DEFINITION}"
    if one.jobs_without_limit and not one.most:
        return f"no limit of {label}"
    number = hours_text(one.most, exactly=exactly)
    text = f"{'at least' if one.unknown else 'at most'} {number} {label if number != '1' else label.removesuffix('s')}"
    return f"{text} and no limit for {counted(one.jobs_without_limit, 'job')}" if one.jobs_without_limit else text


def hours_text(hours: float, *, exactly: bool = False) -> str:
    """Spell a number of hours, with one digit of its fraction unless these hide all of it."""
    short = f"{hours:,.1f}".removesuffix(".0")
    return f"{hours:,.6f}".rstrip("0").rstrip(".") if exactly or (short == "0" and hours) else short
