from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import JobChanged, JobSubmitted
from kedro_batch.submitter.job_events import events_since
from kedro_batch.submitter.job_state import ENDED, STARTED, JobRecord, JobState
from kedro_batch.submitter.reconcile.duplicates import FoundJob
from kedro_batch.submitter.reconcile.merge import assume_done, jobs_in, merge, propagate_failures
from kedro_batch.submitter.reconcile.rerun import jobs_to_rerun, with_next_submission
from kedro_batch.submitter.service.api import JobDetail

S = JobState
A, B, C, D = map(JobName, "abcd")
CHAIN = {A: (), B: (A,), C: (B,)}
DIAMOND = {A: (), B: (A,), C: (A,), D: (B, C)}
HOUR = 3600.0
NOW = 1_000_000_000.0


def one(
    state: JobState = S.NOT_SUBMITTED, job_id: str | None = None, submission: int = 1, blocked_by: str | None = None
) -> JobRecord:
    return JobRecord(
        state=state,
        submission=submission,
        job_id=JobId(job_id) if job_id else None,
        blocked_by=JobName(blocked_by) if blocked_by else None,
    )


def record(one: JobRecord, hours_ago: float | None = 1) -> JobRecord:
    return replace(one, intended_at=None if hours_ago is None else NOW - hours_ago * HOUR)


def copy(job: JobName, state: JobState, job_id: str = "s", submission: int = 1) -> FoundJob:
    return FoundJob(
        job=job, submission=submission, job_id=JobId(job_id), state=state, status=None, created_at_ms=0, reason=""
    )


def merged(journal=(), kept=(), described=(), newest=(), hours: float = 1) -> dict[JobName, JobRecord]:
    """Merge what is known of the chain; ``hours`` ago its first job was submitted. When it was intended is left out."""
    records = merge(
        CHAIN,
        journal=dict(journal),
        kept={each.job: each for each in kept},
        newest=dict(newest) or {each.job: each.submission for each in kept},
        described={
            JobId(one): JobDetail(job_id=JobId(one), name="", state=state) for one, state in dict(described).items()
        },
        began_at=NOW - hours * HOUR,
        wall=NOW,
    )
    return {job: replace(one, intended_at=None) for job, one in records.items()}


INTENDED = record(one(S.SUBMITTING))


def test_the_service_chooses_among_the_submissions_that_it_shows_and_the_journal_knows_later_ones():
    later = {A: record(one(S.RUNNING, "j", 2))}
    first_is_back = copy(A, S.RUNNING, submission=1)
    assert merged(later, [first_is_back], newest={A: 2})[A] == one(S.RUNNING, "s", 2)
    not_visible_yet = merged(later, [first_is_back], {JobId("j"): S.RUNNING})
    assert not_visible_yet[A] == one(S.RUNNING, "j", 2)


@pytest.mark.parametrize(
    ("recorded", "seen", "described", "expected"),
    [
        # Only one side knows it.
        (None, copy(A, S.RUNNABLE), {}, one(S.RUNNABLE, "s")),
        (None, copy(A, S.FAILED, submission=3), {}, one(S.FAILED, "s", 3)),
        (record(one(S.FAILED, "j")), None, {}, one(S.FAILED, "j")),
        (record(one(S.NOT_RUN, blocked_by="x"), None), None, {}, one(S.NOT_RUN, blocked_by="x")),
        (record(one(S.SUCCEEDED, "j"), 1000), None, {}, one(S.SUCCEEDED, "j")),
        # The service knows more than the journal.
        (INTENDED, copy(A, S.RUNNING), {}, one(S.RUNNING, "s")),
        (record(one(S.SUBMITTED, "s")), copy(A, S.SUCCEEDED), {}, one(S.SUCCEEDED, "s")),
        (record(one(S.LOST, "s")), copy(A, S.RUNNING), {}, one(S.RUNNING, "s")),
        (record(one(S.FAILED, "j")), copy(A, S.RUNNING), {}, one(S.RUNNING, "s")),
        (record(one(S.RUNNING, "j")), copy(A, S.RUNNING, submission=2), {}, one(S.RUNNING, "s", 2)),
        # The journal knows more than the service.
        (record(one(S.RUNNING, "j", 2)), copy(A, S.FAILED), {"j": S.RUNNING}, one(S.RUNNING, "j", 2)),
        (record(one(S.SUCCEEDED, "j")), copy(A, S.RUNNING), {}, one(S.SUCCEEDED, "j")),
        (record(one(submission=2), None), copy(A, S.FAILED), {}, one(submission=2)),
        # ListJobs has it no more, or not yet.
        (record(one(S.SUBMITTED, "j")), None, {"j": S.FAILED}, one(S.FAILED, "j")),
        (record(one(S.SUBMITTED, "j")), None, {}, one(S.LOST, "j")),
    ],
)
def test_the_better_knowledge_of_a_job_counts(recorded, seen, described, expected):
    assert merged({A: recorded} if recorded else {}, [seen] if seen else [], described)[A] == expected


