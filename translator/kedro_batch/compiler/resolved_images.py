"""Puts the digests of images into a plan in place of their tags. Somebody else finds them: here nothing is asked."""

from collections.abc import Callable
from dataclasses import replace

from kedro_batch.compiler.checks.job_definitions import locate_in_plan, moves
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.diagnostics import Diagnostic
from kedro_batch.errors import ConfigError, Refused
from kedro_batch.plan.checks.job_definitions import images_of
from kedro_batch.plan.containers import with_images

ResolveImage = Callable[[str], str]
"""Returns the reference of an image with its digest in place of its tag; raises ``Refused`` if there is none."""


def resolve_images(compilation: Compilation, resolve: ResolveImage) -> Compilation:
    """Return a compilation whose plan has all images by digest.

    Raises:
        ConfigError: No image is declared, or images have no digest that could be found; all of them are named.
    """
    plan = compilation.plan
    if not plan.job_definitions:
        raise ConfigError(
            "--resolve-image finds the digests of images that aws_batch.yml declares, and it declares none: its job "
            "definitions are only named, and their images are set on AWS. To declare one: "
            "job_definition: {name: NAME, image: IMAGE}"
        )
    resolved: dict[str, str] = {}
    wrong = []
    images = [(name, *found) for name, definition in plan.job_definitions.items() for found in images_of(definition)]
    for name, part, image in images:
        if image in resolved:
            continue
        resolved[image] = image
        try:
            if moves(image):
                resolved[image] = resolve(image)
        except Refused as error:
            place = locate_in_plan(compilation, ("job_definitions", name, *part))
            wrong.append(Diagnostic(source=place.file, line=place.line, path=place.path, message=error.headline))
    if wrong:
        raise ConfigError("the digests of images cannot be found:", wrong)
    by_name = {name: with_images(one, lambda image: resolved[image]) for name, one in plan.job_definitions.items()}
    return replace(compilation, plan=replace(plan, job_definitions=by_name))
