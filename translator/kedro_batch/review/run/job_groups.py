"""What the jobs of a run are counted as, in words that tell what each does or waits for."""

from collections.abc import Mapping
from enum import StrEnum

from kedro_batch.submitter.job_state import JobState


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
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOST = "lost"
    CANCELLED = "cancelled"
    NOT_RUN = "will not run"


GROUP_OF: Mapping[JobState, Group] = {
    JobState.NOT_SUBMITTED: Group.NOT_SUBMITTED,
    JobState.SUBMITTING: Group.NOT_SUBMITTED,
    JobState.UNCONFIRMED: Group.UNCONFIRMED,
    JobState.EXPIRED: Group.UNCONFIRMED,
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
