"""Judges the data between jobs: what one writes and another reads has to be kept where both see it. Pure."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.compiler.grouping import Group
from kedro_batch.compiler.nodes import glob, is_parameter
from kedro_batch.compiler.storage import Storage, Storages, Store
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.model import JobName
from kedro_batch.plan.writer import scalar
from kedro_batch.text.wording import did_you_mean, listed

_WORST = (Store.MEMORY, Store.LOCAL, Store.UNKNOWN, Store.SHARED)


@dataclass(slots=True)
class _Dataset:
    """A dataset and who uses it: under which of its transcoded names, in which jobs and nodes."""

    written: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    producers: set[JobName] = field(default_factory=set)
    consumers: set[JobName] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)

    @property
    def names(self) -> list[str]:
        return sorted(self.written | self.read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known around the jobs.

    Attributes:
        groups: The nodes of every job.
        storages: What stores each dataset.
        catalog: The file where an entry would be written.
        group_by: How the nodes are grouped.
        pinned: Datasets whose version the command line gives.
    """

    groups: Mapping[JobName, Group]
    storages: Storages
    catalog: str
    group_by: Sequence[str] = ()
    pinned: Collection[str] = ()

    def who(self, jobs: Collection[JobName], verb: str) -> str:
        """Name jobs as people do, by node, namespace or tag, and what they do: ``a writes``, ``a, b read``."""
        labels = sorted(self.groups[job].label for job in jobs)
        return f"{listed(labels)} {verb}s" if len(labels) == 1 else f"{listed(labels)} {verb}"

    def worst(self, dataset: _Dataset) -> tuple[str, Storage]:
        """Give the name of a dataset, of those it goes by, that is stored worst, and its storage."""
        judged = ((name, self.storages.of(name)) for name in dataset.names)
        return min(judged, key=lambda one: _WORST.index(one[1].store))


def boundary_diagnostics(around: Surroundings) -> Iterator[Diagnostic]:
    """Yield what is to be said of the data that the jobs read and write."""
    datasets = _datasets(around.groups)
    for name in sorted(datasets):
        dataset = datasets[name]
        called, storage = around.worst(dataset)
        if not dataset.producers:
            yield from _of_input(called, dataset, storage, around)
        elif dataset.read and dataset.read != dataset.written and storage.store is Store.MEMORY:
            yield _parted_in_memory(name, dataset, around)
        elif dataset.consumers - dataset.producers:
            yield from _of_boundary(called, dataset, storage, around)
        elif not dataset.consumers:
            yield from _of_output(called, dataset, storage, around)


def _datasets(groups: Mapping[JobName, Group]) -> dict[str, _Dataset]:
    datasets: defaultdict[str, _Dataset] = defaultdict(_Dataset)
    for job, group in groups.items():
        for node in group.nodes:
            for name in node.outputs:
                one = datasets[without_transcoding(name)]
                one.written.add(name)
                one.producers.add(job)
                one.nodes.add(node.name)
            for name in node.inputs:
                if not is_parameter(name):
                    one = datasets[without_transcoding(name)]
                    one.read.add(name)
                    one.consumers.add(job)
                    one.nodes.add(node.name)
    return datasets


def _of_boundary(called: str, dataset: _Dataset, storage: Storage, around: Surroundings) -> Iterator[Diagnostic]:
    versioned = any(around.storages.of(one).versioned and one not in around.pinned for one in dataset.read)
    places = {_comparable(around.storages.of(one).place) for one in dataset.names} - {""}
    if storage.store is Store.SHARED and not versioned and len(places) < _SEVERAL:
        return
    readers = dataset.consumers - dataset.producers
    parties = f"{around.who(dataset.producers, 'write')} {called!r} and {around.who(readers, 'read')} it"
    match storage.store:
        case Store.MEMORY:
            together = f"--group-by {','.join((*around.group_by, 'memory'))}"
            yield _diagnostic(
                (Severity.ERROR, Code.EPHEMERAL_BOUNDARY),
                called,
                dataset,
                f"{parties}, but nothing keeps it between two containers: {storage.reason}. Keep it in a store (an "
                f"entry for {around.catalog} is below), or keep these jobs together: {together}",
                remedy=_entry(called, _file_of(called)),
            )
        case Store.LOCAL:
            yield _diagnostic(
                (Severity.WARNING, Code.LOCAL_BOUNDARY),
                called,
                dataset,
                f"{parties}, but {storage.reason}, and each container has its own: store it on S3 or the like, or name "
                "the folder under shared_paths if all containers mount it",
            )
        case Store.UNKNOWN:
            yield _diagnostic(
                (Severity.INFO, Code.UNKNOWN_BOUNDARY),
                called,
                dataset,
                f"{parties}; {storage.reason}. Say under datasets whether it is shared, local or memory",
            )
        case Store.SHARED:
            pass
    if len(places) >= _SEVERAL:
        yield _diagnostic(
            (Severity.INFO, Code.UNKNOWN_BOUNDARY),
            called,
            dataset,
            f"{parties} under another name of several, {', '.join(dataset.names)}, which stand for different places: "
            f"{', '.join(sorted(places))}",
        )
    if versioned:
        yield _diagnostic(
            (Severity.WARNING, Code.VERSIONED_BOUNDARY),
            called,
            dataset,
            f"{parties} in its newest version: if two runs go on at once, one may read what the other has written; "
            "run one at a time",
        )


