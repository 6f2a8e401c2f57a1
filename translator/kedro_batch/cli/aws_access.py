"""Opens AWS Batch for a command: to work on a run, or only to read how it stands and what its jobs have written."""

from dataclasses import replace
from typing import TYPE_CHECKING

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.terminal_prompt import ask_hidden
from kedro_batch.errors import RunUnknown
from kedro_batch.submitter.events import Event, Notice, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.service.call_pool import ThreadedCalls
from kedro_batch.text.wording import listed

if TYPE_CHECKING:
    from kedro_batch.cli.shown_run import ShownRun
    from kedro_batch.plan.model import Plan
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
    from kedro_batch.submitter.service.aws_session import AwsSession  # noqa: PLC0415  likewise

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
        ServiceError: As ``aws_engine``; or the credentials are of another account, or AWS STS did not answer.
        Interrupted: A signal came.
    """
    from kedro_batch.submitter.log_service import AskedService  # noqa: PLC0415  only those that read need it

    plan = replace(run.plan, region=run.region)
    service = AskedService(aws_engine(plan, new_run=False), ThreadedCalls(inbox), inbox, tell, patience_s)
    service.refuse_other_account(run.run_id, run.account)
    return service


def no_job_listed(run: "ShownRun") -> RunUnknown:
    """Return the error that AWS Batch has no job of a run that the journal does not have."""
    return RunUnknown(
        f"AWS Batch has no job of run {run.run_id} in {listed(sorted(run.queues))}: it forgets jobs some days "
        "after they have ended, sometimes within one. Is this the plan of the run?"
    )
