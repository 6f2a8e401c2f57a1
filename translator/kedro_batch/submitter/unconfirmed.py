"""Jobs that may have been submitted: how often they are looked up, and what is searched for them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Job
from kedro_batch.plan.submit_job import run_prefix
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.service.limits import LIST_JOBS, LOOKUP_DELAYS_S

_ONE_BY_ONE = 5
"""Fewer names are looked up one by one, if listing the whole run would take as many pages."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """An UNCONFIRMED job: how often it was looked up, and when it will be again."""

    lookups: int
    due: float
    before_loop: bool = False
    """This process has not sent it since: if it is not found, it waits for its turn."""
    of_others: bool = False
    """Nobody but another process can have sent it."""

    def not_found(self, now: float) -> "Lookup | None":
        """Return when to look it up again after it was not found; None after the last time."""
        if self.lookups + 1 >= len(LOOKUP_DELAYS_S):
            return None
        return replace(self, lookups=self.lookups + 1, due=now + LOOKUP_DELAYS_S[self.lookups + 1])


def what_to_search(
    context: RunContext, due: Mapping[str, Job], *, submitted: int = 0
) -> tuple[Collection[str], Sequence[str]]:
    """Return the queues, and the names or the pattern, to look up some jobs with.

    Args:
        context: The run.
        due: The jobs, by their names on AWS Batch.
        submitted: How many jobs of the run have ids: all of them would be listed.
    """
    if len(due) < max(_ONE_BY_ONE, submitted // LIST_JOBS):
        return sorted({job.settings.job_queue for job in due.values()}), tuple(due)
    return context.queues, (f"{run_prefix(context.run_id)}*",)


def by_name(found: Collection[JobSummary]) -> dict[str, list[JobSummary]]:
    """Return what was found under each name, the oldest first."""
    result: dict[str, list[JobSummary]] = {}
    for one in sorted(found, key=lambda one: (one.created_at_ms, one.job_id)):
        result.setdefault(one.name, []).append(one)
    return result


def cannot_know(name: str, error: ServiceError) -> ServiceError:
    """Return the error of a lost reply that nobody may look into: with ``--no-adopt``."""
    return ServiceError(
        f"{error}. It is not known whether {name} was submitted, and with --no-adopt it is not looked up",
        fault=Fault.AMBIGUOUS,
    )
