"""The record of every job of a run: how many are in which state, which can change, which is next to submit. Pure.

A job is ready as soon as every parent has an id or has succeeded. Only the frontier can change: the jobs on the
service whose parents have all succeeded. Nobody has to ask about the others.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from kedro_batch.plan.graph import children_of
from kedro_batch.plan.model import JobName, Parents
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import (
    ENDED,
    LIVE,
    TRANSITIONS,
    JobRecord,
    JobState,
    Transition,
    holds_back,
    keeps_from_submitting,
    records_of,
)
from kedro_batch.submitter.ready_jobs import ReadyJobs


class RunRecords:
    """The records of a run; ``RunState`` changes them."""

    def __init__(
        self, parents: Parents, records: Mapping[JobName, JobRecord], *, only: Collection[JobName] | None = None
    ) -> None:
        """Begin with these records.

        Args:
            parents: The jobs of the plan with their parents, in topological order.
            records: What is known of the jobs; those left out were never submitted.
            only: The jobs that may be submitted; None for all.
        """
        self.parents = parents
        self._children = children_of(parents)
        self._rank = {name: rank for rank, name in enumerate(parents)}
        self._only = only
        self.load(records)

    def load(self, records: Mapping[JobName, JobRecord]) -> None:
        """Replace what is known of the jobs by these records."""
        self._records = records_of(self.parents, records)
        self._counts = Counter(one.state for one in self._records.values())
        above = {name: [self._records[parent] for parent in set(parents)] for name, parents in self.parents.items()}
        self._unfinished = {name: sum(map(holds_back, parents)) for name, parents in above.items()}
        self._without_id = {name: sum(map(keeps_from_submitting, parents)) for name, parents in above.items()}
        self._ready = ReadyJobs(self._is_ready, [(rank, name) for name, rank in self._rank.items()])
        self._new_on_frontier = [name for name in self._rank if self.on_frontier(name)]

    # What is known

    @property
    def records(self) -> Mapping[JobName, JobRecord]:
        """The record of every job, parents first."""
        return self._records

    def record(self, name: JobName) -> JobRecord:
        """Return the record of a job."""
        return self._records[name]

    def state(self, name: JobName) -> JobState:
        """Return the state of a job."""
        return self._records[name].state

    def jobs_in(self, states: Collection[JobState]) -> list[JobName]:
        """Return the jobs that are in one of these states, parents first."""
        return [name for name, one in self._records.items() if one.state in states]

    @property
    def counts(self) -> Counter[JobState]:
        """The number of jobs in each state."""
        return +self._counts

    def count(self, states: Iterable[JobState]) -> int:
        """Return the number of jobs that are in one of these states."""
        return sum(self._counts[state] for state in states)

    @property
    def ended(self) -> bool:
        """True if no job can change any more."""
        return self.count(ENDED) == len(self._records)

    @property
    def succeeded(self) -> bool:
        """True if every job has succeeded."""
        return self._counts[JobState.SUCCEEDED] == len(self._records)

    @property
    def any_live(self) -> bool:
        """True if some job is on the service and has not ended."""
        return self.count(LIVE) > 0

    @property
    def live(self) -> tuple[JobName, ...]:
        """The jobs that are on the service and have not ended, parents first."""
        return tuple(name for name, one in self._records.items() if one.live)

    # Which can change

    def on_frontier(self, name: JobName) -> bool:
        """True if a job can change: it is live, and its parents have succeeded."""
        return self._records[name].live and not self._unfinished[name]

    def pop_new_on_frontier(self) -> list[JobName]:
        """Return the jobs that have come to the frontier since the last call, parents first."""
        fresh, self._new_on_frontier = self._new_on_frontier, []
        return [name for name in fresh if self.on_frontier(name)]

    # Which is next

    @property
    def has_ready(self) -> bool:
        """True if some job is to be submitted now."""
        return self._ready.has_next

    def pop_ready(self, *, startable_first: bool = False) -> JobName | None:
        """Return the next job to submit, parents first, and only once; None if there is none now.

        Args:
            startable_first: One whose parents have all ended comes before those that would only wait for them.
        """
        return self._ready.pop(self._has_ended_parents if startable_first else None)

    def _has_ended_parents(self, name: JobName) -> bool:
        return not self._unfinished[name]

    def _is_ready(self, name: JobName) -> bool:
        ready = self.state(name) is JobState.NOT_SUBMITTED and not self._without_id[name]
        return ready and (self._only is None or name in self._only)

    def _offer(self, name: JobName) -> None:
        if self._is_ready(name):
            self._ready.push(self._rank[name], name)

    def live_parent_ids(self, name: JobName) -> tuple[JobId, ...]:
        """Return the ids that a job has to wait for: its parents without those known to have succeeded."""
        waited_for = (self._records[parent] for parent in self.parents[name])
        return tuple(one.job_id for one in waited_for if one.job_id and one.state is not JobState.SUCCEEDED)

    def _enter(self, name: JobName, state: JobState, **known: Any) -> Transition:
        """Change a record: its state, and what is known besides; what belongs to another state is dropped."""
        was = self._records[name]
        if state is not was.state and state not in TRANSITIONS[was.state]:
            raise ValueError(f"{name} cannot go from {was.state} to {state}")
        now = replace(was, **known) if state is was.state else was.in_state(state, **known)
        self._records[name] = now
        self._counts[was.state] -= 1
        self._counts[state] += 1
        return Transition(job=name, before=was.state, record=now)
