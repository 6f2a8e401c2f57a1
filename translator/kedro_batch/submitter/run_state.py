"""Where a run stands and what is next: pure, without clock, network or output.

A job is ready to be submitted as soon as every parent has an id or has succeeded. Once a job has failed,
everything below it is not run; branches that do not need it go on. Only the frontier can change, the
submitted jobs whose parents have all succeeded: nobody has to ask about the others.
"""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.plan.graph import children_of, topological_order
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId


class JobState(StrEnum):
    """The states of AWS Batch, and three of our own."""

    NOT_SUBMITTED = "NOT_SUBMITTED"
    """Not submitted yet."""
    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    LOST = "LOST"
    """Submitted, and no longer known to the service."""
    NOT_RUN = "NOT_RUN"
    """Below a job that failed."""


ENDED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.LOST, JobState.NOT_RUN})
"""Nothing changes any more, unless the run is resumed."""

AT_WORK = frozenset({JobState.STARTING, JobState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """How one job of a run stands.

    Attributes:
        state: Its state.
        submission: Its latest submission in this run, or its first one to come; counted from 1.
        job_id: What the service calls this submission; None before it is known.
        blocked_by: The failed job that keeps it from running, where that is the reason.
    """

    state: JobState = JobState.NOT_SUBMITTED
    submission: int = 1
    job_id: JobId | None = None
    blocked_by: JobName | None = None

    @property
    def live(self) -> bool:
        """It has been submitted and has not ended, as far as is known."""
        return self.job_id is not None and self.state not in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A job went from one state to another.

    Attributes:
        job: The job.
        before: Its state until now.
        after: Its state from now on.
        blocked_by: The failed job that keeps it from running, where that is the reason.
    """

    job: JobName
    before: JobState
    after: JobState
    blocked_by: JobName | None = None


class RunState:
    """The state of every job of a plan, and what follows from it."""

    def __init__(
        self,
        plan: Plan,
        standing: Mapping[JobName, JobRecord] | None = None,
        *,
        only: Collection[JobName] | None = None,
    ) -> None:
        """Begin with no job submitted, or where a run stands.

        Args:
            plan: The plan.
            standing: How jobs stand; those left out have not been submitted.
            only: The jobs that may be submitted; None for all.
        """
        self._only = only
        self.parents = {job.name: job.depends_on for job in plan.jobs}
        self._children = children_of(self.parents)
        self._rank = {name: rank for rank, name in enumerate(topological_order(self.parents))}
        known = standing or {}
        self._standing = {name: known.get(name, JobRecord()) for name in self._rank}
        self._counts = Counter(one.state for one in self._standing.values())
        self._unfinished = dict.fromkeys(self._rank, 0)
        self._without_id = dict.fromkeys(self._rank, 0)
        for name, parents in self.parents.items():
            states = [self._standing[parent] for parent in set(parents)]
            self._unfinished[name] = sum(_holds_back(one) for one in states)
            self._without_id[name] = sum(_keeps_from_submitting(one) for one in states)
        self._ready = [(rank, name) for name, rank in self._rank.items() if self._is_ready(name)]
        self._new_on_frontier = [name for name in self._rank if self.on_frontier(name)]

    # How it stands

    def standing(self, name: JobName) -> JobRecord:
        """Give how a job stands."""
        return self._standing[name]

    def state(self, name: JobName) -> JobState:
        """Give the state of a job."""
        return self._standing[name].state

    def submission(self, name: JobName) -> int:
        """Give the number of a job's latest submission, or of its first one to come."""
        return self._standing[name].submission

    def job_id(self, name: JobName) -> JobId | None:
        """Give what the service calls a job; None before it is known."""
        return self._standing[name].job_id

    @property
    def names(self) -> tuple[JobName, ...]:
        """All jobs, parents first."""
        return tuple(self._rank)

    @property
    def counts(self) -> Counter[JobState]:
        """How many jobs are in each state."""
        return +self._counts

    @property
    def ended(self) -> bool:
        """No job can change any more."""
        return sum(self._counts[state] for state in ENDED) == len(self._rank)

    @property
    def succeeded(self) -> bool:
        """Every job has succeeded."""
        return self._counts[JobState.SUCCEEDED] == len(self._rank)

    @property
    def live(self) -> tuple[JobName, ...]:
        """The jobs that have been submitted and have not ended, parents first."""
        return tuple(name for name, one in self._standing.items() if one.live)

    @property
    def any_live(self) -> bool:
        """Some job has been submitted and has not ended."""
        return any(self._counts[state] for state in _SUBMITTED)

    def on_frontier(self, name: JobName) -> bool:
        """Tell whether a job can change: it is live, and its parents have succeeded."""
        return self._standing[name].live and not self._unfinished[name]

    def take_new_on_frontier(self) -> list[JobName]:
        """Give the jobs that have come to the frontier since the last call, parents first."""
        fresh, self._new_on_frontier = self._new_on_frontier, []
        return [name for name in fresh if self.on_frontier(name)]

    # What is next

    def next_ready(self) -> JobName | None:
        """Give the next job to submit, parents first, and only once; None when there is none now."""
        return heapq.heappop(self._ready)[1] if self.has_ready else None

    @property
    def has_ready(self) -> bool:
        """Some job is to be submitted now."""
        while self._ready and not self._is_ready(self._ready[0][1]):
            heapq.heappop(self._ready)  # blocked since
        return bool(self._ready)

    def offer(self, name: JobName) -> None:
        """Let a job be the next to submit once more, if it is ready."""
        if self._is_ready(name):
            heapq.heappush(self._ready, (self._rank[name], name))

    def _is_ready(self, name: JobName) -> bool:
        waiting = self.state(name) is JobState.NOT_SUBMITTED and not self._without_id[name]
        return waiting and (self._only is None or name in self._only)

    def live_parent_ids(self, name: JobName) -> tuple[JobId, ...]:
        """Give the ids that a job has to wait for: its parents less those known to have succeeded."""
        waited_for = (self._standing[parent] for parent in self.parents[name])
        return tuple(one.job_id for one in waited_for if one.job_id and one.state is not JobState.SUCCEEDED)

    # What happens

    def submitted(self, name: JobName, job_id: JobId) -> Transition:
        """Take note that a job has been submitted.

        One that is not to run any more, because of what happened while its submission was under way, stays so.
        """
        was = self._standing[name]
        state = JobState.SUBMITTED if was.state is JobState.NOT_SUBMITTED else was.state
        change = self._enter(name, state, job_id=job_id, blocked_by=was.blocked_by)
        for child in self._children[name]:
            self._without_id[child] -= 1
            self.offer(child)
        if not self._unfinished[name]:
            self._new_on_frontier.append(name)
        return change

    def seen(self, name: JobName, state: JobState) -> tuple[Transition, ...]:
        """Take note of the state in which a job was seen, and of what follows for the jobs below it."""
        before = self.state(name)
        if before is state or before in ENDED:
            return ()
        change = self._enter(name, state)
        if state not in ENDED:
            return (change,)
        if state is not JobState.FAILED:
            # Below a lost job the service still knows what to do with the jobs that it has.
            self._release(self._children[name])
        return (change,) if state is JobState.SUCCEEDED else (change, *self._block_below(name))

    def give_up_what_has_not_begun(self, blocked_by: JobName) -> tuple[Transition, ...]:
        """Take note that nothing more is to be started, since a failure ends the run."""
        waiting = [name for name, one in self._standing.items() if one.state not in ENDED | AT_WORK]
        return tuple(self._enter(name, JobState.NOT_RUN, blocked_by=blocked_by) for name in waiting)

    def _release(self, children: Iterable[JobName]) -> None:
        for child in children:
            self._unfinished[child] -= 1
            if self.on_frontier(child):
                self._new_on_frontier.append(child)

    def _block_below(self, failed: JobName) -> list[Transition]:
        return self._block(self._children[failed], failed, only_waiting=self.state(failed) is JobState.LOST)

    def _block(self, names: Iterable[JobName], blocked_by: JobName, *, only_waiting: bool) -> list[Transition]:
        changes = []
        below = list(names)
        while below:
            name = below.pop()
            state = self.state(name)
            if state is JobState.NOT_SUBMITTED or not (only_waiting or state in ENDED):
                changes.append(self._enter(name, JobState.NOT_RUN, blocked_by=blocked_by))
                below += self._children[name]
        return sorted(changes, key=lambda change: change.job)

    def _enter(
        self, name: JobName, state: JobState, *, job_id: JobId | None = None, blocked_by: JobName | None = None
    ) -> Transition:
        was = self._standing[name]
        self._standing[name] = JobRecord(
            state=state, submission=was.submission, job_id=job_id or was.job_id, blocked_by=blocked_by
        )
        self._counts[was.state] -= 1
        self._counts[state] += 1
        return Transition(job=name, before=was.state, after=state, blocked_by=blocked_by)


_SUBMITTED = tuple(state for state in JobState if state not in ENDED and state is not JobState.NOT_SUBMITTED)


def _holds_back(parent: JobRecord) -> bool:
    """Tell whether the service lets no child of this parent start yet."""
    return parent.state not in (JobState.SUCCEEDED, JobState.LOST)


def _keeps_from_submitting(parent: JobRecord) -> bool:
    return parent.state in ENDED - {JobState.SUCCEEDED} or (
        parent.job_id is None and parent.state is not JobState.SUCCEEDED
    )
