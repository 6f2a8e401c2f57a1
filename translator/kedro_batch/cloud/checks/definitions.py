"""Judges job definitions: is one active, and is its kind that of the requests that a run would send?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.subject import Subject, Use
from kedro_batch.cloud.checks.target_replies import TargetReplies, misplaced
from kedro_batch.cloud.replies import DefinitionDetail
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import PODS, TASKS
from kedro_batch.text.arns import bare_name
from kedro_batch.text.wording import counted, did_you_mean, listed

_OTHER_DEFINITION = "Set job_definition in aws_batch.yml to one of a single container"


def judge_definitions(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether the definitions have an active revision."""
    for name, found in sorted(replies.definitions.items()):
        status, remedy = Status.PASS, ""
        if name in subject.plan.job_definitions:
            message = "is declared by the plan"
        elif found:
            message = f"is active: revision {found.revision}"
        else:
            status, (message, remedy) = Status.FAILURE, _missing(name, replies)
        about = f"job definition {name!r}"
        yield Finding(check="job_definition", status=status, about=about, message=message, remedy=remedy)


def _missing(name: str, replies: TargetReplies) -> tuple[str, str]:
    """Return what is wrong with a definition that is not there, and what to do."""
    if region := misplaced(name, replies):
        remedy = f"Set AWS_DEFAULT_REGION={region}, or job_definition in aws_batch.yml to one of {replies.region}"
        return f"is in {region}, and the jobs would run in {replies.region}", remedy
    hint = did_you_mean(bare_name(name), set(map(bare_name, replies.other_definitions)))
    message = f"does not exist or has no active revision in {replies.where}{f'.{hint}' if hint else ''}"
    return message, "Set job_definition in aws_batch.yml to an active one of this account and region"


def judge_kinds(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether requests have their command where each definition wants it."""
    for name, found in sorted(replies.definitions.items()):
        if found is None:
            continue
        wanted = _containers_of(found)
        uses = {use: jobs for use, jobs in subject.uses.items() if use.job_definition == name}
        wrong = [job for use, jobs in uses.items() if use.containers != wanted for job in jobs]
        other = next((use.containers for use in uses if use.containers != wanted), "")
        message, remedy, status = f"is {_KINDS.get(wanted, '')}", "", Status.PASS
        if wrong:
            message, remedy = _misfit(found, wanted, other)
            message, status = f"{message}: {_named(wrong)}", Status.FAILURE
        about = f"job definition {name!r}"
        strangers = [*_find_strangers(found, uses)]
        if wrong or not strangers:
            yield Finding(check="definition_kind", status=status, about=about, message=message, remedy=remedy)
        yield from strangers


_NODES = "nodeOverrides"
_KINDS: Mapping[str, str] = {
    "": "of one container, as the requests are",
    PODS: "for EKS, as the requests are",
    TASKS: "of several containers, as the requests are",
}
_NAMED_BY_BATCH = "Default"
"""The AWS Batch API reference, EksContainer: its name, if it has none."""


def _named(jobs: list[JobName]) -> str:
    return f"{counted(len(jobs), 'job')} of the plan: {listed(jobs)}"


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
    return f"{kind}, and refuses jobs without submit.{wanted}", _submit_for(definition, wanted)


def _submit_for(definition: DefinitionDetail, wanted: str) -> str:
    """Return the setting that sends the command to the container of a definition that does the work."""
    containers = [*_containers(definition, wanted)]
    working = next((one for one in containers if one.essential), containers[0] if containers else None)
    if working is None:
        return f"Set submit.{wanted} in aws_batch.yml, with the name of the container that gets the command"
    inner = f"containers: [{{name: {working.name}}}]"
    value = f"podProperties: {{{inner}}}" if wanted == PODS else f"taskProperties: [{{{inner}}}]"
    return f"Write submit: {{{wanted}: {{{value}}}}} in aws_batch.yml"


def _find_strangers(definition: DefinitionDetail, uses: Mapping[Use, tuple[JobName, ...]]) -> Iterator[Finding]:
    """Yield the containers that ``submit`` names, and a definition of the same kind does not have."""
    kind = _containers_of(definition)
    known = [one.name for one in _containers(definition, kind)]
    strangers: dict[str, list[JobName]] = {}
    for use, jobs in uses.items():
        for name in use.container_names if use.containers == kind and known else ():
            if name not in known:
                strangers.setdefault(name, []).extend(jobs)
    for name, wrong in strangers.items():
        hint = did_you_mean(name, known) or f" It has {listed(map(repr, known))}"
        yield Finding(
            check="definition_kind",
            status=Status.FAILURE,
            about=f"job definition {next(iter(uses)).job_definition!r}",
            message=f"has no container {name!r}, which submit.{kind} names for {_named(wrong)}.{hint}",
            remedy=_submit_for(definition, kind),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Container:
    """A container of a definition: its name, and whether the job ends with it."""

    name: str
    essential: bool


def _containers(definition: DefinitionDetail, kind: str) -> Iterator[_Container]:
    """Yield the containers of a definition that may get a command, for EKS or with ``ecsProperties``."""
    if kind == PODS:
        pod: Any = definition.reply["eksProperties"].get("podProperties") or {}
        for one in pod.get("containers") or ():
            yield _Container(name=one.get("name") or _NAMED_BY_BATCH, essential=True)
    if kind == TASKS:
        tasks: Any = definition.reply["ecsProperties"].get("taskProperties") or ()
        for one in (one for task in tasks for one in task.get("containers") or ()):
            if one.get("name"):
                yield _Container(name=one["name"], essential=one.get("essential") is not False)
