"""The digests of images in a plan that was approved, and another plan that has the same images by tag. Pure.

What a tag means now is known to its registry alone: nothing here takes a tag and a digest for the same image. But a
plan must not lose a digest that was approved, only because it was compiled without asking for digests.
"""

from collections.abc import Mapping
from dataclasses import replace

from kedro_batch.plan.checks.job_definitions import images_of
from kedro_batch.plan.containers import with_images
from kedro_batch.plan.image_reference import parse_image
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition


def loses_digests(plan: Plan, approved: Plan) -> bool:
    """True if a plan has an image by tag, of a repository from which another plan has an image by digest."""
    known = {name for one in approved.job_definitions.values() for name in _digests(one)}
    images = (image for one in plan.job_definitions.values() for _, image in images_of(one))
    return any(one.digest is None and one.name in known for one in map(parse_image, images))


def with_digests_of(approved: Plan, plan: Plan) -> Plan:
    """Return a plan whose images by tag are those that the same job definition has by digest in another plan."""
    changed = {
        name: with_images(one, _Digests(_digests(approved.job_definitions[name])).instead)
        if name in approved.job_definitions
        else one
        for name, one in plan.job_definitions.items()
    }
    return replace(plan, job_definitions=changed)


class _Digests:
    def __init__(self, by_repository: Mapping[str, str]) -> None:
        self._by_repository = by_repository

    def instead(self, image: str) -> str:
        """Return the image by digest in place of one by tag, if the digest is known."""
        parsed = parse_image(image)
        return image if parsed.digest else self._by_repository.get(parsed.name, image)


def _digests(definition: JobDefinition) -> dict[str, str]:
    """Return the images that a definition has by digest, by their repositories."""
    parsed = (parse_image(image) for _, image in images_of(definition))
    return {one.name: str(one) for one in parsed if one.digest}
