"""Check before the first submission: targets, account and region, permission to look jobs up.

Every queue and definition has to exist and be usable, the run has to be in this account and region, and a job whose
reply is lost has to be found again. Nothing is submitted here, and a refusal names all that is wrong.
"""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from kedro_batch.cloud.checks.finding import COMPILE_AGAIN, Finding, Status, with_steps
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import TargetReplies, TargetSource, ask_for_targets
from kedro_batch.cloud.checks.targets import judge_targets
from kedro_batch.cloud.replies import Identity, QueueDetail
from kedro_batch.errors import Fault, ServiceError, UsageError
from kedro_batch.plan.model import Job
from kedro_batch.plan.submit_job import run_prefix
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.other_account import refuse_other_account
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.text.arns import account_in_arn

_T = TypeVar("_T")
"""The place of the account in an ARN: arn:aws:batch:region:account:..."""

_WITHOUT_STS = ". Allow sts:GetCallerIdentity and make AWS STS reachable (AWS_ENDPOINT_URL_STS)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where the jobs of a run go.

    Attributes:
        replies: What is known of queues and definitions.
        location: Region and account, or a folder, as far as they are known.
    """

    replies: TargetReplies
    location: Mapping[str, str]


def look_at_targets(context: RunContext) -> Targets:
    """Look the queues and definitions of a plan up.

    Raises:
        ServiceError: A queue does not exist, so that no job of the run can be found in it; all that is wrong is named.
            Or the service did not answer.
    """
    engine = context.engine

    def ask(call: Callable[[TargetSource], _T], /) -> _T:
        return context.service.call_until_answered(Lane.DESCRIBE, lambda: call(engine))

    region, account = engine.location.get("region", ""), context.plan.account  # it has been compared, if it is stated
    replies = ask_for_targets(context.plan, ask, region=region, account=account)
    targets = Targets(replies=replies, location=location_of(context, [*(replies.queues or {}).values()]))
    if replies.queues is not None and not set(context.plan_queues) <= replies.queues.keys():
        _judge(context, replies, context.plan.jobs)
    return targets


def check_targets(context: RunContext, targets: Targets, jobs: Sequence[Job]) -> dict[str, str]:
    """Check the queues and definitions of the jobs that are to be submitted.

    What the account may not look up is used as the plan names it.

    Returns:
        The newest active revision of each definition that the plan does not declare, by how it names it.

    Raises:
        ServiceError: Some are missing or unusable, all named at once.
    """
    replies = targets.replies
    for check in (one for one in _WARNED if one in replies.unknown):
        message = f"{replies.unknown[check]}. It is used as the plan names it, unchecked"
        context.emit(Notice(kind=NoticeKind.WARNING, message=message))
    _judge(context, replies, jobs)
    names = {job.settings.job_definition for job in jobs} - context.plan.job_definitions.keys()
    found = {name: one.arn for name, one in replies.definitions.items() if one}
    return {name: found.get(name, name) for name in sorted(names)}


def _judge(context: RunContext, replies: TargetReplies, jobs: Sequence[Job]) -> None:
    """Judge what these jobs use, and nothing else."""
    if not context.engine.capabilities.in_account:
        return
    queues = {job.settings.job_queue for job in jobs}
    definitions = {job.settings.job_definition for job in jobs}
    used = replace(
        replies,
        queues=replies.queues and {name: one for name, one in replies.queues.items() if name in queues},
        definitions={name: one for name, one in replies.definitions.items() if name in definitions},
    )
    subject = Subject(plan=replace(context.plan, jobs=tuple(jobs)))
    _refuse_failures(judge_targets(subject, used), replies.where, context)


_WARNED = ("job_queue", "job_definition")
"""The checks that a run goes without only after a warning; without the others, it is no less safe."""


def _refuse_failures(findings: Iterable[Finding], where: str, context: RunContext) -> None:
    steps = COMPILE_AGAIN
    if context.continued:
        resume = context.resume_with(f"--new-plan {shlex.quote(context.next_plan_file)}")
        steps = f", compile again, and go on with that plan: {resume}"
    wrong = [with_steps(one, steps) for one in findings if one.status is Status.FAILURE]
    if wrong:
        file = context.plan_file
        further = f". To check all that the plan needs there: kedro-batch doctor {shlex.quote(file)}" if file else ""
        lines = "\n".join(f"  {one}\n    {one.remedy}" if one.remedy else f"  {one}" for one in wrong)
        raise ServiceError(
            f"nothing was submitted, because the plan's targets cannot be used:\n{lines}\nThis is {where}{further}"
        )


def check_account(context: RunContext) -> dict[str, str]:
    """Refuse credentials of another account than the plan's; return what is known by that, nothing if it names none.

    Raises:
        ServiceError: It is another account, or nobody can say which one.
    """
    account = context.plan.account
    if account is None:
        return {}
    try:
        caller = context.service.call_until_answered(Lane.DESCRIBE, context.engine.caller_identity)
    except ServiceError as error:
        remedy = "" if error.fault is Fault.CREDENTIALS else _WITHOUT_STS
        if remedy and not context.continued:
            remedy += "; or leave `account` out of aws_batch.yml and compile again"
        raise ServiceError(
            f"{error}. The plan is for account {account}, so the account is looked at first: nothing was sent{remedy}",
            fault=error.fault,
        ) from error
    refuse_account_of_caller(context, caller)
    return {"account": account}


def refuse_account_of_caller(context: RunContext, caller: Identity) -> None:
    """Refuse credentials of another account than the plan's, if it names one.

    Raises:
        ServiceError: It is another account.
    """
    what, otherwise = f"run {context.run_id} is in", ""
    if not context.continued:
        what = "the plan is for"
        otherwise = f"; or, if the plan is for {caller.account}, change `account` in aws_batch.yml and compile again"
    refuse_other_account(context.plan.account, caller, what=what, so="nothing was sent", otherwise=otherwise)


def current_location(context: RunContext, account: Mapping[str, str]) -> dict[str, str]:
    """Return the region and account that are called, as far as they can be known; the account may be known already.

    Raises:
        ServiceError: The service did not answer.
    """
    if account:
        return {**location_of(context, []), **account}
    try:
        queues = context.service.call_until_answered(
            Lane.DESCRIBE, lambda: context.engine.describe_job_queues(context.queues)
        )
    except ServiceError as error:
        if error.fault is not Fault.DENIED:
            raise
        queues = []
    return location_of(context, queues)


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
    for queue in context.plan_queues if context.adopts else ():
        name = f"{run_prefix(context.run_id)}*"
        try:
            context.service.call_until_answered(Lane.LIST, partial(context.engine.list_jobs, queue, name, None))
        except ServiceError as error:
            if error.fault is not Fault.DENIED:
                raise
            raise ServiceError(
                f"{error}. A job whose reply is lost is looked up by its name, so that it is not submitted twice: "
                "allow batch:ListJobs, or do without it with --no-adopt",
                fault=Fault.DENIED,
            ) from error


def location_of(context: RunContext, queues: list[QueueDetail]) -> dict[str, str]:
    """Return region and account of these queues, as far as they are known."""
    account = next(filter(None, (account_in_arn(one.arn) for one in queues)), None)
    return {**context.engine.location, **({"account": account} if account else {})}
