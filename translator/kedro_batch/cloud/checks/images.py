"""Checks that the images of a plan's job definitions exist in ECR, and that they run on the machines of the queues."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.machines import find_machines
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.checks.targets import target_replies
from kedro_batch.cloud.checks.unanswered import unanswered
from kedro_batch.cloud.images import EcrImage, Registries, find_ecr_image
from kedro_batch.errors import ServiceError
from kedro_batch.plan.containers import find_images
from kedro_batch.text.wording import listed

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

_CHECK = "image"


def check_images(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check each image once, however many definitions have it."""
    registries = Registries(account)
    for reference, machines in sorted(_find_machines(subject, target_replies(subject, account)).items()):
        about = f"image {reference}"
        image = find_ecr_image(reference)
        if image is None:
            message = "is not in a private registry of Amazon ECR, and no other is asked"
            yield Finding(check=_CHECK, status=Status.SKIPPED, about=about, message=message)
            continue
        try:
            yield _judge(about, image, machines, registries)
        except ServiceError as error:
            if error.passing and image.region == account.region:
                raise
            yield unanswered(_CHECK, about, error)


def _find_machines(subject: Subject, replies: TargetReplies) -> dict[str, set[str]]:
    """Return the images of all definitions that are known, and what they are to run on, as far as that is known."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for use in subject.uses:
        definition = replies.definitions.get(use.job_definition)
        for image in find_images(definition.reply) if definition else ():
            found[image] |= find_machines(use, replies)
    return found


def _judge(about: str, image: EcrImage, machines: set[str], registries: Registries) -> Finding:
    manifest = registries.find_manifest(image)
    if manifest is None:
        return _judge_missing(about, image, registries)
    try:
        platforms = registries.find_platforms(image, manifest)
    except ServiceError as error:
        message = f"exists. What machines it is for cannot be checked: {error.problem}"
        return Finding(check=_CHECK, status=Status.WARNING if machines else Status.PASS, about=about, message=message)
    if not platforms:
        return Finding(
            check=_CHECK, status=Status.PASS, about=about, message="exists; it does not say for what machines"
        )
    missing = sorted(machines - set(platforms))
    if not missing:
        message = f"exists, for {listed(platforms)}"
        return Finding(check=_CHECK, status=Status.PASS, about=about, message=message)
    status = Status.FAILURE if len(missing) == len(machines) else Status.WARNING
    return Finding(
        check=_CHECK,
        status=status,
        about=about,
        message=f"is for {listed(platforms)}, and its jobs run on {listed(sorted(machines))}",
        remedy=f"Build it for these machines: docker buildx build --platform {','.join(sorted(machines))}; or choose "
        "others, on Fargate with runtimePlatform in the job definition, on EC2 with another queue",
    )


def _judge_missing(about: str, image: EcrImage, registries: Registries) -> Finding:
    """Judge an image that is not in its registry: a pull-through cache fetches it only when it is pulled."""
    status, message = Status.FAILURE, f"does not exist: {registries.explain_missing(image)}"
    remedy = "Push the image, or correct its name in the job definition"
    try:
        prefix = registries.find_cache_rule(image)
    except ServiceError as error:
        if "/" in image.repository:  # its first part may be the prefix of such a rule
            status, remedy = Status.WARNING, f"{remedy}; unless a pull-through cache rule fetches it"
            message = f"{message}. Whether a pull-through cache rule is for it is not known: {error.problem}"
    else:
        if prefix:
            status, message = (
                Status.WARNING,
                f"is not in the registry yet: the pull-through cache {prefix!r} may fetch it",
            )
            remedy = "Pull it once, to see whether the cache has it"
    return Finding(check=_CHECK, status=status, about=about, message=message, remedy=remedy)