def test_a_job_that_was_about_to_be_sent_is_to_be_looked_up():
    found = merged({A: record(one(S.SUCCEEDED, "j")), B: INTENDED})
    assert found == {A: one(S.SUCCEEDED, "j"), B: one(S.UNCONFIRMED)}


@pytest.mark.parametrize("hours", [23, 25])
@pytest.mark.parametrize(("known", "before"), [(one(S.SUBMITTING), S.UNCONFIRMED), (one(S.RUNNING, "j"), S.LOST)])
def test_after_a_day_a_job_that_nobody_knows_is_expired(known, before, hours):
    found = merged({A: record(known, hours)}, hours=hours)
    assert found[A].state is (S.EXPIRED if hours > 24 else before)


def test_without_a_journal_every_job_that_is_not_seen_is_to_be_looked_up():
    assert jobs_in(merged(kept=[copy(A, S.RUNNING)]), S.UNCONFIRMED) == (B, C)
    assert jobs_in(merged(kept=[copy(A, S.RUNNING)], hours=25), S.EXPIRED) == (B, C)


def test_of_a_run_that_nobody_knows_nothing_is_in_doubt():
    assert merged() == {}


@pytest.mark.parametrize("state", sorted({*STARTED, S.SUCCEEDED}))
def test_above_a_job_that_was_started_all_have_succeeded(state):
    found = merged(kept=[copy(C, state)], hours=25)
    assert found == {A: one(S.SUCCEEDED), B: one(S.SUCCEEDED), C: one(state, "s")}


@pytest.mark.parametrize(
    ("recorded", "state"),
    [
        (one(S.RUNNING, "j"), S.SUCCEEDED),  # it was last seen running, and forgotten since
        (one(S.SUBMITTING), S.SUCCEEDED),  # its reply was lost
        (one(S.FAILED, "j", 2), S.FAILED),  # the job below it may have been started before that
        (one(S.RUNNING, "j", 2), S.EXPIRED),  # the job below it was started after the first submission
    ],
)
def test_what_the_journal_did_not_see_end_has_succeeded_above_a_job_that_was_started(recorded, state):
    found = merged({A: record(recorded, 30), B: record(one(S.SUBMITTED, "s"), 30)}, [copy(B, S.RUNNING)], hours=30)
    assert found[A] == one(state, recorded.job_id, recorded.submission)


@pytest.mark.parametrize("recorded", [one(S.FAILED, "j"), one(S.NOT_RUN, blocked_by="x"), one(S.NOT_RUN, "j")])
def test_what_the_journal_saw_fail_has_succeeded_elsewhere_if_a_job_below_it_was_started(recorded):
    found = merged({A: record(recorded, 30), B: record(one(S.NOT_RUN, blocked_by="a"))}, [copy(C, S.RUNNING)], hours=30)
    assert found == {A: one(S.SUCCEEDED), B: one(S.SUCCEEDED), C: one(S.RUNNING, "s")}


