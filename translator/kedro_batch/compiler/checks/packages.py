"""A check for packages that datasets need and the project does not list: they may be missing in the image."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from kedro_batch.compiler.checks.dataset_diagnostics import reads_newest_version
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.catalog import Entry, with_inner_entries
from kedro_batch.compiler.project.dataset_classes import find_dataset_classes
from kedro_batch.compiler.project.project_packages import OWN_PACKAGE, find_extra_packages
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.text.wording import counted, listed

_FILE_SYSTEMS = {
    **dict.fromkeys(("s3", "s3a"), ("s3fs", "Install s3fs to access S3")),
    **dict.fromkeys(("gs", "gcs"), ("gcsfs", "Please install gcsfs to access Google Storage")),
    **dict.fromkeys(
        ("abfs", "abfss", "az", "adl"),
        ("adlfs", "Install adlfs to access Azure Datalake Gen2 and Azure Blob Storage"),
    ),
    **dict.fromkeys(("http", "https"), ("aiohttp", 'HTTPFileSystem requires "requests" and "aiohttp" to be installed')),
    **dict.fromkeys(("sftp", "ssh"), ("paramiko", 'SFTPFileSystem requires "paramiko" to be installed')),
}
"""The package behind a protocol, and what fsspec says without it (``fsspec.registry.known_implementations``)."""

_OTHER_CLIENTS = {"api", "databricks", "huggingface", "ibis", "langchain", "redis", "snowflake", "spark"}
"""Packages of kedro-datasets that reach their data without fsspec. Images for Spark bring their own clients."""

_LIBRARIES = {"dask", "geopandas", "holoviews", "matplotlib", "networkx", "pandas", "pillow", "plotly", "polars"}
"""Packages of kedro-datasets that need the library of the same name."""

_BACKENDS = {"joblib": "joblib", "dill": "dill", "cloudpickle": "cloudpickle", "compress_pickle": "compress-pickle"}
"""The packages of the backends of ``pickle.PickleDataset``."""

_ENGINES = {
    "openpyxl": (),
    "pyarrow": ("fastparquet",),
    "tables": (),
    "pandas-gbq": (),
    "deltalake": (),
    "sqlalchemy": (),
}
"""Packages behind datasets of pandas, if no other engine is chosen; and those that pandas takes in their place."""

_ADVICE = (
    "Add the package to the list that the image is built from. If the image has it from elsewhere, there is nothing "
    "to do"
)
OWN_ADVICE = "put kedro-batch into the images of the jobs (docs/versions.md)"
"""It is not on PyPI, so a line in a list is not enough."""


def check_packages(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note for each package that datasets need and the project's lists of packages do not have."""
    packages = compilation.inputs.packages
    for (package, without), datasets in find_unlisted_packages(compilation).items():
        needs, whose = ("needs", "its class") if len(datasets) == 1 else ("need", "their classes")
        yield Diagnostic(
            source=listed(packages.files if packages else ()),
            code=Code.UNLISTED_PACKAGE,
            severity=Severity.NOTE,
            message=f"{package} is not listed, and {counted(len(datasets), 'dataset')} {needs} it: "
            f"{listed(datasets)}. Without it, {without.replace('their classes', whose)}",
            about={"dataset": tuple(datasets)},
            advice=_ADVICE,
        )


def check_own_package(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a note if versioned datasets go from job to job, and the project does not list kedro-batch."""
    packages = compilation.inputs.packages
    if packages is None or not packages.lacks_in_image(OWN_PACKAGE):
        return
    crossing = [
        name
        for name, use in compilation.dataset_uses.items()
        if use.producers and use.readers and reads_newest_version(compilation, use)
    ]
    if crossing:
        goes = "goes" if len(crossing) == 1 else "go"
        yield Diagnostic(
            source=listed(packages.files),
            code=Code.UNLISTED_PACKAGE,
            severity=Severity.NOTE,
            message=f"{OWN_PACKAGE} is not listed for the image, and {counted(len(crossing), 'versioned dataset')} "
            f"{goes} from job to job: {listed(crossing)}. Without it, each job saves under a version of its own, and "
            "reads the newest one of any run",
            about={"dataset": tuple(crossing)},
            advice=f"To keep runs apart that overlap, {OWN_ADVICE}",
        )


def find_unlisted_packages(compilation: Compilation) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the datasets that need a package which the project's lists do not have.

    Returns:
        The datasets, by the package and what happens without it; sorted.
    """
    packages = compilation.inputs.packages
    if packages is None:
        return {}
    return {
        (package, without): datasets
        for (package, without), datasets in find_needed_packages(compilation).items()
        if all(map(packages.lacks, (package, *_ENGINES.get(package, ()))))
    }


def find_needed_packages(compilation: Compilation) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the datasets that need a package, by the package and what happens without it; sorted."""
    classes = find_dataset_classes()
    if classes is None:
        return {}
    find_package = cache(classes.find_package)
    users: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for name, _, entry in compilation.used_entries():
        entries = with_inner_entries(entry)
        for need in {need for one in entries for need in _find_needs(one, find_package(str(one.get("type"))))}:
            users[need].append(name)
    return dict(sorted(users.items()))


def _find_needs(entry: Entry, package: str | None) -> Iterator[tuple[str, str]]:
    """Yield what an entry with a class of a package of kedro-datasets needs, and what happens without it."""
    if package is None:
        return
    yield "kedro-datasets", "Kedro does not find their classes"
    if package in _LIBRARIES:
        yield package, "Kedro cannot import their classes"
    yield from _find_engines(entry, package)
    if package in _OTHER_CLIENTS or str(entry.get("type")).lower().endswith("deltatabledataset"):
        return
    for argument in ("filepath", "path"):
        place = entry.get(argument)
        protocol = place.rpartition("://")[0].rpartition("::")[2] if isinstance(place, str) else ""
        if protocol in _FILE_SYSTEMS:
            needed, says = _FILE_SYSTEMS[protocol]
            yield needed, f"the container says: {says}"


def _find_engines(entry: Entry, package: str) -> Iterator[tuple[str, str]]:
    """Yield the package that reads and writes for another; for pandas, an extra of kedro-datasets names it."""
    kind = str(entry.get("type")).rpartition(".")[2].lower()
    if package == "pickle" and (backend := _BACKENDS.get(str(entry.get("backend")).partition(".")[0])):
        yield backend, f"Kedro cannot import the backend {entry['backend']}"
    if package == "pandas":
        arguments = [one for one in (entry.get("load_args"), entry.get("save_args")) if isinstance(one, Mapping)]
        chosen = {one["engine"] for one in arguments if isinstance(one.get("engine"), str)}
        for needed in _ENGINES.keys() & find_extra_packages("kedro-datasets", f"pandas-{kind}"):
            if chosen <= {needed}:
                yield needed, "the data cannot be read and written"
