"""Judges the sizes of containers on Fargate: what a job does not state, its definition does."""

from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.platforms import FARGATE, platforms_of_definition, platforms_of_queue
from kedro_batch.cloud.checks.subject import Subject, Use
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.replies import DefinitionDetail
from kedro_batch.files.json_schema import whole
from kedro_batch.plan.checks.batch_limits import FARGATE_MEMORY_MIB, fargate_objections, fitting_fargate_size
from kedro_batch.plan.model import JobName
from kedro_batch.plan.settings import Resources
from kedro_batch.text.wording import counted, listed

_MOST = 3
"""Sizes that are named one by one, of those with the same remedy."""


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
    by_remedy: dict[str, list[Resources]] = {}
    for size in wrong:
        by_remedy.setdefault(_remedy(size), []).append(size)
    for remedy, sizes in by_remedy.items():
        yield _wrong_sizes(sizes, [name for size in sizes for name in wrong[size]], remedy)
    if right and not wrong:
        about, message = counted(right, "job"), "on Fargate have sizes that it has"
        yield Finding(check="fargate_size", status=Status.PASS, about=about, message=message)


def _on_fargate(use: Use, replies: TargetReplies) -> bool:
    queue = platforms_of_queue(use.job_queue, replies) or {str(use.platform or "").upper()}
    return queue == {FARGATE} or platforms_of_definition(replies.definitions.get(use.job_definition)) == {FARGATE}


def _wrong_sizes(sizes: list[Resources], jobs: list[JobName], remedy: str) -> Finding:
    objections = "; ".join(message for _, message in fargate_objections(sizes[0]))
    if len(sizes) > 1:
        objections = f"Fargate has none of these {len(sizes)} sizes"
    return Finding(
        check="fargate_size",
        status=Status.FAILURE,
        about=f"{counted(len(jobs), 'job')} on Fargate ({listed(jobs)})",
        message=f"cannot have {listed(map(_spelled, sizes), most=_MOST, separator='; ')}: {objections}",
        remedy=remedy,
    )


def _remedy(size: Resources) -> str:
    """Return what to set in place of a size that Fargate has not: the next size, or the largest."""
    fitting = fitting_fargate_size(Resources(vcpus=size.vcpus or 0, memory_mib=size.memory_mib or 0))
    if any(fargate_objections(fitting)):
        vcpus, amounts = max(FARGATE_MEMORY_MIB.items())
        return f"Lower resources in aws_batch.yml: Fargate has at most {{vcpus: {vcpus}, memory_mib: {amounts[-1]}}}"
    lines = ", ".join(f"{name}: {amount}" for name, amount in fitting.to_dict().items())
    gpus = ", without gpus" if size.gpus else ""
    return f"Set resources: {{{lines}}}{gpus} in aws_batch.yml"


def _spelled(size: Resources) -> str:
    vcpus = size.vcpus is not None and counted(size.vcpus, "vCPU")
    memory = size.memory_mib is not None and f"{size.memory_mib} MiB of memory"
    return " and ".join(one for one in (vcpus, memory, size.gpus and counted(size.gpus, "GPU")) if one)
