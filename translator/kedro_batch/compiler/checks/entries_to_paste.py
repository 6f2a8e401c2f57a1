"""Catalog entries that put a dataset where all containers see it: lines to paste, with a bucket to be changed."""

from collections.abc import Iterable

from kedro_batch.compiler.data.catalog import Catalog, Entry
from kedro_batch.compiler.data.moved_entries import (
    NotMovable,
    entry_text,
    move_entry,
    pickle_entry,
    pickle_key,
    refuse_unwritable,
)
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.plan.data_flow import without_transcoding

_EXAMPLE = S3Folder(bucket="my-bucket")


def with_folder(lines: str, folder: S3Folder) -> str:
    """Return entries to paste with the folder where the data are to be, in place of the bucket to be changed."""
    return lines.replace(f"://{_EXAMPLE.bucket}/", f"://{folder.url().partition('://')[2]}/")


def pickled_entry(name: str) -> str:
    """Return an entry for a dataset that is in memory; all its transcoded names share one place."""
    return entry_text(name, pickle_entry(_EXAMPLE.url(pickle_key(without_transcoding(name)))))


def copied_entry(catalog: Catalog, stored: str, name: str) -> str:
    """Return the entry of one dataset under the name of another; empty if it cannot be written."""
    entry: Entry = catalog.entry(stored) or {}
    try:
        refuse_unwritable(entry)
    except NotMovable:
        return ""
    return entry_text(name, entry)


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
        try:
            moved[key] = entry_text(key, move_entry(entry, _EXAMPLE).entry)
        except NotMovable:
            continue
    return "".join(moved.values())
