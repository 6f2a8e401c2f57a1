from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.review.run.expected_end import RunSoFar
from kedro_batch.review.run.job_groups import AT_WORK, Group
from kedro_batch.review.run.progress import Progress
from kedro_batch.submitter.began import Began
from kedro_batch.submitter.events import JobChanged, JobExecuted, JobSubmitted, Notice, NoticeKind
from kedro_batch.submitter.job_execution import JobAttempt, JobExecution
from kedro_batch.submitter.job_state import ENDED, FAILURES, MAY_BE_WORKING, JobRecord, JobState
from tests.support.progress import RunUntil, started

S = JobState
A, B, C, D = map(JobName, "abcd")
PARENTS = {A: (), B: (A,), C: (A, A), D: (B, C)}


def change(job: JobName, after: JobState, before: JobState = S.SUBMITTED, **more) -> JobChanged:
    return JobChanged(job=job, job_id=JobId(f"id-{job}"), submission=1, before=before, after=after, **more)


def test_jobs_are_counted_in_words_that_tell_what_they_wait_for():
    records = {A: JobRecord(state=S.RUNNABLE), B: JobRecord(state=S.PENDING), C: JobRecord(state=S.SUBMITTED)}
    progress = Progress(PARENTS, records)
    assert progress.counts == {Group.FOR_CAPACITY: 1, Group.FOR_JOBS: 2, Group.NOT_SUBMITTED: 1}
    progress.on_event(change(A, S.SUCCEEDED), 1.0)
    assert progress.counts == {Group.SUBMITTED: 2, Group.NOT_SUBMITTED: 1, Group.SUCCEEDED: 1}
    progress.on_event(change(B, S.FAILED, reason="killed"), 2.0)
    progress.on_event(change(D, S.NOT_RUN, before=S.NOT_SUBMITTED, blocked_by=B), 2.0)
    assert progress.counts == {Group.SUBMITTED: 1, Group.SUCCEEDED: 1, Group.FAILED: 1, Group.NOT_RUN: 1}
    assert (progress.done, progress.jobs) == (2, 4)


@given(
    events=st.lists(st.tuples(st.sampled_from([A, B, C, D]), st.sampled_from(list(S))), max_size=40),
    begin=st.dictionaries(st.sampled_from([A, B, C, D]), st.sampled_from(list(S))),
)
def test_events_lead_to_what_the_records_of_their_last_states_give(events, begin):
    progress = Progress(PARENTS, {job: JobRecord(state=state) for job, state in begin.items()})
    last = dict(begin)
    for at, (job, state) in enumerate(events):
        progress.on_event(change(job, state, before=last.get(job, S.NOT_SUBMITTED)), float(at))
        last[job] = state
    fresh = Progress(PARENTS, {job: JobRecord(state=state) for job, state in last.items()})
    assert progress.counts == fresh.counts
    assert progress.at_work.keys() == fresh.at_work.keys()
    assert {one.job for one in progress.failed} == {one.job for one in fresh.failed}
    assert sum(progress.counts.values()) == 4


def test_a_run_that_is_taken_up_counts_as_it_was_followed():
    run = RunUntil(120, 0.5, fail=0.05)
    followed, taken_up = run.followed, run.from_journal
    assert (
        taken_up.counts == followed.counts == {group: count for group in Group if (count := followed.counts.get(group))}
    )
    assert taken_up.at_work == followed.at_work
    assert {(one.job, one.why) for one in taken_up.failed} == {(one.job, one.why) for one in followed.failed}
    assert followed.count(AT_WORK) == len(run.state.jobs_in(MAY_BE_WORKING))
    assert followed.done == run.state.count((ENDED & FAILURES) | {S.SUCCEEDED})


def test_when_a_job_began_is_exact_only_if_the_service_tells_it_or_it_was_seen_to_begin():
    progress = Progress(PARENTS, {})
    progress.on_event(change(A, S.RUNNING), 100.0)
    assert progress.at_work[A] == Began(at=100.0, exact=False)
    progress.on_event(change(B, S.RUNNING, before=S.RUNNABLE), 100.0)
    assert progress.at_work[B] == Began(at=100.0, exact=True)
    progress.on_event(change(C, S.RUNNING, started_at=40.0), 100.0)
    assert progress.at_work[C] == Began(at=40.0, exact=True)
    progress.on_event(change(D, S.RUNNING, started_at=140.0), 100.0)  # the clock of the service is ahead
    assert progress.at_work[D] == Began(at=100.0, exact=True)
    progress.on_event(change(B, S.RUNNABLE, before=S.RUNNING), 120.0)  # its machine was taken away
    assert B not in progress.at_work


