"""Checks of job definitions: their names in the settings, and what may change under the name that a plan has."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.settings.config_source import SourceRef
from kedro_batch.compiler.settings.declared_definitions import declared_in, has_own_containers
from kedro_batch.compiler.settings.definition_places import path_of_part, rule_of
from kedro_batch.compiler.settings.rules import ResolvedSettings
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, Severity, path_text
from kedro_batch.errors import ConfigError
from kedro_batch.files.read_budget import MAX_DEFINITIONS
from kedro_batch.plan.checks.job_definitions import images_of
from kedro_batch.plan.image_reference import parse_image
from kedro_batch.plan.settings import Platform
from kedro_batch.text.wording import listed, sentences

_REVISION = re.compile(r":[0-9]+$")
_WITHOUT_REVISION = re.compile(r"[\w-]+|arn:.*/[\w-]+")


def check_declarations(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each declared job definition without a name, and for each two that differ under one name."""
    by_name: defaultdict[str, list[ResolvedSettings]] = defaultdict(list)
    for resolved in _distinct(compilation):
        name = resolved.settings.job_definition
        if resolved.definition is None:
            continue
        if not name:
            message = "is missing: a declared job definition needs one, such as name: kedro_run"
            place = _locate(compilation, resolved, ("name",))
            yield _diagnose(place, sentences(message, hint_at_replaced(compilation, place.path)))
        elif all(resolved.definition != one.definition for one in by_name[name]):
            by_name[name].append(resolved)
    for first, *others in by_name.values():
        yield from (_diagnose_clash(compilation, first, other) for other in others)
    if len(by_name) > MAX_DEFINITIONS:
        message = f"{len(by_name):,} job definitions are declared, and a plan may have {MAX_DEFINITIONS:,}"
        yield _diagnose(compilation.inputs.source.locate(("job_definition",)), message)


