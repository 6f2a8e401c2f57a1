"""The state machine of a run: what happens to a job, and what follows from it for those above and below.

What happened comes in; transitions go out. The states themselves stand in ``job_state``, the records of a run in
``run_records``. Pure: no clock, no network, no output; the same calls give the same state.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from kedro_batch.plan.model import JobName, Parents
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
    UNSUCCESSFUL,
    WITHOUT_ID,
    JobRecord,
    JobState,
    Transition,
    called_off,
    holds_back,
    keeps_from_submitting,
)
from kedro_batch.submitter.run_records import RunRecords


class RunState(RunRecords):
    """The state machine of a run."""

    def __init__(
        self, parents: Parents, records: Mapping[JobName, JobRecord], *, only: Collection[JobName] | None = None
    ) -> None:
        """Begin with these records, as ``RunRecords`` does."""
        super().__init__(parents, records, only=only)
        self._never_sent = set[JobName]()

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

        A job that was blocked during its submission stays NOT_RUN, or is CANCELLED with the one that blocked it.
        """
        one = self._records[name]
        if one.state is JobState.NOT_RUN and one.blocked_by:
            sent = one.in_state(JobState.SUBMITTED, job_id=job_id)
            transition = self._call_off(name, one.blocked_by, sent)
        else:
            transition = self._enter(name, JobState.SUBMITTED, job_id=job_id)
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

    def give_up_what_has_not_begun(self, because: JobName) -> tuple[Transition, ...]:
        """Record that nothing more is to be started, since a job has failed, or was cancelled and with it the run.

        What was never sent of a cancelled run stays as it is, as for ``cancel``.
        """
        cancelled = self.state(because) is JobState.CANCELLED
        kept = ENDED | MAY_BE_WORKING | ({JobState.NOT_SUBMITTED} if cancelled else set())
        waiting = [name for name, one in self._records.items() if one.state not in kept]
        return tuple(self._call_off(name, because) for name in waiting)

    def _call_off(self, name: JobName, because: JobName, one: JobRecord | None = None) -> Transition:
        """Let a job not run because of another one; ``one`` is how it stands, if not as its record says."""
        ended = called_off(one or self._records[name], because, self._records.get(because, NEW))
        return self._enter(name, ended.state, job_id=ended.job_id, blocked_by=ended.blocked_by)

    def goes_on(self, name: JobName, state: JobState = JobState.SUBMITTED, *, status: str | None = None) -> Transition:
        """Record that a job that was called off goes on, since it cannot be terminated."""
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
                transitions.append(self._call_off(name, failed))
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
