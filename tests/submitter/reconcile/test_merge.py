import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import JobChanged, JobSubmitted
from kedro_batch.submitter.journal_view import Recorded
from kedro_batch.submitter.reconcile.duplicates import Copy
from kedro_batch.submitter.reconcile.merge import Stock, again, assumed_done, closed, differences, renewed, stock_of
from kedro_batch.submitter.run_state import AT_WORK, ENDED, JobRecord, JobState, RunState
from tests.support.plans import a_job

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


def record(standing: JobRecord, hours_ago: float | None = 1) -> Recorded:
    return Recorded(standing=standing, intended_at=None if hours_ago is None else NOW - hours_ago * HOUR)


def copy(job: JobName, state: JobState, job_id: str = "s", submission: int = 1) -> Copy:
    return Copy(job=job, submission=submission, job_id=JobId(job_id), state=state, created_at=0, reason="")


def stock(recorded=(), kept=(), described=(), newest=(), hours: float = 1) -> Stock:
    """Take stock of the chain; ``hours`` ago its first job was submitted."""
    return stock_of(
        CHAIN,
        recorded=dict(recorded),
        kept={each.job: each for each in kept},
        newest=dict(newest) or {each.job: each.submission for each in kept},
        described=dict(described),
        began_at=NOW - hours * HOUR,
        wall=NOW,
    )


INTENDED = record(one())


def test_the_census_chooses_among_the_attempts_that_it_shows_and_the_journal_knows_later_ones():
    later = {A: record(one(S.RUNNING, "j", 2))}
    first_is_back = copy(A, S.RUNNING, submission=1)
    assert stock(later, [first_is_back], newest={A: 2}).standing[A] == one(S.RUNNING, "s", 2)
    not_visible_yet = stock(later, [first_is_back], {JobId("j"): S.RUNNING})
    assert not_visible_yet.standing[A] == one(S.RUNNING, "j", 2)


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
    found = stock({A: recorded} if recorded else {}, [seen] if seen else [], described)
    assert found.standing[A] == expected
    assert A not in found.unsure
    assert found.forgotten == ()


def test_a_job_that_was_about_to_be_sent_is_to_be_looked_up():
    found = stock({A: record(one(S.SUCCEEDED, "j")), B: INTENDED})
    assert found == Stock(standing={A: one(S.SUCCEEDED, "j"), B: one()}, unsure=frozenset({B}), forgotten=())


@pytest.mark.parametrize("hours", [23, 25])
@pytest.mark.parametrize("standing", [one(), one(S.RUNNING, "j")])
def test_after_a_day_a_job_that_nobody_knows_is_forgotten(standing, hours):
    found = stock({A: record(standing, hours)}, hours=hours)
    assert found.forgotten == ((A,) if hours > 24 else ())


def test_without_a_journal_every_job_that_is_not_seen_is_to_be_looked_up():
    found = stock(kept=[copy(A, S.RUNNING)])
    assert (found.unsure, found.forgotten) == (frozenset({B, C}), ())
    found = stock(kept=[copy(A, S.RUNNING)], hours=25)
    assert (found.unsure, found.forgotten) == (frozenset({B, C}), (B, C))


def test_of_a_run_that_nobody_knows_nothing_is_in_doubt():
    assert stock() == Stock(standing={}, unsure=frozenset(), forgotten=())


@pytest.mark.parametrize("state", sorted({*AT_WORK, S.SUCCEEDED}))
def test_above_a_job_that_was_started_all_have_succeeded(state):
    found = stock(kept=[copy(C, state)], hours=25)
    assert found.standing == {A: one(S.SUCCEEDED), B: one(S.SUCCEEDED), C: one(state, "s")}
    assert (found.unsure, found.forgotten) == (frozenset(), ())


@pytest.mark.parametrize(
    ("recorded", "state"),
    [
        (one(S.RUNNING, "j"), S.SUCCEEDED),  # it was last seen running, and forgotten since
        (one(), S.SUCCEEDED),  # its reply was lost
        (one(S.FAILED, "j"), S.FAILED),
        (one(S.RUNNING, "j", 2), S.LOST),  # the job below it was started after the first submission
    ],
)
def test_what_the_journal_did_not_see_end_has_succeeded_above_a_job_that_was_started(recorded, state):
    found = stock({A: record(recorded, 30), B: record(one(S.SUBMITTED, "s"), 30)}, [copy(B, S.RUNNING)], hours=30)
    assert found.standing[A] == one(state, recorded.job_id, recorded.submission)
    assert found.forgotten == ((A,) if state is S.LOST else ())
    assert found.unsure == frozenset()


@pytest.mark.parametrize("state", [S.SUBMITTED, S.PENDING, S.RUNNABLE, S.FAILED])
def test_above_a_job_that_was_not_started_nothing_is_known(state):
    found = stock(kept=[copy(C, state)])
    assert found.unsure == {A, B}
    assert set(found.standing) == {C}


def test_the_user_s_word_settles_what_was_forgotten():
    found = stock(kept=[copy(B, S.RUNNABLE)], hours=25)
    assert found.forgotten == (A, C)
    told = assumed_done(found, [A])
    assert told.standing == {A: one(S.SUCCEEDED), B: one(S.RUNNABLE, "s"), C: one(S.LOST)}
    assert (told.unsure, told.forgotten) == (frozenset(), ())


