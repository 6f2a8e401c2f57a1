"""What the jobs of a plan run on: operating system and processor, spelled as images spell them. Pure.

Sources: the AWS Batch API reference, RuntimePlatform and ComputeResource; the EC2 user guide, "Instance type naming
conventions": a ``g`` behind the generation means Graviton.
"""

import re
from collections.abc import Sequence

from kedro_batch.cloud.checks.platforms import EC2, FARGATE, platforms_of_definition, platforms_of_queue
from kedro_batch.cloud.checks.subject import Use
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.replies import EnvironmentDetail
from kedro_batch.plan.containers import Task, find_tasks

_PROCESSORS = {"X86_64": "amd64", "ARM64": "arm64"}
_GRAVITON = re.compile(r"a1|[a-z]+[0-9]+[a-z]*g[a-z]*|default_arm64")


def find_machines(use: Use, replies: TargetReplies) -> set[str]:
    """Return the machines that jobs may get, such as ``linux/arm64``; empty if they are not all known."""
    definition = replies.definitions.get(use.job_definition)
    platforms = _platforms(use, replies)
    if definition is None:
        return set()
    if platforms == {FARGATE}:
        return {_of_fargate(task) for task in find_tasks(definition.reply)}
    if platforms == {EC2}:
        types = [_instance_types(one) for one in replies.environments_of(use.job_queue)]
        return {_of_instance(one) for some in types for one in some} if all(types) else set()
    return set()


def uses_fargate(use: Use, replies: TargetReplies) -> bool:
    """True if it is known that jobs run on Fargate."""
    return _platforms(use, replies) == {FARGATE}


def _platforms(use: Use, replies: TargetReplies) -> set[str]:
    wanted = platforms_of_definition(replies.definitions.get(use.job_definition))
    return wanted & platforms_of_queue(use.job_queue, replies) or wanted


def _of_fargate(task: Task) -> str:
    family = "windows" if str(task.operating_system).startswith("WINDOWS") else "linux"
    return f"{family}/{_PROCESSORS.get(task.processor or '', 'amd64')}"


def _instance_types(environment: EnvironmentDetail) -> Sequence[str]:
    types: Sequence[str] = (environment.reply.get("computeResources") or {}).get("instanceTypes") or ()
    return types


def _of_instance(kind: str) -> str:
    return "linux/arm64" if _GRAVITON.fullmatch(kind.partition(".")[0]) else "linux/amd64"
