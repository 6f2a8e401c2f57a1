"""Judges whether a definition is for the machines behind a queue: EC2, Fargate or EKS."""

from collections.abc import Iterator
from typing import Any

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.replies import DefinitionDetail, EnvironmentDetail
from kedro_batch.text.wording import listed

EC2, FARGATE, EKS = "EC2", "FARGATE", "EKS"
_OF_QUEUE = {"EKS": EKS, "ECS": EC2, "ECS_FARGATE": FARGATE}
"""jobQueueType, which older queues do not have."""
_OF_ENVIRONMENT = {"EC2": EC2, "SPOT": EC2, "FARGATE": FARGATE, "FARGATE_SPOT": FARGATE}
"""computeResources.type."""
_SPELLED = {EC2: "EC2", FARGATE: "Fargate", EKS: "EKS"}


def platforms_of_queue(name: str, replies: TargetReplies) -> set[str]:
    """Return the platforms of a queue; none if they are not known, or of a kind that AWS has added since."""
    queue = replies.queue(name)
    stated = _OF_QUEUE.get(queue.reply.get("jobQueueType", "")) if queue else None
    if stated:
        return {stated}
    found = {_platform(one) for one in replies.environments_of(name)}
    return set() if None in found else {one for one in found if one}


def _platform(environment: EnvironmentDetail) -> str | None:
    reply = environment.reply
    if reply.get("containerOrchestrationType") == EKS or reply.get("eksConfiguration"):
        return EKS
    if reply.get("type") == "UNMANAGED":
        return EC2
    return _OF_ENVIRONMENT.get(reply.get("computeResources", {}).get("type", ""))


def platforms_of_definition(definition: DefinitionDetail | None) -> set[str]:
    """Return the platforms that a definition is for; none if that is not known."""
    if definition is None:
        return set()
    if definition.reply.get("eksProperties"):
        return {EKS}
    stated: Any = definition.reply.get("platformCapabilities") or [EC2]  # what AWS Batch takes, if nothing is stated
    return set(stated)


def judge_platforms(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge each pair of a queue and a definition, and what the plan takes a queue for."""
    misfits = set()
    for queue, definition in sorted({(use.job_queue, use.job_definition) for use in subject.uses}):
        there = platforms_of_queue(queue, replies)
        wanted = platforms_of_definition(replies.definitions.get(definition))
        if not there or not wanted:
            continue
        about, message = f"job definition {definition!r}", f"fits job queue {queue!r}: {_words(there)}"
        status, remedy = Status.PASS, ""
        if not there & wanted:
            status = Status.FAILURE
            message = f"is for {_words(wanted)}, and job queue {queue!r} runs jobs on {_words(there)}"
            remedy = f"{_other_platform(subject, definition, there)}, or job_queue to a queue of {_words(wanted)}"
            misfits.add(queue)
        yield Finding(check="platform", status=status, about=about, message=message, remedy=remedy)
    for use in {(use.job_queue, use.platform): use for use in subject.uses if use.platform}.values():
        there, assumed = platforms_of_queue(use.job_queue, replies), str(use.platform)
        if use.job_queue not in misfits and there and there <= {EC2, FARGATE} and assumed.upper() not in there:
            yield Finding(
                check="platform",
                status=Status.WARNING,
                about=f"job queue {use.job_queue!r}",
                message=f"runs jobs on {_words(there)}, and the plan was checked for platform: {assumed}",
                remedy=f"Set platform: {min(there).lower()} in aws_batch.yml",
            )


def _other_platform(subject: Subject, definition: str, there: set[str]) -> str:
    """Return how to get a definition for the machines that there are."""
    if definition in subject.plan.job_definitions and there <= {EC2, FARGATE}:
        return f"Set job_definition.platform in aws_batch.yml to {min(there).lower()}"
    return f"Set job_definition in aws_batch.yml to one for {_words(there)}"


def _words(platforms: set[str]) -> str:
    return listed((_SPELLED.get(one, one) for one in sorted(platforms)), separator=" and ")
