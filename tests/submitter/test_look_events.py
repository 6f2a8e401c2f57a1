from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.review.run.progress import Progress
from kedro_batch.submitter.events import JobChanged, JobExecuted, JobLog, JobSubmitted, Notice, NoticeKind
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import ENDED_ON_SERVICE, LIVE, NEW, WITHOUT_ID, JobRecord, JobState
from kedro_batch.submitter.look_events import events_between, stuck_notices, with_earlier_look
from kedro_batch.submitter.stuck_jobs import FirstSight

A, B, C = (JobName(name) for name in "abc")
FAILED = Failure(cause=Cause.EXIT, exit_code=3, reason="exited")


def job(state: str, name: str = "a", **more) -> JobRecord:
    return JobRecord(state=JobState(state), **{"job_id": JobId(f"id-{name}"), **more})


def ended(at: float, name: str = "a", state: str = "SUCCEEDED", **more) -> JobRecord:
    return job(state, name, execution=JobExecution(started_at=at - 60, stopped_at=at), **more)


def between(before: JobRecord, after: JobRecord, **running_since: float):
    return [*events_between({A: before}, {A: after}, {JobName(name): at for name, at in running_since.items()})]


def test_a_job_that_stands_as_before_has_no_event():
    assert between(job("RUNNING"), job("RUNNING"), a=7.0) == []
    assert between(NEW, NEW) == []


def test_a_job_that_runs_is_told_with_when_it_started():
    assert between(job("RUNNABLE"), job("RUNNING"), a=7.0) == [
        JobChanged(
            job=A,
            job_id=JobId("id-a"),
            submission=1,
            before=JobState.RUNNABLE,
            after=JobState.RUNNING,
            started_at=7.0,
        )
    ]


def test_a_job_that_was_not_there_is_submitted_first():
    submitted, changed = between(NEW, job("PENDING"))
    assert submitted == JobSubmitted(job=A, job_id=JobId("id-a"), submission=1)
    assert (changed.before, changed.after) == (JobState.SUBMITTED, JobState.PENDING)
    assert between(NEW, job("SUBMITTED")) == [submitted]


def test_a_job_that_ended_is_told_with_how_it_was_executed_right_behind_it():
    changed, executed = between(job("RUNNING"), ended(100.0))
    assert (changed.after, executed.execution.stopped_at) == (JobState.SUCCEEDED, 100.0)
    assert isinstance(executed, JobExecuted)


def test_a_failure_is_told_with_its_reason_and_its_log_when_somebody_has_read_it():
    failed = ended(100.0, state="FAILED", failure=FAILED)
    changed, _ = between(job("RUNNING"), failed)
    assert (changed.reason, changed.exit_code, changed.cause) == ("exited", 3, Cause.EXIT)
    read = replace(failed, failure=replace(FAILED, exception="ValueError: no x", log_tail=("ValueError: no x",)))
    assert between(failed, read) == [
        JobLog(job=A, submission=1, exception="ValueError: no x", lines=("ValueError: no x",))
    ]
    assert between(read, read) == []


def test_a_job_that_is_submitted_again_begins_anew():
    before, after = ended(100.0, state="FAILED", failure=FAILED), job("RUNNING", submission=2, job_id=JobId("id-2"))
    again, submitted, changed = between(before, after)
    assert (again.before, again.after, again.submission) == (JobState.FAILED, JobState.NOT_SUBMITTED, 2)
    assert (submitted.job_id, submitted.submission) == ("id-2", 2)
    assert (changed.before, changed.after) == (JobState.SUBMITTED, JobState.RUNNING)
    assert between(before, replace(NEW, submission=2)) == [again]


def test_jobs_that_ended_come_first_in_the_order_of_their_ends():
    after = {A: ended(200.0), B: job("RUNNING", "b"), C: ended(100.0, "c")}
    told = [one.job for one in events_between({}, after, {}) if isinstance(one, JobChanged)]
    assert told == [C, A, B]


STATES = st.sampled_from(sorted(set(JobState) - WITHOUT_ID))
SEEN = st.builds(
    lambda state, submission: JobRecord(state=state, submission=submission, job_id=JobId(f"id-{submission}")),
    STATES,
    st.integers(1, 3),
)


@given(st.lists(st.tuples(SEEN, SEEN, SEEN), min_size=1, max_size=6))
def test_who_is_told_the_events_knows_how_the_jobs_stand(looks):
    parents = {A: (), B: (A,), C: (A, B)}
    before: dict[JobName, JobRecord] = dict.fromkeys(parents, NEW)
    progress = Progress(parents, before)
    for look in looks:
        after = {
            name: one if one.submission >= before[name].submission else before[name]
            for name, one in zip(parents, look, strict=True)
        }
        for event in events_between(before, after, {}):
            progress.on_event(event, 0.0)
        before = after
        assert {name: progress.state(name) for name in parents} == {name: one.state for name, one in after.items()}
        assert progress.counts == Progress(parents, after).counts


@pytest.mark.parametrize("state", sorted(LIVE | ENDED_ON_SERVICE))
def test_what_was_seen_is_kept_until_the_journal_has_something_new(state):
    recorded, seen = {A: job("RUNNABLE"), B: job("SUBMITTED", "b")}, {A: job(state), B: job("RUNNING", "b")}
    assert with_earlier_look(recorded, recorded, seen) == seen
    newer = {**recorded, A: job("RUNNING", submission=2)}
    assert with_earlier_look(newer, recorded, seen) == {A: newer[A], B: seen[B]}
    told = {**recorded, B: ended(9.0, "b")}
    assert with_earlier_look(told, {**recorded, B: replace(told[B], execution=None)}, seen)[B].execution


def test_that_a_job_will_not_run_is_not_kept_since_what_is_above_it_may_run_again():
    recorded = {A: job("RUNNING"), B: NEW}
    seen = {A: job("FAILED"), B: replace(NEW, state=JobState.NOT_RUN, blocked_by=A)}
    resumed = {A: replace(NEW, submission=2), B: NEW}
    assert with_earlier_look(resumed, recorded, seen) == resumed


def test_why_jobs_get_no_machine_is_told_once_for_each_reason():
    full = FirstSight(job_id=JobId("id-a"), attempts=0, since=1.0, reason="CAPACITY:FULL")
    message = "b waits for a machine: CAPACITY:FULL"
    assert [*stuck_notices({}, {B: full, C: full})] == [Notice(kind=NoticeKind.STUCK, message=message, job=B)]
    assert [*stuck_notices({B: full}, {B: full, C: full})] == []
