"""What goes on in a run at a moment, in lines: what runs and for how long, what waits, and for what. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.status import JobStatus, RunStatus
from kedro_batch.submitter.job_state import FREES_CHILDREN, LIVE, MAY_BE_WORKING, JobState
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, duration, listed

_ROWS = 10
_NAMED = 5
_PARENTS_NAMED = 2


def going_on_lines(
    status: RunStatus, parents: Mapping[JobName, Sequence[JobName]], usual: Mapping[JobName, float], now: float
) -> tuple[str, ...]:
    """Return what goes on in a run.

    Args:
        status: The run.
        parents: The jobs of its plan, with those that each one waits for.
        usual: How long jobs usually run, in seconds, as far as earlier runs tell.
        now: Seconds since the epoch.
    """
    live = [one for one in status.jobs if JobState(one.state) in LIVE]
    working = [one for one in live if JobState(one.state) in MAY_BE_WORKING]
    working.sort(key=lambda one: (one.started_at is None, one.started_at or ""))
    lines = [_working(one, usual.get(JobName(one.job)), now) for one in working[:_ROWS]]
    if len(working) > _ROWS:
        lines.append(f"and {len(working) - _ROWS:,} more run")
    open_parents = {JobName(one.job) for one in status.jobs if JobState(one.state) not in FREES_CHILDREN}
    waiting = [one for one in live if one not in working]
    lines += _without_machine([one for one in waiting if one.stuck])
    others = {one.job: [name for name in parents.get(JobName(one.job), ()) if name in open_parents] for one in waiting}
    for_capacity = [one.job for one in waiting if not one.stuck and not others[one.job]]
    if for_capacity:
        lines.append(f"{_count(for_capacity)} for capacity (RUNNABLE): {listed(for_capacity, _NAMED)}")
    for_jobs = [one.job for one in waiting if not one.stuck and others[one.job]]
    if for_jobs:
        named = [f"{job} for {listed(others[job], _PARENTS_NAMED)}" for job in for_jobs]
        lines.append(f"{_count(for_jobs)} for other jobs: {listed(named, _NAMED, '; ')}")
    return tuple(lines)


def _count(jobs: Sequence[str]) -> str:
    return f"{counted(len(jobs), 'job')} {'waits' if len(jobs) == 1 else 'wait'}"


def _working(one: JobStatus, usual_s: float | None, now: float) -> str:
    line = " ".join(filter(None, (one.job, for_terminal(one.status or one.state), one.job_id)))
    if one.started_at:
        line += f", for {duration(max(0.0, now - datetime.fromisoformat(one.started_at).timestamp()))}"
    return line if usual_s is None else f"{line}, usually {duration(usual_s)}"


def _without_machine(stuck: Iterable[JobStatus]) -> list[str]:
    """Return the jobs that get no machine, each reason once."""
    told: dict[str, list[JobStatus]] = {}
    for one in stuck:
        if one.stuck:
            told.setdefault(one.stuck.reason, []).append(one)
    return [
        f"{listed([f'{one.job} {one.state} {one.job_id}' for one in jobs], _NAMED)}, without a machine since "
        f"{_local_time(min(one.stuck.since for one in jobs if one.stuck))}: {for_terminal(reason)}"
        for reason, jobs in told.items()
    ]


def _local_time(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
