from dataclasses import replace
from datetime import UTC

import pytest

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_lines import ProgressLines
from kedro_batch.submitter.events import (
    DefinitionPinned,
    Event,
    JobChanged,
    JobExecuted,
    JobLog,
    JobSubmitted,
    Notice,
    NoticeKind,
    PinnedAs,
    PlanChanged,
    RunFinished,
)
from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import JobRecord, JobState
from tests.support.progress import BEGAN_AT, NOW, RUN, RunUntil, started

S = JobState
A, B, C = map(JobName, "abc")
PARENTS = {A: (), B: (A,), C: (B,)}
AT = BEGAN_AT


class Followed:
    """The lines of a run that is followed, without their time of day."""

    def __init__(self, progress: Progress, *, verbose: bool = False) -> None:
        self.lines: list[str] = []
        self._view = ProgressLines(progress, AT, zone=UTC, verbose=verbose)

    def on(self, *events: Event, at: float = AT) -> None:
        for event in events:
            self.lines += [line.plain[10:] for line in self._view.on_event(event, at)]

    def wait(self, until: float) -> None:
        """Let time pass until then, as the thread of a view does."""
        at = AT
        while at <= until:
            self.lines += [line.plain[10:] for line in self._view.on_time(at)]
            at += 0.5


def submitted(job: JobName, *, adopted: bool = False) -> JobSubmitted:
    return JobSubmitted(job=job, job_id=JobId(f"id-{job}"), submission=1, adopted=adopted)


def change(job: JobName, after: JobState, before: JobState = S.SUBMITTED, **more) -> JobChanged:
    return JobChanged(job=job, job_id=JobId(f"id-{job}"), submission=1, before=before, after=after, **more)


def executed(job: JobName, began: float, ended: float) -> JobExecuted:
    execution = JobExecution(started_at=began, stopped_at=ended)
    return JobExecuted(job=job, job_id=JobId(f"id-{job}"), submission=1, execution=execution)


FINISHED = RunFinished(run=RUN, outcome="failed", counts={}, seconds=1.0)


def test_a_run_is_told_with_a_line_for_all_submissions_and_one_for_each_job_that_ended():
    told = Followed(Progress(PARENTS, {}))
    told.on(started(3), submitted(A), submitted(B, adopted=True), submitted(C))
    told.on(change(A, S.RUNNING), change(A, S.SUCCEEDED, before=S.RUNNING), executed(A, 10, 731))
    told.on(change(B, S.RUNNABLE), change(B, S.FAILED, reason="Host terminated."), executed(B, 10, 11))
    told.on(change(C, S.NOT_RUN, blocked_by=B), FINISHED)
    assert told.lines == [
        f"run nightly-42: 3 jobs on AWS Batch (account 123456789012, eu-central-1), plan {started(3).plan_digest}",
        "submitted 3 jobs (1 found there)",
        "a SUCCEEDED after 12 min 1 s, 1/3",
        "b FAILED after 1.0 s, 2/3: Host terminated",
        "1 job will not run because b did not succeed",
    ]


def test_where_the_run_is_is_left_out_where_nobody_knows_it():
    told = Followed(Progress(PARENTS, {}))
    told.on(replace(started(3), account=None), replace(started(3), account=None, region=None))
    assert [line.partition(", plan")[0] for line in told.lines] == [
        "run nightly-42: 3 jobs on AWS Batch (eu-central-1)",
        "run nightly-42: 3 jobs on AWS Batch",
    ]


def test_the_time_of_a_job_is_left_out_where_nobody_knows_it():
    told = Followed(Progress(PARENTS, {A: JobRecord(state=S.SUBMITTED)}))
    told.on(change(A, S.SUCCEEDED), change(B, S.LOST), FINISHED)
    assert told.lines == ["a SUCCEEDED, 1/3", "b LOST, 2/3"]


def test_jobs_that_ended_together_are_told_in_their_order_with_how_long_they_ran_as_that_comes():
    told = Followed(Progress(PARENTS, {}))
    logged = JobLog(job=B, submission=1, exception="KeyError: 'price'")
    told.on(change(A, S.SUCCEEDED), change(B, S.FAILED, reason="killed"), logged, change(C, S.SUCCEEDED))
    told.on(executed(B, 10, 12), replace(executed(C, 10, 13), submission=2))
    assert told.lines == []
    told.on(executed(A, 10, 11))
    in_time = ["a SUCCEEDED after 1.0 s, 1/3", "b FAILED after 2.0 s, 2/3: killed", "b: KeyError: 'price'"]
    assert told.lines == in_time
    told.on(change(A, S.RUNNING), at=AT + 0.4)
    assert told.lines == in_time
    told.wait(AT + 0.5)
    assert told.lines == [*in_time, "c SUCCEEDED, 3/3"]


def test_of_jobs_of_which_it_is_not_known_how_long_they_ran_a_thousand_wait_for_that():
    jobs = [JobName(f"job-{number}") for number in range(3000)]
    told = Followed(Progress(dict.fromkeys(jobs, ()), {}))
    told.on(*(change(job, S.SUCCEEDED) for job in jobs))
    assert len(told.lines) == 2000
    told.on(*(executed(job, 10, 11) for job in reversed(jobs)))
    assert [line.split()[0] for line in told.lines] == jobs
    assert sum(" after 1.0 s, " in line for line in told.lines) == 1000


