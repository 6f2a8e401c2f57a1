"""Histories of runs that never were, for tests of reports: of any size, with failures and retries, at any moment."""

import heapq
import math
import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from kedro_batch.plan.graph import children_of
from kedro_batch.plan.model import Job, JobName, Plan, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_execution import JobAttempt, JobExecution
from kedro_batch.submitter.job_state import ENDED, JobRecord, JobState
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.run_history import RunHistory, SeenState, Submission

BEGAN = 1_795_190_400.0
"""2026-11-20 16:00:00 UTC."""
FAILURE = Failure(
    cause=Cause.EXIT,
    reason="Essential container in task exited",
    exit_code=1,
    advice="its command failed: read its log",
    log="a_definition/default/abc",
    log_tail=("Traceback (most recent call last):", '  File "nodes.py", line 7, in train', "ValueError: no rows"),
    exception="ValueError: no rows",
)
SPOT = "Host EC2 (instance i-0123456789abcdef0) terminated."


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happens in a run.

    Attributes:
        slots: How many jobs run at once.
        seed: Draws how long jobs take.
        fail: The jobs that fail.
        spot: The jobs whose first attempt ends because their host goes away.
        until: Nobody looks later than so many seconds after the begin: the run has not ended then.
    """

    slots: int = 8
    seed: int = 1
    fail: Collection[str] = ()
    spot: Collection[str] = ()
    until: float | None = None


@dataclass(frozen=True, kw_only=True)
class _Times:
    created: float
    seen: float
    tries: tuple[tuple[float, float], ...]


def simulated(plan: Plan, **given: Any) -> RunHistory:
    """Give the history of one run of a plan, job by job; ``given`` are the fields of its ``Story``."""
    story = Story(**given)
    times, blocked = _run(plan, story)
    looked = BEGAN + story.until if story.until is not None else math.inf
    submissions = tuple(
        _submission(job, number, story, times.get(job.name) or blocked[job.name], looked)
        for number, job in enumerate(plan.jobs)
    )
    ends = [one.record.execution.stopped_at or 0.0 for one in submissions if one.record.execution]
    as_of = min(looked, max(ends)) if all(one.record.state in ENDED for one in submissions) else looked
    over = as_of < looked
    outcome = ("failed" if story.fail else "succeeded") if over else "interrupted"
    entry = RunEntry(
        run=RunId("nightly-42"),
        digest=PlanDigest("sha256:" + "0" * 64),
        engine="aws",
        location={"account": "123456789012", "region": "us-east-1"},
        jobs=len(plan.jobs),
        began_at=BEGAN,
        outcome=outcome,
        ended_at=as_of,
    )
    return RunHistory(entry=entry, plan=plan, submissions=submissions, as_of=as_of)


def without_times(history: RunHistory) -> RunHistory:
    """Give what an older journal has of the same run."""
    return replace(
        history,
        submissions=tuple(
            replace(one, record=replace(one.record, execution=None), seen=()) for one in history.submissions
        ),
    )


def _run(plan: Plan, story: Story) -> tuple[dict[JobName, _Times], dict[JobName, JobName]]:
    chance = random.Random(story.seed)  # noqa: S311  no secret is made of it
    parents = plan.parents
    children = children_of(parents)
    created = {name: BEGAN + 1 + number * 0.02 for number, name in enumerate(parents)}
    waits = {name: len(parents[name]) for name in parents}
    free = [BEGAN + 20.0] * story.slots
    done = dict(created)
    ready = [(created[name], name) for name in parents if not waits[name]]
    heapq.heapify(ready)
    times: dict[JobName, _Times] = {}
    blocked: dict[JobName, JobName] = {}
    while ready:
        at, name = heapq.heappop(ready)
        begin = max(at, heapq.heappop(free)) + chance.uniform(2, 8)
        seen, tries = begin - 1.5, []
        if name in story.spot:
            stop = begin + chance.uniform(10, 40)
            tries.append((begin, stop))
            begin = stop + chance.uniform(20, 60)
        stop = begin + chance.lognormvariate(3.5, 0.6)
        tries.append((begin, stop))
        heapq.heappush(free, stop)
        times[name] = _Times(created=created[name], seen=seen, tries=tuple(tries))
        if name in story.fail:
            stack = list(children[name])
            while stack:
                below = stack.pop()
                if below not in blocked:
                    blocked[below] = name
                    stack += children[below]
            continue
        for child in children[name]:
            waits[child] -= 1
            done[child] = max(done[child], stop)
            if not waits[child] and child not in blocked:
                heapq.heappush(ready, (done[child], child))
    return times, blocked


def _submission(job: Job, number: int, story: Story, one: "_Times | JobName", looked: float) -> Submission:
    record = JobRecord(
        state=JobState.PENDING,
        job_id=JobId(f"{number:08x}-0000-4000-8000-000000000000"),
        intended_at=BEGAN + 1 + number * 0.02,
    )
    if not isinstance(one, _Times):
        blocked = replace(record, state=JobState.NOT_RUN, blocked_by=one)
        return Submission(job=job.name, record=blocked, parents=job.depends_on)
    begin, end = one.tries[-1]
    changes = ((one.seen, JobState.STARTING), (one.tries[0][0] + 0.7, JobState.RUNNING))
    seen = tuple(SeenState(at=at, state=state) for at, state in changes if at < looked)
    if end > looked:
        going_on = replace(record, state=seen[-1].state if seen else JobState.PENDING)
        return Submission(job=job.name, record=going_on, parents=job.depends_on, seen=seen)
    failed = job.name in story.fail
    earlier = (
        JobAttempt(started_at=start, stopped_at=stop, reason=SPOT, log="log/1", instance="arn:instance/1")
        for start, stop in one.tries[:-1]
    )
    last = JobAttempt(
        started_at=begin,
        stopped_at=end,
        exit_code=1 if failed else 0,
        reason="Essential container in task exited",
        log="log/2",
        instance="arn:instance/2",
    )
    execution = JobExecution(
        created_at=one.created,
        started_at=begin,
        stopped_at=end,
        attempts=(*earlier, last),
        log="log/2",
        vcpus=job.settings.resources.vcpus,
        memory_mib=job.settings.resources.memory_mib,
    )
    ended = replace(
        record,
        state=JobState.FAILED if failed else JobState.SUCCEEDED,
        failure=replace(FAILURE, attempts=len(one.tries)) if failed else None,
        execution=execution,
    )
    return Submission(job=job.name, record=ended, parents=job.depends_on, seen=seen)
