"""Tells from a catalog entry what stores a dataset: a store that all containers see, a container's disk, memory.

Only the configuration is looked at; no dataset class is imported, and no credentials are needed. Which class
keeps its data where was read in kedro-datasets 1.8 to 9 and kedro 0.19 to 1.7.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from kedro_batch.compiler.catalog import Catalog, Entry
from kedro_batch.compiler.nodes import glob
from kedro_batch.plan.data_flow import without_transcoding


class Store(StrEnum):
    """What keeps a dataset between two jobs."""

    SHARED = "shared"
    UNKNOWN = "unknown"
    LOCAL = "local"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """What stores a dataset.

    Attributes:
        store: Where.
        reason: How that can be seen, such as ``its filepath is data/x.csv``.
        versioned: Kedro keeps versions of it.
        place: Its path or URL; empty where it has none.
        given: The catalog itself has the data, so that every container has it.
    """

    store: Store
    reason: str
    versioned: bool = False
    place: str = ""
    given: bool = False


class Storages:
    """What stores each dataset of a project, by the catalog and by what the settings say instead."""

    def __init__(self, catalog: Catalog, declared: Mapping[str, str], shared_paths: Sequence[str]) -> None:
        """Take the catalog, ``datasets`` and ``shared_paths`` of the settings."""
        self._catalog = catalog
        self._declared = declared
        self._shared_paths = tuple(PurePosixPath(path) for path in shared_paths)
        self._known: dict[str, Storage] = {}

    def of(self, dataset: str) -> Storage:
        """Tell what stores a dataset; what nothing is known of is kept in memory by Kedro."""
        if dataset not in self._known:
            self._known[dataset] = self._found(dataset)
        return self._known[dataset]

    def _found(self, dataset: str) -> Storage:
        entry = self._catalog.entry(dataset)
        versioned = bool(entry and (entry.get("versioned") or "tracking." in str(entry.get("type"))))
        pattern = self._declaration(dataset)
        if pattern is not None:
            reason = f"datasets in aws_batch.yml calls {pattern!r} {self._declared[pattern]}"
            return Storage(store=Store(self._declared[pattern]), reason=reason, versioned=versioned)
        if entry is None:
            return Storage(store=Store.MEMORY, reason="the catalog does not know it")
        store, reason = _store_of(entry, self._shared_paths)
        place = next((entry[one] for one in _PATHS if isinstance(entry.get(one), str)), "")
        return Storage(store=store, reason=reason, versioned=versioned, place=place, given="data" in entry)

    def _declaration(self, dataset: str) -> str | None:
        """Find what the settings say of a dataset, or of all the names that it is transcoded to."""
        for name in (dataset, without_transcoding(dataset)):
            if name in self._declared:
                return name
        return next((pattern for pattern in self._declared if re.fullmatch(glob(pattern), dataset)), None)


Verdict = tuple[Store, str]

_IN_MEMORY = {"memorydataset", "sharedmemorydataset"}
_SERVERS = {
    "apidataset",
    "cloudpickledataset",
    "gbqquerydataset",
    "gbqtabledataset",
    "hfdataset",
    "kedroazurerunnerdataset",
    "kedrovertexairunnerdataset",
    "managedtabledataset",
    "polarsdatabasedataset",
    "snowparktabledataset",
    "sparkhivedataset",
    "sqlquerydataset",
    "sqltabledataset",
}
"""Classes whose data is on a server, unless an address says otherwise; the ``filepath`` that some of them have holds a
query. Their connection strings are credentials, which are not looked at where they stand elsewhere."""

_PATHS = ("filepath", "path", "index_path", "location", "filename")
_ADDRESSES = ("con", "connection_string", "url", "uri")
_WRAPPED = ("dataset", "base_dataset_args")
_REMOTE = frozenset(
    [
        "abfs",
        "abfss",
        "adl",
        "arrow_hdfs",
        "az",
        "box",
        "dbfs",
        "dropbox",
        "ftp",
        "gcs",
        "gdrive",
        "gist",
        "github",
        "gs",
        "hdfs",
        "hf",
        "http",
        "https",
        "lakefs",
        "oci",
        "ocilake",
        "oss",
        "root",
        "s3",
        "s3a",
        "s3n",
        "sftp",
        "smb",
        "ssh",
        "tos",
        "tosfs",
        "viewfs",
        "wandb",
        "wasb",
        "wasbs",
        "webdav",
        "webhdfs",
    ]
)
"""Protocols of fsspec (``fsspec.registry.known_implementations``, 2026.9) and of Hadoop."""
_LOCAL_DATABASES = frozenset({"access", "derby", "duckdb", "h2", "hsqldb", "sqlite", "ucanaccess"})
_IN_PROCESS = frozenset({"dask", "datafusion", "pandas", "polars"})
_IN_MEMORY_FILE = re.compile(r"(:memory:|:default:|mem:|memory:|file::memory:)|.*mode=memory", re.IGNORECASE)
_PROTOCOL = re.compile("[a-zA-Z0-9_+.-]+")
_USER = re.compile("//[^/@]*@")
_THIS_MACHINE = re.compile(r"//([^/@]*@)?(localhost|127\.0\.0\.1|\[::1\])([:/;]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What the ``type`` of an entry tells, whatever module and spelling it is written with.

    Attributes:
        written: As it is written.
        name: The class, in lower case: ``DataSet`` is the older spelling of ``Dataset``.
        packages: The names before it.
    """

    written: str
    name: str
    packages: frozenset[str]


