"""Register the job definitions that a plan declares, or find the revisions that have their content already.

RegisterJobDefinition has no token that makes it safe to repeat, so it is sent in one call that is never repeated. After
a lost reply the new revision is looked for as long as it may take to show. Two processes at once may both register:
each uses its own revision, and they are equal.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from kedro_batch.cloud.replies import DefinitionDetail
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.register_definition import register_request
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.content import same_content
from kedro_batch.submitter.events import DefinitionPinned, Notice, NoticeKind, PinnedAs
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.service.limits import DEFINITION_LOOKUP_DELAYS_S
from kedro_batch.text.wording import duration

_NO_TAGS = "`submit_tags: false`"
_OR_NAME_ONE = "or, in aws_batch.yml, name a definition that exists in the account. Then compile again"


def pin_declared(context: RunContext, before: Mapping[str, str | None]) -> tuple[DefinitionPinned, ...]:
    """Find or register a revision for each of some definitions that the plan declares.

    Args:
        context: The run.
        before: Their names, and the revisions that the run has used until now: they are kept where they still have the
            same content.

    Raises:
        ServiceError: The service refused, or has not answered for too long.
        Interrupted: A signal came.
    """
    return tuple(_pin(context, name, revision) for name, revision in before.items())


def _pin(context: RunContext, name: str, before: str | None) -> DefinitionPinned:
    request = register_request(name, context.plan.job_definitions[name], tags=context.plan.submit_tags)
    equal = _equal_revisions(context, request)
    if equal:
        kept = next((one for one in equal if one.arn == before), equal[0])
        return DefinitionPinned(definition=name, revision=kept.arn, how=PinnedAs.FOUND)
    return DefinitionPinned(definition=name, revision=_register(context, request), how=PinnedAs.REGISTERED)


def _equal_revisions(context: RunContext, request: Mapping[str, Any]) -> list[DefinitionDetail]:
    """Return the active revisions with the content of a request, the newest first."""
    name = request["jobDefinitionName"]
    call = partial(context.engine.describe_job_definitions, name)
    try:
        found = context.service.call_until_answered(Lane.DESCRIBE, call)
    except ServiceError as error:
        if error.fault is not Fault.DENIED:
            raise
        raise ServiceError(
            f"{error}. The plan declares the job definition {name}, and apply looks whether it is registered already. "
            f"Nothing was submitted. Allow batch:DescribeJobDefinitions; {_OR_NAME_ONE}",
            fault=Fault.DENIED,
        ) from error
    equal = [one for one in found if one.status == "ACTIVE" and same_content(request, one.reply)]
    return sorted(equal, key=lambda one: one.revision, reverse=True)


def _register(context: RunContext, request: dict[str, Any]) -> str:
    """Register a definition, and return the ARN of its revision; after a lost reply, look for it first."""
    name = request["jobDefinitionName"]
    while True:
        try:
            arn = context.service.call(Lane.SUBMIT, partial(context.engine.register_job_definition, request))
        except ServiceError as error:
            if error.fault in (Fault.DENIED, Fault.REFUSED):
                raise _refused(name, error, tags=context.plan.submit_tags) from error
            lost = error.fault is Fault.AMBIGUOUS
            context.backoff.on_failure(Lane.SUBMIT, error, context.calls.now(), quiet=lost)
            if lost and (found := _look_for(context, request, error)):
                arn = found
            else:
                context.service.pause(context.backoff.retry_at(Lane.SUBMIT) - context.calls.now())
                continue
        context.backoff.on_success(Lane.SUBMIT)
        return arn


def _look_for(context: RunContext, request: dict[str, Any], error: ServiceError) -> str | None:
    """Look for a revision whose reply was lost, as long as it may take to show."""
    message = (
        f"{error}. It is not known whether the revision was registered: looking for it, for up to "
        f"{duration(sum(DEFINITION_LOOKUP_DELAYS_S))}, before it is registered again"
    )
    context.emit(Notice(kind=NoticeKind.WARNING, message=message))
    for pause_s in DEFINITION_LOOKUP_DELAYS_S:
        context.service.pause(pause_s)
        if equal := _equal_revisions(context, request):
            return equal[0].arn
    return None


def _refused(name: str, error: ServiceError, *, tags: bool) -> ServiceError:
    remedy = "Correct it"
    if error.fault is Fault.DENIED:
        remedy = "Allow batch:RegisterJobDefinition" + (" and batch:TagResource" if tags else "")
        if tags and _NO_TAGS not in str(error):
            remedy += f"; if the account forbids tagging, set {_NO_TAGS} in aws_batch.yml"
    return ServiceError(
        f"{error}. The plan declares the job definition {name}, which is registered before anything is submitted: "
        f"nothing was submitted. {remedy}; {_OR_NAME_ONE}",
        fault=error.fault,
    )
