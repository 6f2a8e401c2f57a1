"""Collects the places on Amazon S3 that the jobs of a plan read and write, from the catalog. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kedro_batch.compiler.data.catalog import Catalog, Entry
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.storage import Storages, find_place
from kedro_batch.plan.model import JobName

_S3 = re.compile(r"(?:.*::)?s3[an]?://(?P<bucket>[^/]+)/*(?P<key>.*)")
_FOLDER_TYPES = ("partitioned", "incremental")
"""In the names of classes whose path is a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """Where a dataset is on S3, and who uses it.

    Attributes:
        dataset: The name of the dataset.
        bucket: The bucket.
        key: The key of its file, or of one below its folder.
        readers: The jobs that read it.
        writers: The jobs that write it.
        own_access: Its entry brings credentials or an endpoint: the role of the jobs does not matter.
    """

    dataset: str
    bucket: str
    key: str
    readers: frozenset[JobName]
    writers: frozenset[JobName]
    own_access: bool


def find_s3_places(uses: Mapping[str, DatasetUse], catalog: Catalog, storages: Storages) -> Iterator[S3Place]:
    """Yield the place of each dataset on S3 under each of its names, by name."""
    for use in uses.values():
        for name in use.names:
            found = _S3.fullmatch(storages.of(name).url)
            entry = catalog.entry(name)
            if found is None or entry is None:
                continue
            yield S3Place(
                dataset=name,
                bucket=found["bucket"],
                key=_file_key(found["key"], entry),
                readers=frozenset(use.consumers if name in use.read else ()),
                writers=frozenset(use.producers if name in use.written else ()),
                own_access=any(_has_own_access(one) for one in (entry, find_place(entry))),
            )


def _file_key(key: str, entry: Entry) -> str:
    """Return the key of a file: of a folder with partitions, of any below it; the ones with versions are below too."""
    kind = str(entry.get("type", "")).lower()
    below = key.endswith("/") or any(word in kind for word in _FOLDER_TYPES)
    return f"{key.rstrip('/')}/any" if below else key


def _has_own_access(entry: Entry) -> bool:
    arguments = entry.get("fs_args")
    client = arguments.get("client_kwargs") if isinstance(arguments, Mapping) else None
    return bool(entry.get("credentials")) or (isinstance(client, Mapping) and "endpoint_url" in client)
