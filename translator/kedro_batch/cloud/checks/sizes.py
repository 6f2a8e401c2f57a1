"""Judges the sizes of containers on Fargate: what a job does not state, its definition does."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.platforms import FARGATE, platforms_of_definition, platforms_of_queue
from kedro_batch.cloud.checks.subject import Subject, Use
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.replies import DefinitionDetail
from kedro_batch.files.json_schema import whole
from kedro_batch.plan.checks.batch_limits import fargate_objections, fitting_fargate_size
from kedro_batch.plan.model import JobName
from kedro_batch.plan.settings import Resources
from kedro_batch.text.wording import counted, listed

_MOST = 10
"""Sizes that are named one by one."""


def effective_resources(use: Use, definition: DefinitionDetail | None) -> Resources:
    """Return what a container gets: what the job states, and else what its definition has, if that is known."""
    container = definition.reply.get("containerProperties") if definition else None
    if use.containers or not isinstance(container, Mapping):
        return use.resources
    requirements = {one.get("type"): one.get("value") for one in container.get("resourceRequirements", ())}
    own = use.resources
    return Resources(
        vcpus=_amount(requirements.get("VCPU", container.get("vcpus"))) if own.vcpus is None else own.vcpus,
        memory_mib=_mib(requirements.get("MEMORY", container.get("memory")))
        if own.memory_mib is None
        else own.memory_mib,
        gpus=own.gpus,
    )


def _amount(value: Any) -> int | float | None:
    try:
        return None if value is None else whole(float(value))
    except (TypeError, ValueError):
        return None


def _mib(value: Any) -> int | None:
    amount = _amount(value)
    return None if amount is None else int(amount)


def judge_fargate_sizes(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether Fargate has the sizes that jobs get there, also where the plan does not name the platform."""
    wrong: dict[Resources, list[JobName]] = {}
    right = 0
    for use, jobs in subject.uses.items():
        if not _on_fargate(use, replies):
            continue
        size = effective_resources(use, replies.definitions.get(use.job_definition))
        if any(fargate_objections(size)):
            wrong.setdefault(size, []).extend(jobs)
        else:
            right += len(jobs)
    for size, names in list(wrong.items())[:_MOST]:
        yield _wrong_size(size, names)
    if further := sum(map(len, list(wrong.values())[_MOST:])):
        about = f"{counted(further, 'more job')}"
        yield Finding(
            check="fargate_size", status=Status.FAILURE, about=about, message="have no size of Fargate either"
        )
    if right and not wrong:
        about, message = counted(right, "job"), "on Fargate have sizes that it has"
        yield Finding(check="fargate_size", status=Status.PASS, about=about, message=message)


def _on_fargate(use: Use, replies: TargetReplies) -> bool:
    queue = platforms_of_queue(use.job_queue, replies) or {str(use.platform or "").upper()}
    return queue == {FARGATE} or platforms_of_definition(replies.definitions.get(use.job_definition)) == {FARGATE}


def _wrong_size(size: Resources, jobs: list[JobName]) -> Finding:
    objections = "; ".join(message for _, message in fargate_objections(size))
    fitting = fitting_fargate_size(replace(size, gpus=None))
    lines = ", ".join(f"{name}: {amount}" for name, amount in fitting.to_dict().items())
    several = not any(fargate_objections(fitting)) and fitting.vcpus is not None
    remedy = f"Set resources: {{{lines}}} in aws_batch.yml" if several else "Set resources in aws_batch.yml"
    return Finding(
        check="fargate_size",
        status=Status.FAILURE,
        about=f"{counted(len(jobs), 'job')} on Fargate ({listed(jobs)})",
        message=f"cannot have {_spelled(size)}: {objections}",
        remedy=remedy,
    )


def _spelled(size: Resources) -> str:
    vcpus = "vCPU" if size.vcpus == 1 else "vCPUs"
    amounts = {vcpus: size.vcpus, "MiB of memory": size.memory_mib, "GPUs": size.gpus or None}
    return " and ".join(f"{amount:g} {unit}" for unit, amount in amounts.items() if amount is not None)
