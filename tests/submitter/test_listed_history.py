"""What AWS Batch tells of a run that no journal has: nothing is guessed of jobs that it has forgotten."""

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import TAG_NEW_PLAN, TAG_PLAN, JobId, RunId
from kedro_batch.submitter.job_state import CANCEL_REASON, JobRecord, JobState, state_of
from kedro_batch.submitter.listed_history import HistoryRequest, build_listed_history
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.limits import REMEMBERED_S
from tests.support.plans import a_job
from tests.support.plans_of_pages import plan_of

S = JobState
A, B, C, D = map(JobName, "abcd")
CHAIN = plan_of(a_job("a"), a_job("b", depends_on=(A,)), a_job("c", depends_on=(B,)), a_job("d", depends_on=(C,)))
NOW = 1_000.0
ARN = "arn:aws:batch:us-east-1:123456789012:job/"
ASKED = HistoryRequest(run_id=RunId("r"), plan=CHAIN, location={"region": "us-east-1"}, logs_command="kedro-batch logs")


def detail(key, status, created, *tries, above="", tags=None, **reply):
    """Give a job as DescribeJobs has it: ``b/2`` is the second submission of b, with the begin and end of each try."""
    attempts = [
        {name: at * 1000 for name, at in (("startedAt", start), ("stoppedAt", stop)) if at is not None}
        for start, stop in tries
    ]
    last = attempts[-1] if attempts else {}
    return JobDetail(
        job_id=JobId(key),
        name=f"r_{key}",
        state=state_of(status, reply.get("statusReason", "")),
        status=status,
        depends_on=tuple(map(JobId, above.split())),
        tags=tags or {},
        reply={"status": status, "createdAt": created * 1000, "attempts": attempts, **last, **reply},
    )


def history_of(*details, only_listed=(), asked=ASKED, asked_at=NOW):
    listed = []
    for one in (*details, *only_listed):
        job, _, number = one.job_id.partition("/")
        record = JobRecord(state=one.state, submission=int(number or 1), job_id=one.job_id)
        listed.append((JobName(job), record))
    listed.sort(key=lambda one: (one[0], one[1].submission))
    return build_listed_history(asked, listed, {one.job_id: one for one in details}, asked_at)


def states(history):
    return {(one.job, one.record.submission): one.record.state for one in history.submissions}


def test_it_has_every_submission_with_its_attempts_and_times():
    history = history_of(
        detail("a", "SUCCEEDED", 1, (5, 9), (11, 20)),
        detail("b", "FAILED", 2, (21, 30), above="a", container={"exitCode": 3}, jobArn=f"{ARN}b"),
        detail("c", "FAILED", 3, above="b", statusReason="Dependent Job failed"),
        detail("d", "FAILED", 4, above="c", statusReason="Dependent Job failed"),
        detail("b/2", "SUCCEEDED", 100, (110, 120)),
        detail("c/2", "RUNNING", 101, (121, None), above="b/2"),
        detail("d/2", "PENDING", 102, above="c/2"),
    )
    assert history.entry.location == {"region": "us-east-1", "account": "123456789012"}
    assert states(history) == {
        (A, 1): S.SUCCEEDED,
        (B, 1): S.FAILED,
        (B, 2): S.SUCCEEDED,
        (C, 1): S.NOT_RUN,
        (C, 2): S.RUNNING,
        (D, 1): S.NOT_RUN,
        (D, 2): S.PENDING,
    }
    rows = {one.key: one.record for one in history.submissions}
    execution = rows[A, 1].execution
    assert execution
    assert [(one.started_at, one.stopped_at) for one in execution.attempts] == [(5, 9), (11, 20)]
    failure = rows[B, 1].failure
    assert failure
    assert failure.exit_code == 3
    assert [rows[job, 1].blocked_by for job in (C, D)] == [B, B]
    assert history.latest[C].submission == 2
    assert (history.source, history.entry.began_at, history.as_of, history.entry.outcome) == ("aws", 1, NOW, None)
    assert not any(one.seen for one in history.submissions)


def test_what_waited_below_a_cancelled_job_is_cancelled_with_it():
    history = history_of(
        detail("a", "FAILED", 1, (5, 9), statusReason=CANCEL_REASON),
        detail("b", "FAILED", 2, above="a", statusReason="Dependent Job failed"),
        detail("c", "FAILED", 3, above="b", statusReason="Dependent Job failed"),
    )
    assert states(history) == {(A, 1): S.CANCELLED, (B, 1): S.CANCELLED, (C, 1): S.CANCELLED, (D, 1): S.NOT_RUN}
    assert history.entry.outcome == "cancelled"


