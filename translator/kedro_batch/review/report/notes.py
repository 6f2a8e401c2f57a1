"""What a report does not know, in sentences. Pure."""

from collections import Counter
from collections.abc import Iterator

from kedro_batch.plan.model import JobName
from kedro_batch.review.report.critical_path import CriticalPath
from kedro_batch.review.report.usage import Usage
from kedro_batch.submitter.job_state import ENDED_ON_SERVICE, JobState
from kedro_batch.submitter.run_history import RunHistory
from kedro_batch.text.wording import counted, duration, listed

_NAMES = 10


def report_notes(history: RunHistory, began_at: float, usage: Usage, path: CriticalPath) -> tuple[str, ...]:
    """Return what is not known of a run.

    Args:
        history: The run.
        began_at: When it began, as it is reported.
        usage: What it used.
        path: Its critical path.
    """
    return (*_notes_of_aws(history), *_notes_of_clocks(history, began_at), *_notes(history, usage, path))


def jobs_not_known(history: RunHistory) -> tuple[JobName, ...]:
    """Return the jobs of a plan that AWS Batch does not know, in the order of the plan."""
    if history.source == "journal":
        return ()
    ids = {one.job for one in history.submissions if one.record.job_id}
    known = {job for job, one in history.latest.items() if job in ids or one.state is JobState.NOT_RUN}
    return tuple(job.name for job in history.plan.jobs if job.name not in known)


def _notes_of_aws(history: RunHistory) -> Iterator[str]:
    """Yield what is not known of a run that only AWS Batch has told of."""
    if history.source == "journal":
        return
    yield (
        "This is what AWS Batch still knows: the journal here does not have the run. Not known is what happened before "
        "its first job was created, when a command saw a job start, and how logs end."
    )
    missing = jobs_not_known(history)
    succeeded = [job for job in missing if history.latest[job].state is JobState.SUCCEEDED]
    if others := [job for job in missing if job not in succeeded]:
        yield (
            f"Jobs that AWS Batch does not know: {listed(others, _NAMES)}. Not submitted, or ended so long ago that "
            "AWS Batch has forgotten them."
        )
    if succeeded:
        yield (
            f"Jobs that AWS Batch has forgotten: {listed(succeeded, _NAMES)}. They have succeeded, since jobs below "
            "them were started; when they ran is not known."
        )


def _notes_of_clocks(history: RunHistory, began_at: float) -> Iterator[str]:
    ahead = history.entry.began_at - began_at
    if ahead >= 1:
        yield (
            f"The clock of the command was ahead of that of AWS Batch by {duration(ahead)} or more: the run counts as "
            "begun when its first job was created."
        )


def _notes(history: RunHistory, usage: Usage, path: CriticalPath) -> Iterator[str]:
    states = Counter(
        one.record.state
        for one in history.submissions
        if one.record.execution is None and one.record.job_id is not None
    )
    if without := sum(states[state] for state in ENDED_ON_SERVICE):
        yield (
            f"Times that are not recorded: {counted(without, 'submission')}. The service was not asked in time, or an "
            "older kedro-batch followed the run. Nothing is drawn for them, and their hours are not counted."
        )
    if history.odd_events:
        yield (
            f"Events of the journal that cannot be read: {history.odd_events:,}. Where one of them told that a job was "
            "starting or running, this is not split, or not drawn."
        )
    if lost := states[JobState.LOST]:
        yield f"Lost: {counted(lost, 'submission')}. Nobody knows when they ran."
    if usage.without_sizes and history.entry.engine == "aws":
        yield (
            f"vCPUs or memory that are not recorded: {counted(usage.without_sizes, 'attempt')}. Their hours are not in "
            "the sums."
        )
    if usage.several_nodes:
        yield (
            f"Jobs with several nodes: {usage.several_nodes:,}. How long each node took is not recorded, so such a job "
            "counts under its own name."
        )
    if not path.is_complete:
        yield "The end of a job above the critical path is not recorded: another path may have been longer."