@pytest.mark.parametrize("state", [S.SUBMITTED, S.PENDING, S.RUNNABLE, S.UNKNOWN, S.FAILED])
def test_above_a_job_that_was_not_started_nothing_is_known(state):
    assert jobs_in(merged(kept=[copy(C, state)]), S.UNCONFIRMED) == (A, B)


@pytest.mark.parametrize("state", [S.STARTING, S.RUNNING, S.SUCCEEDED])
def test_a_lost_job_above_one_that_was_started_has_succeeded_unless_it_was_submitted_again(state):
    lost = one(S.LOST, "1")
    assert merged({A: lost}, [copy(B, state)])[A].state is S.SUCCEEDED
    assert merged({A: lost, B: one(state, "2")}, (), {"2": state})[A].state is S.SUCCEEDED  # as the journal saw it
    assert merged({A: replace(lost, submission=2)}, [copy(B, state)])[A].state is S.LOST
    assert merged({A: lost}, [copy(B, S.RUNNABLE)])[A].state is S.LOST


def test_the_user_s_word_settles_what_was_forgotten():
    found = merged(kept=[copy(B, S.RUNNABLE)], hours=25)
    assert jobs_in(found, S.EXPIRED) == (A, C)
    assert assume_done(found, [A]) == {A: one(S.SUCCEEDED), B: one(S.RUNNABLE, "s"), C: one(submission=2)}


def test_what_may_have_run_unseen_is_another_submission_also_below_a_job_that_is_lost():
    known = {A: one(S.EXPIRED, "j"), B: one(S.EXPIRED), C: one(S.EXPIRED, submission=2)}
    found = propagate_failures(CHAIN, assume_done(known, [D]))
    again = with_next_submission(found, jobs_to_rerun(CHAIN, found))
    assert [again[job].submission for job in CHAIN] == [2, 2, 3]


def test_a_job_that_is_assumed_to_be_done_was_not_kept_from_running_by_anything():
    known = {A: one(S.FAILED, "j"), B: one(S.NOT_RUN, blocked_by="a")}
    assert assume_done(known, [B]) == {A: one(S.FAILED, "j"), B: one(S.SUCCEEDED)}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({}, {}),
        ({A: one(S.SUCCEEDED, "1")}, {A: one(S.SUCCEEDED, "1")}),
        (
            {A: one(S.FAILED, "1")},
            {
                A: one(S.FAILED, "1"),
                B: one(S.NOT_RUN, blocked_by="a"),
                C: one(S.NOT_RUN, blocked_by="a"),
                D: one(S.NOT_RUN, blocked_by="a"),
            },
        ),
        (  # what the service ended because of the job above it has not failed by itself
            {A: one(S.SUCCEEDED, "1"), B: one(S.FAILED, "2"), C: one(S.RUNNING, "3"), D: one(S.FAILED, "4", 2)},
            {
                A: one(S.SUCCEEDED, "1"),
                B: one(S.FAILED, "2"),
                C: one(S.RUNNING, "3"),
                D: one(S.NOT_RUN, "4", 2, "b"),
            },
        ),
        (  # below a lost one, what the service has is followed
            {A: one(S.LOST, "1"), B: one(S.SUBMITTED, "2"), C: one(S.RUNNING, "3")},
            {A: one(S.LOST, "1"), B: one(S.SUBMITTED, "2"), C: one(S.RUNNING, "3")},
        ),
        (
            {A: one(S.LOST, "1"), B: one(S.SUCCEEDED, "2")},
            {
                A: one(S.LOST, "1"),
                B: one(S.SUCCEEDED, "2"),
                C: one(S.NOT_RUN, blocked_by="a"),
                D: one(S.NOT_RUN, blocked_by="a"),
            },
        ),
        (
            {A: one(S.CANCELLED, "1"), B: one(S.PENDING, "2"), C: one(S.FAILED, "3")},
            {
                A: one(S.CANCELLED, "1"),
                B: one(S.CANCELLED, "2"),
                C: one(S.CANCELLED, "3"),
                D: one(S.NOT_RUN, blocked_by="b"),
            },
        ),
        (
            {A: one(S.SUCCEEDED, "1"), B: one(S.CANCELLED, "2"), C: one(S.FAILED, "3"), D: one(S.PENDING, "4")},
            {
                A: one(S.SUCCEEDED, "1"),
                B: one(S.CANCELLED, "2"),
                C: one(S.FAILED, "3"),
                D: one(S.NOT_RUN, "4", blocked_by="c"),
            },
        ),
    ],
)
def test_what_is_below_a_failure_is_not_run_and_below_a_cancelled_job_cancelled(records, expected):
    assert propagate_failures(DIAMOND, records) == expected


