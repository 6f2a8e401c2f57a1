"""Ask AWS Batch about the jobs that the journal has and ListJobs does not, and refuse a journal that it contradicts.

A run of 10,000 jobs costs nothing here while ListJobs has them. What it has not is described, a hundred in a call.
"""

import shlex
from collections.abc import Mapping, Sequence

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import time_of_version
from kedro_batch.plan.submit_job import JobId, parsed_job_name
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_state import LIVE, MAY_STILL_LIVE, JobState
from kedro_batch.submitter.reconcile.ask_service import describe_jobs
from kedro_batch.submitter.reconcile.belief import belief_in
from kedro_batch.submitter.reconcile.belongs import is_of_run
from kedro_batch.submitter.reconcile.copies import Row, ids_not_listed, join
from kedro_batch.submitter.reconcile.duplicates import Discovered
from kedro_batch.submitter.reconcile.merge import with_started_descendants
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.limits import REMEMBERED_S
from kedro_batch.text.wording import counted, listed


def described_rows(context: RunContext, rows: Sequence[Row], found: Discovered) -> dict[JobId, JobDetail]:
    """Describe what the journal has beside the jobs that ListJobs has, and compare it the first time.

    Args:
        context: The run.
        rows: What the journal has, every submission, the latest of each job last.
        found: What ListJobs has.

    Returns:
        What DescribeJobs says; only jobs of this run.

    Raises:
        UsageError: The journal cannot be believed. Nothing has been changed.
        ServiceError: The service refused.
    """
    rows = [(job, one) for job, one in rows if job in context.parents]
    details = _describe(context, rows, found)
    ours = {job_id: one for job_id, one in details.items() if _is_of_plan(context, one)}
    own = context.options.mode is RunMode.START  # this process has written all of it
    if not (context.journal_checked or own) and context.engine.capabilities.keeps_jobs:
        _check(context, rows, found, details, join(found, dict(rows), ours))
    context.journal_checked = True
    return ours


def _describe(context: RunContext, rows: Sequence[Row], found: Discovered) -> dict[JobId, JobDetail]:
    """Describe jobs: several times what AWS Batch has to know, and once what may be forgotten."""
    latest, first = dict(rows), not context.journal_checked
    states = {one.job_id: one.state for jobs in found.jobs.values() for one in jobs}
    young_since = context.calls.wall() - REMEMBERED_S
    expected = {
        one.job_id
        for one in latest.values()
        if one.live or (first and one.state is JobState.SUCCEEDED and (one.intended_at or 0) >= young_since)
    }
    # After the first time, what has ended is asked about again only where a second job may run beside it.
    may_live = {one.job_id for job, one in rows if first or one.state in LIVE | MAY_STILL_LIVE or job in found.jobs}
    in_journal = {one.job_id for _, one in rows}
    missing = [one for one in ids_not_listed(rows, found) if one in may_live or one not in in_journal]
    contradicted = [
        one.job_id
        for one in latest.values()
        if one.job_id and one.state is JobState.SUCCEEDED and states.get(one.job_id, one.state) is not one.state
    ]
    once = [*(one for one in missing if one not in expected), *contradicted]
    details = {one.job_id: one for one in context.service.describe_jobs(once)}
    return details | describe_jobs(context, [one for one in missing if one in expected])


def _is_of_plan(context: RunContext, detail: JobDetail) -> bool:
    named = parsed_job_name(detail.name)
    return named is not None and named[1] in context.parents and is_of_run(detail, context.run_id, context.run_digest)


def _check(
    context: RunContext,
    rows: Sequence[Row],
    found: Discovered,
    details: Mapping[JobId, JobDetail],
    joined: Discovered,
) -> None:
    """Refuse a journal that the service contradicts, and say what is taken as done from the journal alone."""
    started = {job: one for job, jobs in joined.jobs.items() for one in jobs if one.proves_parents}
    belief = belief_in(
        context.run_id,
        context.run_digest,
        rows,
        listed=found,
        details=details,
        proven=with_started_descendants(context.proving_parents, {}, started),
        version_at=time_of_version(context.version).timestamp() if context.version else None,
        wall=context.calls.wall(),
    )
    file, run_id = context.journal.file, context.run_id
    if belief.doubts:
        raise UsageError(
            f"the journal {file} cannot be believed about run {run_id}, and nothing was submitted or terminated: "
            f"{listed(belief.doubts, 3, '; ')}. It may come from somebody else, or from another account. Take the "
            f"run up from what AWS Batch knows of it, with another journal: kedro-batch resume {run_id} --plan PLAN "
            f"--journal {shlex.quote(str(file.with_name(f'{run_id}-again.db')))}"
        )
    if belief.unproven:
        message = (
            f"the journal alone says that {counted(len(belief.unproven), 'job')} of run {run_id} succeeded, because "
            f"AWS Batch no longer knows them: {listed(belief.unproven)}"
        )
        context.emit(Notice(kind=NoticeKind.WARNING, message=message))
