"""The states of a job in a run: every state, every set of states and every allowed transition, here and nowhere else.

In the order of a job's life::

    NOT_SUBMITTED -> SUBMITTING -> SUBMITTED -> PENDING -> RUNNABLE -> STARTING -> RUNNING -> SUCCEEDED
                       |    ^                                                                  | FAILED
                       v    |                                                                  | CANCELLED
                     UNCONFIRMED

A job that the service refuses for its own request goes from SUBMITTING to FAILED: it never gets an id.
Four of the states say what is not known: UNCONFIRMED, UNKNOWN, LOST and EXPIRED. What the service says is parsed once,
by ``state_of``. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.failures import Failure
from kedro_batch.submitter.job_execution import JobExecution

CANCEL_REASON = "kedro-batch: cancelled"
"""The reason for which ``cancel`` terminates jobs: whoever sees it on the service knows that a person ended the run."""


class JobState(StrEnum):
    """The states of AWS Batch, and those that only a run knows."""

    NOT_SUBMITTED = "NOT_SUBMITTED"
    SUBMITTING = "SUBMITTING"
    """The intent is in the journal; the call may be under way."""
    UNCONFIRMED = "UNCONFIRMED"
    """The call was made and its reply was lost: there may be a job."""
    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    UNKNOWN = "UNKNOWN"
    """A state of the service that this version does not know; the job is alive."""
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    """It ended without success; without an id: the service refused to take it."""
    CANCELLED = "CANCELLED"
    """``cancel`` has terminated it; AWS Batch calls it FAILED, with our reason."""
    LOST = "LOST"
    """It was on the service, which does not know it any more."""
    NOT_RUN = "NOT_RUN"
    """Below a job that failed or was cancelled."""
    EXPIRED = "EXPIRED"
    """It was submitted so long ago that the service may have forgotten it: the user is asked, nobody guesses."""


_S = JobState
WITHOUT_ID = frozenset({_S.NOT_SUBMITTED, _S.SUBMITTING, _S.UNCONFIRMED})
"""The service has given no id, as far as is known."""
MAYBE_SUBMITTED = frozenset({_S.SUBMITTING, _S.UNCONFIRMED})
"""Once the process that knew more has ended, both say the same: there may be a job."""
LIVE = frozenset({_S.SUBMITTED, _S.PENDING, _S.RUNNABLE, _S.STARTING, _S.RUNNING, _S.UNKNOWN})
"""On the service, and not ended."""
UNFINISHED = LIVE | MAYBE_SUBMITTED
"""Submitted, or perhaps, and not ended."""
STARTED = frozenset({_S.STARTING, _S.RUNNING})
"""The container is there, so that every parent has succeeded."""
MAY_BE_WORKING = STARTED | {_S.UNKNOWN}
SERVICE_STATES = (LIVE - {_S.UNKNOWN}) | {_S.SUCCEEDED, _S.FAILED}
"""What AWS Batch calls by these names (API reference, JobDetail.status)."""
CALLED_OFF = frozenset({_S.CANCELLED, _S.NOT_RUN})
"""It has not failed by itself; the service may call it FAILED."""
FAILED_ON_SERVICE = frozenset({_S.FAILED, _S.CANCELLED})
"""What AWS Batch calls FAILED."""
FAILURES = frozenset({_S.FAILED, _S.LOST})
"""The job itself is why the run fails."""
UNSUCCESSFUL = FAILURES | {_S.CANCELLED, _S.NOT_RUN}
"""Keeps what is below it from running; resume submits the job again."""
ENDED_ON_SERVICE = FAILED_ON_SERVICE | {_S.SUCCEEDED}
"""The service has said how the job ended."""
ENDED = UNSUCCESSFUL | {_S.SUCCEEDED}
"""Nothing changes any more, unless the run is resumed."""
WAS_SUBMITTED = frozenset({_S.LOST, _S.CANCELLED, _S.SUCCEEDED})
"""It has ended, and only a submission can have brought it there. A job that FAILED may have been refused."""
WITHOUT_RESULT = UNSUCCESSFUL | WITHOUT_ID
"""Its outputs are not there, and nothing is on its way to make them."""
PARENTS_SUCCEEDED = STARTED | {_S.SUCCEEDED}
"""AWS Batch has started it, so that every parent has succeeded."""
STAYS_BELOW_FAILURE = PARENTS_SUCCEEDED | {_S.CANCELLED}
"""Says more of the job than that one above it failed."""
FREES_CHILDREN = frozenset({_S.SUCCEEDED, _S.LOST})
"""The service may start a child: the job is done, or the service does not know it any more."""
MAY_STILL_LIVE = frozenset({_S.NOT_RUN, _S.LOST})
"""Ended for the run; the service may have it all the same."""
TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    _S.NOT_SUBMITTED: frozenset({_S.SUBMITTING, _S.SUBMITTED, _S.NOT_RUN}),
    _S.SUBMITTING: frozenset({_S.NOT_SUBMITTED, _S.UNCONFIRMED, _S.SUBMITTED, _S.FAILED, _S.NOT_RUN}),
    _S.UNCONFIRMED: frozenset({_S.NOT_SUBMITTED, _S.SUBMITTING, _S.SUBMITTED, _S.NOT_RUN}),
    **dict.fromkeys(LIVE, LIVE | ENDED),
    **dict.fromkeys(ENDED, frozenset()),
    _S.LOST: frozenset({_S.SUCCEEDED}),
    _S.NOT_RUN: LIVE | {_S.NOT_SUBMITTED, _S.CANCELLED},
    _S.CANCELLED: LIVE,
    _S.EXPIRED: frozenset(),
}
"""What may follow what within one submission of a job. AWS Batch may go back: a retried job is RUNNABLE again. A
LOST job has succeeded if a job below it is seen that AWS Batch has started; what it had kept from being sent is sent
then. A job that was called off goes on if it cannot be terminated; one that was being submitted when the run was
cancelled is NOT_RUN until it has an id, and then CANCELLED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What is known of one job of a run.

    Attributes:
        state: Its state.
        submission: Its latest submission in this run, or its first one to come; counted from 1.
        job_id: The id that the service gave to this submission; None before it is known.
        blocked_by: With NOT_RUN: the failed job above it.
        status: With UNKNOWN: the state as the service spells it.
        failure: With FAILED: why.
        intended_at: When its intent was written, seconds since the epoch; None where it never was.
        execution: How it was executed, once it has ended and the service was asked; of a run that only AWS Batch knows,
            also until now. It makes no other record.
    """

    state: JobState = JobState.NOT_SUBMITTED
    submission: int = 1
    job_id: JobId | None = None
    blocked_by: JobName | None = None
    status: str | None = None
    failure: Failure | None = None
    intended_at: float | None = None
    execution: JobExecution | None = field(default=None, compare=False)

    @property
    def live(self) -> bool:
        """True if the job is on the service and has not ended, as far as is known."""
        return self.job_id is not None and self.state in LIVE

    def in_state(self, state: JobState, **known: Any) -> "JobRecord":
        """Return the record in another state, with what is known of it, without what belongs to the present one."""
        of_a_state = {"status": None, "blocked_by": None, "failure": None, "execution": None}
        return replace(self, state=state, **{**of_a_state, **known})


NEW = JobRecord()
"""A job that was never submitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A job went from one state to another.

    Attributes:
        job: The job.
        before: Its state until now.
        record: Its record from now on.
    """

    job: JobName
    before: JobState
    record: JobRecord


def state_of(status: str, reason: str = "") -> JobState:
    """Parse a state that the service tells; one that this version does not know is UNKNOWN.

    Args:
        status: The state.
        reason: Why the service says that the job is in it.
    """
    if status not in SERVICE_STATES:
        return JobState.UNKNOWN
    state = JobState(status)
    return JobState.CANCELLED if state is JobState.FAILED and reason == CANCEL_REASON else state


def called_off(one: JobRecord, by: JobName, stop: JobRecord) -> JobRecord:
    """Return the record of a job that does not run because of another one.

    What the service has when that one is cancelled is CANCELLED with it; anything else is NOT_RUN.

    Args:
        one: The job, as it stands.
        by: The other job.
        stop: How that one has ended.
    """
    if stop.state is JobState.CANCELLED and one.job_id and one.state is not JobState.NOT_RUN:
        return one.in_state(JobState.CANCELLED)
    return one.in_state(JobState.NOT_RUN, blocked_by=stop.blocked_by or by)


def records_of(jobs: Iterable[JobName], records: Mapping[JobName, JobRecord]) -> dict[JobName, JobRecord]:
    """Return the record of each of these jobs, in their order: one that has none was never submitted."""
    return {name: records.get(name, NEW) for name in jobs}


def holds_back(parent: JobRecord) -> bool:
    """True if the service lets no child of this parent start yet."""
    return parent.state not in FREES_CHILDREN


def keeps_from_submitting(parent: JobRecord) -> bool:
    """True if no child of this parent is submitted now."""
    return parent.state in UNSUCCESSFUL or (parent.job_id is None and parent.state is not JobState.SUCCEEDED)
