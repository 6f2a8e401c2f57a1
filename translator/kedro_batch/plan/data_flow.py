"""Which jobs of a plan hand data to which: what comes from outside, what is written, who does not wait. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kedro_batch.files.read_budget import MAX_WRITERS
from kedro_batch.plan.graph import ancestors
from kedro_batch.plan.model import JobName, Plan


def without_transcoding(dataset: str) -> str:
    """Give the name by which producers and consumers meet: ``table@spark`` and ``table@pandas`` are one."""
    return dataset.partition("@")[0] or dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class UnorderedRead:
    """A job that reads what another writes and does not wait for it: it may find old data, or none."""

    dataset: str
    reader: JobName
    writer: JobName


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFlow:
    """Who writes and who reads each dataset, by its name without transcoding, sorted; jobs as in the plan.

    Attributes:
        readers: The jobs that read it and do not write it themselves.
        writers: The jobs that write it.
    """

    readers: Mapping[str, tuple[JobName, ...]]
    writers: Mapping[str, tuple[JobName, ...]]


def data_flow_of(plan: Plan) -> DataFlow:
    """Collect who reads and who writes what."""
    readers: dict[str, list[JobName]] = {}
    writers: dict[str, list[JobName]] = {}
    for job in plan.jobs:
        for names, into in ((job.reads, readers), (job.writes, writers)):
            for name in names:
                jobs = into.setdefault(without_transcoding(name), [])
                if not jobs or jobs[-1] != job.name:  # one dataset can have several names by transcoding
                    jobs.append(job.name)
    return DataFlow(
        readers={name: tuple(readers[name]) for name in sorted(readers)},
        writers={name: tuple(writers[name]) for name in sorted(writers)},
    )


def unordered_reads(plan: Plan, flow: DataFlow) -> tuple[UnorderedRead, ...]:
    """Find the jobs that read a dataset while another may be writing it, or before; for each, one such writer."""
    parents = {job.name: job.depends_on for job in plan.jobs}
    if all(
        writer in parents[reader] or writer == reader
        for dataset, readers in flow.readers.items()
        for writer in flow.writers.get(dataset, ())
        for reader in readers
    ):
        return ()
    above = ancestors(parents)
    bit = {name: 1 << number for number, name in enumerate(above)}
    return tuple(
        UnorderedRead(dataset=dataset, reader=reader, writer=writer)
        for dataset, readers in flow.readers.items()
        for reader in readers
        for writer in _not_waited_for(reader, flow.writers.get(dataset, ()), above, bit)
    )


def _not_waited_for(
    reader: JobName, writers: tuple[JobName, ...], above: Mapping[JobName, int], bit: Mapping[JobName, int]
) -> Iterator[JobName]:
    """Give the first writer, of those near the beginning, that may run at the same time as a reader.

    Where there is none, and all run after the reader, it is the first of these.
    """
    others = [writer for writer in writers[:MAX_WRITERS] if writer != reader]
    for writer in others:
        if not above[reader] & bit[writer] and not above[writer] & bit[reader]:
            yield writer
            return
    if not any(above[reader] & bit[writer] for writer in others):
        yield from others[:1]
