"""Finds datasets of different names that are stored in one place, or one inside the other. Pure.

Nodes that meet in a place and not in a name do not wait for each other. Kedro runs them in a fixed order all the same;
AWS Batch runs their jobs at the same time.
"""

import json
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, permutations, product
from typing import Any

from kedro_batch.compiler.data.catalog import Catalog, Entry
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.storage import Storages, find_place
from kedro_batch.compiler.data.stores import Store
from kedro_batch.plan.graph import ancestors
from kedro_batch.plan.model import Job, JobName

_ALIKE = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfss": "abfs", "file": "", "local": ""}
"""Protocols that lead to the same places as others."""
_CONTAINERS = ("abfs", "wasb", "wasbs")
"""Protocols in whose URLs a container stands before the ``@``, and not a user."""
_TABLES = ("table_name", "table", "table_id", "key")
_AROUND_A_TABLE = ("credentials", "con", "url", "connection", "catalog", "database", "project", "dataset", "schema")
"""What tells tables of one name apart. The schema may also stand among the arguments of loading and saving."""
_WILD = re.compile(r"[*?\[]")
_MAX_PAIRS = 10_000
"""Pairs of datasets that are looked at; a catalog may give thousands of names one place, by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPlace:
    """A dataset that a job writes, and another name for the same data, or a part of it, that another job uses.

    Attributes:
        written: The dataset that is written.
        writer: The job that writes it.
        other: The name under which the other job uses the place.
        user: That job.
        reads: The other job reads; otherwise it writes too.
        ordered: One of the jobs waits for the other.
        place: The place of what is written, as the catalog says it.
        same: Both have this place; otherwise one is inside the other.
    """

    written: str
    writer: JobName
    other: str
    user: JobName
    reads: bool
    ordered: bool
    place: str
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Located:
    """A name of a dataset and where its entry says that it is.

    Attributes:
        name: The name.
        dataset: The name without transcoding.
        parts: The protocol, then folders from the outermost to the innermost.
        pattern: Of files below that, how their paths begin and end; None for all that is there.
        depth: How many folders deep the files are at most; None for any depth.
        shown: The place for messages.
    """

    name: str
    dataset: str
    parts: tuple[str, ...]
    pattern: tuple[str, str] | None
    depth: int | None
    shown: str


def find_shared_places(
    uses: Mapping[str, DatasetUse], catalog: Catalog, storages: Storages, jobs: Sequence[Job]
) -> tuple[SharedPlace, ...]:
    """Find the datasets that a job writes to a place which another job uses under another name.

    Args:
        uses: The uses of each dataset, by its name without transcoding.
        catalog: Their entries.
        storages: Where they are stored.
        jobs: The jobs of the plan, with their parents.
    """
    meeting = [*islice(_find_meeting(_locate(uses, catalog, storages)), _MAX_PAIRS)]
    if not meeting:
        return ()
    above = ancestors({job.name: job.depends_on for job in jobs})
    bit = {name: 1 << number for number, name in enumerate(above)}
    found: dict[tuple[str, JobName, str, JobName], SharedPlace] = {}
    for one, other in chain.from_iterable(permutations(pair) for pair in meeting):
        use = uses[other.dataset]
        for writer, user in product(sorted(uses[one.dataset].producers), sorted(use.producers | use.consumers)):
            reads = user in use.consumers
            ordered = bool(above[user] & bit[writer])
            if writer == user or above[writer] & bit[user] or (not reads and not ordered and other.name < one.name):
                continue  # one job keeps its order; a reader that comes first reads what was there before
            found[one.dataset, writer, other.name, user] = SharedPlace(
                written=one.name,
                writer=writer,
                other=other.name,
                user=user,
                reads=reads,
                ordered=ordered,
                place=one.shown,
                same=one.parts == other.parts,
            )
    return tuple(found[key] for key in sorted(found) if not _is_overwritten(found[key], found.values(), above, bit))


def _is_overwritten(
    one: SharedPlace, every: Iterable[SharedPlace], above: Mapping[JobName, int], bit: Mapping[JobName, int]
) -> bool:
    """True if a reader finds in the same place what another job has written since."""
    later = (
        other.writer
        for other in every
        if other.user == one.user and other.other == one.other and other.same and other.ordered
    )
    return one.reads and one.ordered and one.same and any(above[writer] & bit[one.writer] for writer in later)


def add_reads(jobs: Sequence[Job], shared: Sequence[SharedPlace]) -> tuple[Job, ...]:
    """Return the jobs; those that read a dataset under another name read it under its own too."""
    more: defaultdict[JobName, set[str]] = defaultdict(set)
    for one in shared:
        if one.reads:
            more[one.user].add(one.written)
    return tuple(
        replace(job, reads=tuple(sorted({*job.reads, *(more[job.name] - {*job.writes})}))) if job.name in more else job
        for job in jobs
    )


def _locate(uses: Mapping[str, DatasetUse], catalog: Catalog, storages: Storages) -> Iterator[_Located]:
    for dataset, use in uses.items():
        for name in use.names:
            entry, storage = catalog.entry(name), storages.of(name)
            if entry is None or storage.store is Store.MEMORY:
                continue
            shown = comparable_place(storage.url)
            place = find_place(entry)
            parts, pattern = _split_place(shown) if shown else (_name_table(place), None)
            if shown and ("credentials" in place or "fs_args" in place):  # which may lead to another server
                parts = (_spell([place.get("credentials"), place.get("fs_args")]), *parts)
            if suffix := place.get("filename_suffix"):
                pattern = ("", str(suffix))
            load_args = place.get("load_args")
            depth = load_args.get("maxdepth") if isinstance(load_args, Mapping) else None
            depth = depth if isinstance(depth, int) else None  # Kedro refuses anything else
            if parts:
                shown = shown or f"the table {parts[-1]}"
                yield _Located(name=name, dataset=dataset, parts=parts, pattern=pattern, depth=depth, shown=shown)


def _split_place(place: str) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    """Return the protocol and the folders of a path down to the first wildcard, and what stands around wildcards."""
    protocol, _, path = place.rpartition("://")
    wild = _WILD.search(path)
    if wild is None:
        return (protocol, *path.split("/")), None
    folder, _, before = path[: wild.start()].rpartition("/")
    return (protocol, *folder.split("/")), (before, re.split(r"[*?\]]", path)[-1])


def _name_table(entry: Entry) -> tuple[str, ...]:
    """Return what names the table of an entry among all tables; nothing if it names none, or one of each kind."""
    table = next((entry[argument] for argument in _TABLES if isinstance(entry.get(argument), str)), None)
    arguments = [entry[argument] for argument in ("load_args", "save_args") if isinstance(entry.get(argument), Mapping)]
    schemas = {str(one["schema"]) for one in arguments if "schema" in one}
    if table is None or len(schemas) > 1:
        return ()
    return ("a table", *(_spell(entry.get(word)) for word in _AROUND_A_TABLE), *schemas, table)


def _spell(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def comparable_place(url: str) -> str:
    """Spell a path or URL so that equal places are equal, without what may be secret in it.

    Spark and pandas spell those on S3 differently; a user, a password or a signature do not tell places apart.
    """
    protocol, separator, path = url.replace("\\", "/").rpartition("://")
    protocol = _ALIKE.get(protocol.lower(), protocol.lower())
    if protocol.startswith("http"):
        path = path.partition("?")[0]
    host, slash, rest = path.partition("/")
    path = (host.rpartition("@")[2] if protocol not in _CONTAINERS else host) + slash + rest
    separator = separator if protocol else ""
    return protocol + separator + (posixpath.normpath(path) if path else "")


def _find_meeting(located: Iterator[_Located]) -> Iterator[tuple[_Located, _Located]]:
    """Yield the pairs of different datasets of which one is in the place of the other, or inside it."""
    at: defaultdict[tuple[str, ...], list[_Located]] = defaultdict(list)
    inside: defaultdict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for one in located:
        at[one.parts].append(one)
    for parts in at:
        inside[parts[:-1]].append(parts)
    for here in at.values():
        for number, one in enumerate(here if len(here) > 1 else ()):
            others = (other for other in here[number + 1 :] if other.dataset != one.dataset)
            yield from ((one, other) for other in others if _may_hold(one, other) and _may_hold(other, one))
    for folder, places in inside.items():  # there are far fewer folders than places
        for outer in (outer for depth in range(2, len(folder) + 1) for outer in at.get(folder[:depth], ())):
            for inner in (inner for parts in places for inner in at[parts]):
                if outer.dataset != inner.dataset and _may_hold(outer, inner):
                    yield outer, inner


def _may_hold(outer: _Located, inner: _Located) -> bool:
    """True if the files that the one name stands for may be among those of the other, which is in the same folder."""
    *folders, _ = ("", *inner.parts[len(outer.parts) :])
    if outer.depth is not None and len(folders) > outer.depth:
        return False
    below = "/".join(inner.parts[len(outer.parts) :])
    if outer.pattern is None:
        return True
    before, after = outer.pattern
    if inner.pattern is None:
        may_be_a_folder = not posixpath.splitext(below)[1]
        return below.startswith(before) and (below.endswith(after) or may_be_a_folder)
    starts = f"{below}/{inner.pattern[0]}" if below else inner.pattern[0]
    begins_alike = starts.startswith(before) or before.startswith(starts)
    return begins_alike and (inner.pattern[1].endswith(after) or after.endswith(inner.pattern[1]))