BROKEN = {
    A: one(S.SUCCEEDED, "1"),
    B: one(S.FAILED, "2"),
    C: one(S.SUCCEEDED, "3", 2),
    D: one(S.NOT_RUN, "4", blocked_by="b"),
}


@pytest.mark.parametrize(
    ("records", "from_jobs", "only_jobs", "expected"),
    [
        (BROKEN, (), (), {B, D}),
        (BROKEN, (C,), (), {B, C, D}),
        (BROKEN, (A,), (), {A, B, C, D}),
        (BROKEN, (), (B,), {B}),
        (BROKEN, (), (C,), {C}),
        (BROKEN, (), (B, D), {B, D}),
        ({A: one(S.LOST, "1"), B: one(S.RUNNING, "2")}, (), (), {A}),
        ({A: one(S.RUNNING, "1")}, (), (), set()),
        ({A: one(S.RUNNING, "1")}, (), (B,), {B}),  # it waits for a
        ({}, (A,), (), {A, B, C, D}),
    ],
)
def test_what_has_not_succeeded_is_run_again_and_what_is_asked_for(records, from_jobs, only_jobs, expected):
    assert jobs_to_rerun(DIAMOND, records, from_jobs=from_jobs, only_jobs=only_jobs) == expected


@pytest.mark.parametrize(
    ("records", "from_jobs", "only_jobs", "message"),
    [
        (BROKEN, ("bb",), (), "no job 'bb'"),
        (BROKEN, (), ("bb",), "no job 'bb'"),
        ({JobName("a"): one(S.RUNNING, "1")}, (A,), (), "cannot run again what still goes on: a"),
        ({**BROKEN, C: one(S.RUNNABLE, "3"), A: one(S.RUNNING, "1")}, (A,), (), "what still goes on: a, c"),
        (BROKEN, (), (D,), r"d cannot be run alone: it needs b, which has not succeeded \(FAILED\). Use --from b"),
        ({}, (), (B,), r"it needs a, which has not succeeded \(NOT_SUBMITTED\)"),
        ({A: one(S.LOST, "1")}, (), (C,), r"it needs a, which has not succeeded \(LOST\)"),
    ],
)
def test_what_cannot_be_run_again_is_refused_with_the_reason(records, from_jobs, only_jobs, message):
    with pytest.raises(UsageError, match=message):
        jobs_to_rerun(DIAMOND, records, from_jobs=from_jobs, only_jobs=only_jobs)


def test_a_name_that_is_nearly_right_is_suggested():
    with pytest.raises(UsageError, match="Did you mean 'train_model'"):
        jobs_to_rerun({JobName("train_model"): ()}, {}, only_jobs=(JobName("train_modle"),))


@pytest.mark.parametrize(
    ("was", "submission"),
    [
        (one(), 1),
        (one(S.NOT_RUN, blocked_by="x"), 1),
        (one(S.NOT_RUN, "1", blocked_by="x"), 2),
        (one(S.FAILED, "1"), 2),
        (one(S.LOST), 2),
        (one(S.SUCCEEDED), 2),
        (one(S.SUCCEEDED, "1", 7), 8),
        (one(submission=2), 2),
    ],
)
def test_a_job_that_was_ever_submitted_gets_another_attempt(was, submission):
    assert with_next_submission({A: was, B: was}, [A]) == {A: one(submission=submission), B: was}


