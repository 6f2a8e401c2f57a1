import pytest

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import TAG_PLAN, JobId, RunId
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.reconcile.belief import Belief, belief_in
from kedro_batch.submitter.reconcile.duplicates import discover
from kedro_batch.submitter.service.api import job_detail, job_summary

A, B = JobName("a"), JobName("b")
S = JobState
NOW, HOUR = 1_750_000_000.0, 3600.0
DIGEST = PlanDigest("sha256:mine")


def reply(name: str, status: str = "RUNNING", job_id: str = "1", plan: str | None = None) -> dict[str, object]:
    return {"jobId": job_id, "jobName": name, "status": status, "tags": {TAG_PLAN: plan} if plan else {}}


def belief(  # noqa: PLR0913  all that a row is compared with
    state: JobState = S.SUCCEEDED,
    job_id: str | None = "1",
    *,
    listed=(),
    described=(),
    hours_ago: float | None = 1.0,
    version_hours_ago: float | None = None,
    submission: int = 1,
    proven=(),
) -> Belief:
    """Judge one row of the job ``a``."""
    record = JobRecord(
        state=state,
        job_id=JobId(job_id) if job_id else None,
        submission=submission,
        intended_at=None if hours_ago is None else NOW - hours_ago * HOUR,
    )
    return belief_in(
        RunId("r"),
        DIGEST,
        [(A, record)],
        listed=discover(RunId("r"), [A, B], [job_summary(one) for one in listed]),
        details={JobId(str(one["jobId"])): job_detail(one) for one in described},
        proven=proven,
        version_at=None if version_hours_ago is None else NOW - version_hours_ago * HOUR,
        wall=NOW,
    )


@pytest.mark.parametrize("state", [S.SUBMITTED, S.SUCCEEDED, S.FAILED, S.LOST, S.NOT_RUN])
@pytest.mark.parametrize("one", [reply("other_a_1"), reply("r_b_1"), reply("r_a_2"), reply("theirs"), reply("r_a")])
def test_a_row_with_the_id_of_another_job_is_not_believed(state, one):
    (doubt,) = belief(state, described=[one]).doubts
    assert doubt == f"a, submission 1, has the id 1, which is that of {one['jobName']}"


def test_a_row_with_the_id_of_another_listed_job_or_of_another_plan_is_not_believed():
    assert belief(listed=[reply("r_b_1")]).doubts == ("a, submission 1, has the id 1, which is that of r_b_1",)
    assert belief(described=[reply("r_a_1", plan="sha256:theirs")]).doubts
    assert not belief(described=[reply("r_a_1", plan=DIGEST)]).doubts


def test_an_older_submission_may_stand_for_a_newer_one():
    assert belief(submission=2, listed=[reply("r_a_1", "SUCCEEDED")]) == Belief(doubts=(), unproven=())


@pytest.mark.parametrize(
    ("known", "doubted", "unproven"),
    [
        ({}, True, False),
        ({"hours_ago": 30.0}, False, True),
        ({"hours_ago": None}, False, True),
        ({"hours_ago": None, "version_hours_ago": 1.0}, True, False),  # a young run has no old jobs
        ({"hours_ago": 30.0, "version_hours_ago": 30.0}, False, True),
        ({"proven": [A]}, False, False),
        ({"listed": [reply("r_a_1", "SUCCEEDED")]}, False, False),
        ({"described": [reply("r_a_1", "SUCCEEDED")]}, False, False),
        ({"described": [reply("r_a_1", "RUNNING")]}, False, False),  # it is followed
        ({"described": [reply("r_a_1", "FAILED")]}, True, False),
        ({"job_id": None}, False, True),  # the word of the user
        ({"job_id": None, "listed": [reply("r_a_1", "FAILED", "2")]}, False, False),
        ({"job_id": None, "proven": [A]}, False, False),
    ],
)
def test_a_success_is_believed_as_far_as_aws_batch_does_not_contradict_it(known, doubted, unproven):
    judged = belief(**known)
    assert (bool(judged.doubts), judged.unproven) == (doubted, (A,) if unproven else ())


@pytest.mark.parametrize("state", [S.SUBMITTING, S.SUBMITTED, S.LOST, S.FAILED, S.NOT_RUN])
def test_what_has_not_succeeded_may_be_unknown(state):
    assert belief(state) == Belief(doubts=(), unproven=())


def test_a_success_that_was_run_again_since_is_not_taken_as_done():
    rows = [(A, JobRecord(state=S.SUCCEEDED, job_id=JobId("1"))), (A, JobRecord(state=S.RUNNING, submission=2))]
    nothing = discover(RunId("r"), [A], [])
    judged = belief_in(RunId("r"), DIGEST, rows, listed=nothing, details={}, proven=(), version_at=NOW, wall=NOW)
    assert judged == Belief(doubts=(), unproven=())
