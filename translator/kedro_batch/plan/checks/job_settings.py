"""Runs a check of settings for all jobs: what the defaults have wrong is found once, and not for each job. Pure."""

from collections.abc import Callable, Iterable, Iterator

from kedro_batch.diagnostics import Diagnostic, PathMessage, diagnostics_of
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobSettings


def diagnose_settings(plan: Plan, check: Callable[[JobSettings], Iterable[PathMessage]]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the settings of jobs; what is as wrong in the defaults, once and there.

    Args:
        plan: The plan. Many of its jobs share their settings, which are checked once.
        check: Yields what is wrong with settings: the path below them, and why.
    """
    stated = plan.defaults.to_dict()
    of_defaults = dict.fromkeys(one for one in check(plan.defaults) if one[0][0] in stated)
    taken_over: set[PathMessage] = set()
    found: dict[int, list[PathMessage]] = {}
    for index, job in enumerate(plan.jobs):
        if id(job.settings) not in found:
            every = list(check(job.settings))
            taken_over.update(one for one in every if one in of_defaults)
            found[id(job.settings)] = [one for one in every if one not in of_defaults]
        yield from diagnostics_of(found[id(job.settings)], ("jobs", index))
    yield from diagnostics_of((one for one in of_defaults if one in taken_over), ("defaults",))
