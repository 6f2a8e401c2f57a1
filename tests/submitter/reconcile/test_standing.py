"""How a run stands, from all that the journal, ListJobs and DescribeJobs know of it."""

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.reconcile.copies import ids_not_listed, join
from kedro_batch.submitter.reconcile.duplicates import discover, reason_to_terminate
from kedro_batch.submitter.reconcile.merge import jobs_in
from kedro_batch.submitter.reconcile.standing import Facts, Standing, standing_of
from kedro_batch.submitter.service.api import job_detail, job_summary

S = JobState
A, B, C = map(JobName, "abc")
CHAIN = {A: (), B: (A,), C: (B,)}
NOW = 1_750_000_000.0
HOUR = 3600.0


def reply(row: str, hours_ago: float = 1.0, depends_on: str = "", reason: str = "") -> dict[str, object]:
    """Describe a job by a row such as ``a1 id RUNNING``; ``a1`` is the first submission of ``a``."""
    name, job_id, status = row.split()
    return {
        "jobId": job_id,
        "jobName": f"r_{name[0]}_{name[1:]}",
        "status": status,
        "createdAt": int((NOW - hours_ago * HOUR) * 1000),
        "dependsOn": [{"jobId": one} for one in depends_on.split()],
        "statusReason": reason,
    }


def row(state: JobState, job_id: str | None = None, submission: int = 1, hours_ago: float | None = 1.0) -> JobRecord:
    intended_at = None if hours_ago is None else NOW - hours_ago * HOUR
    return JobRecord(
        state=state, job_id=JobId(job_id) if job_id else None, submission=submission, intended_at=intended_at
    )


def standing(journal=(), listed=(), described=(), version_hours_ago: float | None = None) -> Standing:
    """Judge the chain; what is listed is described as well."""
    details = {JobId(str(one["jobId"])): job_detail(one) for one in (*listed, *described)}
    facts = Facts(
        journal=dict(journal),
        discovered=discover(RunId("r"), CHAIN, [job_summary(one) for one in listed]),
        details=details,
        wall=NOW,
        version_at=None if version_hours_ago is None else NOW - version_hours_ago * HOUR,
    )
    return standing_of(CHAIN, facts)


def ended(result: Standing) -> dict[str, str | None]:
    return {str(one.job_id): kept for one, kept in result.duplicates}


@pytest.mark.parametrize(
    ("in_journal", "listed", "described", "stands", "terminated"),
    [
        # The first job was listed too late, so that a second one was sent; that one is not listed yet.
        (row(S.SUBMITTED, "2"), "a1 1 RUNNING", "a1 2 RUNNING", "1", {"2": "1"}),
        (row(S.SUBMITTED, "2"), "a1 1 SUCCEEDED", "a1 2 RUNNING", "1", {"2": "1"}),
        (row(S.SUBMITTED, "2"), "a1 1 RUNNING", "a1 2 SUCCEEDED", "2", {"1": "2"}),
        (row(S.SUBMITTED, "2"), "a1 1 FAILED", "a1 2 RUNNING", "2", {}),
        # Whatever the journal says of it.
        (row(S.LOST, "2"), "a1 1 RUNNING", "a1 2 RUNNING", "1", {"2": "1"}),
        (row(S.NOT_RUN, "2"), "a1 1 RUNNING", "a1 2 RUNNABLE", "1", {"2": "1"}),
        # Not even DescribeJobs knows it: what succeeded stands.
        (row(S.SUCCEEDED, "2", hours_ago=30), "a1 1 RUNNING", None, "2", {"1": "2"}),
    ],
)
def test_a_job_of_the_journal_counts_also_if_it_is_not_listed(in_journal, listed, described, stands, terminated):
    result = standing({A: in_journal}, [reply(listed, 2)], [reply(described)] if described else [])
    assert result.records[A].job_id == stands
    assert ended(result) == terminated


def test_an_earlier_submission_that_goes_on_unlisted_counts():
    result = standing({A: row(S.SUBMITTED, "2", 2)}, [reply("a2 2 RUNNING")], [reply("a1 1 RUNNING", 2)])
    assert ended(result) == {"2": "1"}


def test_all_ids_are_asked_for_that_the_journal_or_a_termination_names_and_that_are_not_listed():
    gone = reply("a1 1 FAILED", reason=reason_to_terminate(JobId("2")))
    found = discover(RunId("r"), CHAIN, [job_summary(gone)])
    rows = [(A, row(S.SUBMITTED, "1")), (A, row(S.SUBMITTED, "3", 2)), (B, row(S.SUBMITTING))]
    assert ids_not_listed(rows, found) == ["3", "2"]
    joined = join(found, dict(rows), {JobId("2"): job_detail(reply("a1 2 RUNNING"))})
    assert [one.job_id for one in joined.jobs[A]] == ["1", "2"]
    assert join(joined, dict(rows), {JobId("2"): job_detail(reply("a1 2 RUNNING"))}) == joined


def test_a_job_in_favour_of_which_another_was_ended_goes_on_although_it_is_not_listed_yet():
    gone = reply("a1 1 FAILED", reason=reason_to_terminate(JobId("2")))
    assert standing((), [gone], [reply("a1 2 RUNNING")]).records[A].job_id == "2"
    anew = standing((), [gone]).records[A]
    assert (anew.state, anew.submission, anew.job_id) == (S.NOT_SUBMITTED, 2, None)


