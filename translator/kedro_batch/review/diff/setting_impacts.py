"""Name the impact of each setting of a job that differs: settings before and after come in, kinds go out. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kedro_batch.plan.job_limits import JobLimits
from kedro_batch.plan.settings import AMOUNTS, JobSettings, Resources
from kedro_batch.review.diff.model import RiskKind
from kedro_batch.review.diff.risky_variables import is_risky

_Path = tuple[str, ...]
_AMOUNTS: Mapping[str, tuple[RiskKind | None, RiskKind]] = {
    "gpus": (RiskKind.GPUS_LOWERED, RiskKind.GPUS_RAISED),
    "memory_mib": (RiskKind.MEMORY_LOWERED, RiskKind.MEMORY_RAISED),
    "vcpus": (None, RiskKind.VCPUS_RAISED),
}
"""The impact of less, and of more. Less vCPUs take longer, which the time limit watches."""

_ANY_CHANGE: Mapping[str, RiskKind] = {
    "job_queue": RiskKind.QUEUE_CHANGED,
    "job_definition": RiskKind.DEFINITION_CHANGED,
    "submit": RiskKind.SUBMIT_CHANGED,
}


class AmountImpact(NamedTuple):
    """The impact of an amount, the field that is no longer stated if it is that, and its values before and now."""

    kind: RiskKind
    field: str | None
    before: Any
    after: Any


def setting_impact(
    path: _Path, before: JobSettings, after: JobSettings, resources: tuple[Resources, Resources], limits: JobLimits
) -> RiskKind | None:
    """Return why a reviewer must not miss a setting that differs; None if it is no risk and no cost.

    Args:
        path: The setting, such as ``("resources", "memory_mib")``.
        before: The settings of the job before.
        after: Its settings now.
        resources: What it gets before and now, where it states less also by a definition that the plan declares.
        limits: Its time limit and attempts now.
    """
    match path[0]:
        case "resources":
            return amount_impact(path[1], *resources)
        case "timeout_s":
            return timeout_impact(before.timeout_s, limits)
        case "attempts":
            return attempts_impact(before.attempts, limits)
        case "retry_on":
            return retry_impact(before, after)
        case "environment":
            return RiskKind.RISKY_VARIABLE if is_risky(path[1]) else None
        case name:
            return _ANY_CHANGE.get(name)


def amount_impact(name: str, before: Resources, after: Resources) -> RiskKind | None:
    """Return the impact of an amount that differs.

    What is not known, None, cannot be compared: if neither the plan nor a definition that it declares said how much
    memory a job got, it is not said that it gets more. GPUs are the exception: hardly any definition asks for them.
    """
    was, now = getattr(before, name), getattr(after, name)
    lowered, raised = _AMOUNTS[name]
    if now is None:
        return RiskKind.NO_LONGER_STATED if was else None
    if was is None and name == "gpus":
        was = 0
    return None if was is None or now == was else lowered if now < was else raised


def unstated_impacts(stated: tuple[Resources, Resources], gets: tuple[Resources, Resources]) -> Iterator[AmountImpact]:
    """Yield the impacts of amounts that differ although a job states the same.

    Args:
        stated: What the settings of the job state, before and now.
        gets: What the job gets, by its definition and in all its containers.
    """
    for name in AMOUNTS if gets[0] != gets[1] else ():
        own, amounts = ([getattr(one, name) for one in pair] for pair in (stated, gets))
        if own[0] == own[1] and (kind := amount_impact(name, *gets)):
            yield AmountImpact(kind, unstated_field(kind, name), amounts[0], amounts[1])


def unstated_field(kind: RiskKind, name: str) -> str | None:
    """Return the name of a setting if the impact is that it is no longer stated; other kinds tell it."""
    return name if kind is RiskKind.NO_LONGER_STATED else None


def timeout_impact(before: int | None, now: JobLimits) -> RiskKind | None:
    """Return the impact of a time limit that differs; a job without one may run for ever."""
    after = now.timeout_s
    if before == after:
        return None
    if after is None and "timeout_s" in now.unknown:
        return RiskKind.NO_LONGER_STATED
    longer = after is None or (before is not None and after > before)
    return RiskKind.TIMEOUT_RAISED if longer else RiskKind.TIMEOUT_LOWERED


def attempts_impact(before: int | None, now: JobLimits) -> RiskKind | None:
    """Return the impact of another number of attempts."""
    if now.attempts is None:
        return RiskKind.NO_LONGER_STATED if before else None
    return RiskKind.ATTEMPTS_RAISED if now.attempts > (before or 1) else None


def retry_impact(before: JobSettings, after: JobSettings) -> RiskKind | None:
    """Return the impact of other reasons to retry. A job with one attempt is never retried."""
    if (before.attempts or 1) == 1 or (after.attempts or 1) == 1 or not before.retry_on:
        return None
    was, now = {*before.retry_on}, {*after.retry_on}
    if not now or now > was:
        return RiskKind.RETRY_WIDENED
    return None if now <= was else RiskKind.RETRY_CHANGED
