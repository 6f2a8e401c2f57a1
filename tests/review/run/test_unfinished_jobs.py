from datetime import UTC, datetime

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.status import JobStatus, RunStatus, StuckStatus
from kedro_batch.review.run.unfinished_jobs import lines_of_jobs_left, unfinished_lines
from kedro_batch.submitter.began import Began

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()
FULL, WRONG = "CAPACITY:FULL - busy", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too big"


def status(*jobs: JobStatus, engine: str = "aws") -> RunStatus:
    return RunStatus(run="r", plan_digest="d", engine=engine, location={}, began_at="", jobs=jobs)


def lines(
    *jobs: JobStatus,
    parents: dict[str, list[str]] | None = None,
    began: dict[str, float] | None = None,
    usual: dict[str, float] | None = None,
):
    waits_for = {JobName(job): [JobName(one) for one in above] for job, above in (parents or {}).items()}
    since = {JobName(job): Began(at=NOW - ago, exact=ago < 3_600) for job, ago in (began or {}).items()}
    return unfinished_lines(
        status(*jobs), waits_for, since, {JobName(job): one for job, one in (usual or {}).items()}, NOW
    )


def job(name: str, state: str, stuck: str = "") -> JobStatus:
    why = StuckStatus(since="2026-11-22T11:00:00+00:00", reason=stuck) if stuck else None
    return JobStatus(job=name, state=state, submission=1, job_id=f"id-{name}", stuck=why)


def test_what_runs_comes_first_the_longest_at_the_top_with_its_usual_time():
    jobs = job("a", "STARTING"), job("b", "RUNNING"), job("c", "RUNNING")
    assert lines(*jobs, began={"b": 60, "c": 7_200}, usual={"c": 600}) == (
        "c RUNNING id-c, for over 2 h 0 min, usually 10 min 0 s",
        "b RUNNING id-b, for 1 min 0 s",
        "a STARTING id-a",
    )


def test_of_many_that_run_the_longest_are_shown():
    names = [f"j{number:02}" for number in range(14)]
    told = lines(*(job(name, "RUNNING") for name in names), began={name: 900.0 - int(name[1:]) for name in names})
    assert told[0].startswith("j00 ")
    assert told[-1] == "and 4 more run"
    assert len(told) == 11


def test_what_waits_is_told_with_what_it_waits_for_and_only_runnable_jobs_wait_for_capacity():
    ready = job("a", "RUNNABLE"), job("e", "SUBMITTED"), job("f", "PENDING")
    jobs = (*ready, job("b", "PENDING"), job("c", "SUBMITTED"), job("d", "SUCCEEDED"))
    assert lines(*jobs, parents={"a": ["d"], "b": ["a", "d"], "c": ["b"], "f": ["d"]}) == (
        "1 job is waiting for capacity (RUNNABLE): a",
        "2 jobs are submitted: e, f",
        "2 jobs are waiting for other jobs: b for a; c for b",
    )


def test_what_is_not_submitted_yet_is_told_too():
    jobs = job("a", "NOT_SUBMITTED"), job("b", "SUBMITTING"), job("c", "UNCONFIRMED")
    assert lines(*jobs, parents={"b": ["a"]}) == (
        "1 job is unconfirmed: c",
        "2 jobs are not submitted: a, b",
    )


def test_jobs_that_get_no_machine_are_told_once_for_each_reason():
    told = lines(
        job("a", "RUNNABLE", FULL), job("b", "RUNNABLE", WRONG), job("c", "RUNNABLE", FULL), job("d", "RUNNABLE")
    )
    first, second, last = told
    assert first.startswith("a RUNNABLE id-a, c RUNNABLE id-c, without a machine since 2026-11-22 ")
    assert first.endswith(f": {FULL}")
    assert second.startswith("b RUNNABLE id-b, without a machine since ")
    assert last == "1 job is waiting for capacity (RUNNABLE): d"


def test_a_command_that_ends_names_the_jobs_that_it_leaves_those_without_a_machine_in_the_same_words():
    stuck = [job("a", "RUNNABLE", FULL), job("c", "RUNNABLE", FULL)]
    left = lines_of_jobs_left(status(*stuck, job("b", "RUNNING"), job("d", "SUCCEEDED")))
    assert left == (lines(*stuck)[0], "b RUNNING id-b")
    many = lines_of_jobs_left(status(*(job(f"j{number:02}", "PENDING") for number in range(14))))
    assert (len(many), many[-1]) == (11, "and 4 more")
    working = (job("x", "STARTING"), job("y", "RUNNABLE"), job("z", "RUNNING"))
    many = lines_of_jobs_left(status(*(job(f"j{number:02}", "PENDING") for number in range(14)), *working))
    assert many[:4] == ("z RUNNING id-z", "x STARTING id-x", "y RUNNABLE id-y", "j00 PENDING id-j00")
    assert lines_of_jobs_left(status(job("b", "RUNNING"), engine="local")) == ()
