"""Checks whether machines of EC2 are large enough for the jobs. Batch names their types, EC2 knows their sizes."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.sizes import effective_resources
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.checks.targets import target_replies
from kedro_batch.cloud.instance_types import largest_memory_mib
from kedro_batch.text.wording import listed

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

_CHOSEN_BY_BATCH = ("optimal", "default_")
"""Words in place of types: AWS Batch chooses, so nothing is known of their sizes."""


def check_instance_types(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Warn of jobs that need more memory than the largest machine of their queue has."""
    replies = target_replies(subject, account)
    for queue in sorted(replies.queues or {}):
        types = _types_of(queue, replies)
        sizes = [(size, jobs) for size, jobs in _memory_of(subject, replies, queue) if types]
        if not sizes:
            continue
        largest = account.ask("ec2", partial(largest_memory_mib, types=types))
        over = [job for size, jobs in sizes if size >= largest for job in jobs]
        about = f"instance types of job queue {queue!r}"
        if largest and over:
            message = f"have {largest} MiB at most, some of it for the machine; as much or more need {listed(over)}"
            yield Finding(
                check="instance_types",
                status=Status.WARNING,
                about=about,
                message=message,
                remedy="Lower resources.memory_mib in aws_batch.yml, or let the compute environment have larger types",
            )
        elif largest:
            message = f"have up to {largest} MiB, enough for each job"
            yield Finding(check="instance_types", status=Status.PASS, about=about, message=message)


def _memory_of(subject: Subject, replies: TargetReplies, queue: str) -> Iterator[tuple[int, Sequence[str]]]:
    for use, jobs in subject.uses.items():
        size = effective_resources(use, replies.definitions.get(use.job_definition)).memory_mib
        if use.job_queue == queue and size is not None:
            yield size, jobs


def _types_of(queue: str, replies: TargetReplies) -> list[str]:
    """Return the instance types of a queue, families such as ``m5`` among them; none if they are not all known."""
    found: set[str] = set()
    for environment in replies.environments_of(queue):
        resources: Any = environment.reply.get("computeResources", {})
        types = resources.get("instanceTypes", ())
        if not types or any(one.startswith(_CHOSEN_BY_BATCH) for one in types):
            return []
        found.update(types)
    return sorted(found)