def test_what_is_known_is_as_old_as_the_last_answer_while_the_service_is_silent():
    trouble, recovered = Notice(kind=NoticeKind.TROUBLE, message="x"), Notice(kind=NoticeKind.RECOVERED, message="x")
    progress = Progress(PARENTS, {})
    for again in (recovered, started(4)):
        progress.on_event(trouble, 1.0)
        progress.on_event(trouble, 2.0)
        assert progress.unanswered_since == 1.0
        progress.on_event(again, 4.0)
        assert progress.unanswered_since is None
    progress.on_answered(5.0)
    progress.on_event(trouble, 9.0)
    progress.on_event(change(A, S.RUNNING), 10.0)
    assert progress.unanswered_since == 5.0
    progress.on_answered(11.0)
    assert progress.unanswered_since is None


def test_the_service_tells_of_a_job_that_ran_before_when_it_began():
    progress = Progress(PARENTS, {A: JobRecord(state=S.RUNNING)})
    assert progress.at_work == {A: None}
    progress.on_began(A, 7.0)
    progress.on_began(B, 7.0)  # it does not run
    assert progress.at_work == {A: Began(at=7.0, exact=True)}


def test_an_estimate_is_made_of_run_times_and_of_when_jobs_began():
    took = JobExecution(started_at=10.0, stopped_at=25.0, attempts=(JobAttempt(started_at=20.0),))
    progress = Progress(PARENTS, {A: JobRecord(state=S.SUCCEEDED, execution=took)})
    progress.on_event(change(B, S.SUCCEEDED), 30.0)
    progress.on_event(
        JobExecuted(
            job=B, job_id=JobId("id-b"), submission=1, execution=JobExecution(started_at=26.0, stopped_at=29.0)
        ),
        30.0,
    )
    progress.on_event(change(C, S.RUNNING, started_at=28.0), 31.0)
    progress.on_event(change(D, S.NOT_RUN), 31.0)
    assert progress.so_far(40.0) == RunSoFar(ended={A: 5.0, B: 3.0, D: None}, running={C: 28.0}, as_of=40.0)
    progress.on_answered(35.0)
    progress.on_event(Notice(kind=NoticeKind.TROUBLE, message="x"), 39.0)
    assert progress.so_far(40.0).as_of == 35.0


def test_jobs_of_an_earlier_plan_are_left_out():
    progress = Progress(PARENTS, {})
    gone = JobName("gone")
    progress.on_event(JobSubmitted(job=gone, job_id=JobId("1"), submission=1), 1.0)
    progress.on_event(change(gone, S.FAILED), 1.0)
    assert progress.counts == {Group.NOT_SUBMITTED: 4}
    assert progress.state(gone) is None


def test_a_job_that_is_lost_while_it_is_followed_has_its_reason_too():
    progress = Progress(PARENTS, {})
    progress.on_event(change(A, S.LOST), 5.0)
    (failed,) = progress.failed
    assert failed.why == "the service knows it no longer"


def test_a_failure_that_is_recorded_is_told_with_the_time_at_which_the_job_ended():
    record = JobRecord(state=S.LOST, execution=JobExecution(stopped_at=5.0))
    (failed,) = Progress(PARENTS, {A: record}).failed
    assert (failed.why, failed.at) == ("the service knows it no longer", 5.0)


def test_the_newest_failure_comes_first_whoever_has_seen_it():
    def failed(stopped_at: float | None) -> JobRecord:
        execution = None if stopped_at is None else JobExecution(stopped_at=stopped_at)
        return JobRecord(state=S.FAILED, execution=execution)

    taken_up = Progress(PARENTS, {A: failed(7.0), B: failed(9.0), C: failed(None), D: failed(8.0)})
    assert [one.job for one in taken_up.failed] == [B, D, A, C]
    followed = Progress(PARENTS, {A: failed(9.0), B: JobRecord(state=S.RUNNING)})
    followed.on_event(JobChanged(job=B, job_id=JobId("1"), submission=1, before=S.RUNNING, after=S.FAILED), 20.0)
    assert [(one.job, one.at) for one in followed.failed] == [(B, 20.0), (A, 9.0)]
    followed.on_event(JobExecuted(job=B, job_id=JobId("1"), submission=1, execution=JobExecution(stopped_at=8.5)), 20.0)
    assert [(one.job, one.at) for one in followed.failed] == [(A, 9.0), (B, 8.5)]


def test_a_command_that_submits_nothing_does_not_await_what_is_not_submitted():
    records = {A: JobRecord(state=S.RUNNING), B: JobRecord(state=S.SUBMITTED)}
    assert not Progress(PARENTS, records).so_far(5.0).ended
    assert Progress(PARENTS, records, submits=False).so_far(5.0).ended == {C: None, D: None}