def test_a_job_that_is_assumed_to_be_done_was_not_kept_from_running_by_anything():
    known = Stock(standing={A: one(S.FAILED, "j"), B: one(S.NOT_RUN, blocked_by="a")}, unsure=frozenset(), forgotten=())
    assert assumed_done(known, [B]).standing == {A: one(S.FAILED, "j"), B: one(S.SUCCEEDED)}


@pytest.mark.parametrize(
    ("standing", "expected"),
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
    ],
)
def test_what_is_below_a_failure_is_not_run(standing, expected):
    assert closed(DIAMOND, standing) == expected


BROKEN = {
    A: one(S.SUCCEEDED, "1"),
    B: one(S.FAILED, "2"),
    C: one(S.SUCCEEDED, "3", 2),
    D: one(S.NOT_RUN, "4", blocked_by="b"),
}


@pytest.mark.parametrize(
    ("standing", "from_jobs", "only_jobs", "expected"),
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
def test_what_has_not_succeeded_is_run_again_and_what_is_asked_for(standing, from_jobs, only_jobs, expected):
    assert again(DIAMOND, standing, from_jobs=from_jobs, only_jobs=only_jobs) == expected


@pytest.mark.parametrize(
    ("standing", "from_jobs", "only_jobs", "message"),
    [
        (BROKEN, ("bb",), (), "no job 'bb'"),
        (BROKEN, (), ("bb",), "no job 'bb'"),
        ({JobName("a"): one(S.RUNNING, "1")}, (A,), (), "a of those to be run again still go on: wait"),
        ({**BROKEN, C: one(S.RUNNABLE, "3"), A: one(S.RUNNING, "1")}, (A,), (), "a, c of those"),
        (BROKEN, (), (D,), r"d cannot be run alone: it needs b, which has not succeeded \(FAILED\). Use --from b"),
        ({}, (), (B,), r"it needs a, which has not succeeded \(NOT_SUBMITTED\)"),
        ({A: one(S.LOST, "1")}, (), (C,), r"it needs a, which has not succeeded \(LOST\)"),
    ],
)
def test_what_cannot_be_run_again_is_refused_with_the_reason(standing, from_jobs, only_jobs, message):
    with pytest.raises(UsageError, match=message):
        again(DIAMOND, standing, from_jobs=from_jobs, only_jobs=only_jobs)


def test_a_name_that_is_nearly_right_is_suggested():
    with pytest.raises(UsageError, match="Did you mean 'train_model'"):
        again({JobName("train_model"): ()}, {}, only_jobs=(JobName("train_modle"),))


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
    assert renewed({A: was, B: was}, [A]) == {A: one(submission=submission), B: was}


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
    assert list(differences(before, run_state(DIAMOND, now))) == [
        JobChanged(job=A, job_id=JobId("1"), submission=1, before=S.RUNNING, after=S.SUCCEEDED),
        JobChanged(job=B, job_id=None, submission=2, before=S.FAILED, after=S.NOT_SUBMITTED),
        JobSubmitted(job=D, job_id=JobId("4"), submission=1, adopted=True),
        JobChanged(job=D, job_id=JobId("4"), submission=1, before=S.SUBMITTED, after=S.PENDING),
    ]


def run_state(parents, standing) -> RunState:
    return RunState(Plan(jobs=tuple(a_job(job, depends_on=above) for job, above in parents.items())), standing)


STANDINGS = st.builds(
    one,
    st.sampled_from(sorted(S)),
    st.none() | st.sampled_from("12"),
    st.integers(1, 2),
    st.none() | st.sampled_from("xy"),
).map(lambda each: each if each.state is S.NOT_RUN else one(each.state, each.job_id, each.submission))
SOME = st.dictionaries(st.sampled_from([A, B, C, D]), STANDINGS)


@given(SOME, SOME)
def test_who_follows_the_differences_ends_where_the_run_stands(before, now):
    followed = dict(before)
    for event in differences(before, run_state(DIAMOND, now)):
        if isinstance(event, JobSubmitted):
            followed[event.job] = one(S.SUBMITTED, event.job_id, event.submission)
        else:
            assert event.before == followed.get(event.job, JobRecord()).state
            followed[event.job] = one(event.after, event.job_id, event.submission, event.blocked_by)
    for job in DIAMOND:
        after, wanted = followed.get(job, JobRecord()), now.get(job, JobRecord())
        assert (after.state, after.submission) == (wanted.state, wanted.submission)
        assert after.job_id == wanted.job_id or wanted.job_id is None
    assert list(differences(followed, run_state(DIAMOND, now))) == []


@given(SOME)
def test_after_closing_nothing_waits_below_a_failure_and_closing_again_changes_nothing(standing):
    result = closed(DIAMOND, standing)
    twice = closed(DIAMOND, result)
    assert {job: each.state for job, each in twice.items()} == {job: each.state for job, each in result.items()}
    for job, above in DIAMOND.items():
        state = result.get(job, JobRecord()).state
        if any(result.get(each, JobRecord()).state in (S.FAILED, S.NOT_RUN) for each in above):
            assert state in {S.NOT_RUN, S.SUCCEEDED, *AT_WORK}
        elif any(result.get(each, JobRecord()).state is S.LOST for each in above):
            assert state in ENDED or result[job].live or state in AT_WORK
