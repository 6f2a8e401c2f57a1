"""The jobs of a run that have not ended, in lines: what runs and for how long, what waits, and for what. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.failure_view import NAMES_SHOWN
from kedro_batch.review.run.job_groups import AT_WORK, GROUP_OF, Group
from kedro_batch.review.run.progress_words import worked_for
from kedro_batch.review.run.status import JobStatus, RunStatus
from kedro_batch.submitter.began import Began
from kedro_batch.submitter.job_state import ENDED, FREES_CHILDREN, JobState
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.times import date_and_time
from kedro_batch.text.wording import counted, duration, listed

_NAMED = 5
_PARENTS_NAMED = 2
_ORDER = {group: number for number, group in enumerate(Group)}
_WAITING = (Group.FOR_CAPACITY, Group.SUBMITTED, Group.FOR_JOBS, Group.UNCONFIRMED, Group.NOT_SUBMITTED)


def unfinished_lines(  # noqa: PLR0913  what is known of a run
    status: RunStatus,
    parents: Mapping[JobName, Sequence[JobName]],
    began: Mapping[JobName, Began],
    usual: Mapping[JobName, float],
    as_of: float,
    *,
    only_known: bool = False,
) -> tuple[str, ...]:
    """Return what runs and what waits in a run that goes on, for its status.

    Args:
        status: The run.
        parents: The jobs of its plan, with those that each one waits for.
        began: When jobs that run began, as far as it is known.
        usual: How long jobs usually run, in seconds, as far as earlier runs tell.
        as_of: When the run was so, in seconds since the epoch.
        only_known: Of jobs that are not there, nobody knows whether they were not submitted or are forgotten.
    """
    at_work = [one for one in status.jobs if _group(one) in AT_WORK]
    at_work.sort(key=lambda one: found.at if (found := began.get(JobName(one.job))) else as_of)
    lines = [_at_work(one, began, usual, as_of) for one in at_work[:NAMES_SHOWN]]
    if len(at_work) > NAMES_SHOWN:
        lines.append(f"and {len(at_work) - NAMES_SHOWN:,} more run")
    lines += _without_machine(one for one in status.jobs if one.stuck)
    open_jobs = {JobName(one.job) for one in status.jobs if JobState(one.state) not in FREES_CHILDREN}
    waiting: dict[Group, list[str]] = {}
    for one in status.jobs:
        group = _group(one)
        others = [name for name in parents.get(JobName(one.job), ()) if name in open_jobs]
        if group is Group.SUBMITTED and others:
            waiting.setdefault(Group.FOR_JOBS, []).append(f"{one.job} for {listed(others, _PARENTS_NAMED)}")
        elif not one.stuck:
            waiting.setdefault(group, []).append(one.job)
    for group in (Group.NOT_SUBMITTED, Group.UNCONFIRMED) if only_known else ():
        waiting.pop(group, None)
    for group in _WAITING:
        if jobs := waiting.get(group):
            verb = "is" if len(jobs) == 1 else "are"
            between = "; " if group is Group.FOR_JOBS else ", "
            lines.append(f"{counted(len(jobs), 'job')} {verb} {group}: {listed(jobs, _NAMED, between)}")
    return tuple(lines)


def lines_of_jobs_left(status: RunStatus) -> tuple[str, ...]:
    """Return the jobs on AWS Batch that a command leaves as it ends, with their ids, those first that are at work."""
    if status.engine != "aws":
        return ()
    left = [one for one in status.jobs if one.job_id and JobState(one.state) not in ENDED]
    others = sorted((one for one in left if not one.stuck), key=lambda one: _ORDER[_group(one)])
    lines = [f"{_name_and_state(one)} {one.job_id}" for one in others[:NAMES_SHOWN]]
    if len(others) > NAMES_SHOWN:
        lines.append(f"and {len(others) - NAMES_SHOWN:,} more")
    return (*_without_machine(left), *lines)


def _group(one: JobStatus) -> Group:
    return GROUP_OF[JobState(one.state)]


def _name_and_state(one: JobStatus) -> str:
    return f"{one.job} {for_terminal(one.status or one.state)}"


def _at_work(one: JobStatus, began: Mapping[JobName, Began], usual: Mapping[JobName, float], as_of: float) -> str:
    job = JobName(one.job)
    parts = [" ".join(filter(None, (_name_and_state(one), one.job_id)))]
    if took := worked_for(began.get(job), as_of):
        parts.append(f"for {took}")
    if job in usual:
        parts.append(f"usually {duration(usual[job])}")
    return ", ".join(parts)


def _without_machine(jobs: Iterable[JobStatus]) -> list[str]:
    """Return the jobs that get no machine, each reason once."""
    told: dict[str, list[JobStatus]] = {}
    for one in jobs:
        if one.stuck:
            told.setdefault(one.stuck.reason, []).append(one)
    lines = []
    for reason, alike in told.items():
        named = listed([f"{_name_and_state(one)} {one.job_id}" for one in alike], _NAMED)
        since = min(datetime.fromisoformat(one.stuck.since).timestamp() for one in alike if one.stuck)
        lines.append(f"{named}, without a machine since {date_and_time(since)}: {for_terminal(reason)}")
    return lines
