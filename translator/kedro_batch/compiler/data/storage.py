"""Finds out from a catalog entry where a dataset is stored: where all containers see it, on one disk, in memory.

Whether that is enough for the jobs that use the dataset is judged in ``checks.boundaries``, not here. Only the
configuration is read: no dataset class is imported, and no credentials are needed. Where each class stores its data was
read in kedro-datasets 1.8 to 9 and kedro 0.19 to 1.7.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from kedro_batch.compiler.data.catalog import Catalog, Entry
from kedro_batch.compiler.data.database_stores import ADDRESSES, judge_address, judge_connection
from kedro_batch.compiler.data.stores import Store, Verdict, judge_local_path
from kedro_batch.compiler.nodes import glob_regex
from kedro_batch.compiler.project.class_bases import BaseNames, no_base_names
from kedro_batch.plan.data_flow import without_transcoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Where a dataset is stored, and why we think so.

    Attributes:
        store: The kind of store.
        reason: The reason, such as ``its filepath is data/x.csv``.
        versioned: Kedro keeps versions of it.
        url: Its path or URL; empty if it has none.
        local_path: Its path on the disk of a container; empty if it is elsewhere.
        given: The catalog itself has the data, or its class may make them, so every container has them.
    """

    store: Store
    reason: str
    versioned: bool = False
    url: str = ""
    local_path: str = ""
    given: bool = False


class Storages:
    """Where each dataset of a project is stored, by its catalog entry or by ``datasets`` in the settings."""

    def __init__(
        self,
        catalog: Catalog,
        declared: Mapping[str, str],
        shared_paths: Sequence[str],
        base_names: BaseNames = no_base_names,
    ) -> None:
        """Use a catalog, ``datasets`` and ``shared_paths`` of the settings, and what classes derive from."""
        self._catalog = catalog
        self._base_names = base_names
        self._declared = declared
        self._shared_paths = tuple(PurePosixPath(path) for path in shared_paths)
        self._known: dict[str, Storage] = {}

    def of(self, dataset: str) -> Storage:
        """Return where a dataset is stored. Kedro keeps datasets without an entry in memory."""
        if dataset not in self._known:
            self._known[dataset] = self._find(dataset)
        return self._known[dataset]

    def _find(self, dataset: str) -> Storage:
        entry = self._catalog.entry(dataset)
        versioned = bool(entry and (entry.get("versioned") or "tracking." in str(entry.get("type"))))
        place = find_place(entry) if entry else {}
        url = next((place[one] for one in PATHS if isinstance(place.get(one), str)), "")
        pattern = self.find_declaration(dataset)
        if pattern is not None:
            reason = f"datasets in aws_batch.yml declares {pattern!r} as {self._declared[pattern]}"
            store = Store(self._declared[pattern])
            path = re.sub("^(file|local)://", "", url) if store is Store.LOCAL else ""
            return Storage(store=store, reason=reason, versioned=versioned, url=url, local_path=path)
        if entry is None:
            return Storage(store=Store.MEMORY, reason="it has no catalog entry")
        store, reason, path, given = self.judge(entry)
        given = given or "data" in entry
        return Storage(store=store, reason=reason, versioned=versioned, url=url, local_path=path, given=given)

    def judge(self, entry: Entry) -> Verdict:
        """Judge an entry. A dataset that wraps another is judged by the innermost one that says where its data is."""
        while True:
            kind = _parse_kind(str(entry.get("type", "")))
            if _MEMORY in kind.name:
                return Verdict(Store.MEMORY, f"it is a {kind.text}", given=kind.name not in _KEDRO_MEMORY)
            if any(_MEMORY in base.lower() for base in self._base_names(kind.text)):
                return Verdict(Store.MEMORY, f"{kind.text} derives from MemoryDataset", given=True)
            if kind.name == "mlflowartifactdataset":
                return Verdict(Store.UNKNOWN, f"a {kind.text} logs it to MLflow, and loads it from a file")
            verdict = _judge_by_address(entry, kind, self._shared_paths) or _judge_by_server(entry, kind)
            verdict = verdict or _judge_by_path(entry, kind, self._shared_paths)
            if verdict is not None:
                return verdict
            wrapped = _find_wrapped(entry)
            if wrapped is None:
                which = kind.text or "an entry without a type"
                return Verdict(Store.UNKNOWN, f"the arguments of {which} do not say where")
            entry = wrapped

    def find_declaration(self, dataset: str) -> str | None:
        """Return the name or pattern in ``datasets`` that declares a dataset; the exact name wins."""
        for name in (dataset, without_transcoding(dataset)):
            if name in self._declared:
                return name
        return next((pattern for pattern in self._declared if re.fullmatch(glob_regex(pattern), dataset)), None)


