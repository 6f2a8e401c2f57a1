"""Judges queues and their compute environments: do they take jobs, with a share or without, and of this size?"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.sizes import effective_resources
from kedro_batch.cloud.checks.subject import Subject, Use
from kedro_batch.cloud.checks.target_replies import TargetReplies, environment_arns, misplaced
from kedro_batch.cloud.replies import EnvironmentDetail, QueueDetail
from kedro_batch.plan.model import JobName
from kedro_batch.text.arns import bare_name
from kedro_batch.text.wording import counted, did_you_mean, listed

USABLE = ("VALID", "UPDATING")
"""The status of queues and environments that take jobs."""
_OTHER_QUEUE = "set another job_queue in aws_batch.yml"


def judge_queues(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether the queues exist and take jobs."""
    for name in sorted({use.job_queue for use in subject.uses}) if replies.queues is not None else ():
        message, remedy = _unusable(name, replies.queue(name), replies)
        yield Finding(
            check="job_queue",
            status=Status.FAILURE if remedy else Status.PASS,
            about=f"job queue {name!r}",
            message=message or "is ENABLED and takes jobs",
            remedy=remedy,
        )


def _unusable(name: str, queue: QueueDetail | None, replies: TargetReplies) -> tuple[str, str]:
    """Return why a queue takes no jobs, and what to do; both empty if it does."""
    if queue is None and (region := misplaced(name, replies)):
        remedy = f"Set AWS_DEFAULT_REGION={region}, or job_queue in aws_batch.yml to a queue of {replies.region}"
        return f"is in {region}, and the jobs would run in {replies.region}", remedy
    if queue is None:
        hint = did_you_mean(bare_name(name), map(bare_name, replies.other_queues))
        message = f"does not exist in {replies.where}{f'.{hint}' if hint else ''}"
        return message, "Set job_queue in aws_batch.yml to a queue of this account and region"
    if queue.state != "ENABLED":
        return f"is {queue.state} in {replies.where}", f"Enable the queue, or {_OTHER_QUEUE}"
    if queue.status not in USABLE:
        remedy = f"{_way_out(queue.status, 'queue')}, or {_OTHER_QUEUE}"
        return f"is {queue.status}: {queue.reason or 'no reason given'} ({replies.where})", remedy
    if queue.reply.get("jobQueueType") == "SAGEMAKER_TRAINING":
        return "is for training jobs of SageMaker, which are not submitted with SubmitJob", _OTHER_QUEUE.capitalize()
    return "", ""


def _way_out(status: str, what: str) -> str:
    """Return what to do about something with a status in which it takes no jobs."""
    if status == "CREATING":
        return f"Wait until the {what} is VALID"
    return f"Make another {what}" if status in ("DELETING", "DELETED") else f"Put the {what} right"


