"""Checks of catalog entries that Kedro or the container would refuse: classes, credentials, and places to fill in."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kedro_batch.compiler.catalog import with_inner_entries
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.dataset_classes import find_dataset_classes
from kedro_batch.compiler.storage import PLACES
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.text.wording import listed

_CLASS_ADVICE = (
    "Correct the type in the catalog. If the image has another release of kedro-datasets, compile with that release"
)
_CREDENTIALS_ADVICE = (
    "In a container without them, `kedro run` ends with: Unable to find credentials. Data on S3 needs none on AWS Batch: "
    "remove them from the entries, and give the job definition a jobRoleArn with access to the data. For a database or "
    "another service, let a hook add them from AWS Secrets Manager, or a credentials file in the image read them from "
    "variables: ${oc.env:NAME}"
)
_PLACE_ADVICE = "Write the real name of the bucket or the folder"


def check_classes(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each dataset whose class is neither in kedro-datasets nor in Kedro."""
    classes = find_dataset_classes()
    if classes is None:
        return
    entries = {name: entry for name, _, entry in compilation.used_entries()}
    if compilation.inputs.features.makes_every_dataset:
        named = compilation.inputs.catalog.entries.items()
        entries |= {name: entry for name, entry in named if "{" not in name and name not in entries}
    describe_missing = cache(classes.describe_missing)
    for name, entry in entries.items():
        for kind in (one.get("type") for one in with_inner_entries(entry)):
            if isinstance(kind, str) and (message := describe_missing(kind)):
                yield _diagnose(Code.MISSING_CLASS, Severity.ERROR, name, message, _CLASS_ADVICE)


def check_credentials(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note for each name of credentials that no file of the image defines, with the entries that have it.

    Kedro looks for the credentials of all entries in every run, used or not, and ends without them.
    """
    credentials = compilation.inputs.credentials
    if credentials is None:
        return
    users: defaultdict[str, list[str]] = defaultdict(list)
    for name, entry in compilation.inputs.catalog.entries.items():
        for key in set(_find_credentials(entry)) - credentials.shipped:
            users[key].append(name)
    for key, names in users.items():
        where = (
            f"only in {credentials.left_out[key]}"
            if key in credentials.left_out
            else f"in no credentials file of {' and '.join(credentials.folders)}"
        )
        need = "needs" if len(names) == 1 else "need"
        yield Diagnostic(
            source=f"credentials {key}",
            code=Code.UNDEFINED_CREDENTIALS,
            severity=Severity.NOTE,
            message=f"they are {where}, and {listed(names)} {need} them",
            about={"dataset": tuple(names)},
            advice=_CREDENTIALS_ADVICE,
        )


def _find_credentials(value: Any) -> Iterator[str]:
    """Yield the names of credentials at any depth, as Kedro finds them."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "credentials" and isinstance(inner, str):
                yield inner
            yield from _find_credentials(inner)


_PLACES = {*PLACES, "database"}
_TO_FILL_IN = re.compile(r"<[^<>/]+>")
_EXAMPLE = re.compile(
    r"\w+://((my|your|example|aws)[-_](s3[-_])?bucket([-_]name)?|bucket[-_]name|doc-example-bucket|"
    r"amzn-s3-demo-bucket)(?=/|$)",
    re.IGNORECASE,
)
"""Buckets in our own remedies, and in the guides of Kedro and AWS."""


def check_placeholders(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each place with ``<...>`` in it, and a warning for each with the name of an example."""
    for name, _, entry in compilation.used_entries():
        for one in with_inner_entries(entry):
            for key in sorted(_PLACES & one.keys()):
                if isinstance(one[key], str) and (found := _find_placeholder(one[key])):
                    yield _diagnose(Code.PLACEHOLDER, found[0], name, f"its {key} {found[1]}", _PLACE_ADVICE)
    source = compilation.inputs.source
    conf_source = compilation.inputs.settings.container_conf_source
    if conf_source and (found := _find_placeholder(conf_source)):
        file, line, path = source.locate(("container_conf_source",))
        yield Diagnostic(
            source=file,
            line=line,
            path=path,
            code=Code.PLACEHOLDER,
            severity=found[0],
            message=found[1],
            advice=_PLACE_ADVICE,
        )


def _find_placeholder(place: str) -> tuple[Severity, str] | None:
    # An address may hold a password: only what is to be filled in is shown.
    if "<" in place and (to_fill_in := _TO_FILL_IN.findall(place)):
        return Severity.ERROR, f"has a placeholder: {listed(to_fill_in)}"
    if "://" in place and (example := _EXAMPLE.match(place.rpartition("::")[2])):
        return Severity.WARNING, f"is in {example[0]}, a name from examples"
    return None


def _diagnose(code: Code, severity: Severity, dataset: str, message: str, advice: str) -> Diagnostic:
    return Diagnostic(
        source=dataset, code=code, severity=severity, message=message, about={"dataset": (dataset,)}, advice=advice
    )
