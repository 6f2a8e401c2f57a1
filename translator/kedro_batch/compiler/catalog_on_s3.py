"""Decides which datasets of a project need another catalog entry to run on AWS Batch, and makes it. Pure.

The nodes, their jobs and the catalog as it is come in. Entries go out, what cannot be moved, and the local inputs that
have to be uploaded.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.catalog import Catalog, Entry, with_inner_entries
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.moved_entries import (
    MovedEntry,
    NotMovable,
    move_entry,
    refuse_unwritable,
)
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.data.stores import Store
from kedro_batch.compiler.dataset_mover import DatasetMover, Surroundings
from kedro_batch.compiler.project.dataset_classes import find_dataset_classes
from kedro_batch.plan.data_flow import without_transcoding


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalInput:
    """An input on this machine that the jobs will look for on S3.

    Attributes:
        dataset: Its name.
        path: The file, the folder, or the pattern of files, as the catalog has it.
        key: Its key below the folder on S3.
        needed: Without it, a job fails; otherwise it may be missing.
    """

    dataset: str
    path: str
    key: str
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogOnS3:
    """The entries that a project needs.

    Attributes:
        entries: By name or pattern, sorted.
        moved: The keys of those that were on a local disk.
        pickled: The names of those that were in memory.
        left_out: The datasets that need another entry and get none, each with the reason; sorted.
        inputs: What has to be uploaded, sorted.
        own_classes: The datasets whose classes are neither in kedro-datasets nor in Kedro.
    """

    entries: Mapping[str, Entry]
    moved: tuple[str, ...]
    pickled: tuple[str, ...]
    left_out: Mapping[str, str]
    inputs: tuple[LocalInput, ...]
    own_classes: tuple[str, ...]


def put_on_s3(compilation: Compilation, folder: S3Folder, around: Surroundings) -> CatalogOnS3:
    """Return the entries for what is on a local disk, and for what is in memory and lost with its container.

    What nodes of one job hand on in memory stays there. What a job stores on a local disk is moved even if no other
    job reads it: the project keeps it.

    Args:
        compilation: The jobs, made with the catalog as it is without these entries.
        folder: Where the data are to be.
        around: What the merged catalog does not tell.
    """
    mover = DatasetMover(compilation, folder, around)
    moved: dict[str, MovedEntry] = {}
    pickled: dict[str, Entry] = {}
    left_out: dict[str, str] = {}
    for dataset, use in compilation.dataset_uses.items():
        for name in use.names:
            try:
                if mover.is_on_disk(name, use):
                    moved[name] = mover.move(name)
                elif mover.is_lost(name, use):
                    pickled[name] = mover.store(name, dataset)
            except NotMovable as reason:
                left_out[name] = str(reason)
        for name in pickled.keys() & {*use.names}:
            pickled[name] = _find_alike(compilation, use, moved) or pickled[name]
    on_disk = dict(_choose_keys(compilation, folder, moved, around))
    entries = {**on_disk, **pickled}
    return CatalogOnS3(
        entries={key: entries[key] for key in sorted(entries)},
        moved=tuple(sorted(on_disk)),
        pickled=tuple(sorted(pickled)),
        left_out=left_out,
        inputs=tuple(_find_inputs(compilation, moved)),
        own_classes=tuple(name for name, one in sorted(moved.items()) if _has_own_class(one.entry)),
    )


def _find_alike(compilation: Compilation, use: DatasetUse, moved: Mapping[str, MovedEntry]) -> Entry | None:
    """Return the entry of another name of the same dataset that is stored: all its names need one place."""
    if not use.is_split:
        return None
    for name in use.names:
        entry = moved[name].entry if name in moved else compilation.inputs.catalog.entry(name)
        if entry and (name in moved or compilation.storages.of(name).store is Store.SHARED):
            with suppress(NotMovable):
                refuse_unwritable(entry)
                return entry
    return None


def _choose_keys(
    compilation: Compilation, folder: S3Folder, moved: Mapping[str, MovedEntry], around: Surroundings
) -> Iterator[tuple[str, Entry]]:
    """Yield the moved entries by name; those of a pattern once, where it makes the same of all its datasets."""
    catalog = compilation.inputs.catalog
    users: defaultdict[str, list[str]] = defaultdict(list)
    for name in (name for use in compilation.dataset_uses.values() for name in use.names):
        if (found := catalog.template(name)) and found[0] != name:
            users[found[0]].append(name)
    of_patterns: set[str] = set()
    for pattern, names in users.items():
        template = _move_template(catalog, pattern, names[0], folder, around)
        filled = Catalog({pattern: template}, checks_placeholders=False) if template else None
        if filled and all(name in moved and filled.entry(name) == moved[name].entry for name in names):
            of_patterns.update(names)
            yield pattern, template or {}
    yield from ((name, one.entry) for name, one in moved.items() if name not in of_patterns)


def _move_template(catalog: Catalog, pattern: str, name: str, folder: S3Folder, around: Surroundings) -> Entry | None:
    found = catalog.template(name)
    try:
        return move_entry(found[1], folder, around.root).entry if found and found[0] == pattern else None
    except NotMovable:
        return None


def _find_inputs(compilation: Compilation, moved: Mapping[str, MovedEntry]) -> Iterator[LocalInput]:
    """Yield what no selected node writes, under whatever name, once for each place."""
    written_elsewhere = {without_transcoding(one.other) for one in compilation.shared_places if one.reads}
    found: dict[str, LocalInput] = {}
    for dataset, use in compilation.dataset_uses.items():
        if use.producers or dataset in written_elsewhere:
            continue
        for name in use.names:
            for place in moved[name].places if name in moved else ():
                found.setdefault(
                    place.key, LocalInput(dataset=name, path=place.path, key=place.key, needed=place.needed)
                )
    folders = [f"{key}/" for key, one in found.items() if one.needed]
    yield from (found[key] for key in sorted(found) if found[key].needed or not key.startswith(tuple(folders)))


def _has_own_class(entry: Entry) -> bool:
    """True if a class of an entry is of the project or of another package: whether it opens S3 is not known."""
    classes = find_dataset_classes()
    kinds = [str(one.get("type")) for one in with_inner_entries(entry) if "type" in one]
    return classes is not None and any(
        "." in kind and not kind.startswith("kedro.io.") and classes.find_package(kind) is None for kind in kinds
    )