def judge_environments(_: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether the queues have compute environments that run jobs."""
    known = replies.environments
    if known is None:
        return
    for name in sorted(replies.queues or {}):
        found = {arn: known.get(arn) for arn in environment_arns(replies.queue(name))}
        reasons = {arn: why for arn, one in found.items() if (why := _why_unusable(arn, one))}
        unusable = [why for why, _ in reasons.values()]
        about = f"compute environments of job queue {name!r}"
        if found and len(unusable) == len(found):
            message = f"run no jobs in {replies.where}: {listed(unusable, separator='; ')}"
            remedy = f"{next(iter(reasons.values()))[1]}, or {_OTHER_QUEUE}"
            status = Status.FAILURE
        elif unusable:
            message, remedy = f"do not all run jobs: {listed(unusable, separator='; ')}", ""
            status = Status.WARNING
        elif found:
            message, remedy, status = f"run jobs: {listed(one.name for one in found.values() if one)}", "", Status.PASS
        else:
            continue
        yield Finding(check="compute_environments", status=status, about=about, message=message, remedy=remedy)


def _why_unusable(arn: str, environment: EnvironmentDetail | None) -> tuple[str, str] | None:
    """Return why an environment runs no jobs, and what to do; None if it does."""
    name = arn.rpartition("/")[2]
    if environment is None:
        return f"{name} does not exist", "Give the queue a compute environment that exists"
    if environment.state != "ENABLED":
        return f"{name} is {environment.state}", f"Enable {name}"
    if environment.status in USABLE:
        return None
    return (
        f"{name} is {environment.status}: {environment.reason}",
        _way_out(environment.status, f"compute environment {name}"),
    )


def judge_shares(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether jobs have a share identifier just where a queue wants one."""
    for name, queue in sorted((replies.queues or {}).items()):
        wanted = bool(queue.reply.get("schedulingPolicyArn"))
        wrong = [
            job for use, jobs in subject.uses.items() if use.job_queue == name and use.shares != wanted for job in jobs
        ]
        about = f"job queue {name!r}"
        if not wrong:
            message = "shares its capacity, and all jobs say whose share they use" if wanted else "asks for no share"
            yield Finding(check="share_identifier", status=Status.PASS, about=about, message=message)
            continue
        jobs = _named(wrong)
        if wanted:
            message = f"has a scheduling policy and refuses jobs without a share identifier: {jobs}"
            remedy = "Set share_identifier in aws_batch.yml, for all jobs or in a rule"
        else:
            message = f"has no scheduling policy and refuses jobs with a share identifier: {jobs}"
            remedy = "Leave out share_identifier and scheduling_priority in aws_batch.yml, or set another job_queue"
        yield Finding(check="share_identifier", status=Status.FAILURE, about=about, message=message, remedy=remedy)


def judge_capacity(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Judge whether some environment of each queue may grow to the vCPUs that its jobs need."""
    for name in sorted(replies.queues or {}):
        usable = [one for one in replies.environments_of(name) if not _why_unusable(one.arn, one)]
        sizes = [_max_vcpus(one) for one in usable]
        most = max((size for size in sizes if size is not None), default=None)
        if most is None or None in sizes:
            continue
        needs = list(_vcpus_of(subject, replies, name))
        needed = max((vcpus for vcpus, _ in needs), default=Fraction(0))
        about, check = f"compute environments of job queue {name!r}", "max_vcpus"
        if not needed:
            continue
        if needed <= most:
            message = f"have up to {counted(most, 'vCPU')}, and a job needs {float(needed):g} at most"
            yield Finding(check=check, status=Status.PASS, about=about, message=message)
            continue
        over = [job for vcpus, jobs in needs if vcpus > most for job in jobs]
        message = (
            f"have at most {counted(most, 'vCPU')} (maxvCpus), and up to {float(needed):g} are needed by {_named(over)}"
        )
        lower = f"set resources.vcpus in aws_batch.yml to {most} or less, or another job_queue"
        remedy = f"Raise maxvCpus, or {lower if most else _OTHER_QUEUE}"
        yield Finding(check=check, status=Status.FAILURE, about=about, message=message, remedy=remedy)


def _named(jobs: Sequence[JobName]) -> str:
    return f"{counted(len(jobs), 'job')} of the plan: {listed(jobs)}"


def _vcpus_of(subject: Subject, replies: TargetReplies, queue: str) -> Iterator[tuple[Fraction, Sequence[JobName]]]:
    for use, jobs in subject.uses.items():
        if use.job_queue == queue and (vcpus := _needed(use, replies)) is not None:
            yield vcpus, jobs


def _needed(use: Use, replies: TargetReplies) -> Fraction | None:
    vcpus = effective_resources(use, replies.definitions.get(use.job_definition)).vcpus
    return None if vcpus is None else Fraction(vcpus)


def _max_vcpus(environment: EnvironmentDetail) -> int | None:
    """Return how far an environment grows; None if that is not known, as of an unmanaged one."""
    most = environment.reply.get("computeResources", {}).get("maxvCpus")
    return most if isinstance(most, int) and environment.reply.get("type") != "UNMANAGED" else None
