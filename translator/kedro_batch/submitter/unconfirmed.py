"""Jobs that may have been submitted: how often they are looked up, and what is searched for them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Job, JobName
from kedro_batch.plan.submit_job import batch_job_name, run_prefix
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.job_state import WITHOUT_ID
from kedro_batch.submitter.run_state import RunState
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


class UnconfirmedJobs:
    """The jobs of a run that may have been submitted; they are looked up beside the loop."""

    def __init__(
        self,
        context: RunContext,
        run_state: RunState,
        *,
        on_found: Callable[[JobName, Lookup, Sequence[JobSummary]], None],
        on_not_found: Callable[[JobName, Lookup], None],
    ) -> None:
        """Begin with none.

        Args:
            context: The run.
            run_state: Its state.
            on_found: Takes a job that was found, with all that has its name, the oldest first.
            on_not_found: Takes a job that was not found, also not the last time.
        """
        self._context = context
        self._run_state = run_state
        self._jobs = {job.name: job for job in context.plan.jobs}
        self._on_found = on_found
        self._on_not_found = on_not_found
        self._lookups: dict[JobName, Lookup] = {}
        self._looking_up = False

    def open(self, names: Collection[JobName]) -> None:
        """Begin, or begin again after the run was reconciled, with jobs that this process has not sent since."""
        due = self._context.calls.now() + LOOKUP_DELAYS_S[0]
        self._lookups = {name: Lookup(0, due, before_loop=True) for name in names}

    def add(self, name: JobName, lookup: Lookup) -> None:
        """Look up a job from then on."""
        self._lookups[name] = lookup

    @property
    def lookups(self) -> Mapping[JobName, Lookup]:
        """The jobs, and how each is looked up."""
        return self._lookups

    @property
    def next_at(self) -> float:
        """When to look up the next one."""
        return min((one.due for one in self._lookups.values()), default=inf) if not self._looking_up else inf

    def act(self, now: float) -> None:
        """Look up those whose time has come, all in one search."""
        due = [name for name, lookup in self._lookups.items() if lookup.due <= now]
        if not due or self._looking_up:
            return
        self._looking_up = True
        submitted = len(self._jobs) - self._run_state.count(WITHOUT_ID)
        jobs = {self._name_on_batch(name): self._jobs[name] for name in due}
        queues, names = what_to_search(self._context, jobs, submitted=submitted)
        self._context.lookup.search(queues, names, lambda found: self.on_reply(due, found))

    def on_reply(self, due: Sequence[JobName], found: Collection[JobSummary]) -> None:
        """Handle what a search for these jobs has found."""
        self._looking_up = False
        now = self._context.calls.now()
        copies = by_name(found)
        for name in due:
            lookup = self._lookups[name]
            if ours := copies.get(self._name_on_batch(name)):
                del self._lookups[name]
                self._on_found(name, lookup, ours)
            elif later := lookup.not_found(now):
                self._lookups[name] = later
            else:
                del self._lookups[name]
                self._on_not_found(name, lookup)

    def cannot_know(self, name: JobName, error: ServiceError) -> ServiceError:
        """Return the error of a lost reply that nobody may look into: with ``--no-adopt``."""
        return ServiceError(
            f"{error}. It is not known whether {self._name_on_batch(name)} was submitted, and with --no-adopt it is "
            "not looked up",
            fault=Fault.AMBIGUOUS,
        )

    def _name_on_batch(self, name: JobName) -> str:
        return batch_job_name(self._context.run_id, name, self._run_state.record(name).submission)


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