@lru_cache(maxsize=1024)
def _kind(written: str) -> _Kind:
    *packages, name = written.split(".")
    return _Kind(written=written, name=name.lower(), packages=frozenset(packages))


def _store_of(entry: Entry, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    """Judge an entry; what wraps another dataset is judged by the innermost that says where data is."""
    while True:
        kind = _kind(str(entry.get("type", "")))
        if kind.name in _IN_MEMORY:
            return Store.MEMORY, f"it is a {kind.written}"
        verdict = _by_address(entry, kind, shared_paths) or _by_server(entry, kind)
        verdict = verdict or _by_path(entry, kind, shared_paths)
        if verdict is not None:
            return verdict
        wrapped = next((entry[argument] for argument in _WRAPPED if isinstance(entry.get(argument), Mapping)), None)
        if wrapped is None:
            which = kind.written or "an entry without a type"
            return Store.UNKNOWN, f"the arguments of {which} do not tell where it is"
        entry = wrapped


def _by_address(entry: Entry, kind: _Kind, shared_paths: Sequence[PurePosixPath]) -> Verdict | None:
    """Judge by a database's address; one that is written into the entry's credentials counts too."""
    credentials = entry.get("credentials")
    for holder in (entry, credentials) if isinstance(credentials, Mapping) else (entry,):
        for argument in _ADDRESSES if kind.name != "apidataset" else ():
            if isinstance(holder.get(argument), str):
                return _of_address(argument, holder[argument], shared_paths)
    by_connection = isinstance(entry.get("connection"), Mapping) and not isinstance(entry.get("filepath"), str)
    if by_connection or (kind.name == "tabledataset" and "ibis" in kind.packages):
        return _of_connection(entry, shared_paths)
    return None


def _by_server(entry: Entry, kind: _Kind) -> Verdict | None:
    if kind.name in _SERVERS or "redis" in kind.packages:
        return Store.SHARED, f"a {kind.written} keeps it on a server"
    if entry.get("catalog_type"):
        return Store.SHARED, f"a {kind.written} keeps it in the data catalog {entry['catalog_type']}"
    return None


def _by_path(entry: Entry, kind: _Kind, shared_paths: Sequence[PurePosixPath]) -> Verdict | None:
    for argument in _PATHS:
        if isinstance(entry.get(argument), str):
            return _of_path(argument, entry[argument], kind, shared_paths)
    return None


def _of_path(name: str, path: str, kind: _Kind, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    """Judge a path or URL as Kedro reads it: what does not begin with ``protocol://`` is a file."""
    told = path.partition("?")[0]  # what follows may be a signature
    reason = f"its {name} is {_USER.sub('//***@', told) if '@' in told else told}"
    if "dask" in kind.packages:  # of a chain such as simplecache::s3://..., dask takes the last link
        path = path.rpartition("::")[2]
    protocol, separator, rest = path.partition("://")
    if path.startswith("dbfs:/") and "spark" in kind.packages:
        return Store.SHARED, reason
    if not separator or not _PROTOCOL.fullmatch(protocol):
        return _of_local_path(path, reason, shared_paths)
    match protocol.lower():
        case "memory":
            return Store.MEMORY, reason
        case "file" | "local":
            return _of_local_path(rest, reason, shared_paths)
        case remote if remote in _REMOTE:
            return Store.SHARED, reason
        case _:
            return Store.UNKNOWN, reason


def _of_local_path(path: str, reason: str, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    place = PurePosixPath(_normal(path))
    for shared in shared_paths:
        folder = PurePosixPath(_normal(str(shared)))
        if place.is_relative_to(folder) and ".." not in place.relative_to(folder).parts:
            return Store.SHARED, f"{reason}, below the shared path {shared}"
    return Store.LOCAL, reason


def _normal(path: str) -> str:
    """Resolve ``.`` and ``..`` in a path without looking at any disk."""
    parts: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)


def _of_address(name: str, address: str, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    """Judge a database's address: ``postgresql://...``, ``sqlite:///x.db``, ``jdbc:h2:mem:x``.

    An address may hold a password: only its kind is told.
    """
    dialect, _, rest = address.removeprefix("jdbc:").partition(":")
    dialect = dialect.partition("+")[0].lower()
    kind = dialect if dialect.isalnum() else "database"
    if _THIS_MACHINE.search(rest):
        return Store.LOCAL, f"its {name} is a {kind} server on localhost"
    if dialect not in _LOCAL_DATABASES:
        return Store.SHARED, f"its {name} is a {kind} address"
    file = re.sub("^///?", "", rest, count=1).partition(";")[0]
    if re.match("(md:|motherduck:|tcp:|ssl:|hsqls?:|https?:)", file) or (dialect == "derby" and rest.startswith("//")):
        return Store.SHARED, f"its {name} is a {kind} server"
    if not file or _IN_MEMORY_FILE.match(file):
        return Store.MEMORY, f"its {name} is a {kind} database in memory"
    return _of_local_path(file.partition("?")[0], f"its {name} is a {kind} file", shared_paths)


def _of_connection(entry: Entry, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    """Judge the connection of an ibis dataset: a backend and its arguments; DuckDB in memory if there is none."""
    connection = entry.get("connection")
    given = connection if isinstance(connection, Mapping) else {}
    if not given and "credentials" in entry:
        return Store.UNKNOWN, "its connection is among the credentials, which are not looked at"
    backend = str(given.get("backend", "duckdb")).lower()
    if backend in _IN_PROCESS:
        return Store.MEMORY, f"its backend {backend} works in memory"
    if backend in _LOCAL_DATABASES:
        return _of_database(backend, given.get("database"), shared_paths)
    if str(given.get("host")) in ("localhost", "127.0.0.1", "::1"):
        return Store.LOCAL, f"its connection is a {backend} server on localhost"
    return Store.SHARED, f"its backend is {backend}"


def _of_database(backend: str, database: Any, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    if not isinstance(database, str) or not database or database.startswith(":memory:"):
        return Store.MEMORY, f"its backend is {backend}, in memory"
    if database.startswith(("md:", "motherduck:")):
        return Store.SHARED, "its database is on MotherDuck"
    return _of_local_path(database, f"its database is {database}", shared_paths)
