"""What the jobs of a run are counted as, in the same words wherever a run is shown. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from kedro_batch.submitter.job_state import JobState
from kedro_batch.text.wording import counted


class Group(StrEnum):
    """What jobs are counted as, in the order in which counts are told; each is its own words."""

    RUNNING = "running"
    STARTING = "starting"
    UNKNOWN = "in a state that this kedro-batch does not know"
    FOR_CAPACITY = "waiting for capacity (RUNNABLE)"
    SUBMITTED = "submitted"
    FOR_JOBS = "waiting for other jobs"
    NOT_SUBMITTED = "not submitted"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "not known to AWS Batch"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOST = "lost"
    CANCELLED = "cancelled"
    NOT_RUN = "will not run"


_GROUP_OF: Mapping[JobState, Group] = {
    JobState.NOT_SUBMITTED: Group.NOT_SUBMITTED,
    JobState.SUBMITTING: Group.UNCONFIRMED,
    JobState.UNCONFIRMED: Group.UNCONFIRMED,
    JobState.EXPIRED: Group.EXPIRED,
    JobState.SUBMITTED: Group.SUBMITTED,
    JobState.PENDING: Group.SUBMITTED,
    JobState.RUNNABLE: Group.FOR_CAPACITY,
    JobState.STARTING: Group.STARTING,
    JobState.RUNNING: Group.RUNNING,
    JobState.UNKNOWN: Group.UNKNOWN,
    JobState.SUCCEEDED: Group.SUCCEEDED,
    JobState.FAILED: Group.FAILED,
    JobState.LOST: Group.LOST,
    JobState.CANCELLED: Group.CANCELLED,
    JobState.NOT_RUN: Group.NOT_RUN,
}
AT_WORK = (Group.RUNNING, Group.STARTING, Group.UNKNOWN)
WITHOUT_SUCCESS = (Group.FAILED, Group.LOST, Group.CANCELLED, Group.NOT_RUN)
ENDED_BY_THEMSELVES = (Group.SUCCEEDED, Group.FAILED, Group.LOST)
"""What was begun and is done; jobs that will not run are not."""
_TOLD_AT_REST = (Group.SUCCEEDED, *WITHOUT_SUCCESS, Group.NOT_SUBMITTED, Group.UNCONFIRMED, Group.EXPIRED)
_NOT_FINISHED = "not finished"


def group_of(state: JobState, *, waits: bool) -> Group:
    """Return what a job is counted as.

    Args:
        state: Its state.
        waits: A job that it depends on has not succeeded.
    """
    group = _GROUP_OF[state]
    return Group.FOR_JOBS if group is Group.SUBMITTED and waits else group


def counts_words(counts: Mapping[Group, int], groups: Iterable[Group] = Group) -> str:
    """Return how many jobs there are of some groups: ``12 running, 40 waiting for capacity (RUNNABLE)``."""
    return ", ".join(f"{counts[group]:,} {group}" for group in groups if counts.get(group))


def jobs_in_short(counts: Mapping[str, int]) -> str:
    """Return how many jobs there are, and how many in each state, in one line: ``3 jobs, 2 succeeded, 1 failed``.

    Args:
        counts: The number of jobs by state.
    """
    return f"{counted(sum(counts.values()), 'job')}, {counts_in_short(counts)}"


def counts_in_short(counts: Mapping[str, int]) -> str:
    """Return how many jobs are in each state, in one line: ``2 succeeded, 1 failed, 3 not finished``.

    Args:
        counts: The number of jobs by state. What jobs do that have not ended changes, and is not told apart.
    """
    told: dict[str, int] = dict.fromkeys((*_TOLD_AT_REST, _NOT_FINISHED), 0)
    for state, count in counts.items():
        group = _GROUP_OF[JobState(state)]
        told[group if group in _TOLD_AT_REST else _NOT_FINISHED] += count
    return ", ".join(f"{count:,} {words}" for words, count in told.items() if count)
