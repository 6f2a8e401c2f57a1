"""A check for places that are still to be filled in: ``<your-bucket>``, or the bucket of a guide."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.catalog import with_inner_entries
from kedro_batch.compiler.data.storage import PATHS, PLACES
from kedro_batch.compiler.project.dataset_classes import find_dataset_classes
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, Severity
from kedro_batch.text.wording import listed

_PLACES = {*PLACES, "database"}
_TO_FILL_IN = re.compile(r"<(?:[^<>\s](?:[^<>]*[^<>\s])?)?>")
_BRACES = re.compile(r"\{\w+\}")
_EXAMPLE = re.compile(
    r"\w+://(s3[\w.-]*\.amazonaws\.com/)?((my|your|example|aws)[-_](s3[-_])?bucket([-_]name)?|bucket[-_]name|"
    r"doc-example-bucket|amzn-s3-demo-bucket)(?=[/@:?]|\.s3[.-]|$)",
    re.IGNORECASE,
)
"""Buckets in our own remedies, and in the guides of Kedro and AWS."""
_NAMED_TO_FILL_IN = re.compile(r"<[^<>]*\b(my|your|bucket|account|region|name|id)\b[^<>]*>", re.IGNORECASE)


class _Placeholder(NamedTuple):
    """What is still to be filled in, how bad it is, and what to say about it."""

    text: str
    severity: Severity
    message: str


def check_placeholders(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each place with ``<...>`` in it, and a warning for each with the name of an example."""
    yield from _check_entries(compilation)
    source = compilation.inputs.source
    for path, value in _settings_to_fill_in({**source.aws_batch, **source.target}):
        if found := _find_placeholder(value):
            file, line, shown_path = source.locate(path)
            yield Diagnostic(
                source=file,
                line=line,
                path=shown_path,
                code=Code.PLACEHOLDER,
                severity=found.severity,
                message=found.message,
                advice="Write the real value",
            )


def _check_entries(compilation: Compilation) -> Iterator[Diagnostic]:
    for name, _, entry in compilation.used_entries():
        for one in with_inner_entries(entry):
            for key in sorted(_PLACES & one.keys()):
                place = one[key]
                if not isinstance(place, str):
                    continue
                found = _find_placeholder(place)
                if (
                    not found
                    and "{" in place
                    and key in PATHS
                    and _is_never_filled(compilation, name, str(one.get("type")))
                ):
                    found = _find_braces(place)
                if found:
                    yield Diagnostic(
                        source=name,
                        code=Code.PLACEHOLDER,
                        severity=found.severity,
                        message=f"its {key} {found.message}",
                        about={"dataset": (name,)},
                        advice=f"Write the real name in place of {found.text}",
                    )


def _find_placeholder(place: str) -> _Placeholder | None:
    # An address may hold a password: only what is to be filled in is shown.
    if "<" in place and (to_fill_in := listed(dict.fromkeys(_TO_FILL_IN.findall(place)))):
        return _Placeholder(to_fill_in, Severity.ERROR, f"has a placeholder: {to_fill_in}")
    if "://" in place and (example := _EXAMPLE.match(place.rpartition("::")[2])):
        return _Placeholder(example[0], Severity.WARNING, f"is in {example[0]}, a name from examples")
    return None


def _find_braces(place: str) -> _Placeholder | None:
    braces = listed(dict.fromkeys(_BRACES.findall(place)))
    message = f"has {braces}, which Kedro fills in only if the name of the entry has it too"
    return _Placeholder(braces, Severity.WARNING, message) if braces else None


def _is_never_filled(compilation: Compilation, name: str, kind: str) -> bool:
    """True if a dataset has an entry under its own name, of a class that is known to take a path as it is written."""
    classes, found = find_dataset_classes(), compilation.inputs.catalog.template(name)
    return bool(classes and classes.find_package(kind) and found and found[0] == name)


def _settings_to_fill_in(settings: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Yield the settings that name something outside of the project, and the variables that look as if they did."""
    levels: list[tuple[FieldPath, Mapping[str, Any]]] = [((), settings)]
    levels += [(("rules", number), rule) for number, rule in enumerate(settings.get("rules", ()))]
    for here, given in levels:
        for name in ("job_queue", "job_definition", "container_conf_source"):
            if name in given:
                yield (*here, name), given[name]
        for name in ("shared_paths", "image_paths"):
            yield from (((*here, name, position), path) for position, path in enumerate(given.get(name, ())))
        for name, value in given.get("environment", {}).items():
            # A variable may be a text with tags, or a format: <b>, <asctime>.
            if "://" in value or _NAMED_TO_FILL_IN.search(value):
                yield (*here, "environment", name), value
