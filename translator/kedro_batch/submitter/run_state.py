"""The state machine of a run: the record of every job, which job is next, which can change, which cannot run.

Records of jobs come in, and what happened to them; transitions go out. The states themselves stand in ``job_state``.
Pure: no clock, no network, no output; the same calls give the same state.

A job is ready as soon as every parent has an id or has succeeded. Only the frontier can change: the jobs on the
service whose parents have all succeeded. Nobody has to ask about the others.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kedro_batch.plan.graph import children_of
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.failures import Failure
from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import (
    ENDED,
    FAILED_ON_SERVICE,
    LIVE,
    MAY_BE_WORKING,
    MAYBE_SUBMITTED,
    NEW,
    PARENTS_SUCCEEDED,
    TRANSITIONS,
    UNSUCCESSFUL,
    WITHOUT_ID,
    JobRecord,
    JobState,
    Transition,
    holds_back,
    keeps_from_submitting,
)
from kedro_batch.submitter.ready_jobs import ReadyJobs

Parents = Mapping[JobName, Sequence[JobName]]
"""The jobs of a plan with their parents, in topological order."""


class RunState:
    """The state machine of a run."""

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
        self._never_sent = set[JobName]()
        self.load(records)

    def load(self, records: Mapping[JobName, JobRecord]) -> None:
        """Replace what is known of the jobs by these records."""
        self._records = {name: records.get(name, NEW) for name in self.parents}
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

    # What happens to a job

    def intend(self, name: JobName) -> None:
        """Record that the intent of a job was written."""
        self._enter(name, JobState.SUBMITTING)

    def not_confirmed(self, name: JobName) -> None:
        """Record that the reply of a submission was lost; a job that is not to run any more stays so."""
        if self.state(name) is JobState.SUBMITTING:
            self._enter(name, JobState.UNCONFIRMED)

    def not_sent(self, name: JobName) -> tuple[Transition, ...]:
        """Record that a job was surely not submitted: it may be offered again. One that is blocked stays so."""
        if self.state(name) not in MAYBE_SUBMITTED:
            return ()
        transition = self._enter(name, JobState.NOT_SUBMITTED)
        self._offer(name)
        return (transition,)

    def refused(self, name: JobName, failure: Failure) -> tuple[Transition, ...]:
        """Record that the service did not take a job, for its own request, and what follows for those below it.

        One that was blocked meanwhile stays so.
        """
        if self.state(name) is not JobState.SUBMITTING:
            return ()
        return self._record_seen(name, JobState.FAILED, status=None, failure=failure)

    def submitted(self, name: JobName, job_id: JobId) -> Transition:
        """Record the id of a job.

        A job that was blocked during its submission stays NOT_RUN.
        """
        state = self.state(name)
        transition = self._enter(name, state if state is JobState.NOT_RUN else JobState.SUBMITTED, job_id=job_id)
        for child in self._children[name]:
            self._without_id[child] -= 1
            self._offer(child)
        if not self._unfinished[name]:
            self._new_on_frontier.append(name)
        return transition

    def seen(  # noqa: PLR0913  all that the service says of a job
        self,
        name: JobName,
        state: JobState,
        *,
        status: str | None = None,
        failure: Failure | None = None,
        depends_on: Collection[JobId] = (),
        started: bool = False,
    ) -> tuple[Transition, ...]:
        """Record the state in which the service has a job, and what follows from it for the jobs above and below it.

        A job that AWS Batch has started proves that those it waited for have succeeded.

        Args:
            name: The job.
            state: Its state.
            status: With UNKNOWN: the state as the service spells it.
            failure: With FAILED: why.
            depends_on: The ids that it waited for, where the service tells them.
            started: Its container has run, also if it has failed since.
        """
        before = self._records[name]
        if state is JobState.LOST and before.submission == 1 and self._has_started_child(name):
            state = JobState.SUCCEEDED
        above = self._prove_parents(name, depends_on) if started or state in PARENTS_SUCCEEDED else ()
        if before.state in ENDED or (before.state, before.status) == (state, status):
            return above
        return (*above, *self._record_seen(name, state, status=status, failure=failure))

    def _record_seen(
        self, name: JobName, state: JobState, *, status: str | None, failure: Failure | None
    ) -> tuple[Transition, ...]:
        transition = self._enter(name, state, status=status, failure=failure)
        if state not in ENDED:
            return (transition,)
        if state not in FAILED_ON_SERVICE:
            # Below a lost job, the service still knows what to do with the jobs that it has.
            self._release(self._children[name])
        return (transition,) if state is JobState.SUCCEEDED else (transition, *self._block_below(name))

    def _has_started_child(self, name: JobName) -> bool:
        return any(self.state(child) in PARENTS_SUCCEEDED for child in self._children[name])

    def _prove_parents(self, name: JobName, depends_on: Collection[JobId]) -> tuple[Transition, ...]:
        """Record that the jobs above one that has started have succeeded, if nobody knows how they ended.

        Not of a job that was submitted again: the one below it may have waited for the earlier submission.
        """
        transitions: list[Transition] = []
        for parent in dict.fromkeys(self.parents[name]):
            one = self._records[parent]
            waited_for = one.job_id in depends_on
            if one.state is JobState.LOST and (waited_for or one.submission == 1):
                transitions += self._prove_parents(parent, ())
                transitions.append(self._enter(parent, JobState.SUCCEEDED))
                transitions += self._unblock_below(parent)
            elif one.live and waited_for:
                transitions += self._prove_parents(parent, ())
                transitions += self._record_seen(parent, JobState.SUCCEEDED, status=None, failure=None)
        return tuple(transitions)

    def add_log(self, name: JobName, submission: int, **told: Any) -> None:
        """Record what a failed job's log tells: fields of its failure."""
        one = self._records[name]
        if one.failure and one.submission == submission:
            self._records[name] = replace(one, failure=replace(one.failure, **told))

    def add_execution(self, name: JobName, job_id: JobId, execution: JobExecution) -> None:
        """Record how a job was executed that has ended; nothing if another job stands for its node by now."""
        one = self._records[name]
        if one.job_id == job_id and one.state in ENDED:
            self._records[name] = replace(one, execution=execution)

    def give_up_what_has_not_begun(self, blocked_by: JobName) -> tuple[Transition, ...]:
        """Record that nothing more is to be started, since a failure ends the run."""
        waiting = [name for name, one in self._records.items() if one.state not in ENDED | MAY_BE_WORKING]
        return tuple(self._enter(name, JobState.NOT_RUN, blocked_by=blocked_by) for name in waiting)

    def goes_on(self, name: JobName, state: JobState = JobState.SUBMITTED, *, status: str | None = None) -> Transition:
        """Record that a job that is NOT_RUN goes on, since it cannot be terminated."""
        transition = self._enter(name, state, status=status)
        self._new_on_frontier += [name] if self.on_frontier(name) else []
        return transition

    def may_start(self, name: JobName) -> bool:
        """True if no job above this one has failed or was called off: then it never starts."""
        return all(self.state(parent) not in UNSUCCESSFUL for parent in self.parents[name])

    def _release(self, children: Iterable[JobName]) -> None:
        for child in children:
            self._unfinished[child] -= 1
            if self.on_frontier(child):
                self._new_on_frontier.append(child)

    def _block_below(self, failed: JobName) -> list[Transition]:
        """Block what is below a job that failed; below a lost one, only what has no id."""
        blocked = WITHOUT_ID if self.state(failed) is JobState.LOST else WITHOUT_ID | LIVE
        transitions = []
        below = list(self._children[failed])
        while below:
            name = below.pop()
            if self.state(name) in blocked:
                self._never_sent |= {name} if self.state(name) is JobState.NOT_SUBMITTED else set()
                transitions.append(self._enter(name, JobState.NOT_RUN, blocked_by=failed))
                below += self._children[name]
        return sorted(transitions, key=lambda transition: transition.job)

    def _unblock_below(self, proven: JobName) -> list[Transition]:
        """Let what a lost job kept from being submitted run after all, since it has succeeded.

        What waits for another job without success stays blocked, by that one; so does what may have been sent.
        """
        transitions, below = [], {proven}
        for name, parents in self.parents.items():
            one = self._records[name]
            if below.isdisjoint(parents) or one.state is not JobState.NOT_RUN or one.blocked_by != proven:
                continue
            below.add(name)
            stop = next((parent for parent in parents if self.state(parent) in UNSUCCESSFUL), None)
            if stop is not None:
                self._records[name] = replace(one, blocked_by=self._records[stop].blocked_by or stop)
            elif name in self._never_sent and one.job_id is None:
                transitions.append(self._enter(name, JobState.NOT_SUBMITTED))
                above = [self._records[parent] for parent in set(parents)]
                self._unfinished[name] = sum(map(holds_back, above))
                self._without_id[name] = sum(map(keeps_from_submitting, above))
                self._offer(name)
        return transitions

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
