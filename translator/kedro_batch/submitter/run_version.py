"""Give a run the one version under which all its jobs save data, before anything of it is submitted.

A run that is new gets one of the time. A run that goes on keeps it: the journal has it, or else the environment that
AWS Batch shows of its jobs. A guess would let jobs read what another run wrote, so a run without either is refused.
"""

from datetime import UTC, datetime

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import DataVersion, make_data_version
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.reconcile.job_versions import was_submitted_here
from kedro_batch.submitter.reconcile.reconcile import Reconciled
from kedro_batch.submitter.reconcile.rerun import jobs_left
from kedro_batch.text.wording import listed


def choose_version(context: RunContext, reconciled: Reconciled) -> None:
    """Give the run its version, and write it to the journal.

    A run that an older kedro-batch has begun goes on without one, as it began. One of which nothing is left to submit
    needs none.

    Raises:
        UsageError: Nobody can say which version the run has, or it is another one than the user names.
        ServiceError: The service refused.
    """
    given = context.options.data_version
    if context.version is None and not reconciled.records:
        if given:
            raise UsageError(f"run {context.run_id} is new, and gets a version of its own: leave --data-version out")
        now = make_data_version(datetime.fromtimestamp(context.calls.wall(), UTC))
        context.version = context.journal.begin_version(context.run_id, now)
        return
    left = jobs_left(context.parents, reconciled.records, context.options.only_jobs)
    begun_without = was_submitted_here(context.journal.records(context.run_id))
    if context.version is None and left and not begun_without:
        context.version = _named_version(context, reconciled)
        context.journal.record_version(context.run_id, context.version)
    if given and given != context.version and (context.version or begun_without):
        has = f"the version {context.version}" if context.version else "no version: an older kedro-batch has begun it"
        raise UsageError(f"run {context.run_id} has {has}. Leave --data-version out")


def _named_version(context: RunContext, reconciled: Reconciled) -> DataVersion:
    """Return the version that the user names, since nobody else can tell."""
    if context.options.data_version:
        return context.options.data_version
    why = "AWS Batch no longer knows its jobs"
    if reconciled.on_service:
        why = "AWS Batch shows none for its jobs"
    if reconciled.versions:
        why = f"AWS Batch shows several for its jobs ({listed(sorted(reconciled.versions))})"
    raise UsageError(
        f"it is not known under which version run {context.run_id} saves data: the journal does not have it, and "
        f"{why}. Nothing was submitted. Name it with --data-version VERSION: the line 'kedro-batch: run ...' in the "
        "log of each job has it. Where no log has that line, no image has kedro-batch, and the time of now will do. Or "
        "start a new run: kedro-batch apply PLAN"
    )