def test_the_exception_of_a_job_is_told_once_its_log_is_known_and_the_same_one_of_other_jobs_is_not():
    told = Followed(Progress(PARENTS, {}))
    told.on(change(A, S.FAILED, reason="killed"), change(B, S.FAILED, reason="killed"))
    for job in (A, A, B):
        told.on(JobLog(job=job, submission=1, exception="KeyError: 'price'"))
    told.on(JobLog(job=B, submission=1), FINISHED)
    assert told.lines == ["a FAILED, 1/3: killed", "b FAILED, 2/3: killed", "a: KeyError: 'price'"]


def test_exceptions_are_told_as_long_as_somebody_reads_so_many():
    told = Followed(Progress(PARENTS, {}))
    told.on(*(JobLog(job=A, submission=1, exception=f"ValueError: {number}") for number in range(200)))
    assert len(told.lines) == 50


def test_what_waits_for_more_to_come_is_told_within_a_second():
    told = Followed(Progress(PARENTS, {}))
    told.on(
        change(A, S.FAILED, reason="killed"), change(B, S.NOT_RUN, blocked_by=A), change(C, S.NOT_RUN, blocked_by=A)
    )
    told.wait(AT + 1)
    assert told.lines == ["a FAILED, 1/3: killed", "2 jobs will not run because a did not succeed"]


def test_a_run_that_is_taken_up_begins_with_how_far_it_is():
    run = RunUntil(200, 0.4, fail=0.02)
    told = Followed(run.from_journal)
    told.on(started(200, continued=True))
    assert told.lines[0].endswith(", continued")
    assert told.lines[1:] == [
        "82 of 200 jobs done, 6 running, 20 waiting for other jobs, 2 failed, 92 will not run",
    ]


def test_a_heartbeat_comes_when_nothing_else_was_printed_and_less_often_after_ten_minutes():
    progress = Progress(PARENTS, {})
    told = Followed(progress)
    told.on(started(3), submitted(A), submitted(B), submitted(C), change(A, S.RUNNING, before=S.STARTING))
    del told.lines[:]
    told.wait(AT + 29)
    assert told.lines == []
    told.wait(AT + 30)
    assert told.lines == ["0 of 3 jobs done, 1 running, 2 waiting for other jobs; a for 30 s"]
    told.wait(AT + 3_600)
    assert len(told.lines) == 20 + (3_600 - 600) // 300 - 1
    told.on(Notice(kind=NoticeKind.TROUBLE, message="cannot call DescribeJobs"), at=AT + 3_610)
    told.wait(AT + 3_920)
    assert told.lines[-1].startswith("as of 14:02:15: 0 of 3 jobs done, 1 running")
    assert told.lines[-1].endswith("; a for 1 h 0 min")


def test_jobs_that_were_cancelled_are_counted():
    told = Followed(Progress(PARENTS, {}))
    told.on(change(A, S.CANCELLED), change(B, S.CANCELLED), FINISHED)
    assert told.lines == ["2 jobs were cancelled"]


def test_verbose_tells_every_submission_and_every_change():
    told = Followed(Progress(PARENTS, {}), verbose=True)
    told.on(submitted(A), change(A, S.RUNNING, log="a/default/1"), change(A, S.FAILED, log="a/default/1"))
    told.on(change(B, S.NOT_RUN, blocked_by=A), FINISHED)
    assert told.lines == [
        "a SUBMITTED id-a",
        "a RUNNING (a/default/1)",
        "a FAILED, 1/3 (a/default/1)",
        "b NOT_RUN because a did not succeed",
    ]


@pytest.mark.parametrize("fail", [0.0, 0.02])
def test_eight_hundred_jobs_take_nine_hundred_lines_at_most(fail):
    run = RunUntil(800, 1.0, fail=fail)
    told = Followed(Progress(run.parents, {}))
    for event, at in run.events:
        told.on(event, at=at)
    told.on(FINISHED, at=NOW)
    assert 100 < len(told.lines) <= 900


ARN = "arn:aws:batch:us-east-1:123456789012:job-definition"


@pytest.mark.parametrize(
    ("pinned", "line"),
    [
        ({"how": PinnedAs.NEWEST}, None),
        ({"how": PinnedAs.KEPT, "newer": f"{ARN}/d:5"}, ", as until now; d:5 is newer"),
        ({"how": PinnedAs.NEWEST, "before": f"{ARN}/d:1"}, " from now on; the run has used d:1 until now"),
        ({"how": PinnedAs.REGISTERED}, " is registered"),
        ({"how": PinnedAs.FOUND}, " is there already"),
    ],
)
def test_a_revision_is_told_if_it_is_not_the_one_to_be_expected(pinned, line):
    told = Followed(Progress(PARENTS, {}))
    told.on(DefinitionPinned(definition="d", revision=f"{ARN}/d:3", **pinned))
    assert told.lines == ([f"job definition d:3{line}"] if line else [])


def test_a_new_plan_is_told_with_the_jobs_that_are_sent_from_it():
    told = Followed(Progress(PARENTS, {}))
    told.on(PlanChanged(before=PlanDigest("sha256:1"), after=PlanDigest("sha256:2"), jobs=(B, C)))
    told.on(PlanChanged(before=PlanDigest("sha256:2"), after=PlanDigest("sha256:3"), jobs=()))
    assert told.lines == [
        "goes on with plan sha256:2, and sends 2 jobs: b, c",
        "goes on with plan sha256:3, and sends nothing",
    ]


def test_a_run_on_this_machine_is_said_to_be_there():
    told = Followed(Progress(PARENTS, {}))
    told.on(replace(started(3), engine="local", account=None, region=None))
    assert told.lines[0].startswith("run nightly-42: 3 jobs on this machine, plan ")
