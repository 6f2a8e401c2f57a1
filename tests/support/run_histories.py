"""Histories of runs that never were, for the tests of reports: of any size, with failures and retries, at any moment."""

import heapq
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from kedro_batch.plan.graph import children_of, topological_order
from kedro_batch.plan.model import JobName, Plan, PlanDigest
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


def entry_of(plan: Plan, *, outcome: str | None = None, ended_at: float | None = None) -> RunEntry:
    return RunEntry(
        run=RunId("nightly-42"),
        digest=PlanDigest("sha256:" + "0" * 64),
        engine="aws",
        location={"account": "123456789012", "region": "us-east-1"},
        jobs=len(plan.jobs),
        began_at=BEGAN,
        outcome=outcome,
        ended_at=ended_at,
    )


@dataclass(frozen=True, kw_only=True)
class _Times:
    created: float
    seen: float
    tries: tuple[tuple[float, float], ...]


def simulated(
    plan: Plan,
    *,
    slots: int = 8,
    seed: int = 1,
    fail: Collection[str] = (),
    spot: Collection[str] = (),
    until: float | None = None,
) -> RunHistory:
    """Give the history of one run, job by job, over so many slots.

    Args:
        plan: Its plan.
        slots: How many jobs run at once.
        seed: Draws how long jobs take.
        fail: The jobs that fail.
        spot: The jobs whose first attempt ends because their host goes away.
        until: Stop looking so many seconds after the begin: the run has not ended then.
    """
    chance = random.Random(seed)  # noqa: S311  nothing secret
    parents = {job.name: job.depends_on for job in plan.jobs}
    order = topological_order(parents)
    created = {name: BEGAN + 1 + number * 0.02 for number, name in enumerate(order)}
    times, blocked = _run(parents, created, slots, chance, fail, spot)
    looked = BEGAN + until if until is not None else None
    sizes = {job.name: job.settings.resources for job in plan.jobs}
    submissions = []
    for number, name in enumerate(order):
        record = JobRecord(
            state=JobState.PENDING, job_id=JobId(f"{number:08x}-0000-4000-8000-000000000000"), intended_at=created[name]
        )
        if name in blocked:
            one = Submission(
                job=name,
                record=replace(record, state=JobState.NOT_RUN, blocked_by=blocked[name]),
                parents=parents[name],
            )
        else:
            one = _submission(name, record, parents[name], times[name], failed=name in fail, looked=looked)
        submissions.append(_sized(one, sizes[name].vcpus, sizes[name].memory_mib))
    ends = [one.record.execution.stopped_at for one in submissions if one.record.execution]
    as_of = looked if looked is not None else max(end for end in ends if end is not None)
    over = all(one.record.state in ENDED for one in submissions)
    outcome = ("failed" if fail else "succeeded") if over else "interrupted"
    return RunHistory(
        entry=entry_of(plan, outcome=outcome, ended_at=as_of), plan=plan, submissions=tuple(submissions), as_of=as_of
    )


def _run(
    parents: Mapping[JobName, Collection[JobName]],
    created: Mapping[JobName, float],
    slots: int,
    chance: random.Random,
    fail: Collection[str],
    spot: Collection[str],
) -> tuple[dict[JobName, _Times], dict[JobName, JobName]]:
    children = children_of(parents)
    waits = {name: len(parents[name]) for name in parents}
    free = [BEGAN + 20.0] * slots
    heapq.heapify(free)
    ready = [(created[name], name) for name in parents if not waits[name]]
    heapq.heapify(ready)
    done = dict(created)
    times: dict[JobName, _Times] = {}
    blocked: dict[JobName, JobName] = {}
    while ready:
        at, name = heapq.heappop(ready)
        begin = max(at, heapq.heappop(free)) + chance.uniform(2, 8)
        seen = begin - 1.5
        tries = []
        if name in spot:
            stop = begin + chance.uniform(10, 40)
            tries.append((begin, stop))
            begin = stop + chance.uniform(20, 60)
        stop = begin + chance.lognormvariate(3.5, 0.6)
        tries.append((begin, stop))
        heapq.heappush(free, stop)
        times[name] = _Times(created=created[name], seen=seen, tries=tuple(tries))
        if name in fail:
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


def _submission(
    name: JobName, record: JobRecord, parents: tuple[JobName, ...], one: _Times, *, failed: bool, looked: float | None
) -> Submission:
    begin, end = one.tries[-1]
    seen = tuple(
        SeenState(at=at, state=state)
        for at, state in ((one.seen, JobState.STARTING), (one.tries[0][0] + 0.7, JobState.RUNNING))
        if looked is None or at < looked
    )
    if looked is not None and end > looked:
        state = seen[-1].state if seen else JobState.RUNNABLE
        return Submission(job=name, record=replace(record, state=state), parents=parents, seen=seen)
    attempts = tuple(
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
        created_at=one.created, started_at=begin, stopped_at=end, attempts=(*attempts, last), log="log/2"
    )
    state = JobState.FAILED if failed else JobState.SUCCEEDED
    failure = replace(FAILURE, attempts=len(one.tries)) if failed else None
    return Submission(
        job=name, record=replace(record, state=state, failure=failure, execution=execution), parents=parents, seen=seen
    )


def _sized(one: Submission, vcpus: float | None, memory_mib: int | None) -> Submission:
    if one.record.execution is None:
        return one
    execution = replace(one.record.execution, vcpus=vcpus, memory_mib=memory_mib)
    return replace(one, record=replace(one.record, execution=execution))
