"""A check for packages that datasets need and the project does not list: they may be missing in the image."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from kedro_batch.compiler.catalog import Entry, with_inner_entries
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.dataset_classes import find_dataset_classes
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.text.wording import counted, listed

_FILE_SYSTEMS = {
    **dict.fromkeys(("s3", "s3a"), ("s3fs", "Install s3fs to access S3")),
    **dict.fromkeys(("gs", "gcs"), ("gcsfs", "Please install gcsfs to access Google Storage")),
    **dict.fromkeys(
        ("abfs", "abfss", "az", "adl"),
        ("adlfs", "Install adlfs to access Azure Datalake Gen2 and Azure Blob Storage"),
    ),
}
"""The package behind a protocol, and what fsspec says without it (``fsspec.registry.known_implementations``)."""

_OTHER_CLIENTS = {"api", "databricks", "huggingface", "ibis", "langchain", "redis", "snowflake", "spark"}
"""Packages of kedro-datasets that reach their data without fsspec. Images for Spark bring their own clients."""

_LIBRARIES = {"dask", "geopandas", "holoviews", "matplotlib", "networkx", "pandas", "pillow", "plotly", "polars"}
"""Packages of kedro-datasets that need the library of the same name."""

_ADVICE = (
    "Add the package to the list that the image is built from. If the image has it from elsewhere, there is nothing "
    "to do"
)


def check_packages(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note for each package that datasets need and the project's lists of packages do not have."""
    packages, classes = compilation.inputs.packages, find_dataset_classes()
    if packages is None or classes is None:
        return
    find_package = cache(classes.find_package)
    users: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for name, _, entry in compilation.used_entries():
        entries = with_inner_entries(entry)
        for need in {need for one in entries for need in _find_needs(one, find_package(str(one.get("type"))))}:
            users[need].append(name)
    for (package, without), datasets in sorted(users.items()):
        if packages.lacks(package):
            needs = "needs" if len(datasets) == 1 else "need"
            yield Diagnostic(
                source=listed(packages.files),
                code=Code.UNLISTED_PACKAGE,
                severity=Severity.NOTE,
                message=f"{package} is not listed, and {counted(len(datasets), 'dataset')} {needs} it: "
                f"{listed(datasets)}. Without it, {without}",
                about={"dataset": tuple(datasets)},
                advice=_ADVICE,
            )


def _find_needs(entry: Entry, package: str | None) -> Iterator[tuple[str, str]]:
    """Yield what an entry with a class of a package of kedro-datasets needs, and what happens without it."""
    if package is None:
        return
    yield "kedro-datasets", "Kedro does not find their classes"
    if package in _LIBRARIES:
        yield package, "Kedro cannot import their classes"
    if package in _OTHER_CLIENTS or str(entry.get("type")).lower().endswith("deltatabledataset"):
        return
    for argument in ("filepath", "path"):
        place = entry.get(argument)
        protocol = place.rpartition("://")[0].rpartition("::")[2] if isinstance(place, str) else ""
        if protocol in _FILE_SYSTEMS:
            needed, says = _FILE_SYSTEMS[protocol]
            yield needed, f"the container says: {says}"
