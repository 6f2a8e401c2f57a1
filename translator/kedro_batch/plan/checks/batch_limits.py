"""Checks the fields of jobs against the limits of AWS Batch. Every limit stands here once, with its source.

How large a request as a whole may be (its overrides, its bytes) is checked in ``request_size``.

AWS Batch accepts some jobs that it cannot run, and fails them later; therefore every limit is checked offline.
``schemas/plan.schema.json`` states the limits of single fields too, for editors and other tools. The lengths in a
job's name stand in ``plan.submit_job``, which builds it.

Sources: [api] the AWS Batch API reference, SubmitJob; [quotas] the user guide, "AWS Batch service quotas";
[retries] the user guide, "Automated job retries"; [env] the user guide, "AWS Batch job environment variables";
[ecs] the Amazon ECS API reference, TaskOverride; [tags] the AWS General Reference, "Tagging AWS resources";
[fargate] the AWS Batch API reference, ResourceRequirement.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import assert_never

from kedro_batch.diagnostics import Diagnostic, PathMessage, diagnostics_of
from kedro_batch.plan.checks.job_settings import diagnose_settings
from kedro_batch.plan.checks.variables import misused_variable
from kedro_batch.plan.model import Job, Plan
from kedro_batch.plan.settings import JobDefinition, JobSettings, Platform, Resources
from kedro_batch.plan.submit_job import JOB_NAME_LENGTH, JOB_NAME_PATTERN, OWN_TAGS, TAGS
from kedro_batch.text.wording import quoted

DEPENDENCIES = 20
"""[api] dependsOn: at most this many."""
OVERRIDES_CHARACTERS = 8192
"""[ecs] of container overrides as JSON. SubmitJob accepts more, and the job fails later
(ASFHyP3/hyp3#3041, Netflix/metaflow#977)."""
REQUEST_BYTES = 30 * 1024
"""[quotas] the largest payload of SubmitJob."""
DEFINITION_BYTES = 24 * 1024
"""[quotas] the largest job definition."""
TIMEOUT_S = 60
"""[api] timeout.attemptDurationSeconds: at least this."""
ATTEMPTS = 10
"""[api] retryStrategy.attempts: 1 to this."""
PLAN_TAGS = TAGS - OWN_TAGS
"""The tags that a plan may have: run, job and digest are ours."""
TAG_KEY_LENGTH = 128
"""[tags]"""
TAG_VALUE_LENGTH = 256
"""[tags]"""
RESERVED_ENVIRONMENT = "AWS_BATCH"
"""[api] containerOverrides.environment: no name may begin so."""
RESERVED_TAGS = ("aws:", "kedro-batch:")
"""[tags] and our own: no key may begin so."""
SHARE_IDENTIFIER_LENGTH = 255
"""[api] shareIdentifier: alphanumeric, an asterisk may follow."""
SCHEDULING_PRIORITY = 9999
"""[api] schedulingPriorityOverride: 0 to this."""
MEMORY_MIB = 4
"""[api] MEMORY: at least this."""

AT_RUN_TIME: Mapping[str, str] = {
    "AWS_BATCH_JOB_ID": "0" * 36,
    "AWS_BATCH_JOB_ATTEMPT": "10",
    "AWS_BATCH_JQ_NAME": "q" * 128,
    "AWS_BATCH_CE_NAME": "c" * 128,
}
"""[env] the variables that Batch adds to a container's environment, at their longest."""

FARGATE_MEMORY_MIB: Mapping[Fraction, tuple[int, ...]] = {
    Fraction(1, 4): (512, 1024, 2048),
    Fraction(1, 2): (1024, 2048, 3072, 4096),
    Fraction(1): tuple(range(2048, 8192 + 1, 1024)),
    Fraction(2): tuple(range(4096, 16384 + 1, 1024)),
    Fraction(4): tuple(range(8192, 30720 + 1, 1024)),
    Fraction(8): tuple(range(16384, 61440 + 1, 4096)),
    Fraction(16): tuple(range(32768, 122880 + 1, 8192)),
}
"""[fargate] the sizes of memory for each number of vCPUs."""

_JOB_NAME = re.compile(JOB_NAME_PATTERN)
_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,127}"
_ARN = r"arn:[\w-]+:batch:[\w-]+:[0-9]+:"
_REVISION = "(:[1-9][0-9]{0,8})?"
_QUEUE = re.compile(rf"{_NAME}|{_ARN}job-queue/{_NAME}", re.ASCII)
_DEFINITION = re.compile(rf"({_NAME}|{_ARN}job-definition/{_NAME}){_REVISION}", re.ASCII)
_SHARE = re.compile(rf"[A-Za-z0-9]{{1,{SHARE_IDENTIFIER_LENGTH}}}\*?")
_TAG = re.compile(r"[\w .:/=+\-@]*")
_VARIABLE = re.compile(r"[^=\x00]{1,1000}")


