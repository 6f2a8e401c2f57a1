"""How the jobs of a run stand when it is taken up again, and which of them are to be submitted anew. Pure.

What the journal says and what the service says are laid side by side; what neither can know is not guessed at.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kedro_batch.errors import UsageError
from kedro_batch.plan.graph import children_of
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import JobChanged, JobSubmitted
from kedro_batch.submitter.journal_view import Recorded
from kedro_batch.submitter.reconcile.duplicates import Copy
from kedro_batch.submitter.run_state import AT_WORK, ENDED, JobRecord, JobState, RunState
from kedro_batch.text.wording import did_you_mean, listed

REMEMBERED_S = 24 * 3600
"""So long AWS Batch surely knows a job after its end: the guide says 7 days, users report 24 hours."""

Parents = Mapping[JobName, Sequence[JobName]]
"""The jobs of a plan with their parents; parents come first."""

_STOPS = frozenset({JobState.FAILED, JobState.LOST, JobState.NOT_RUN})
_HAS_STARTED = AT_WORK | {JobState.SUCCEEDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """How the jobs of a run stand.

    Attributes:
        standing: Every job that is not simply waiting for its first submission.
        unsure: Jobs of which it is not known whether they were submitted: to be looked up before they are sent.
        forgotten: Jobs that may have been submitted so long ago that the service has forgotten how they ended.
    """

    standing: Mapping[JobName, JobRecord]
    unsure: frozenset[JobName]
    forgotten: tuple[JobName, ...]


def stock_of(  # noqa: PLR0913  all that is known of a run, from three sources
    parents: Parents,
    *,
    recorded: Mapping[JobName, Recorded],
    kept: Mapping[JobName, Copy],
    newest: Mapping[JobName, int],
    described: Mapping[JobId, JobState],
    began_at: float,
    wall: float,
) -> Stock:
    """Lay journal and service side by side.

    Args:
        parents: The plan.
        recorded: What the journal says; empty where there is none.
        kept: What ListJobs knows.
        newest: The latest submission that ListJobs knows of, whatever became of it.
        described: What DescribeJobs knows of the live jobs of the journal that ListJobs does not have.
        began_at: When the first job was submitted, as far as is known; seconds since the epoch.
        wall: The time; seconds since the epoch.
    """
    standing: dict[JobName, JobRecord] = {}
    unsure: set[JobName] = set()
    forgotten: list[JobName] = []
    old = wall - began_at > REMEMBERED_S
    started_below = _with_started_descendants(parents, kept)
    for job in parents:
        record, copy = recorded.get(job), kept.get(job)
        if copy and not (record and _goes_before(record.standing, copy, newest[job])):
            standing[job] = JobRecord(state=copy.state, submission=newest[job], job_id=copy.job_id)
        elif job in started_below and (record is None or _end_unseen(record, described)):
            standing[job] = replace(record.standing if record else JobRecord(), state=JobState.SUCCEEDED)
        elif record is None:
            if kept and not recorded:  # without a journal, what is not seen may only not be visible yet
                forgotten += [job] if old else []
                unsure.add(job)
        elif record.unsure:
            forgotten += [job] if _long_ago(record, wall) else []
            standing[job] = record.standing
            unsure.add(job)
        elif record.standing.live and record.standing.job_id not in described:
            forgotten += [job] if _long_ago(record, wall) else []
            standing[job] = replace(record.standing, state=JobState.LOST)
        elif record.standing.live and record.standing.job_id:
            standing[job] = replace(record.standing, state=described[record.standing.job_id])
        else:
            standing[job] = record.standing
    return Stock(standing=standing, unsure=frozenset(unsure), forgotten=tuple(forgotten))


def _goes_before(recorded: JobRecord, copy: Copy, newest: int) -> bool:
    """Tell whether the journal knows better than the service.

    It does of an submission that the service does not show yet, of one that is done, and of one that was called off:
    to the service that one has failed.
    """
    called_off = recorded.state is JobState.NOT_RUN and copy.state is JobState.FAILED
    same = recorded.submission == copy.submission
    return recorded.submission > newest or (same and (recorded.state is JobState.SUCCEEDED or called_off))


def _end_unseen(record: Recorded, described: Mapping[JobId, JobState]) -> bool:
    """Tell whether only the first submission was ever made, and neither side knows how it ended."""
    one = record.standing
    return one.submission == 1 and (record.unsure or (one.live and one.job_id not in described))


def _long_ago(record: Recorded, wall: float) -> bool:
    return record.intended_at is not None and wall - record.intended_at > REMEMBERED_S


def _with_started_descendants(parents: Parents, kept: Mapping[JobName, Copy]) -> set[JobName]:
    """Give the jobs that must have succeeded, because AWS Batch has started a job below them."""
    above: set[JobName] = set()
    for job in reversed(list(parents)):
        if job in above or (job in kept and kept[job].state in _HAS_STARTED):
            above.update(parents[job])
    return above


def assumed_done(stock: Stock, done: Collection[JobName]) -> Stock:
    """Take the word of the user for jobs that have succeeded; the other forgotten ones are taken for lost."""
    standing = dict(stock.standing)
    for job in (*stock.forgotten, *done):
        known = standing.get(job, JobRecord())
        standing[job] = replace(known, state=JobState.SUCCEEDED if job in done else JobState.LOST, blocked_by=None)
    return Stock(standing=standing, unsure=stock.unsure - set(done) - set(stock.forgotten), forgotten=())


def closed(parents: Parents, standing: Mapping[JobName, JobRecord]) -> dict[JobName, JobRecord]:
    """Draw the consequences of failures: what is below one is not run."""
    result = dict(standing)
    for job, above in parents.items():
        one = result.get(job, JobRecord())
        if one.state is JobState.SUCCEEDED or one.state in AT_WORK:
            continue
        for parent in above:
            stop = result.get(parent, JobRecord())
            followed = stop.state is JobState.LOST and one.live
            if stop.state in _STOPS and not followed:
                result[job] = replace(one, state=JobState.NOT_RUN, blocked_by=stop.blocked_by or parent)
                break
    return result


def again(
    parents: Parents,
    standing: Mapping[JobName, JobRecord],
    *,
    from_jobs: Sequence[JobName] = (),
    only_jobs: Sequence[JobName] = (),
) -> frozenset[JobName]:
    """Choose the jobs to be submitted anew: all that failed, were blocked or lost, and those asked for.

    Args:
        parents: The plan.
        standing: How its jobs stand.
        from_jobs: These and all below them as well, whatever became of them.
        only_jobs: These and no others.

    Raises:
        UsageError: A job is unknown, is still going on, or waits for one that has not succeeded.
    """
    for job in (*from_jobs, *only_jobs):
        if job not in parents:
            raise UsageError(f"the plan of the run has no job {job!r}.{did_you_mean(job, parents)}")
    unfinished = {job for job in parents if standing.get(job, JobRecord()).state in _STOPS}
    chosen = set(only_jobs) or unfinished | _below(parents, from_jobs)
    going_on = sorted(job for job in chosen if standing.get(job, JobRecord()).live)
    if going_on:
        raise UsageError(
            f"{listed(going_on)} of those to be run again still go on: wait until they have ended, or cancel the run"
        )
    for job in only_jobs:
        for parent in parents[job]:
            state = standing.get(parent, JobRecord()).state
            if parent not in chosen and (state in _STOPS or state is JobState.NOT_SUBMITTED):
                raise UsageError(
                    f"{job} cannot be run alone: it needs {parent}, which has not succeeded ({state}). "
                    f"Use --from {parent}"
                )
    return frozenset(chosen)


def _below(parents: Parents, jobs: Iterable[JobName]) -> set[JobName]:
    children = children_of(parents)
    found: set[JobName] = set()
    to_visit = list(jobs)
    while to_visit:
        job = to_visit.pop()
        if job not in found:
            found.add(job)
            to_visit += children[job]
    return found


def renewed(standing: Mapping[JobName, JobRecord], jobs: Collection[JobName]) -> dict[JobName, JobRecord]:
    """Give these jobs another submission; one that never had any keeps its first."""
    result = dict(standing)
    for job in jobs:
        was = result.get(job, JobRecord())
        submitted = was.job_id is not None or was.state in ENDED - {JobState.NOT_RUN}
        result[job] = JobRecord(submission=was.submission + submitted)
    return result


def differences(before: Mapping[JobName, JobRecord], now: RunState) -> Iterator[JobSubmitted | JobChanged]:
    """Yield as events what is otherwise than the journal has it, parents first."""
    for job in now.names:
        one, was = now.standing(job), before.get(job, JobRecord())
        if one.job_id and (one.job_id, one.submission) != (was.job_id, was.submission):
            yield JobSubmitted(job=job, job_id=one.job_id, submission=one.submission, adopted=True)
            was = replace(was, state=JobState.SUBMITTED, submission=one.submission)
        if one.state is not was.state or one.submission != was.submission:
            yield JobChanged(
                job=job,
                job_id=one.job_id,
                submission=one.submission,
                before=was.state,
                after=one.state,
                blocked_by=one.blocked_by,
            )
