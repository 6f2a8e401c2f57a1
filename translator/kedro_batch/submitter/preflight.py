"""Looks before the first submit: every queue and definition of a plan has to exist and be usable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from kedro_batch.errors import Fault, ServiceError, UsageError
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.service.api import DefinitionDetail, QueueDetail
from kedro_batch.submitter.service.call_pool import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where a run goes.

    Attributes:
        definitions: Every definition as the plan names it, with the one revision that the whole run uses.
        account: The account of the queues, where it could be looked up.
        unchecked: What the account may not look up.
    """

    definitions: dict[str, str]
    account: str | None = None
    unchecked: list[str] = field(default_factory=list)


def resolve_targets(context: RunContext) -> Targets:
    """Check the queues and definitions of a plan. What the account may not look up is taken as it stands.

    Raises:
        ServiceError: Some are missing or unusable, all named at once, or the service did not answer.
    """
    targets = Targets(definitions={}, account=None)
    account = None
    wrong: list[str] = []
    try:
        found = context.ask(Lane.DESCRIBE, lambda: context.engine.describe_job_queues(context.queues))
    except ServiceError as error:
        _pass_over(error, targets)
    else:
        wrong += _unusable_queues(context.queues, found)
        account = next((_account(one["jobQueueArn"]) for one in found), None)
    for name in sorted({job.settings.job_definition for job in context.plan.jobs}):
        try:
            revisions = context.ask(Lane.DESCRIBE, partial(context.engine.describe_job_definitions, name))
        except ServiceError as error:
            _pass_over(error, targets)
            targets.definitions[name] = name
            continue
        revision = _newest(name, revisions)
        if revision is None:
            wrong.append(f"job definition {name!r} does not exist or has no active revision")
        else:
            targets.definitions[name] = revision["jobDefinitionArn"]
    if wrong:
        lines = "\n".join(f"  {one}" for one in wrong)
        raise ServiceError(
            f"nothing was submitted, because the plan's targets cannot be used:\n{lines}\n"
            "Check the names in the plan, and the account and region that you are in"
        )
    return Targets(definitions=targets.definitions, account=account, unchecked=targets.unchecked)


def current_location(context: RunContext) -> dict[str, str]:
    """Give region and account of what is called here, as far as they can be known.

    Raises:
        ServiceError: The service did not answer.
    """
    try:
        found = context.ask(Lane.DESCRIBE, lambda: context.engine.describe_job_queues(context.queues))
    except ServiceError as error:
        if error.fault is not Fault.DENIED:
            raise
        found = []
    account = next((_account(one["jobQueueArn"]) for one in found), None)
    return {**context.engine.location, **({"account": account} if account else {})}


def check_location(context: RunContext, before: Mapping[str, str], here: Mapping[str, str]) -> None:
    """Make sure that a run is taken up where it was applied: elsewhere its jobs are not known.

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


def _pass_over(error: ServiceError, targets: Targets) -> None:
    if error.fault is not Fault.DENIED:
        raise error
    targets.unchecked.append(str(error))


def _account(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 and parts[4] else None  # noqa: PLR2004  arn:aws:batch:region:account:...


def _unusable_queues(names: tuple[str, ...], found: list[QueueDetail]) -> list[str]:
    wrong = []
    for name in names:
        queue = next((one for one in found if name in (one["jobQueueName"], one["jobQueueArn"])), None)
        if queue is None:
            wrong.append(f"job queue {name!r} does not exist")
        elif queue["state"] != "ENABLED":
            wrong.append(f"job queue {name!r} is {queue['state']}")
        elif queue["status"] not in ("VALID", "UPDATING"):
            wrong.append(f"job queue {name!r} is {queue['status']}: {queue['statusReason']}")
    return wrong


def _newest(name: str, found: list[DefinitionDetail]) -> DefinitionDetail | None:
    """Choose the newest active revision; where the plan names an ARN, only of this ARN."""
    active = [one for one in found if one["status"] == "ACTIVE"]
    if name.startswith("arn:"):
        active = [one for one in active if f"{one['jobDefinitionArn']}:".startswith(f"{name}:")]
    return max(active, key=lambda one: one["revision"], default=None)
