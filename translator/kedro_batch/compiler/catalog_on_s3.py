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
from kedro_batch.compiler.data.database_stores import ADDRESSES
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.moved_entries import (
    LocalPlace,
    MovedEntry,
    NotMovable,
    move_entry,
    pickle_entry,
    pickle_key,
    refuse_unwritable,
)
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.data.storage import find_place
from kedro_batch.compiler.data.stores import Store, find_folder
from kedro_batch.compiler.project.dataset_classes import find_dataset_classes
from kedro_batch.plan.data_flow import without_transcoding

PICKLES = "in_memory"
"""The folder of what was in memory: no pickle can meet a moved file there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the merged catalog does not tell.

    Attributes:
        root: The project's folder.
        taken: The keys that other catalog files of the environment define, each with its file; Kedro refuses a second.
        computed: The keys whose values call resolvers.
    """

    root: str
    taken: Mapping[str, str]
    computed: frozenset[str] = frozenset()


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
    mover = _Mover(compilation, folder, around)
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


class _Mover:
    """Makes the entries of single datasets, and sees that no two places become one."""

    def __init__(self, compilation: Compilation, folder: S3Folder, around: Surroundings) -> None:
        self._compilation = compilation
        self._folder = folder
        self._around = around
        self._owners: dict[str, LocalPlace] = {}

    def is_on_disk(self, name: str, use: DatasetUse) -> bool:
        """True if a dataset is on the disk of one container, or in fsspec's memory; what the image has may stay."""
        storage = self._compilation.storages.of(name)
        if storage.store is Store.MEMORY:
            return bool(use.producers) and storage.url.startswith("memory://")
        image_paths = self._compilation.inputs.settings.image_paths
        in_image = bool(storage.local_path) and find_folder(storage.local_path, image_paths) is not None
        return storage.store is Store.LOCAL and (bool(use.producers) or not in_image)

    def is_lost(self, name: str, use: DatasetUse) -> bool:
        """True if a dataset is in memory, and no job hands it on to nodes of its own alone."""
        handed_on = bool(use.producers) and (bool(use.readers) or not use.consumers)
        return (handed_on or use.is_split) and self._compilation.storages.of(name).store is Store.MEMORY

    def move(self, name: str) -> MovedEntry:
        """Return the entry of a dataset on a local disk, moved.

        Raises:
            NotMovable: With the reason.
        """
        self._refuse_declared(name)
        catalog = self._compilation.inputs.catalog
        key, _ = catalog.template(name) or (name, {})
        self._refuse_taken(key, name)
        if key in self._around.computed:
            raise NotMovable(
                f"its entry{'' if key == name else f', {key},'} calls a resolver, whose value may change or be secret: "
                "write the entry yourself, with a place on S3"
            )
        try:
            moved = move_entry(catalog.entry(name) or {}, self._folder, self._around.root)
        except NotMovable as error:
            why = str(error)
            raise NotMovable(f"{self._compilation.storages.of(name).reason}. {why[0].upper()}{why[1:]}") from error
        for place in moved.places:
            owner = self._owners.setdefault(place.key, place)
            if owner.normal != place.normal:
                raise NotMovable(
                    f"{place.path} would be in the same place on S3 as {owner.path}: {self._folder.url(place.key)}. "
                    "Write the entry yourself, with another place"
                )
        return moved

    def store(self, name: str, dataset: str) -> Entry:
        """Return an entry for a dataset in memory.

        Raises:
            NotMovable: With the reason.
        """
        self._refuse_declared(name)
        self._refuse_taken(name, name)
        place = find_place(self._compilation.inputs.catalog.entry(name) or {})
        if any(isinstance(place.get(one), str) for one in ADDRESSES) or "ibis" in str(place.get("type")).split("."):
            reason = self._compilation.storages.of(name).reason
            raise NotMovable(f"{reason}: use a database server, or store its tables in files")
        return pickle_entry(self._folder.url(f"{PICKLES}/{pickle_key(dataset)}"))

    def _refuse_declared(self, name: str) -> None:
        declaration = self._compilation.storages.find_declaration(name)
        if declaration is not None:
            raise NotMovable(
                f"{self._compilation.storages.of(name).reason}: no entry changes that. Take it out there, or correct it"
            )

    def _refuse_taken(self, key: str, name: str) -> None:
        if key in self._around.taken:
            entry = "its entry" if key == name else f"the entry {key}"
            raise NotMovable(f"{entry} is in {self._around.taken[key]}, which wins: change it there")


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