def test_jobs_that_are_forgotten_have_succeeded_above_one_that_was_started_and_are_not_known_below():
    history = history_of(detail("c", "FAILED", 3, (21, 30)))
    assert states(history) == {(A, 1): S.SUCCEEDED, (B, 1): S.SUCCEEDED, (C, 1): S.FAILED, (D, 1): S.NOT_RUN}
    assert history.entry.outcome == "failed"
    history = history_of(detail("b", "SUCCEEDED", 3, (21, 30)))
    assert states(history) == {(A, 1): S.SUCCEEDED, (B, 1): S.SUCCEEDED, (C, 1): S.EXPIRED, (D, 1): S.EXPIRED}
    assert (history.entry.outcome, history.as_of) == (None, 30)
    assert [one.record.job_id for one in history.submissions] == [None, None, None, "b"]


def test_a_job_that_never_started_proves_nothing_of_those_above_it():
    history = history_of(detail("c", "RUNNABLE", 3))
    assert states(history)[B, 1] is S.EXPIRED


YOUNG = 1 + REMEMBERED_S


@pytest.mark.parametrize(
    ("listed", "asked_at", "expected"),
    [
        ([detail("a", "RUNNING", 1, (5, None))], YOUNG, S.NOT_SUBMITTED),
        ([detail("a", "RUNNING", 1, (5, None))], YOUNG + 1, S.EXPIRED),
        ([detail("a/2", "RUNNING", 1, (5, None))], YOUNG, S.EXPIRED),
        ([detail("a", "FAILED", 1, (5, 6)), detail("a/2", "RUNNING", 7, (8, None))], YOUNG, S.NOT_SUBMITTED),
        ([detail("b", "RUNNABLE", 1)], YOUNG, S.EXPIRED),
        ([detail("b", "RUNNING", 1, (5, None))], YOUNG, S.EXPIRED),
    ],
    ids=["young", "old", "first submission missing", "resumed", "below one that is missing", "after one"],
)
def test_what_is_not_listed_was_not_submitted_unless_aws_batch_may_have_forgotten_jobs(listed, asked_at, expected):
    found = states(history_of(*listed, asked_at=asked_at))
    assert {found[C, 1], found[D, 1]} == {expected}


def test_what_is_listed_and_not_described_any_more_keeps_its_state_without_times():
    history = history_of(only_listed=[detail("a", "SUCCEEDED", 1, (5, 9))])
    assert (history.latest[A].state, history.latest[A].execution) == (S.SUCCEEDED, None)
    assert history.as_of == NOW


@pytest.mark.parametrize(
    ("all_of_them", "outcome"),
    [
        (["SUCCEEDED"] * 4, "succeeded"),
        (["SUCCEEDED", "FAILED", "FAILED", "FAILED"], "failed"),
        (["SUCCEEDED"] * 3 + ["RUNNING"], None),
    ],
)
def test_it_has_ended_as_its_jobs_have(all_of_them, outcome):
    history = history_of(
        *(
            detail(job, status, at, (at + 1, None))
            for at, (job, status) in enumerate(zip("abcd", all_of_them, strict=True))
        )
    )
    assert history.entry.outcome == outcome


def test_a_cancelled_run_is_told_as_one():
    cancelled = [detail(job, "FAILED", 1, statusReason="kedro-batch: cancelled") for job in "abcd"]
    history = history_of(*cancelled)
    assert set(states(history).values()) == {S.CANCELLED}
    assert history.entry.outcome == "cancelled"


def test_a_plan_of_the_run_is_taken_and_another_one_refused():
    digest = plan_digest(CHAIN)
    own = history_of(detail("a", "RUNNING", 1, tags={TAG_PLAN: digest}))
    assert (own.entry.digest, own.entry.new_digest) == (digest, None)
    new = history_of(detail("a", "RUNNING", 1, tags={TAG_PLAN: "sha256:1", TAG_NEW_PLAN: digest}))
    assert (new.entry.digest, new.entry.new_digest) == ("sha256:1", digest)
    with pytest.raises(UsageError, match="run r is of another plan: r_a was submitted from sha256:1, and this plan is"):
        history_of(detail("a", "RUNNING", 1, tags={TAG_PLAN: "sha256:1"}))


def test_long_chains_of_jobs_that_were_not_run_are_short_work():
    names = [f"j{number:05}" for number in range(5_000)]
    jobs = [a_job(name, depends_on=(JobName(names[at - 1]),) if at else ()) for at, name in enumerate(names)]
    run = HistoryRequest(run_id=RunId("r"), plan=plan_of(*jobs), location={}, logs_command="")
    rows = [detail(name, "FAILED", at, above=names[at - 1] if at else "") for at, name in enumerate(names)]
    history = history_of(*rows, asked=run)
    assert {one.record.blocked_by for one in history.submissions} == {None, names[0]}
