from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.request import JobId, RunId
from kedro_batch.review.outcome import outcome_text
from kedro_batch.review.printable import printable
from kedro_batch.submitter.events import Event, JobChanged, JobSubmitted, RunFinished, RunOutcome, RunStarted
from kedro_batch.submitter.progress import JobState
from kedro_batch.words import counted, duration

RUN = RunId("261122-161507-k3f7")


def started(engine: str = "local", jobs: int = 3) -> RunStarted:
    return RunStarted(run=RUN, plan_digest=PlanDigest("sha256:0"), engine=engine, jobs=jobs, record="runs/x")


def finished(outcome: RunOutcome, note: str | None = None, **counts: int) -> RunFinished:
    return RunFinished(run=RUN, outcome=outcome, counts=counts, seconds=75.2, note=note)


def changed(job: str, after: JobState, **more) -> JobChanged:
    return JobChanged(job=JobName(job), job_id=JobId("1"), before=JobState.RUNNING, after=after, **more)


def test_a_run_that_succeeded_takes_two_lines():
    assert outcome_text([started(), finished("succeeded", SUCCEEDED=3)]) == (
        "run 261122-161507-k3f7 succeeded after 1 min 15 s: 3 jobs, 3 succeeded\n  record: runs/x\n"
    )


def test_a_failure_is_told_with_its_reason_its_log_and_what_it_kept_from_running():
    events: list[Event] = [
        started(),
        changed(
            "train",
            JobState.FAILED,
            reason="Essential container in task exited",
            exit_code=3,
            log="logs/train-1.log",
            log_tail=("ok so far", "\x1b[31mboom\x1b[0m\x07"),
        ),
        changed("score", JobState.NOT_RUN, because=JobName("train")),
        finished("failed", SUCCEEDED=1, FAILED=1, NOT_RUN=1),
    ]
    assert outcome_text(events) == (
        "run 261122-161507-k3f7 failed after 1 min 15 s: 3 jobs, 1 succeeded, 1 failed, 1 not run\n"
        "\n"
        "train failed: Essential container in task exited; exit code 3\n"
        "  log: logs/train-1.log\n"
        "  | ok so far\n"
        "  | boom\\x07\n"
        "  not run because of it: score\n"
        "  record: runs/x\n"
    )


def test_jobs_left_on_aws_are_listed_with_their_ids():
    events: list[Event] = [
        started("aws", 2),
        JobSubmitted(job=JobName("a"), job_id=JobId("id-a"), attempt=1),
        JobSubmitted(job=JobName("b"), job_id=JobId("id-b"), attempt=1),
        changed("a", JobState.SUCCEEDED),
        finished("interrupted", "what has been submitted goes on", SUCCEEDED=1, RUNNING=1),
    ]
    assert outcome_text(events) == (
        "run 261122-161507-k3f7 interrupted after 1 min 15 s: 2 jobs, 1 succeeded, 1 not finished\n"
        "  what has been submitted goes on\n"
        "    b id-b\n"
        "  record: runs/x\n"
    )


def test_long_lists_are_cut_with_a_count():
    blocked = [changed(f"n{n:02}", JobState.NOT_RUN, because=JobName("a")) for n in range(14)]
    text = outcome_text([started(), changed("a", JobState.LOST), *blocked, finished("failed", LOST=1, NOT_RUN=14)])
    assert "a was lost: the service knows it no longer" in text
    assert "n09 and 4 more\n" in text


def test_durations_are_spelled_in_two_units_at_most():
    assert [duration(s) for s in (0.04, 9.96, 41, 200, 7500)] == [
        "0.0 s",
        "10.0 s",
        "41 s",
        "3 min 20 s",
        "2 h 5 min",
    ]


def test_counts_know_their_plural():
    assert [counted(n, "job") for n in (0, 1, 2)] == ["0 jobs", "1 job", "2 jobs"]


def test_text_from_outside_cannot_drive_a_terminal():
    assert printable("a\x1b]0;title\x07b\tc\x9b1m\u202ed") == r"a\x1b]0;title\x07b" + "\tc" + r"\x9b1m\u202ed"
