"""Give a run the one version under which all its jobs save data, before anything of it is submitted.

A run that is new gets one of the time. A run that goes on keeps it: the journal has it, or else the environment that
AWS Batch shows of its jobs. A guess would let jobs read what another run wrote, so a run without either is refused.
"""

from datetime import UTC, datetime

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import DataVersion, make_data_version
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.reconcile.job_version import find_versions
from kedro_batch.submitter.reconcile.merge import jobs_left
from kedro_batch.submitter.reconcile.reconcile import Reconciled
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
    begun_without = any(one.intended_at for one in context.journal.records(context.run_id).values())
    if context.version is None and left and not begun_without:
        context.version = _recovered(context, reconciled)
        context.journal.record_version(context.run_id, context.version)
    if given and given != context.version and (context.version or begun_without):
        has = f"the version {context.version}" if context.version else "no version: an older kedro-batch has begun it"
        raise UsageError(f"run {context.run_id} has {has}. Leave --data-version out")


def _recovered(context: RunContext, reconciled: Reconciled) -> DataVersion:
    """Return the version that the jobs of the run have, or that the user names where nobody else can tell."""
    found = sorted(set(find_versions(context, reconciled.found).values()))
    if len(found) == 1:
        return found[0]
    if context.options.data_version:
        return context.options.data_version
    why = f"AWS Batch shows several for its jobs: {listed(found)}" if found else "AWS Batch shows none for its jobs"
    raise UsageError(
        f"it is not known under which version run {context.run_id} saves data: the journal does not have it, and "
        f"{why}. Nothing was submitted. The first line in the log of each job has it: name it with --data-version "
        "VERSION; or start a new run: kedro-batch apply PLAN"
    )
