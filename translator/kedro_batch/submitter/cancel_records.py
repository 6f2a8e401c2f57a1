"""How the jobs of a run stand once it was cancelled: what the journal has, and what the service says now."""

from collections.abc import Collection, Mapping

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.cancel_rounds import CancelRounds
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.failures import classify_failure
from kedro_batch.submitter.job_state import CALLED_OFF, FAILED_ON_SERVICE, NEW, JobRecord, JobState
from kedro_batch.submitter.reconcile.duplicates import discover
from kedro_batch.submitter.reconcile.job_versions import version_in
from kedro_batch.submitter.reconcile.merge import Records, from_journal, propagate_failures, with_started_descendants
from kedro_batch.submitter.service.api import JobDetail


def cancelled_records(
    context: RunContext, journal: Records, rounds: CancelRounds
) -> tuple[dict[JobName, JobRecord], dict[JobName, bool]]:
    """Merge what the journal has and what the service says now.

    Args:
        context: The run.
        journal: What the journal has.
        rounds: What was found and terminated.

    Returns:
        The records; and of each job that the service knows, whether its latest submission has started.
    """
    after = dict(journal)
    found = [one for one in rounds.found.values() if one.job_id not in rounds.foreign]
    discovered = discover(context.run_id, context.parents, found)
    for job, jobs in discovered.jobs.items():
        # Of two jobs of one submission, the one that has succeeded stands, as in ``duplicates``.
        newest = max(jobs, key=lambda one: (one.submission, one.state is JobState.SUCCEEDED, one.created_at_ms))
        if job not in after or after[job].submission <= newest.submission:
            known = after.get(job, NEW)
            same = (known.job_id, known.state) == (newest.job_id, newest.state)
            after[job] = JobRecord(
                state=newest.state,
                status=newest.status,
                submission=newest.submission,
                job_id=newest.job_id,
                failure=known.failure if same else None,
                execution=known.execution if same else None,
            )
    by_id = {one.job_id: job for job, one in after.items() if one.job_id and one.job_id not in rounds.foreign}
    details = {by_id[one.job_id]: one for one in rounds.describe(by_id)}
    for job, detail in details.items():
        after[job] = _record_now(after[job], detail, terminated=detail.job_id in rounds.terminated)
    after = _with_unknown(context, after, details, listed={*rounds.found})
    _record_version(context, details)
    return propagate_failures(context.parents, after), {job: detail.started for job, detail in details.items()}


def _with_unknown(
    context: RunContext, records: Records, details: Mapping[JobName, JobDetail], *, listed: Collection[JobId]
) -> dict[JobName, JobRecord]:
    """Judge the jobs that go on as the journal says, and that the service does not know: nobody has cancelled them.

    Such a job has succeeded if one below it was started. Else it is LOST, or so old that the service may have forgotten
    how it ended (EXPIRED).
    """
    unknown = {job for job, one in records.items() if one.live and job not in details and one.job_id not in listed}
    evidence = {
        job: one.in_state(JobState.STARTING) if job in details and details[job].started else one
        for job, one in records.items()
    }
    succeeded = with_started_descendants(context.proving_parents, evidence, {})
    judged = dict(records)
    for job in unknown & context.parents.keys():
        one = records[job]
        if job in succeeded and one.submission == 1:
            judged[job] = one.in_state(JobState.SUCCEEDED)
        else:
            judged[job] = from_journal(one, {}, context.began_at, context.calls.wall())
    return judged


def _record_now(known: JobRecord, detail: JobDetail, *, terminated: bool) -> JobRecord:
    """Return the record of a job as the service shows it; what was terminated here and has failed is cancelled."""
    state = JobState.CANCELLED if terminated and detail.state in FAILED_ON_SERVICE else detail.state
    if known.state in CALLED_OFF and state is JobState.FAILED:
        return known
    failure = (known.failure or classify_failure(detail.reply)) if state is JobState.FAILED else None
    execution = known.execution if state is known.state else None
    return known.in_state(state, status=detail.status, failure=failure, execution=execution)


def _record_version(context: RunContext, details: Mapping[JobName, JobDetail]) -> None:
    """Record the version of the run where the journal was lost."""
    versions = {version_in(one.reply) for one in details.values()}
    if context.version is None and len(versions) == 1 and (version := versions.pop()):
        context.journal.record_version(context.run_id, version)
