"""Name the impact of each setting of a job that differs: settings before and after come in, kinds go out. Pure."""

from collections.abc import Iterator, Mapping

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


def setting_impact(
    path: _Path, before: JobSettings, after: JobSettings, resources: tuple[Resources, Resources]
) -> RiskKind | None:
    """Return why a reviewer must not miss a setting that differs; None if it is no risk and no cost.

    Args:
        path: The setting, such as ``("resources", "memory_mib")``.
        before: The settings of the job before.
        after: Its settings now.
        resources: What it gets before and now, where it states less also by a definition that the plan declares.
    """
    match path[0]:
        case "resources":
            return amount_impact(path[1], *resources)
        case "timeout_s":
            return timeout_impact(before.timeout_s, after.timeout_s)
        case "attempts":
            return attempts_impact(before.attempts, after.attempts)
        case "retry_on":
            return retry_impact(before, after)
        case "environment":
            return RiskKind.RISKY_VARIABLE if is_risky(path[1]) else None
        case name:
            return _ANY_CHANGE.get(name)


def amount_impact(name: str, before: Resources, after: Resources) -> RiskKind | None:
    """Return the impact of an amount that differs.

    What is not known cannot be compared: if neither the plan nor a definition that it declares said how much memory a
    job got, it is not said that it gets more. GPUs are the exception: hardly any definition asks for them.
    """
    was, now = getattr(before, name), getattr(after, name)
    lowered, raised = _AMOUNTS[name]
    if was and (now is None or now < was):
        return lowered
    more = now is not None and (now > (was or 0) if name == "gpus" else was is not None and now > was)
    return raised if more else None


def unstated_impacts(
    stated: tuple[Resources, Resources], gets: tuple[Resources, Resources]
) -> Iterator[tuple[RiskKind, float | None, float | None]]:
    """Yield the impacts of amounts that differ although a job states the same, with the amounts before and now.

    Args:
        stated: What the settings of the job state, before and now.
        gets: What the job gets, by its definition and in all its containers.
    """
    for name in AMOUNTS if gets[0] != gets[1] else ():
        own, amounts = ([getattr(one, name) for one in pair] for pair in (stated, gets))
        if own[0] == own[1] and (kind := amount_impact(name, *gets)):
            yield kind, amounts[0], amounts[1]


def timeout_impact(before: int | None, after: int | None) -> RiskKind | None:
    """Return the impact of a time limit that differs; a job without one may run for ever."""
    if before == after:
        return None
    longer = after is None or (before is not None and after > before)
    return RiskKind.TIMEOUT_RAISED if longer else RiskKind.TIMEOUT_LOWERED


def attempts_impact(before: int | None, after: int | None) -> RiskKind | None:
    """Return the impact of another number of attempts."""
    return RiskKind.ATTEMPTS_RAISED if (after or 1) > (before or 1) else None


def retry_impact(before: JobSettings, after: JobSettings) -> RiskKind | None:
    """Return the impact of other reasons to retry. A job with one attempt is never retried."""
    if (before.attempts or 1) == 1 or (after.attempts or 1) == 1 or not before.retry_on:
        return None
    wider = not after.retry_on or not {*after.retry_on} <= {*before.retry_on}
    return RiskKind.RETRY_WIDENED if wider else None
