"""Opens AWS Batch for a command: to work on a run, or only to read how it stands and what its jobs have written."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.terminal_prompt import ask_hidden
from kedro_batch.errors import Fault, RunUnknown, ServiceError
from kedro_batch.submitter.events import Event, Notice, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.service.call_pool import ThreadedCalls
from kedro_batch.text.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedro_batch.cli.shown_run import ShownRun
    from kedro_batch.plan.model import Plan
    from kedro_batch.plan.submit_job import RunId
    from kedro_batch.submitter.log_service import AskedService
    from kedro_batch.submitter.service.aws import AwsEngine


def aws_engine(plan: "Plan", *, new_run: bool) -> "AwsEngine":
    """Return the engine for AWS Batch, in the region of a plan if it names one.

    Args:
        plan: The plan.
        new_run: No run is bound to this plan yet, so that another one might do.

    Raises:
        ServiceError: boto3 finds no region, another one than the plan's, or a profile that does not exist; or a role
            wants an MFA code that nobody types.
    """
    from kedro_batch.submitter.service.aws import AwsEngine  # noqa: PLC0415  boto3 takes a third of a second
    from kedro_batch.submitter.service.aws_session import AwsSession  # noqa: PLC0415  boto3 takes a third of a second

    return AwsEngine(AwsSession(plan.region, plan.account, new_run=new_run, ask=ask_hidden))


def tell_notices(event: Event) -> None:
    """Say on standard error what goes wrong with the service."""
    if isinstance(event, Notice):
        print_plainly(event.message)


def open_for_reading(run: "ShownRun", inbox: Inbox, tell: Sink, patience_s: float) -> "AskedService":
    """Open AWS Batch and CloudWatch Logs where a run is, for a command that only reads.

    Args:
        run: The run.
        inbox: Hears the signals that end the command.
        tell: Receives what goes wrong while they are asked.
        patience_s: How long they are asked again while they do not answer.

    Raises:
        RunUnknown: As ``saying_unknown``.
        ServiceError: As ``aws_engine``; or the credentials are of another account, or AWS STS did not answer.
        Interrupted: A signal came.
    """
    from kedro_batch.submitter.log_service import AskedService  # noqa: PLC0415  only those that read need it

    plan = replace(run.plan, region=run.region)
    with saying_unknown(run.run_id, run.journal, known=run.entry is not None):
        engine = aws_engine(plan, new_run=False)
    service = AskedService(engine, ThreadedCalls(inbox), inbox, tell, patience_s)
    service.refuse_other_account(run.run_id, run.account)
    return service


@contextmanager
def saying_unknown(run_id: "RunId", journal: Path, *, known: bool) -> "Iterator[None]":
    """Say that a journal does not have a run, if that is why the block opens AWS Batch, and it cannot.

    Args:
        run_id: The run.
        journal: The journal.
        known: The journal has the run.

    Raises:
        RunUnknown: It does not, and no settings of AWS were found either.
        ServiceError: As the block does.
    """
    try:
        yield
    except ServiceError as error:
        if known or error.fault is not Fault.SETTINGS or not journal.is_file():
            raise
        raise RunUnknown(
            f"the journal {journal} has no run {run_id} (see kedro-batch runs{journal_words(journal)}), and AWS Batch "
            f"cannot be asked for it: {error}"
        ) from error


def no_job_listed(run: "ShownRun") -> RunUnknown:
    """Return the error that AWS Batch has no job of a run that the journal does not have."""
    return RunUnknown(
        f"AWS Batch has no job of run {run.run_id} in {listed(sorted(run.queues))}: it forgets jobs some days "
        "after they have ended, sometimes within one. Is this the plan of the run?"
    )
