"""Catalog entries that put a dataset where all containers see it: lines to paste."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from kedro_batch.compiler.data.catalog import Catalog, Entry, with_inner_entries
from kedro_batch.compiler.data.storage import PATHS, find_place
from kedro_batch.files.yaml_scalars import write_scalar
from kedro_batch.plan.checks.credentials import may_hold_credential

_BUCKET = "s3://my-bucket"
_BUCKET_OF_SPARK = "s3a://my-bucket"
"""Spark has no other protocol for S3, and SparkDataset of kedro-datasets takes no other."""


def pickle_entry(name: str, path: str) -> str:
    """Return a catalog entry that stores any Python object."""
    shown_path = path if re.fullmatch(r"[\w./:-]+", path) else write_scalar(path)
    return f"{write_scalar(name)}:\n  type: pickle.PickleDataset\n  filepath: {shown_path}\n"


def pickle_path(name: str) -> str:
    """Return a path for a dataset on S3, which all containers see."""
    letters = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
    return f"{_BUCKET}/{letters}.pickle"


def copied_entry(catalog: Catalog, stored: str, name: str) -> str:
    """Return the entry of one dataset under the name of another; empty if it cannot be written."""
    return _write_entry(name, catalog.entry(stored) or {})


def moved_entries(catalog: Catalog, names: Iterable[str]) -> str:
    """Return the entries of datasets on a local disk, moved to a bucket: their type and options stay.

    Where a pattern gives a dataset its entry, that of the pattern is returned. An entry without a path, with what may
    be a credential in it, or with values that are no plain YAML is left out.
    """
    moved = {}
    for name in names:
        found = catalog.template(name)
        if found is None:
            continue
        key, entry = found
        place = find_place(entry)
        argument = next((one for one in PATHS if isinstance(place.get(one), str)), None)
        if argument is not None and "://" not in place[argument].removeprefix("file://"):
            moved[key] = _write_entry(key, _replace(entry, place, argument, _choose_bucket(entry)))
    return "".join(moved.values())


def _choose_bucket(entry: Entry) -> str:
    kinds = (str(one.get("type")).split(".") for one in with_inner_entries(entry))
    return _BUCKET_OF_SPARK if any("spark" in kind for kind in kinds) else _BUCKET


def _replace(entry: Entry, place: Entry, argument: str, bucket: str) -> dict[str, Any]:
    if entry is place:
        path = posixpath.normpath(entry[argument].removeprefix("file://").replace("\\", "/"))
        path = re.sub(r"^([A-Za-z]:)?[/.]*", "", path)
        return {**entry, argument: f"{bucket}/{path}"}
    return {
        key: _replace(value, place, argument, bucket)
        if isinstance(value, Mapping) and find_place(value) is place
        else value
        for key, value in entry.items()
    }


def _write_entry(name: str, entry: Mapping[str, Any]) -> str:
    if may_hold_credential(entry):
        return ""
    try:
        return yaml.safe_dump({name: entry}, sort_keys=False, allow_unicode=True, width=1000)
    except yaml.YAMLError:
        return ""
