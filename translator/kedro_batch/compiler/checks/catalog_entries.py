"""Checks of catalog entries that Kedro would refuse, here or in a container: their classes, and their credentials."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.catalog import with_inner_entries
from kedro_batch.compiler.project.dataset_classes import find_dataset_classes
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.text.wording import listed

_CLASS_ADVICE = (
    "Correct the type in the catalog. If the image has another release of kedro-datasets, compile with that release"
)
_CREDENTIALS_ADVICE = (
    "Without them, `kedro run` ends there with: Unable to find credentials. Data on S3 needs none on AWS Batch: remove "
    "them, and give the job definition a jobRoleArn with access. For a database, let a hook add them, or put a "
    "credentials file into the image that reads them from variables: ${oc.env:NAME}"
)


def check_classes(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each class that is neither in kedro-datasets nor in Kedro, with the datasets of that type."""
    classes = find_dataset_classes()
    if classes is None:
        return
    entries = {name: entry for name, _, entry in compilation.used_entries()}
    if compilation.inputs.features.makes_every_dataset:
        named = compilation.inputs.catalog.entries.items()
        entries |= {name: entry for name, entry in named if "{" not in name and name not in entries}
    users: defaultdict[str, list[str]] = defaultdict(list)
    for name, entry in entries.items():
        for kind in dict.fromkeys(one.get("type") for one in with_inner_entries(entry)):
            if isinstance(kind, str):
                users[kind].append(name)
    for kind, names in users.items():
        if message := classes.describe_missing(kind):
            yield Diagnostic(
                source=listed(names),
                code=Code.MISSING_CLASS,
                message=f"{'its' if len(names) == 1 else 'their'} {message}",
                about={"dataset": tuple(names)},
                advice=_CLASS_ADVICE,
            )


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