_MEMORY = "memorydataset"
"""In the name of every class that says that it keeps its data in memory."""
_KEDRO_MEMORY = {"memorydataset", "sharedmemorydataset"}
_SERVERS = (
    {"managedtabledataset", "snowparktabledataset", "sparkhivedataset", "gbqquerydataset", "gbqtabledataset"}
    | {"sqlquerydataset", "sqltabledataset", "polarsdatabasedataset", "apidataset", "hfdataset"}
    | {"cloudpickledataset", "kedroazurerunnerdataset", "kedrovertexairunnerdataset"}
)
"""Classes with data on a server, unless an address says otherwise; the ``filepath`` of some of them holds a query.
Their connection strings are credentials, and are not read if they stand in another file."""

PATHS = ("filepath", "path", "index_path", "location", "filename")
"""The arguments that hold a path or a URL."""
PLACES = frozenset({*PATHS, *ADDRESSES})
"""The arguments that say where the data is."""
_WRAPPED = ("dataset", "base_dataset_args")
_REMOTE = (
    {"s3", "s3a", "s3n", "gs", "gcs", "abfs", "abfss", "adl", "az", "wasb", "wasbs", "oci", "ocilake", "oss", "tos"}
    | {"tosfs", "hdfs", "arrow_hdfs", "viewfs", "webhdfs", "dbfs", "lakefs", "root", "smb", "sftp", "ssh", "ftp"}
    | {"http", "https", "webdav", "box", "dropbox", "gdrive", "gist", "github", "hf", "wandb"}
)
"""Protocols of fsspec (``fsspec.registry.known_implementations``, 2026.9) and of Hadoop."""
_PROTOCOL = re.compile("[a-zA-Z0-9_+.-]+")
_USER = re.compile("//[^/@]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """The ``type`` of an entry, taken apart.

    Attributes:
        text: The type as written in the catalog.
        name: The class, in lower case: ``DataSet`` is the older spelling of ``Dataset``.
        packages: The packages and modules before the class.
    """

    text: str
    name: str
    packages: frozenset[str]


@lru_cache(maxsize=1024)
def _parse_kind(text: str) -> _Kind:
    *packages, name = text.split(".")
    return _Kind(text=text, name=name.lower(), packages=frozenset(packages))


def find_place(entry: Entry) -> Entry:
    """Return the entry that says where the data is: this one, or the one that it wraps."""
    if any(isinstance(entry[argument], str) for argument in PLACES & entry.keys()):
        return entry
    wrapped = _find_wrapped(entry)
    return entry if wrapped is None else find_place(wrapped)


def _find_wrapped(entry: Entry) -> Entry | None:
    return next((entry[argument] for argument in _WRAPPED if isinstance(entry.get(argument), Mapping)), None)


def _judge_by_address(entry: Entry, kind: _Kind, shared_paths: Sequence[PurePosixPath]) -> Verdict | None:
    if kind.name != "apidataset" and (verdict := judge_address(entry, shared_paths)):
        return verdict
    by_connection = isinstance(entry.get("connection"), Mapping) and not isinstance(entry.get("filepath"), str)
    if by_connection or (kind.name == "tabledataset" and "ibis" in kind.packages):
        return judge_connection(entry, shared_paths)
    return None


def _judge_by_server(entry: Entry, kind: _Kind) -> Verdict | None:
    if kind.name in _SERVERS or "redis" in kind.packages:
        return Verdict(Store.SHARED, f"a {kind.text} keeps it on a server")
    if entry.get("catalog_type"):
        return Verdict(Store.SHARED, f"a {kind.text} keeps it in the data catalog {entry['catalog_type']}")
    return None


def _judge_by_path(entry: Entry, kind: _Kind, shared_paths: Sequence[PurePosixPath]) -> Verdict | None:
    for argument in PATHS:
        if isinstance(entry.get(argument), str):
            return _judge_path(argument, entry[argument], kind, shared_paths)
    return None


def _judge_path(name: str, path: str, kind: _Kind, shared_paths: Sequence[PurePosixPath]) -> Verdict:
    """Judge a path or URL as Kedro reads it: without ``protocol://`` at its beginning it is a file."""
    shown = path.partition("?")[0]  # after the question mark there may be a signature
    reason = f"its {name} is {_USER.sub('//***@', shown) if '@' in shown else shown}"
    if "dask" in kind.packages:  # dask takes the last link of a chain such as simplecache::s3://...
        path = path.rpartition("::")[2]
    protocol, separator, rest = path.partition("://")
    if path.startswith("dbfs:/") and "spark" in kind.packages:
        return Verdict(Store.SHARED, reason)
    if not separator or not _PROTOCOL.fullmatch(protocol):
        return judge_local_path(path, reason, shared_paths)
    match protocol.lower():
        case "memory":
            return Verdict(Store.MEMORY, reason)
        case "file" | "local":
            return judge_local_path(rest, reason, shared_paths)
        case remote if remote in _REMOTE:
            return Verdict(Store.SHARED, reason)
        case _:
            return Verdict(Store.UNKNOWN, reason)