def test_differences_are_told_as_events():
    before = {
        A: one(S.RUNNING, "1"),
        B: one(S.FAILED, "2"),
        C: one(S.SUBMITTED, "3"),
    }
    now = {
        A: one(S.SUCCEEDED, "1"),
        B: one(submission=2),
        C: one(S.SUBMITTED, "3"),
        D: one(S.PENDING, "4", 1),
    }
    assert list(events_since(before, in_order(now))) == [
        JobChanged(job=A, job_id=JobId("1"), submission=1, before=S.RUNNING, after=S.SUCCEEDED),
        JobChanged(job=B, job_id=None, submission=2, before=S.FAILED, after=S.NOT_SUBMITTED),
        JobSubmitted(job=D, job_id=JobId("4"), submission=1, adopted=True),
        JobChanged(job=D, job_id=JobId("4"), submission=1, before=S.SUBMITTED, after=S.PENDING),
    ]


def in_order(records) -> dict[JobName, JobRecord]:
    return {job: records.get(job, JobRecord()) for job in DIAMOND}


RECORDS = st.builds(
    one,
    st.sampled_from(sorted(S)),
    st.none() | st.sampled_from("12"),
    st.integers(1, 2),
    st.none() | st.sampled_from("xy"),
).map(lambda each: each if each.state is S.NOT_RUN else one(each.state, each.job_id, each.submission))
SOME = st.dictionaries(st.sampled_from([A, B, C, D]), RECORDS)


@given(SOME, SOME)
def test_who_follows_the_differences_ends_where_the_run_stands(before, now):
    followed = dict(before)
    for event in events_since(before, in_order(now)):
        if isinstance(event, JobSubmitted):
            followed[event.job] = one(S.SUBMITTED, event.job_id, event.submission)
        else:
            assert event.before == followed.get(event.job, JobRecord()).state
            followed[event.job] = one(event.after, event.job_id, event.submission, event.blocked_by)
    for job in DIAMOND:
        after, wanted = followed.get(job, JobRecord()), now.get(job, JobRecord())
        assert (after.state, after.submission) == (wanted.state, wanted.submission)
        assert after.job_id == wanted.job_id or wanted.job_id is None
    assert list(events_since(followed, in_order(now))) == []


@given(SOME)
def test_after_closing_nothing_waits_below_a_failure_and_closing_again_changes_nothing(records):
    result = propagate_failures(DIAMOND, records)
    twice = propagate_failures(DIAMOND, result)
    assert {job: each.state for job, each in twice.items()} == {job: each.state for job, each in result.items()}
    for job, above in DIAMOND.items():
        state = result.get(job, JobRecord()).state
        if any(result.get(each, JobRecord()).state in (S.FAILED, S.CANCELLED, S.NOT_RUN) for each in above):
            assert state in {S.NOT_RUN, S.CANCELLED, S.SUCCEEDED, *STARTED}
        elif any(result.get(each, JobRecord()).state is S.LOST for each in above):
            assert state in ENDED or result[job].live or state in STARTED


def test_a_state_that_the_service_invents_is_kept_as_it_is_spelled_and_dropped_with_the_state():
    hibernating = JobRecord(state=S.UNKNOWN, status="HIBERNATING", job_id=JobId("1"))
    found = replace(copy(A, S.UNKNOWN, "1"), status="HIBERNATING")
    assert merged({A: hibernating}, [found])[A] == hibernating
    assert merged({A: hibernating}, (), {"1": S.SUCCEEDED})[A] == one(S.SUCCEEDED, "1")
    assert propagate_failures(DIAMOND, {A: one(S.FAILED, "0"), B: hibernating})[B] == one(
        S.NOT_RUN, "1", blocked_by="a"
    )


def test_an_engine_that_forgets_nothing_expires_nothing():
    records = merge(
        CHAIN,
        journal={A: record(one(S.RUNNING, "j"), 30), B: record(one(S.SUBMITTING), 30)},
        kept={},
        newest={},
        described={},
        began_at=NOW - 30 * HOUR,
        wall=NOW,
        forgets=False,
    )
    assert [each.state for each in records.values()] == [S.LOST, S.UNCONFIRMED]
