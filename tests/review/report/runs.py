"""Small runs, written down job by job: seconds since the begin of the run."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from kedro_batch.plan.model import JobName, Plan, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.review.report.timeline import Attempt, build_timeline, stops_of, submissions_above
from kedro_batch.submitter.job_execution import JobAttempt, JobExecution
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.run_history import RunHistory, SeenState, Submission
from tests.support.plans import a_job
from tests.support.plans_of_pages import plan_of
from tests.support.run_histories import BEGAN

S = JobState
A, B, C = map(JobName, "abc")


def at(seconds: float | None) -> float | None:
    return None if seconds is None else BEGAN + seconds


def ended(
    key: str,
    created: float | None,
    *tries: tuple[float | None, float | None],
    state: JobState = S.SUCCEEDED,
    parents: str = "",
    seen: dict[float, JobState] | None = None,
    **sizes: Any,
) -> Submission:
    """Give a submission that has ended, by the begin and the end of each attempt; ``a/2`` is the second one of a."""
    attempts = tuple(JobAttempt(started_at=at(start), stopped_at=at(stop)) for start, stop in tries)
    starts = [one.started_at for one in attempts if one.started_at is not None]
    execution = JobExecution(
        created_at=at(created),
        started_at=starts[-1] if starts else None,
        stopped_at=attempts[-1].stopped_at if attempts else None,
        attempts=attempts,
        **sizes,
    )
    one = unfinished(key, state, created, parents=parents, seen=seen)
    return replace(one, record=replace(one.record, execution=execution))


def unfinished(
    key: str,
    state: JobState,
    sent: float | None,
    *,
    parents: str = "",
    seen: dict[float, JobState] | None = None,
    **more: Any,
) -> Submission:
    """Give a submission of which no execution is recorded."""
    job, _, number = key.partition("/")
    return Submission(
        job=JobName(job),
        record=JobRecord(
            state=state, submission=int(number or 1), job_id=JobId(f"{job}-{number}"), intended_at=at(sent), **more
        ),
        parents=tuple(map(JobName, parents.split())),
        seen=tuple(SeenState(at=BEGAN + when, state=state) for when, state in (seen or {}).items()),
    )


def history(plan: Plan, *submissions: Submission, as_of: float = 100, outcome: str | None = None) -> RunHistory:
    return RunHistory(
        entry=RunEntry(
            run=RunId("r"),
            digest=PlanDigest("sha256:" + "0" * 64),
            engine="aws",
            jobs=len(plan.jobs),
            began_at=BEGAN,
            outcome=outcome,
        ),
        plan=plan,
        submissions=submissions,
        as_of=BEGAN + as_of,
    )


def timeline(plan: Plan, *submissions: Submission) -> tuple[Attempt, ...]:
    it = history(plan, *submissions)
    return build_timeline(it, submissions_above(it), stops_of(it))


def told(attempt: Attempt) -> list[str]:
    """Give what an attempt did as words: ``parents 0-10``, and ``running 10-...`` if it goes on."""
    return [
        f"{one.phase} {one.start - BEGAN:g}-{'...' if one.is_open else f'{one.stop - BEGAN:g}'}"
        for one in attempt.intervals
    ]


def chain(*names: str) -> Plan:
    """Give a plan in which each job waits for the one before it."""
    first, *others = names
    return plan_of(
        a_job(first), *(a_job(name, depends_on=(JobName(before),)) for before, name in pairwise((first, *others)))
    )