def test_what_the_user_takes_as_done_is_not_submitted_again_because_its_jobs_were_ended_as_duplicates():
    gone = [reply("a1 1 FAILED", reason=reason_to_terminate(None))]
    assert standing({A: row(S.SUCCEEDED)}, gone).records[A].state is S.SUCCEEDED
    assert standing({A: row(S.SUBMITTED, "1")}, gone).records[A].submission == 2


def test_describe_jobs_is_believed_if_a_job_goes_on_that_has_succeeded_in_the_journal():
    journal = {A: row(S.SUCCEEDED, "1")}
    assert standing(journal, [reply("a1 1 RUNNING")]).records[A].state is S.RUNNING
    assert standing(journal, [reply("a1 1 SUCCEEDED")]).records[A].state is S.SUCCEEDED


# What may have been forgotten


@pytest.mark.parametrize(
    ("listed", "version_hours_ago", "state"),
    [
        (["b1 1 RUNNABLE"], None, S.UNCONFIRMED),
        (["b1 1 RUNNABLE"], 1, S.UNCONFIRMED),
        (["b1 1 RUNNABLE"], 30, S.EXPIRED),  # the run is older than what is listed of it
        (["b2 1 RUNNABLE"], 1, S.EXPIRED),  # AWS Batch has forgotten the first submission
        (["b1 1 FAILED", "b3 3 RUNNABLE"], 1, S.EXPIRED),
        (["b1 1 FAILED", "b2 2 RUNNABLE"], 1, S.UNCONFIRMED),
    ],
)
def test_without_a_journal_what_is_not_found_may_have_been_forgotten(listed, version_hours_ago, state):
    result = standing((), [reply(one) for one in listed], version_hours_ago=version_hours_ago)
    assert {job: result.records[job].state for job in (A, C)} == {A: state, C: state}


def test_an_old_job_that_has_failed_shows_that_the_run_is_old():
    result = standing((), [reply("a1 1 FAILED", 30), reply("a2 2 RUNNING")])
    assert jobs_in(result.records, S.EXPIRED) == (B, C)


def test_a_started_job_proves_its_parents_also_where_something_was_forgotten():
    result = standing((), [reply("c2 1 RUNNING")])
    assert [result.records[job].state for job in CHAIN] == [S.SUCCEEDED, S.SUCCEEDED, S.RUNNING]


@pytest.mark.parametrize(
    ("journal", "listed", "expired"),
    [
        ({A: row(S.SUCCEEDED, "1", hours_ago=30)}, [], ()),  # nobody else has worked on it, as far as is known
        ({A: row(S.SUCCEEDED, "1", hours_ago=30)}, ["b1 2 RUNNABLE"], (C,)),  # somebody has
        ({A: row(S.FAILED, "1", hours_ago=30)}, ["a2 2 FAILED"], (B, C)),
        ({A: row(S.SUCCEEDED, "1", hours_ago=1)}, ["b1 2 RUNNABLE"], ()),
        ({A: row(S.SUCCEEDED, "1", hours_ago=None), B: row(S.FAILED, "2", hours_ago=30)}, [], ()),
        ({A: row(S.SUCCEEDED, "1", hours_ago=None), B: row(S.FAILED, "2", hours_ago=30)}, ["b1 2 FAILED"], (C,)),
        ({A: row(S.RUNNING, "1", hours_ago=None), B: row(S.FAILED, "2", hours_ago=30)}, [], (A,)),
    ],
)
def test_a_journal_says_what_was_never_submitted_unless_somebody_else_has_worked_on_an_old_run(
    journal, listed, expired
):
    result = standing(journal, [reply(one) for one in listed])
    assert jobs_in(result.records, S.EXPIRED) == expired


@pytest.mark.parametrize(
    ("listed", "rounds"),
    [
        (["a1 1 FAILED", "a1 2 FAILED"], 1),
        (["a1 1 FAILED", "a1 2 FAILED", "a2 3 FAILED", "a2 4 FAILED"], 2),
        (["a1 1 FAILED", "a1 2 FAILED", "a2 3 FAILED"], 1),  # submitted anew by one process alone, which was killed
    ],
)
def test_it_is_known_how_often_a_node_was_submitted_twice_when_no_job_of_it_stands(listed, rounds):
    result = standing(listed=[reply(one, reason=reason_to_terminate(None)) for one in listed])
    assert result.contested == {A: rounds}
    assert result.records[A].state is S.NOT_SUBMITTED


def test_a_job_that_stands_for_a_later_submission_is_not_hidden_by_another_one_of_that_which_is_found_later():
    """A reply was lost, and its job is listed only now; the one that was sent after it was ended in favour of a1."""
    record = row(S.SUCCEEDED, "1", submission=2)
    replies = [job_summary(reply("a1 1 SUCCEEDED", 2.0)), job_summary(reply("a2 2 RUNNING"))]
    found = join(discover(RunId("r"), [A], replies), {A: record}, {})
    judged = standing_of({A: ()}, Facts(journal={A: record}, discovered=found, wall=NOW))
    assert [(one.job_id, kept) for one, kept in judged.duplicates] == [("2", "1")]
    assert judged.records[A].state is S.SUCCEEDED
