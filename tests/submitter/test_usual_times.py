"""What earlier runs tell of how long jobs run: which runs count, which rows, how many jobs ran at once."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from kedro_batch.plan.model import JobName, Plan, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.plan.writer import plan_text
from kedro_batch.submitter.events import EngineName, JobChanged, JobExecuted
from kedro_batch.submitter.job_execution import JobAttempt, JobExecution
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.submission_rows import JobTimes
from kedro_batch.submitter.usual_times import UsualTimes, read_usual_times, usual_times
from tests.support.plans import a_job
from tests.support.runs import as_of_version_4

A, B, C, D = map(JobName, "abcd")
S = JobState


def a_plan(*, project: str | None = "flights", env: str | None = "prod", queue: str = "q", more: str = "") -> Plan:
    jobs = (a_job("a"), a_job("b", depends_on=(A,), job_queue=queue), a_job("c", (f"x{more}",), depends_on=(A,)))
    return Plan(jobs=jobs, project=project, pipelines=("__default__",), env=env)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.db")) as it:
        yield it


def record(
    journal: Journal,
    number: int,
    times: Mapping[JobName, tuple[float, float]],
    *,
    plan: Plan | bytes | None = None,
    engine: EngineName = "aws",
) -> RunEntry:
    """Record a run, and from when until when its jobs ran."""
    content = plan if isinstance(plan, bytes) else plan_text(plan or a_plan(more=str(number))).encode()
    digest = PlanDigest(f"sha256:{abs(hash(content))}")
    entry = RunEntry(run=RunId(f"run-{number:02}"), digest=digest, engine=engine, jobs=3, began_at=1000.0 * number)
    journal.begin(entry, content)
    for job, (started_at, stopped_at) in times.items():
        execute(journal, entry.run, job, JobExecution(created_at=0.0, started_at=started_at, stopped_at=stopped_at))
    journal.commit()
    return entry


def execute(journal: Journal, run: RunId, job: JobName, execution: JobExecution, state: JobState = S.SUCCEEDED) -> None:
    job_id = JobId(f"{run}-{job}")
    journal.record(run, JobChanged(job=job, job_id=job_id, submission=1, before=S.RUNNING, after=state), 1.0)
    journal.record(run, JobExecuted(job=job, job_id=job_id, submission=1, execution=execution), 1.0)
    journal.commit()


def read(journal: Journal, entry: RunEntry, plan: Plan | None = None) -> UsualTimes | None:
    with read_journal(journal.file) as view:
        return read_usual_times(view, entry, plan or a_plan())


def told(journal: Journal, entry: RunEntry, plan: Plan | None = None) -> UsualTimes:
    found = read(journal, entry, plan)
    assert found is not None
    return found


def test_jobs_have_the_times_of_earlier_runs_the_newest_first(journal):
    record(journal, 1, {A: (10, 20), B: (20, 50)})
    record(journal, 2, {A: (10, 25), C: (30, 31)})
    one = told(journal, record(journal, 3, {A: (10, 99)}))
    assert one.runs == 2
    assert one.times == {A: [15, 10], B: [30], C: [1]}
    assert one.seconds == {A: 12.5, B: 30, C: 1}
    assert one.queues == dict.fromkeys((A, B, C), "q")


def test_a_first_run_and_one_whose_earlier_runs_have_no_times_know_nothing(journal):
    assert read(journal, record(journal, 1, {})) is None
    failed = record(journal, 2, {})
    execute(journal, failed.run, A, JobExecution(started_at=10, stopped_at=20), S.FAILED)
    record(journal, 3, {D: (10, 20)})  # no job of the plan
    assert read(journal, record(journal, 4, {A: (10, 20)})) is None


def test_runs_of_another_project_environment_or_engine_and_later_ones_do_not_count(journal):
    mine = record(journal, 5, {})
    others: list[Plan | bytes] = [a_plan(project="other"), a_plan(env=None), b'{"jobs": []}', b"", b"project: [\n"]
    for number, plan in enumerate(others):
        record(journal, number, {A: (10, 20)}, plan=plan)
    record(journal, 6, {A: (10, 20)}, engine="local")
    record(journal, 7, {A: (10, 20)})
    assert read(journal, mine) is None


def test_a_run_of_the_same_plan_counts_however_that_is_written(journal):
    by_hand = b'{"jobs": []}'
    record(journal, 1, {A: (10, 20)}, plan=by_hand)
    mine = record(journal, 2, {}, plan=by_hand)
    assert told(journal, mine, a_plan(project="other")).runs == 1


def test_the_ten_newest_runs_count(journal):
    for number in range(12):
        record(journal, number, {A: (10, 20 + number)})
    one = told(journal, record(journal, 20, {}))
    assert one.runs == 10
    assert one.times == {A: [21, 20, 19, 18, 17, 16, 15, 14, 13, 12]}


def test_of_several_attempts_the_last_one_counts(journal):
    earlier = record(journal, 1, {})
    first, last = JobAttempt(started_at=10, stopped_at=100, exit_code=1), JobAttempt(started_at=150, stopped_at=180)
    execute(journal, earlier.run, A, JobExecution(started_at=10, stopped_at=180, attempts=(first, last)))
    assert told(journal, record(journal, 2, {})).times == {A: [30]}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("started_at", "yesterday"),
        ("started_at", -5.0),
        ("started_at", 1e300),
        ("started_at", 20.0),  # when it ended
        ("started_at", None),
        ("stopped_at", b"x"),
        ("stopped_at", 1.0),
        ("created_at", "x"),
        ("job", "a b"),
        ("state", "HIBERNATING"),
        ("details", "stopped_at stopped_at"),
        ("details", '{"attempts": [], "reason": "stopped_at stopped_at"}'),
    ],
)
def test_odd_rows_are_left_out(journal, column, value):
    record(journal, 1, {A: (10, 20), B: (30, 40)})
    mine = record(journal, 2, {})
    with closing(sqlite3.connect(journal.file)) as connection, connection:
        # Names of this code, no input.
        connection.execute(f"UPDATE submissions SET {column} = ? WHERE job = 'a'", (value,))  # noqa: S608
    assert told(journal, mine).times == {B: [10]}


def test_a_journal_of_an_older_version_knows_no_times(journal):
    record(journal, 1, {A: (10, 20)})
    mine = record(journal, 2, {})
    journal.close()
    as_of_version_4(journal.file)
    assert read(journal, mine) is None


def times(job: JobName, started_at: float, stopped_at: float, *, succeeded: bool = True) -> JobTimes:
    return JobTimes(job=job, succeeded=succeeded, created_at=0.0, started_at=started_at, stopped_at=stopped_at)


def test_slots_are_counted_by_queue_in_the_newest_runs_and_in_this_one():
    plan = a_plan(queue="gpu")
    at_once = [times(A, 0, 10), times(B, 5, 15), times(C, 9, 12)]
    behind_each_other = [times(A, 0, 10), times(C, 10, 12, succeeded=False)]
    found = [
        usual_times(plan, earlier, now)
        for earlier, now in (
            ([at_once], []),
            ([behind_each_other, at_once], []),
            ([behind_each_other], at_once),
            ([*[behind_each_other] * 3, at_once], []),
        )
    ]
    assert [one and one.slots for one in found] == [
        {"q": 2, "gpu": 1},
        {"q": 2, "gpu": 1},
        {"q": 2, "gpu": 1},
        {"q": 1},
    ]
    here = usual_times(plan, [at_once], [], one_queue=True)
    assert here
    assert here.slots == {"": 3}
    assert here.queues == dict.fromkeys((A, B, C), "")


def test_waiting_for_a_slot_does_not_count_as_starting():
    plan = Plan(jobs=tuple(a_job(f"job-{number}") for number in range(6)))
    jobs = [job.name for job in plan.jobs]
    two_at_once = [times(job, 7 + 50 * (number // 2), 50 + 50 * (number // 2)) for number, job in enumerate(jobs)]
    found = usual_times(plan, [two_at_once], [])
    assert found
    assert found.slots == {"q": 2}
    assert found.start_s == 7


def test_waiting_for_parents_does_not_count_as_starting():
    found = usual_times(a_plan(), [[times(A, 30, 100), times(B, 130, 150), times(C, 131, 200)]], [])
    assert found
    assert found.start_s == 30
