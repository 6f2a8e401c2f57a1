"""Collects the places on Amazon S3 that the jobs of a plan read and write, from the catalog. Pure."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from kedro_batch.cloud.checks.project_facts import DataPlace
from kedro_batch.compiler.data.catalog import Catalog, Entry
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.storage import Storages, find_place

_S3 = re.compile(r"(?:.*::)?s3[an]?://(?P<bucket>[^/]+)/*(?P<key>.*)")
_FOLDER_TYPES = ("partitioned", "incremental", "spark")
"""In the types of datasets whose path is a folder."""
_OWN_ACCESS = {"endpoint_url", "anon", "profile", "key", "secret", "aws_access_key_id", "aws_secret_access_key"}
"""Arguments of s3fs and of its client with which the role of a job does not matter."""


def find_s3_places(uses: Mapping[str, DatasetUse], catalog: Catalog, storages: Storages) -> Iterator[DataPlace]:
    """Yield the place of each dataset on S3 under each of its names, by name."""
    for use in uses.values():
        for name in use.names:
            found = _S3.fullmatch(storages.of(name).url)
            entry = catalog.entry(name)
            if found is None or entry is None:
                continue
            yield DataPlace(
                dataset=name,
                bucket=found["bucket"],
                key=_file_key(found["key"], entry),
                readers=frozenset(use.consumers if name in use.read else ()),
                writers=frozenset(use.producers if name in use.written else ()),
                own_access=any(_has_own_access(one) for one in (entry, find_place(entry))),
            )


def _file_key(key: str, entry: Entry) -> str:
    """Return the key of a file; that of any file below, where a folder holds partitions, parts or versions."""
    kind = str(entry.get("type", "")).lower()
    is_folder = not PurePosixPath(key).suffix or bool(entry.get("versioned"))
    return f"{key.rstrip('/')}/any" if is_folder or any(word in kind for word in _FOLDER_TYPES) else key


def _has_own_access(entry: Entry) -> bool:
    arguments = entry.get("fs_args")
    arguments = arguments if isinstance(arguments, Mapping) else {}
    client = arguments.get("client_kwargs")
    given = {*arguments, *(client if isinstance(client, Mapping) else ())}
    return bool(entry.get("credentials")) or not given.isdisjoint(_OWN_ACCESS)
