"""Check before the first submission: targets, account and region, permission to look jobs up.

Every queue and definition has to exist and be usable, the run has to be in this account and region, and a job whose
reply is lost has to be found again. Nothing is submitted here, and a refusal names all that is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from kedro_batch.cloud.replies import DefinitionDetail, QueueDetail
from kedro_batch.errors import Fault, ServiceError, UsageError
from kedro_batch.plan.submit_job import run_prefix
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.service.call_pool import Lane

_ACCOUNT = 4
"""The place of the account in an ARN: arn:aws:batch:region:account:..."""


_WITHOUT_STS = (
    ". Allow sts:GetCallerIdentity and make AWS STS reachable (AWS_ENDPOINT_URL_STS); or leave `account` out of "
    "aws_batch.yml and compile again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where the jobs of a run go.

    Attributes:
        definitions: The newest active revision of each definition that the plan does not declare, by how it names it.
        location: Region and account, or a folder, as far as they are known.
    """

    definitions: Mapping[str, str]
    location: Mapping[str, str]


def check_targets(context: RunContext) -> Targets:
    """Check the queues and definitions of a plan. What the account may not look up is used as the plan names it.

    Raises:
        ServiceError: Some are missing or unusable, all named at once, or the service did not answer.
    """
    wrong: list[str] = []
    queues = _describe_queues(context)
    if queues is not None:
        wrong += _unusable_queues(context.queues, queues)
    definitions: dict[str, str] = {}
    named = {job.settings.job_definition for job in context.plan.jobs} - context.plan.job_definitions.keys()
    for name in sorted(named):
        try:
            revisions = context.service.call(Lane.DESCRIBE, partial(context.engine.describe_job_definitions, name))
        except ServiceError as error:
            _warn_if_denied(context, error)
            definitions[name] = name
            continue
        revision = _newest(name, revisions)
        if revision is None:
            wrong.append(f"job definition {name!r} does not exist or has no active revision")
        else:
            definitions[name] = revision.arn
    if wrong:
        lines = "\n".join(f"  {one}" for one in wrong)
        raise ServiceError(
            f"nothing was submitted, because the plan's targets cannot be used:\n{lines}\n"
            "Check the names in the plan, and the account and region that you are in"
        )
    return Targets(definitions=definitions, location=_location(context, queues or []))


def check_account(context: RunContext) -> dict[str, str]:
    """Refuse credentials of another account than the plan's; return what is known by that, nothing if it names none.

    Raises:
        ServiceError: It is another account, or nobody can say which one.
    """
    account = context.plan.account
    if account is None:
        return {}
    try:
        caller = context.service.call(Lane.DESCRIBE, context.engine.caller_identity)
    except ServiceError as error:
        remedy = "" if error.fault is Fault.CREDENTIALS else _WITHOUT_STS
        raise ServiceError(
            f"{error}. The plan is for account {account}, so the account is looked at first: nothing was sent{remedy}",
            fault=error.fault,
        ) from error
    if caller.account != account:
        raise ServiceError(
            f"the plan is for account {account}, and your credentials are of account {caller.account} ({caller.arn}): "
            f"nothing was sent. Choose credentials of {account} with AWS_PROFILE; or, if the plan is for "
            f"{caller.account}, change `account` in aws_batch.yml and compile again"
        )
    return {"account": account}


def current_location(context: RunContext, account: Mapping[str, str]) -> dict[str, str]:
    """Return the region and account that are called, as far as they can be known; the account may be known already.

    Raises:
        ServiceError: The service did not answer.
    """
    return {**_location(context, [] if account else _describe_queues(context, warn=False) or []), **account}


def check_location(context: RunContext, before: Mapping[str, str], here: Mapping[str, str]) -> None:
    """Refuse to take up a run elsewhere than where it was applied: its jobs are not known there.

    Raises:
        UsageError: It was applied in another region or account.
    """
    for what in ("region", "account"):
        there, now = before.get(what), here.get(what)
        if there and now and there != now:
            raise UsageError(
                f"run {context.run_id} was applied in {what} {there}, and this is {now}: its jobs cannot be seen from "
                "here. Set AWS_PROFILE or AWS_DEFAULT_REGION to where it runs"
            )


def check_lookups(context: RunContext) -> None:
    """Check that a job whose reply is lost could be found by its name.

    Raises:
        ServiceError: The account may not list jobs, or the service did not answer.
    """
    for queue in context.queues if context.adopts else ():
        name = f"{run_prefix(context.run_id)}*"
        try:
            context.service.call(Lane.LIST, partial(context.engine.list_jobs, queue, name, None))
        except ServiceError as error:
            if error.fault is not Fault.DENIED:
                raise
            raise ServiceError(
                f"{error}. A job whose reply is lost is looked up by its name, so that it is not submitted twice: "
                "allow batch:ListJobs, or do without it with --no-adopt",
                fault=Fault.DENIED,
            ) from error


def _describe_queues(context: RunContext, *, warn: bool = True) -> list[QueueDetail] | None:
    """Describe the queues of the plan; None if the account may not."""
    try:
        return context.service.call(Lane.DESCRIBE, lambda: context.engine.describe_job_queues(context.queues))
    except ServiceError as error:
        if warn:
            _warn_if_denied(context, error)
        elif error.fault is not Fault.DENIED:
            raise
        return None


def _warn_if_denied(context: RunContext, error: ServiceError) -> None:
    if error.fault is not Fault.DENIED:
        raise error
    message = f"{error}. It is used as the plan names it, unchecked"
    context.emit(Notice(kind=NoticeKind.WARNING, message=message))


def _location(context: RunContext, queues: list[QueueDetail]) -> dict[str, str]:
    accounts = (one.arn.split(":")[_ACCOUNT] for one in queues if one.arn.count(":") >= _ACCOUNT)
    account = next(filter(None, accounts), None)
    return {**context.engine.location, **({"account": account} if account else {})}


def _unusable_queues(names: tuple[str, ...], found: list[QueueDetail]) -> list[str]:
    wrong = []
    for name in names:
        queue = next((one for one in found if name in (one.name, one.arn)), None)
        if queue is None:
            wrong.append(f"job queue {name!r} does not exist")
        elif queue.state != "ENABLED":
            wrong.append(f"job queue {name!r} is {queue.state}")
        elif queue.status not in ("VALID", "UPDATING"):
            wrong.append(f"job queue {name!r} is {queue.status}: {queue.reason}")
    return wrong


def _newest(name: str, found: list[DefinitionDetail]) -> DefinitionDetail | None:
    """Return the newest active revision; where the plan names an ARN, only of this ARN."""
    active = [one for one in found if one.status == "ACTIVE"]
    if name.startswith("arn:"):
        active = [one for one in active if f"{one.arn}:".startswith(f"{name}:")]
    return max(active, key=lambda one: one.revision, default=None)