def check_moving(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note for each image and each job definition that may be another one when the plan is applied."""
    seen: set[str] = set()
    for resolved in _distinct(compilation):
        name, definition = resolved.settings.job_definition, resolved.definition
        if definition is None and name not in seen and _WITHOUT_REVISION.fullmatch(name):
            seen.add(name)
            yield _note_definition(_locate(compilation, resolved), name)
        planned = compilation.plan.job_definitions.get(name)
        for part, image in images_of(planned) if definition and planned else ():
            if image not in seen and moves(image):
                seen.add(image)
                yield _note_image(_locate(compilation, resolved, part), image)


def locate_in_plan(compilation: Compilation, path: FieldPath) -> SourceRef:
    """Find the setting that put a value into ``("job_definitions", NAME, ...)`` of the plan."""
    name, part = path[1], path[2:]
    resolved = next(one for one in _distinct(compilation) if one.definition and one.settings.job_definition == name)
    return _locate(compilation, resolved, part)


def hint_at_replaced(compilation: Compilation, path: FieldPath) -> str:
    """Say which file has what is missing at a path, if another file has replaced it there; or nothing.

    A part of a job definition that a rule declares may come from outside of the rules.
    """
    source = compilation.inputs.source
    outside = path[2:] if path[:1] == ("rules",) and path[2:3] == ("job_definition",) else ()
    return source.hint_at_replaced(path) or source.hint_at_replaced(outside)


def refuse_unused_image(compilation: Compilation) -> None:
    """Refuse an image of the command line that no job definition takes.

    Raises:
        ConfigError: With lines to paste, or with what keeps the image from being used.
    """
    image = compilation.inputs.settings.image
    if image is None or any(one.image == image for one in compilation.plan.job_definitions.values()):
        return
    for one in _distinct(compilation):
        if one.definition is None:
            name, lines = one.settings.job_definition, "".join(f"    {line}\n" for line in _declare(one, image))
            place = _place(_locate(compilation, one))
            raise ConfigError(
                f"--image sets the image of job definitions that aws_batch.yml declares, and {name} is only named "
                f"there: its image is set on AWS. In place of {place}, declare it:\n\n{lines}"
            )
    reasons = []
    for one in _distinct(compilation):
        own = has_own_containers(declared_in(one.stated) or {})
        place = _place(_locate(compilation, one, ("register",) if own else ("image",)))
        reasons.append(f"{place} has containers of its own, with images" if own else f"{place} names another image")
    found = listed(dict.fromkeys(reasons), separator="; ")
    raise ConfigError(f"--image sets no image: {found}. Leave out --image, or write the image there")


def moves(image: str) -> bool:
    """True if an image has no digest; one that is no reference is refused elsewhere."""
    try:
        return parse_image(image).digest is None
    except ValueError:
        return False


def _note_definition(place: SourceRef, name: str) -> Diagnostic:
    return _note(
        place,
        Code.MOVING_DEFINITION,
        f"{name} has no revision, so each run takes the newest one, whatever its image is",
        about={"definition": (name,)},
        advice="Name a revision, such as NAME:3, or declare the job definition in aws_batch.yml: then the plan says "
        "which image runs",
    )


def _note_image(place: SourceRef, image: str) -> Diagnostic:
    return _note(
        place,
        Code.MOVING_IMAGE,
        f"{image} has no digest, so it may be another image when the plan is applied",
        about={"image": (image,)},
        advice="Name the image by the digest that `docker push` prints, as repository@sha256:..., in aws_batch.yml or "
        "with compile --image; compile --resolve-image asks Amazon ECR for it",
    )


def _note(place: SourceRef, code: Code, message: str, *, about: dict[str, tuple[str, ...]], advice: str) -> Diagnostic:
    return Diagnostic(
        source=place.file,
        line=place.line,
        path=place.path,
        code=code,
        severity=Severity.NOTE,
        message=message,
        about=about,
        advice=advice,
    )


def _diagnose_clash(compilation: Compilation, first: ResolvedSettings, other: ResolvedSettings) -> Diagnostic:
    """Say that two job definitions differ under one name: where a rule makes the difference, and where the other is."""
    settings, name = compilation.inputs.settings, first.settings.job_definition
    one, two = (found.definition.to_dict() if found.definition else {} for found in (first, other))
    differing = sorted(part for part in {*one, *two} if one.get(part) != two.get(part))
    paths = [
        (max((path_of_part(settings, found, (part,)) for part in differing), key=rule_of), found)
        for found in (other, first)
    ]
    (here, resolved), (there, _) = sorted(paths, key=lambda pair: rule_of(pair[0]), reverse=True)
    source = compilation.inputs.source
    naming = path_of_part(settings, resolved, ("name",))
    if rule_of(naming) > rule_of(here):  # a name beside the difference would be overridden
        return _diagnose(
            source.locate(naming),
            f"it names two job definitions {name!r} that differ in {listed(differing)}, by "
            f"{_place(source.locate(here))} and by {_place(source.locate(there))}: it overrides the name of an earlier "
            "rule",
            advice="Leave out the name in the later rule, or put this rule before those that it overrides",
        )
    return _diagnose(
        compilation.inputs.source.locate(here),
        f"two job definitions have the name {name!r} and differ in {listed(differing)}, by this and by "
        f"{_place(compilation.inputs.source.locate(there))}",
        advice=f"Give the one of a rule a name of its own, in the rule, such as job_definition: {{name: {name}_2}}",
    )


def _declare(resolved: ResolvedSettings, image: str) -> Iterator[str]:
    """Yield the lines that declare a job definition which was only named."""
    yield "job_definition:"
    yield f"  name: {_REVISION.sub('', resolved.settings.job_definition).rpartition('/')[2]}"
    yield f"  image: {json.dumps(image)}"
    if resolved.settings.platform is Platform.FARGATE:
        yield "  execution_role: arn:aws:iam::123456789012:role/ecsTaskExecutionRole  # the name of yours"


def _distinct(compilation: Compilation) -> list[ResolvedSettings]:
    return compilation.node_settings.distinct(compilation.inputs.nodes.selected)


def _locate(compilation: Compilation, resolved: ResolvedSettings, part: FieldPath = ()) -> SourceRef:
    """Find what gave nodes a part of their job definition: a setting, or the command line."""
    settings = compilation.inputs.settings
    path = path_of_part(settings, resolved, part)
    if part == ("image",) and settings.image and resolved.definition and resolved.definition.image == settings.image:
        rule = rule_of(path)
        if rule < 0 or "image" not in (declared_in(settings.rules[rule].stated) or {}):
            return SourceRef("--image", None, ())
    return compilation.inputs.source.locate(path)


def _place(place: SourceRef) -> str:
    file = place.file if place.line is None else f"{place.file}:{place.line}"
    return f"{file}: {path_text(place.path)}"


def _diagnose(place: SourceRef, message: str, advice: str = "") -> Diagnostic:
    return Diagnostic(
        source=place.file,
        line=place.line,
        path=place.path,
        code=Code.INVALID_CONFIG,
        message=message,
        advice=advice,
    )
