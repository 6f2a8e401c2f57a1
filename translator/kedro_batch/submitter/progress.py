"""Where a run stands and what is next: pure, without clock, network or output.

A job is ready to be submitted as soon as all its parents have ids. Once a job has failed, everything below it
is not run; branches that do not need it go on. Only the frontier can change, the submitted jobs whose parents
have all succeeded: nobody has to ask about the others.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.plan.graph import children_of, topological_order
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.request import JobId


class JobState(StrEnum):
    """The states of AWS Batch, and three of our own."""

    WAITING = "WAITING"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A job went from one state to another.

    Attributes:
        job: The job.
        before: Its state until now.
        after: Its state from now on.
        because: The failed job that keeps it from running, where that is the reason.
    """

    job: JobName
    before: JobState
    after: JobState
    because: JobName | None = None


class Progress:
    """The state of every job of a plan, and what follows from it."""

    def __init__(self, plan: Plan) -> None:
        """Begin with no job submitted."""
        self._parents = {job.name: job.depends_on for job in plan.jobs}
        self._children = children_of(self._parents)
        self._to_submit = iter(topological_order(self._parents))
        self._unfinished_parents = {name: len(set(parents)) for name, parents in self._parents.items()}
        self._frontier: dict[JobName, None] = {}
        self.state = dict.fromkeys(self._parents, JobState.WAITING)
        self.job_id: dict[JobName, JobId] = {}

    @property
    def ended(self) -> bool:
        """No job can change any more."""
        return all(state in ENDED for state in self.state.values())

    @property
    def counts(self) -> Counter[JobState]:
        """How many jobs are in each state."""
        return Counter(self.state.values())

    @property
    def frontier(self) -> tuple[JobName, ...]:
        """The submitted jobs that can change: all their parents have succeeded, and they have not ended."""
        return tuple(self._frontier)

    def next_to_submit(self) -> JobName | None:
        """Give the next job to submit, parents first; None when there is none left."""
        for name in self._to_submit:
            if self.state[name] is JobState.WAITING:
                return name
        return None

    def live_parent_ids(self, name: JobName) -> tuple[JobId, ...]:
        """Give the ids that a job has to wait for: its parents less those known to have succeeded."""
        waited_for = (parent for parent in self._parents[name] if self.state[parent] is not JobState.SUCCEEDED)
        return tuple(self.job_id[parent] for parent in waited_for)

    def submitted(self, name: JobName, job_id: JobId) -> Change:
        """Take note that a job has been submitted."""
        change = self._enter(name, JobState.SUBMITTED)
        self.job_id[name] = job_id
        if self._unfinished_parents[name] == 0:
            self._frontier[name] = None
        return change

    def seen(self, name: JobName, state: JobState) -> tuple[Change, ...]:
        """Take note of the state in which a job was seen, and of what follows for the jobs below it."""
        if self.state[name] is state or self.state[name] in ENDED:
            return ()
        change = self._enter(name, state)
        if state not in ENDED:
            return (change,)
        self._frontier.pop(name, None)
        if state is not JobState.FAILED:
            # Below a lost job the service still knows what to do with the jobs that it has.
            self._release(self._children[name])
        return (change,) if state is JobState.SUCCEEDED else (change, *self._block_below(name))

    def _release(self, children: Iterable[JobName]) -> None:
        for child in children:
            self._unfinished_parents[child] -= 1
            if self._unfinished_parents[child] == 0 and child in self.job_id:
                self._frontier[child] = None

    def _block_below(self, failed: JobName) -> list[Change]:
        lost = self.state[failed] is JobState.LOST
        changes = []
        below = list(self._children[failed])
        while below:
            name = below.pop()
            if self.state[name] is JobState.WAITING or not (lost or self.state[name] in ENDED):
                self._frontier.pop(name, None)
                changes.append(self._enter(name, JobState.NOT_RUN, failed))
                below += self._children[name]
        return sorted(changes, key=lambda change: change.job)

    def _enter(self, name: JobName, state: JobState, because: JobName | None = None) -> Change:
        change = Change(job=name, before=self.state[name], after=state, because=because)
        self.state[name] = state
        return change
