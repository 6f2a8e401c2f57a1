import json

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.review.run.status import FailureStatus, JobStatus, RunStatus, run_status
from kedro_batch.review.run.status_documents import entry_document, status_document
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal_rows import RunEntry

S = JobState
A, B, C, D = map(JobName, "abcd")
ENTRY = RunEntry(
    run=RunId("r1"),
    digest=PlanDigest("sha256:0"),
    engine="aws",
    location={"region": "eu-west-1"},
    jobs=4,
    began_at=1_700_000_000.25,
)


def record(
    state: JobState,
    job_id: str | None = None,
    submission: int = 1,
    blocked_by: JobName | None = None,
    failure: Failure | None = None,
) -> JobRecord:
    given = JobId(job_id) if job_id else None
    return JobRecord(state=state, submission=submission, job_id=given, blocked_by=blocked_by, failure=failure)


def test_a_run_of_which_nothing_is_known_yet_waits():
    status = run_status(ENTRY, [B, A], {})
    assert status == RunStatus(
        run="r1",
        plan_digest="sha256:0",
        engine="aws",
        location={"region": "eu-west-1"},
        began_at="2023-11-14T22:13:20+00:00",
        counts={"NOT_SUBMITTED": 2},
        jobs=(
            JobStatus(job="b", state="NOT_SUBMITTED", submission=1),
            JobStatus(job="a", state="NOT_SUBMITTED", submission=1),
        ),
    )


def test_every_failure_says_why_and_what_it_kept_from_running():
    failure = Failure(
        cause=Cause.OUT_OF_MEMORY,
        reason="why",
        advice="give it more",
        exit_code=137,
        attempts=3,
        log="here",
        log_tail=("one", "two"),
    )
    records = {
        A: record(S.FAILED, "1", 2, failure=failure),
        B: record(S.NOT_RUN, "2", blocked_by=A),
        C: record(S.NOT_RUN, blocked_by=A),
        D: record(S.LOST, "4"),
    }
    status = run_status(ENTRY, [D, C, B, A], records)
    assert status.counts == {"FAILED": 1, "LOST": 1, "NOT_RUN": 2}
    assert status.failures == (
        FailureStatus(job="d", state="LOST", submission=1, job_id="4"),
        FailureStatus(
            job="a",
            state="FAILED",
            submission=2,
            job_id="1",
            reason="why",
            cause="out_of_memory",
            advice="give it more",
            exit_code=137,
            attempts=3,
            log="here",
            log_tail=("one", "two"),
            not_run=("b", "c"),
        ),
    )


def test_the_document_has_no_field_without_a_value_and_is_json():
    failure = Failure(cause=Cause.UNKNOWN, exit_code=0)
    records = {A: record(S.FAILED, "1", failure=failure), B: record(S.NOT_RUN, blocked_by=A)}
    document = status_document(run_status(ENTRY, [A, B, C], records))
    assert json.loads(json.dumps(document)) == document
    assert document == {
        "schema": "kedro-batch/run/v1",
        "run": "r1",
        "plan_digest": "sha256:0",
        "engine": "aws",
        "location": {"region": "eu-west-1"},
        "began_at": "2023-11-14T22:13:20+00:00",
        "counts": {"FAILED": 1, "NOT_RUN": 1, "NOT_SUBMITTED": 1},
        "failures": [
            {
                "job": "a",
                "state": "FAILED",
                "submission": 1,
                "job_id": "1",
                "cause": "unknown",
                "exit_code": 0,
                "not_run": ["b"],
            },
        ],
        "jobs": [
            {"job": "a", "state": "FAILED", "submission": 1, "job_id": "1"},
            {"job": "b", "state": "NOT_RUN", "submission": 1, "blocked_by": "a"},
            {"job": "c", "state": "NOT_SUBMITTED", "submission": 1},
        ],
    }


def test_lists_of_the_whole_run_stay_even_when_they_are_empty():
    document = status_document(run_status(ENTRY, [A], {A: record(S.SUCCEEDED, "1")}))
    assert document["failures"] == []


def test_a_run_in_the_list_of_all_runs_has_the_same_names_for_the_same_things():
    ended = RunEntry(
        run=ENTRY.run, digest=ENTRY.digest, engine="local", jobs=4, began_at=0.0, outcome="failed", ended_at=1.0
    )
    assert entry_document(ended) == {
        "run": "r1",
        "plan_digest": "sha256:0",
        "engine": "local",
        "location": {},
        "total": 4,
        "began_at": "1970-01-01T00:00:00+00:00",
        "ended_at": "1970-01-01T00:00:01+00:00",
        "outcome": "failed",
    }
    assert entry_document(ENTRY).keys().isdisjoint({"outcome", "ended_at"})
