from datetime import UTC, datetime

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.going_on import going_on_lines
from kedro_batch.review.run.status import JobStatus, RunStatus

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()


def lines(*jobs: JobStatus, parents: dict[str, list[str]] | None = None, usual: dict[str, float] | None = None):
    status = RunStatus(run="r", plan_digest="d", engine="aws", location={}, began_at="", jobs=jobs)
    waits_for = {JobName(job): [JobName(one) for one in above] for job, above in (parents or {}).items()}
    return going_on_lines(status, waits_for, {JobName(job): one for job, one in (usual or {}).items()}, NOW)


def job(name: str, state: str, started_at: str | None = None) -> JobStatus:
    return JobStatus(job=name, state=state, submission=1, job_id=f"id-{name}", started_at=started_at)


def test_what_runs_comes_first_the_longest_at_the_top_with_its_usual_time():
    young, old = "2026-11-22T11:59:00+00:00", "2026-11-22T10:00:00+00:00"
    told = lines(job("a", "STARTING"), job("b", "RUNNING", young), job("c", "RUNNING", old), usual={"c": 600})
    assert told == (
        "c RUNNING id-c, for 2 h 0 min, usually 10 min 0 s",
        "b RUNNING id-b, for 1 min 0 s",
        "a STARTING id-a",
    )


def test_of_many_that_run_the_longest_are_shown():
    told = lines(*(job(f"j{number:02}", "RUNNING", f"2026-11-22T11:{number:02}:00+00:00") for number in range(14)))
    assert told[0].startswith("j00 ")
    assert told[-1] == "and 4 more run"
    assert len(told) == 11


def test_what_waits_is_told_with_what_it_waits_for():
    jobs = (job("a", "RUNNABLE"), job("b", "PENDING"), job("c", "PENDING"), job("d", "SUCCEEDED"))
    assert lines(*jobs, parents={"a": ["d"], "b": ["a", "d"], "c": ["b"]}) == (
        "1 job waits for capacity (RUNNABLE): a",
        "2 jobs wait for other jobs: b for a; c for b",
    )
