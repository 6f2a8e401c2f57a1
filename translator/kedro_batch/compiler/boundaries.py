"""Judges the data between jobs: what one writes and another reads has to be kept where both see it. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.compiler.grouping import Group
from kedro_batch.compiler.project import is_parameter, without_transcoding
from kedro_batch.compiler.storage import Storage, Storages, Store
from kedro_batch.errors import Code, Finding, Severity, did_you_mean, listed
from kedro_batch.plan.model import JobName
from kedro_batch.plan.writer import scalar

_WORST = (Store.MEMORY, Store.LOCAL, Store.UNKNOWN, Store.SHARED)


@dataclass(slots=True)
class _Dataset:
    """A dataset and who uses it, under any of its transcoded names."""

    names: set[str] = field(default_factory=set)
    producers: set[JobName] = field(default_factory=set)
    consumers: set[JobName] = field(default_factory=set)


def boundary_findings(
    groups: Mapping[JobName, Group], storages: Storages, catalog: str, group_by: Sequence[str] = ()
) -> Iterator[Finding]:
    """Yield what is to be said of the data that these jobs read and write.

    Args:
        groups: The nodes of every job.
        storages: What stores each dataset.
        catalog: The file where an entry would be written.
        group_by: How the nodes are grouped.
    """
    datasets = _datasets(groups)
    together = f"--group-by {','.join((*group_by, 'memory'))}"
    for name in sorted(datasets):
        dataset = datasets[name]
        between = dataset.consumers - dataset.producers
        if not dataset.producers:
            yield from _of_input(name, dataset, storages, catalog)
        elif len(dataset.names) > 1 and _worst(dataset, storages)[1].store is Store.MEMORY:
            yield _parted_in_memory(dataset, storages, catalog)
        elif between:
            yield from _of_boundary(name, dataset, storages, catalog, together)
        elif not dataset.consumers:
            yield from _of_output(name, dataset, storages, catalog)


def _entry(name: str) -> str:
    """Write a catalog entry that keeps any Python object where all containers see it."""
    file = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
    return f"{scalar(name)}:\n  type: pickle.PickleDataset\n  filepath: s3://my-bucket/{file}.pickle\n"


def parameter_findings(
    groups: Mapping[JobName, Group], parameters: Mapping[Any, Any], declared: Collection[str], file: str
) -> Iterator[Finding]:
    """Yield the parameters that nodes read and the configuration does not have.

    Args:
        groups: The nodes of every job.
        parameters: The merged parameters, those of the command line included.
        declared: Datasets that the settings know, for parameters that a hook adds.
        file: Where a parameter would be written.
    """
    readers: defaultdict[str, set[JobName]] = defaultdict(set)
    for job, group in groups.items():
        for node in group.nodes:
            for name in node.inputs:
                if name.startswith(_PARAMETER):
                    readers[name].add(job)
    known = {_PARAMETER + name for name in _parameter_names(parameters)} if readers else set()
    for name in sorted(readers.keys() - known - set(declared)):
        hint = did_you_mean(name, known)
        yield Finding(
            source=name,
            code=Code.MISSING_INPUT,
            message=f"{_who(readers[name], 'read')} the parameter {name.removeprefix(_PARAMETER)!r}, which the "
            f"configuration does not have.{hint} Write it in {file}, or give it by --params; if a hook adds it, write "
            f"{name!r}: shared under datasets",
            about={"dataset": (name,), "producer": (), "consumer": tuple(sorted(readers[name]))},
        )


_PARAMETER = "params:"


def _parameter_names(parameters: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the names that Kedro gives to parameters: ``a`` and, within it, ``a.b``."""
    inner = [(str(name), value) for name, value in parameters.items()]
    for name, value in inner:
        yield name
        if isinstance(value, Mapping):
            inner += [(f"{name}.{key}", part) for key, part in value.items()]


def _datasets(groups: Mapping[JobName, Group]) -> dict[str, _Dataset]:
    datasets: defaultdict[str, _Dataset] = defaultdict(_Dataset)
    for job, group in groups.items():
        for node in group.nodes:
            for name in node.outputs:
                one = datasets[without_transcoding(name)]
                one.names.add(name)
                one.producers.add(job)
            for name in node.inputs:
                if not is_parameter(name):
                    one = datasets[without_transcoding(name)]
                    one.names.add(name)
                    one.consumers.add(job)
    return datasets


