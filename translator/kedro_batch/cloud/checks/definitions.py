"""Judges job definitions: is one active, and is its kind that of the requests that a run would send?"""

from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import TargetReplies, bare_name
from kedro_batch.cloud.replies import DefinitionDetail
from kedro_batch.plan.submit_job import PODS, TASKS
from kedro_batch.text.wording import counted, did_you_mean, listed

_OTHER_DEFINITION = "Set job_definition in aws_batch.yml to one of a single container"


def judge_definitions(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether the definitions have an active revision."""
    for name, found in sorted(replies.definitions.items()):
        about, check = f"job definition {name!r}", "job_definition"
        if name in subject.plan.job_definitions:
            yield Finding(check=check, status=Status.PASS, about=about, message="is declared by the plan")
        elif found:
            message = f"is active: revision {found.revision}"
            yield Finding(check=check, status=Status.PASS, about=about, message=message)
        else:
            hint = did_you_mean(bare_name(name), set(map(bare_name, replies.other_definitions)))
            message = f"does not exist or has no active revision in {replies.where}{f'.{hint}' if hint else ''}"
            remedy = "Set job_definition in aws_batch.yml to an active one of this account and region"
            yield Finding(check=check, status=Status.FAILURE, about=about, message=message, remedy=remedy)


def judge_kinds(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether requests have their command where each definition wants it."""
    for name, found in sorted(replies.definitions.items()):
        if found is None:
            continue
        wanted = _containers_of(found)
        uses = {use: jobs for use, jobs in subject.uses.items() if use.job_definition == name}
        wrong = [job for use, jobs in uses.items() if use.containers != wanted for job in jobs]
        other = next((use.containers for use in uses if use.containers != wanted), "")
        about, status = f"job definition {name!r}", Status.FAILURE if wrong else Status.PASS
        message, remedy = _misfit(found, wanted, other) if wrong else (f"is {_KINDS[wanted]}", "")
        jobs = f": {counted(len(wrong), 'job')} of the plan: {listed(wrong)}" if wrong else ""
        yield Finding(check="definition_kind", status=status, about=about, message=f"{message}{jobs}", remedy=remedy)


_NODES = "nodeOverrides"
_KINDS: Mapping[str, str] = {
    "": "of one container, as the requests are",
    PODS: "for EKS, as the requests are",
    TASKS: "of several containers, as the requests are",
}


def _containers_of(definition: DefinitionDetail) -> str:
    """Return the structure of SubmitJob that a definition takes commands in; empty for that of one container."""
    reply = definition.reply
    if reply.get("type") == "multinode" or reply.get("nodeProperties"):
        return _NODES
    if reply.get("eksProperties"):
        return PODS
    return TASKS if reply.get("ecsProperties") else ""


def _misfit(definition: DefinitionDetail, wanted: str, other: str) -> tuple[str, str]:
    """Return why requests do not fit a definition, and what to do."""
    if wanted == _NODES:
        return "is for several nodes, each of which would run the same command", _OTHER_DEFINITION
    if wanted == "":
        return (
            f"is of one container, and refuses jobs with submit.{other}",
            f"Leave out submit.{other} in aws_batch.yml, or set job_definition to one that takes it",
        )
    kind = "is for EKS" if wanted == PODS else "has ecsProperties, as for several containers"
    named = next(_names(definition), "NAME")
    inner = f"containers: [{{name: {named}}}]"
    value = f"podProperties: {{{inner}}}" if wanted == PODS else f"taskProperties: [{{{inner}}}]"
    return (
        f"{kind}, and refuses jobs without submit.{wanted}",
        f"Add to aws_batch.yml: submit: {{{wanted}: {{{value}}}}}",
    )


def _names(definition: DefinitionDetail) -> Iterator[str]:
    """Yield the names of the containers of a definition for EKS or with ``ecsProperties``."""
    pods: Any = definition.reply.get("eksProperties", {}).get("podProperties", {}).get("containers", ())
    tasks: Any = definition.reply.get("ecsProperties", {}).get("taskProperties", ())
    for container in (*pods, *(one for task in tasks for one in task.get("containers", ()))):
        if name := container.get("name"):
            yield name
