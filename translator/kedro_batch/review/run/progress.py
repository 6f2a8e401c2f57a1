"""How far a run is at a moment: how many jobs run, wait, have failed; which run for how long, and why others failed.

It begins with the records of the jobs, from the journal, and is changed by the events of the run, each with its time in
seconds since the epoch. Views are drawn from it: ``live_screen`` on a terminal, ``progress_lines`` elsewhere. Pure: no
clock, no output; the same calls give the same progress. A call costs as much as a job has children, however large the
plan is.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from kedro_batch.plan.graph import children_of
from kedro_batch.plan.model import JobName, Parents
from kedro_batch.review.run.expected_end import RunSoFar
from kedro_batch.review.run.failure_words import failure_words
from kedro_batch.review.run.job_groups import ENDED_BY_THEMSELVES, Group, group_of
from kedro_batch.submitter.began import Began, began_by
from kedro_batch.submitter.events import (
    DefinitionPinned,
    Event,
    JobChanged,
    JobExecuted,
    JobLog,
    JobSubmitted,
    Notice,
    NoticeKind,
    PlanChanged,
    RunFinished,
    RunStarted,
)
from kedro_batch.submitter.failures import SAYS_NOTHING, Cause
from kedro_batch.submitter.job_state import ENDED, FAILURES, MAY_BE_WORKING, JobRecord, JobState, records_of
from kedro_batch.text.escaping import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedJob:
    """A job that has failed.

    Attributes:
        job: Its name.
        why: Why, in one line; may be empty.
        at: When it ended, or was seen to have; None if that is not known.
    """

    job: JobName
    why: str
    at: float | None


class Progress:
    """How far a run is.

    Attributes:
        started: What the command has said of the run when it began to work on it; None before.
        started_at: When that was.
        answered_at: When the service last told how jobs stand; None if it has not been asked.
        unanswered_since: The same, if it cannot be asked now; None while it answers.
    """

    def __init__(
        self,
        parents: Parents,
        records: Mapping[JobName, JobRecord],
        began: Mapping[JobName, Began] | None = None,
        *,
        submits: bool = True,
    ) -> None:
        """Begin with what is recorded.

        Args:
            parents: The jobs of the plan with their parents, in topological order.
            records: What is known of them; those left out were never submitted.
            began: When jobs began that were at work when they were last seen, as far as it is known.
            submits: The command submits what is not submitted; else its end is not awaited.
        """
        self._submits = submits
        self.started: RunStarted | None = None
        self.started_at: float | None = None
        self.unanswered_since: float | None = None
        self.answered_at: float | None = None
        self._children = children_of(parents)
        self._states = {name: one.state for name, one in records_of(parents, records).items()}
        self._waits_for = {
            name: sum(self._states[parent] is not JobState.SUCCEEDED for parent in set(above))
            for name, above in parents.items()
        }
        self._counts = Counter(map(self._group, parents))
        self._took = {name: one.execution.run_seconds for name, one in records.items() if one.execution}
        self._status = {name: one.status for name, one in records.items() if one.status}
        self._began = {name: (began or {}).get(name) for name, state in self._states.items() if state in MAY_BE_WORKING}
        self._failed = {
            name: FailedJob(job=name, why=_why_of_record(records[name]), at=_ended_at(records[name]))
            for name, state in self._states.items()
            if state in FAILURES
        }

    # What is known

    @property
    def jobs(self) -> int:
        """The number of jobs in the plan."""
        return len(self._states)

    @property
    def counts(self) -> Mapping[Group, int]:
        """How many jobs there are of each group that has any, in the order of ``Group``."""
        return {group: self._counts[group] for group in Group if self._counts[group]}

    def count(self, groups: Sequence[Group]) -> int:
        """Return how many jobs there are of these groups."""
        return sum(self._counts[group] for group in groups)

    @property
    def done(self) -> int:
        """The number of jobs that have run to an end, good or bad."""
        return self.count(ENDED_BY_THEMSELVES)

    @property
    def failed(self) -> tuple[FailedJob, ...]:
        """The jobs that have failed, the newest failure first; those of which nobody knows when are the last ones."""
        newest_last = sorted(self._failed.values(), key=lambda one: -math.inf if one.at is None else one.at)
        return tuple(reversed(newest_last))

    @property
    def at_work(self) -> Mapping[JobName, Began | None]:
        """The jobs that run or start, with the time at which they began; None where that is not known."""
        return self._began

    def state(self, name: JobName) -> JobState | None:
        """Return the state of a job; None for a job that is not in the plan."""
        return self._states.get(name)

    def so_far(self, now: float) -> RunSoFar:
        """Return what an estimate of its end is made of, as a copy.

        Args:
            now: The time, in seconds since the epoch.
        """
        as_of = now if self.unanswered_since is None else self.unanswered_since
        ended = {
            name: self._took.get(name) if state is JobState.SUCCEEDED else None
            for name, state in self._states.items()
            if state in ENDED or (state is JobState.NOT_SUBMITTED and not self._submits)
        }
        running = {
            name: began.at if began else as_of
            for name, began in self._began.items()
            if self._states[name] is JobState.RUNNING
        }
        return RunSoFar(ended=ended, running=running, as_of=as_of)

    def state_words(self, name: JobName) -> str:
        """Return the state of a job, as the service spells it."""
        return one_line(self._status.get(name) or self._states[name])

    # What happens

    def on_event(self, event: Event, at: float) -> None:
        """Change with an event.

        Args:
            event: The event.
            at: When it happened, in seconds since the epoch.
        """
        match event:
            case RunStarted():
                self.started, self.started_at, self.unanswered_since = event, at, None
            case JobSubmitted():
                self._enter(event.job, JobState.SUBMITTED)
            case JobChanged():
                self._on_change(event, at)
            case JobLog():
                if (failed := self._failed.get(event.job)) and event.exception:
                    self._failed[event.job] = replace(failed, why=one_line(event.exception))
            case Notice():
                self._on_notice(event.kind, at)
            case JobExecuted():
                self._took[event.job] = event.execution.run_seconds
                if (failed := self._failed.get(event.job)) and event.execution.stopped_at is not None:
                    self._failed[event.job] = replace(failed, at=event.execution.stopped_at)
            case PlanChanged() | DefinitionPinned() | RunFinished():
                pass
            case _:
                assert_never(event)

    def _on_notice(self, kind: NoticeKind, at: float) -> None:
        if kind is NoticeKind.TROUBLE and self.unanswered_since is None:
            self.unanswered_since = at if self.answered_at is None else self.answered_at
        elif kind is NoticeKind.RECOVERED:
            self.unanswered_since = None

    def on_began(self, name: JobName, at: float) -> None:
        """Change with what the service tells of a job that runs: when it began, in seconds since the epoch."""
        if name in self._began:
            self._began[name] = Began(at=at, exact=True)

    def on_answered(self, at: float) -> None:
        """Change with the news that the service has told how jobs stand, in seconds since the epoch."""
        self.answered_at, self.unanswered_since = at, None

    def _on_change(self, event: JobChanged, at: float) -> None:
        name, state = event.job, event.after
        if name not in self._states:
            return  # of an earlier plan
        if event.status:
            self._status[name] = event.status
        else:
            self._status.pop(name, None)
        began = self._began.get(name)
        self._enter(name, state)
        if state in MAY_BE_WORKING:
            seen = began_by(at, event.before, event.started_at)
            self._began[name] = seen if began is None or seen.exact else began
        if state in FAILURES:
            why = _why(event.reason, event.exit_code, event.cause) or _why_without_words(state)
            self._failed.pop(name, None)
            self._failed[name] = FailedJob(job=name, why=why, at=at)

    def _enter(self, name: JobName, state: JobState) -> None:
        if name not in self._states:
            return
        before = self._states[name]
        self._counts[self._group(name)] -= 1
        self._states[name] = state
        self._counts[self._group(name)] += 1
        if state not in MAY_BE_WORKING:
            self._began.pop(name, None)
        if state not in FAILURES:
            self._failed.pop(name, None)
        if (before is JobState.SUCCEEDED) != (state is JobState.SUCCEEDED):
            step = -1 if state is JobState.SUCCEEDED else 1
            for child in self._children[name]:
                self._counts[self._group(child)] -= 1
                self._waits_for[child] += step
                self._counts[self._group(child)] += 1

    def _group(self, name: JobName) -> Group:
        return group_of(self._states[name], waits=bool(self._waits_for[name]))


def _ended_at(one: JobRecord) -> float | None:
    return one.execution.stopped_at if one.execution else None


def _why_of_record(one: JobRecord) -> str:
    if one.failure is None:
        return _why_without_words(one.state)
    if one.failure.exception:
        return one_line(one.failure.exception)
    return _why(one.failure.reason, one.failure.exit_code, one.failure.cause)


def _why_without_words(state: JobState) -> str:
    return "the service knows it no longer" if state is JobState.LOST else ""


def _why(reason: str | None, exit_code: int | None, cause: Cause | None) -> str:
    words = one_line(failure_words(reason, exit_code, cause))
    if cause in SAYS_NOTHING:
        return words
    return ": ".join(filter(None, (str(cause).replace("_", " "), words)))
