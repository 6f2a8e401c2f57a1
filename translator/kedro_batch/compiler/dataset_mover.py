"""Makes the catalog entry on S3 of a single dataset, or says why it gets none. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.catalog import Entry
from kedro_batch.compiler.data.database_stores import ADDRESSES
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.moved_entries import (
    LocalPlace,
    MovedEntry,
    NotMovable,
    move_entry,
    pickle_entry,
    pickle_key,
)
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.data.storage import find_place
from kedro_batch.compiler.data.stores import Store, find_folder

PICKLES = "in_memory"
"""The folder of what was in memory: no pickle can meet a moved file there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the merged catalog does not tell.

    Attributes:
        root: The project's folder.
        taken: The keys that other catalog files of the environment define, each with its file; Kedro refuses a second.
        computed: The keys whose values call resolvers.
        merges_softly: Kedro merges an entry into that of the base, so that no option can be taken away.
    """

    root: str
    taken: Mapping[str, str]
    computed: frozenset[str] = frozenset()
    merges_softly: bool = False


class DatasetMover:
    """Makes the entries of single datasets, and sees that no two places become one."""

    def __init__(self, compilation: Compilation, folder: S3Folder, around: Surroundings) -> None:
        """Move the datasets of these jobs to a folder on S3."""
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
        self._refuse_remains(key, moved.entry)
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
        entry = pickle_entry(self._folder.url(f"{PICKLES}/{pickle_key(dataset)}"))
        self._refuse_remains(name, entry)
        return entry

    def _refuse_remains(self, key: str, entry: Entry) -> None:
        before = self._compilation.inputs.catalog.entries.get(key)
        if self._around.merges_softly and (lost := next(_find_lost(before, entry), None)):
            raise NotMovable(
                f"the project merges catalogs softly (merge_strategy), so its option {lost} would stay, and does not "
                "fit: take it out of the entry"
            )

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


def _find_lost(before: Any, now: Any) -> Iterator[str]:
    """Yield the options of an entry that another one does not have, at any depth."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name, value in before.items():
            if name in now:
                yield from _find_lost(value, now[name])
            else:
                yield str(name)