def _worst(dataset: _Dataset, storages: Storages) -> tuple[str, Storage]:
    """Give the name of a dataset, of those it goes by, that is stored worst, and its storage."""
    judged = ((name, storages.of(name)) for name in sorted(dataset.names))
    return min(judged, key=lambda one: _WORST.index(one[1].store))


def _of_boundary(name: str, dataset: _Dataset, storages: Storages, catalog: str, together: str) -> Iterator[Finding]:
    called, storage = _worst(dataset, storages)
    versioned = any(storages.of(one).versioned for one in dataset.names)
    if storage.store is Store.SHARED and not versioned:
        return
    readers = dataset.consumers - dataset.producers
    parties = f"{_who(dataset.producers, 'write')} {called!r} and {_who(readers, 'read')} it"
    match storage.store:
        case Store.MEMORY:
            ways = f"Keep it in a store (an entry for {catalog} is below), or keep these jobs together: {together}"
            yield _finding(
                (Severity.ERROR, Code.EPHEMERAL_BOUNDARY),
                called,
                dataset,
                f"{parties}, but nothing keeps it between two containers: {storage.reason}. {ways}",
                remedy=_entry(called),
            )
        case Store.LOCAL:
            yield _finding(
                (Severity.WARNING, Code.LOCAL_BOUNDARY),
                called,
                dataset,
                f"{parties}, but {storage.reason}, which each container has for itself: store it on S3 or the like, "
                "or name the folder under shared_paths if all containers mount it",
            )
        case Store.UNKNOWN:
            yield _finding(
                (Severity.INFO, Code.UNKNOWN_BOUNDARY),
                called,
                dataset,
                f"{parties}; {storage.reason}. Say under datasets whether it is shared, local or memory",
            )
        case Store.SHARED:
            pass
    if versioned:
        yield _finding(
            (Severity.WARNING, Code.VERSIONED_BOUNDARY),
            name,
            dataset,
            f"{parties} in its newest version: if two runs go on at once, one may read what the other has written; "
            "run one at a time",
        )


def _parted_in_memory(dataset: _Dataset, storages: Storages, catalog: str) -> Finding:
    """Tell that Kedro keeps a dataset in memory for each of its transcoded names, even within one process."""
    called, storage = _worst(dataset, storages)
    return _finding(
        (Severity.ERROR, Code.EPHEMERAL_BOUNDARY),
        called,
        dataset,
        f"{_who(dataset.producers, 'write')} {', '.join(map(repr, sorted(dataset.names)))} and "
        f"{_who(dataset.consumers, 'read')} it under another of these names, but in memory each name is a dataset of "
        f"its own: {storage.reason}. Keep it in a store (an entry for {catalog} is below)",
        remedy=_entry(called),
    )


def _of_output(name: str, dataset: _Dataset, storages: Storages, catalog: str) -> Iterator[Finding]:
    called, storage = _worst(dataset, storages)
    if storage.store is Store.MEMORY:
        yield _finding(
            (Severity.WARNING, Code.UNSTORED_OUTPUT),
            name,
            dataset,
            f"{_who(dataset.producers, 'write')} {called!r}, and it is lost when the container ends: "
            f"{storage.reason}. If it is a result, give it an entry in {catalog}",
        )


def _of_input(name: str, dataset: _Dataset, storages: Storages, catalog: str) -> Iterator[Finding]:
    called, storage = _worst(dataset, storages)
    if storage.store is Store.MEMORY:
        yield _finding(
            (Severity.ERROR, Code.MISSING_INPUT),
            name,
            dataset,
            f"{_who(dataset.consumers, 'read')} {called!r}, which no selected node writes and no container has: "
            f"{storage.reason}. Give it an entry in {catalog}; if a hook adds it, say under datasets where it is",
        )


def _finding(kind: tuple[Severity, Code], name: str, dataset: _Dataset, message: str, remedy: str = "") -> Finding:
    severity, code = kind
    return Finding(
        source=name,
        code=code,
        severity=severity,
        message=message,
        remedy=remedy,
        about={
            "dataset": (name,),
            "producer": tuple(sorted(dataset.producers)),
            "consumer": tuple(sorted(dataset.consumers - dataset.producers)),
        },
    )


def _who(jobs: set[JobName], verb: str) -> str:
    """Name jobs and what they do: ``a writes``, ``a, b read``."""
    return f"{listed(sorted(jobs))} {verb}s" if len(jobs) == 1 else f"{listed(sorted(jobs))} {verb}"