def check_limits(plan: Plan) -> Iterator[Diagnostic]:
    """Yield every field of the plan that AWS Batch would not take."""
    yield from diagnose_settings(plan, partial(_check_settings, plan=plan))
    for index, job in enumerate(plan.jobs):
        yield from diagnostics_of(_check_job(job), ("jobs", index))


def _check_job(job: Job) -> Iterator[PathMessage]:
    if not _JOB_NAME.fullmatch(job.name):
        kind_of_name = f"1 to {JOB_NAME_LENGTH} letters, digits, - and _, the first a letter or digit"
        yield ("name",), f"{job.name!r} is not {kind_of_name}"
    if len(job.depends_on) > DEPENDENCIES:
        yield ("depends_on",), f"has {len(job.depends_on)} items; AWS Batch takes {DEPENDENCIES}"
    if not job.command:
        yield ("command",), "is empty: AWS Batch would run the command of the job definition"
    for position, word in enumerate(job.command):
        if not word or "\x00" in word:
            yield ("command", position), "is empty or holds a NUL character, which AWS Batch refuses"


def _check_settings(settings: JobSettings, plan: Plan) -> Iterator[PathMessage]:
    kind_of_name = "a name has 1 to 128 letters, digits, - and _, the first a letter or digit"
    if not _QUEUE.fullmatch(settings.job_queue):
        yield ("job_queue",), f"{quoted(settings.job_queue)} is not the name or ARN of a queue: {kind_of_name}"
    if not _DEFINITION.fullmatch(settings.job_definition):
        revision = "; a colon and the number of a revision may follow, else the newest is meant"
        wrong = f"{quoted(settings.job_definition)} is not the name or ARN of a job definition"
        yield ("job_definition",), f"{wrong}: {kind_of_name}{revision}"
    yield from _check_retries(settings)
    if settings.timeout_s is not None and settings.timeout_s < TIMEOUT_S:
        yield ("timeout_s",), f"must be at least {TIMEOUT_S}, found {settings.timeout_s}"
    yield from _check_share(settings)
    yield from _check_tags(settings.tags)
    yield from _check_environment(settings.environment, plan.env)
    definition = plan.job_definitions.get(settings.job_definition)
    if definition is None:
        yield from diagnose_size(settings.resources, settings.platform)
    else:
        yield from _check_beside(settings, definition)


def _check_beside(settings: JobSettings, definition: JobDefinition) -> Iterator[PathMessage]:
    """Check the machines and the resources of a job whose definition is declared, and gives it what it does not state.

    What the definition itself has is checked with it.
    """
    own, declared = settings.platform, definition.platform
    if own and declared and own is not declared:
        name = quoted(settings.job_definition)
        yield ("platform",), f"is {own}, but the job definition {name} is for {declared}: write it in one way"
    elif settings.resources != Resources():
        yield from diagnose_size(settings.resources.merged_over(definition.resources), own or declared)


def diagnose_size(resources: Resources, platform: Platform | None) -> Iterator[PathMessage]:
    """Yield why machines of a platform, or any if it is None, do not have these resources."""
    match platform:
        case Platform.FARGATE:
            yield from fargate_objections(resources)
        case Platform.EC2 | None:
            yield from _check_ec2(resources, platform)
        case _:
            assert_never(platform)


def _check_environment(environment: Mapping[str, str], env: str | None) -> Iterator[PathMessage]:
    for name, value in environment.items():
        if name.upper().startswith(RESERVED_ENVIRONMENT):
            yield ("environment", name), f"no variable may begin with {RESERVED_ENVIRONMENT}: AWS Batch keeps it"
        elif misuse := misused_variable(name, value, env):
            yield ("environment", name), misuse
        elif not _VARIABLE.fullmatch(name):
            why = "it is empty, has over 1000 characters, or has = or NUL in it"
            yield ("environment", name), f"cannot be the name of a variable: {why}"
        elif "\x00" in value:
            yield ("environment", name), "holds a NUL character, which ends a variable's value"


def _check_share(settings: JobSettings) -> Iterator[PathMessage]:
    if settings.share_identifier is not None and not _SHARE.fullmatch(settings.share_identifier):
        allowed = f"1 to {SHARE_IDENTIFIER_LENGTH} letters and digits, which an asterisk may follow"
        yield ("share_identifier",), f"{settings.share_identifier!r} is not {allowed}"
    if not 0 <= (settings.scheduling_priority or 0) <= SCHEDULING_PRIORITY:
        yield ("scheduling_priority",), f"must be from 0 to {SCHEDULING_PRIORITY}, found {settings.scheduling_priority}"
    if settings.scheduling_priority is not None and settings.share_identifier is None:
        yield ("scheduling_priority",), "works only within a share: give share_identifier too"