_SEVERAL = 2


def _comparable(place: str) -> str:
    """Spell a path or URL so that equal places are equal: Spark and pandas write S3 differently."""
    protocol, separator, path = place.rpartition("://")
    return re.sub("^s3[an]$", "s3", protocol.lower()) + separator + (posixpath.normpath(path) if path else "")


def _parted_in_memory(name: str, dataset: _Dataset, around: Surroundings) -> Diagnostic:
    """Tell that Kedro keeps a dataset in memory for each of its transcoded names, even within one process."""
    lost = [one for one in dataset.names if around.storages.of(one).store is Store.MEMORY]
    places = [place for one in dataset.names if (place := around.storages.of(one).place)]
    file = places[0] if places else _file_of(name)
    written, read = (", ".join(map(repr, sorted(names))) for names in (dataset.written, dataset.read))
    return _diagnostic(
        (Severity.ERROR, Code.EPHEMERAL_BOUNDARY),
        name,
        dataset,
        f"{around.who(dataset.producers, 'write')} {written} and {around.who(dataset.consumers, 'read')} {read}, but "
        f"in memory each of these names is a dataset of its own, even within one job: "
        f"{around.storages.of(lost[0]).reason}. Keep all of them in one store (entries for {around.catalog} are below)",
        remedy="".join(_entry(one, file) for one in lost),
    )


def _entry(name: str, file: str) -> str:
    """Write a catalog entry that keeps any Python object where all containers see it."""
    path = file if re.fullmatch(r"[\w./:-]+", file) else scalar(file)
    return f"{scalar(name)}:\n  type: pickle.PickleDataset\n  filepath: {path}\n"


def _file_of(name: str) -> str:
    letters = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
    return f"s3://my-bucket/{letters}.pickle"


def _of_output(called: str, dataset: _Dataset, storage: Storage, around: Surroundings) -> Iterator[Diagnostic]:
    if storage.store is Store.MEMORY:
        yield _diagnostic(
            (Severity.WARNING, Code.UNSTORED_OUTPUT),
            called,
            dataset,
            f"{around.who(dataset.producers, 'write')} {called!r}, and it is lost when the container ends: "
            f"{storage.reason}. If it is a result, give it an entry in {around.catalog}",
        )


def _of_input(called: str, dataset: _Dataset, storage: Storage, around: Surroundings) -> Iterator[Diagnostic]:
    if storage.store is Store.MEMORY and not storage.given:
        yield _diagnostic(
            (Severity.ERROR, Code.MISSING_INPUT),
            called,
            dataset,
            f"{around.who(dataset.consumers, 'read')} {called!r}, which no selected node writes and no container has: "
            f"{storage.reason}. Give it an entry in {around.catalog}; if a hook adds it, say so under datasets",
        )


def _diagnostic(
    kind: tuple[Severity, Code], name: str, dataset: _Dataset, message: str, remedy: str = ""
) -> Diagnostic:
    severity, code = kind
    return Diagnostic(
        source=name,
        code=code,
        severity=severity,
        message=message,
        remedy=remedy,
        about={
            "dataset": (name,),
            "producer": tuple(sorted(dataset.producers)),
            "consumer": tuple(sorted(dataset.consumers - dataset.producers)),
            "nodes": tuple(sorted(dataset.nodes)),
        },
    )


def parameter_diagnostics(
    around: Surroundings, parameters: Sequence[Mapping[Any, Any]], declared: Collection[str], file: str
) -> Iterator[Diagnostic]:
    """Yield the parameters that nodes read and the configuration does not have.

    Args:
        around: The jobs.
        parameters: The merged parameters, and those of the command line.
        declared: Datasets that the settings know, for parameters that a hook adds.
        file: Where a parameter would be written.
    """
    readers: defaultdict[str, _Dataset] = defaultdict(_Dataset)
    for job, group in around.groups.items():
        for node in group.nodes:
            for name in node.inputs:
                if name.startswith(_PARAMETER):
                    readers[name].consumers.add(job)
                    readers[name].nodes.add(node.name)
    known = {_PARAMETER + name for some in parameters for name in _parameter_names(some)} if readers else set()
    patterns = re.compile("|".join(map(glob, declared))) if declared else None
    for name in sorted(readers.keys() - known):
        if patterns and patterns.fullmatch(name):
            continue
        yield _diagnostic(
            (Severity.ERROR, Code.MISSING_INPUT),
            name,
            readers[name],
            f"{around.who(readers[name].consumers, 'read')} the parameter {name.removeprefix(_PARAMETER)!r}, which the "
            f"configuration does not have.{did_you_mean(name, known)} Write it in {file}, or give it by --params; if a "
            f"hook adds it, write {name!r}: shared under datasets",
        )


_PARAMETER = "params:"


def _parameter_names(parameters: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the names that Kedro gives to parameters: ``a`` and, within it, ``a.b``."""
    inner = [(str(name), value) for name, value in parameters.items()]
    for name, value in inner:
        yield name
        if isinstance(value, Mapping):
            inner += [(f"{name}.{key}", part) for key, part in value.items()]