def _check_retries(settings: JobSettings) -> Iterator[PathMessage]:
    attempts = settings.attempts
    if attempts is not None and not 1 <= attempts <= ATTEMPTS:
        yield ("attempts",), f"must be from 1 to {ATTEMPTS}, found {attempts}"
    if settings.retry_on and (attempts is None or attempts == 1):
        yield ("retry_on",), "needs attempts of 2 or more, such as attempts: 3"


def _check_tags(tags: Mapping[str, str]) -> Iterator[PathMessage]:
    if len(tags) > PLAN_TAGS:
        yield ("tags",), f"has {len(tags)} tags; {PLAN_TAGS} are allowed beside the three of kedro-batch"
    for key, value in tags.items():
        if not 1 <= len(key) <= TAG_KEY_LENGTH or len(value) > TAG_VALUE_LENGTH:
            lengths = f"1 to {TAG_KEY_LENGTH} characters, its value at most {TAG_VALUE_LENGTH}"
            yield ("tags", key), f"a tag's key has {lengths}"
        elif not _TAG.fullmatch(key) or not _TAG.fullmatch(value):
            odd = "".join(dict.fromkeys(letter for letter in key + value if not _TAG.fullmatch(letter)))
            yield ("tags", key), f"has {quoted(odd)}; AWS takes letters, digits, spaces and . : / = + - @ _ in tags"
        elif key.lower().startswith(RESERVED_TAGS):
            yield ("tags", key), f"begins with {' or '.join(RESERVED_TAGS)}, which only AWS and kedro-batch may use"


def fargate_objections(resources: Resources) -> Iterator[PathMessage]:
    """Yield what Fargate has not got; what is None is left open."""
    if resources.gpus:
        yield ("resources", "gpus"), "Fargate has no GPUs: choose a queue of EC2 machines, or leave them out"
    if resources.vcpus is not None and Fraction(resources.vcpus) not in FARGATE_MEMORY_MIB:
        sizes = ", ".join(f"{float(size):g}" for size in FARGATE_MEMORY_MIB)
        yield ("resources", "vcpus"), f"Fargate has no {resources.vcpus:g} vCPUs: it takes {sizes}"
    elif resources.memory_mib is not None:
        vcpus = resources.vcpus
        given = {m for sizes in FARGATE_MEMORY_MIB.values() for m in sizes}
        allowed = sorted(given) if vcpus is None else FARGATE_MEMORY_MIB[Fraction(vcpus)]
        if resources.memory_mib not in allowed:
            beside = "any number of vCPUs" if vcpus is None else f"{vcpus:g} {'vCPU' if vcpus == 1 else 'vCPUs'}"
            larger = next((f"; the next is {size}" for size in allowed if size > resources.memory_mib), None)
            steps = f"it takes {allowed[0]} to {allowed[-1]} in steps{larger or '; more needs more vCPUs'}"
            message = f"Fargate does not give {resources.memory_mib} MiB to {beside}: {steps}"
            yield ("resources", "memory_mib"), message


def _check_ec2(resources: Resources, platform: Platform | None) -> Iterator[PathMessage]:
    if resources.memory_mib is not None and resources.memory_mib < MEMORY_MIB:
        yield ("resources", "memory_mib"), f"must be at least {MEMORY_MIB}, found {resources.memory_mib}"
    vcpus = Fraction(0 if resources.vcpus is None else resources.vcpus)
    if platform is Platform.EC2 and vcpus.denominator > 1:
        yield ("resources", "vcpus"), f"EC2 takes whole vCPUs, found {float(vcpus):g}; fractions need platform: fargate"
    elif (vcpus * 4).denominator > 1:
        yield ("resources", "vcpus"), f"vCPUs are whole, or quarters on Fargate and EKS; found {float(vcpus):g}"


def fitting_fargate_size(resources: Resources) -> Resources:
    """Return the smallest size of Fargate with enough vCPUs and memory; if there is none, the resources as they are."""
    if resources.vcpus is None or resources.memory_mib is None:
        return resources
    for vcpus, sizes in FARGATE_MEMORY_MIB.items():
        enough = [size for size in sizes if size >= resources.memory_mib]
        if vcpus >= Fraction(resources.vcpus) and enough:
            number = int(vcpus) if vcpus.denominator == 1 else float(vcpus)
            return replace(resources, vcpus=number, memory_mib=enough[0])
    return resources
