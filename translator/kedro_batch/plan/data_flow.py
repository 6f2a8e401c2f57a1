"""Finds which jobs of a plan hand data to which, and which of them do not wait for each other. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kedro_batch.files.read_budget import MAX_WRITERS
from kedro_batch.plan.graph import ancestors
from kedro_batch.plan.model import JobName, JobReads, Plan


def without_transcoding(dataset: str) -> str:
    """Return the name by which producers and consumers meet: ``table@spark`` and ``table@pandas`` are one dataset."""
    return dataset.partition("@")[0] or dataset


def reads_from_run(plan: Plan) -> dict[JobName, JobReads]:
    """Return for each job what it reads of what other jobs of the plan write, and what else it reads."""
    writers: dict[str, set[JobName]] = {}
    for job in plan.jobs:
        for name in job.writes:
            writers.setdefault(without_transcoding(name), set()).add(job.name)
    read = {job.name: {without_transcoding(name) for name in job.reads} for job in plan.jobs}
    from_run = {job: {name for name in names if writers.get(name, set()) - {job}} for job, names in read.items()}
    return {
        job: JobReads(from_run=tuple(sorted(from_run[job])), other=tuple(sorted(names - from_run[job])))
        for job, names in read.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class UnorderedRead:
    """A job reads what another writes, and does not wait for it: it may find old data, or none."""

    dataset: str
    reader: JobName
    writer: JobName


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFlow:
    """The readers and writers of each dataset, by its name without transcoding, sorted; the jobs as in the plan.

    Attributes:
        readers: The jobs that read it and do not write it themselves.
        writers: The jobs that write it.
    """

    readers: Mapping[str, tuple[JobName, ...]]
    writers: Mapping[str, tuple[JobName, ...]]


def data_flow_of(plan: Plan) -> DataFlow:
    """Collect the readers and writers of all datasets."""
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
    """Find the jobs that read a dataset while another may be writing it, or earlier; with one such writer each."""
    parents = plan.parents
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
        for writer in _unordered_writer(reader, flow.writers.get(dataset, ()), above, bit)
    )


def _unordered_writer(
    reader: JobName, writers: tuple[JobName, ...], above: Mapping[JobName, int], bit: Mapping[JobName, int]
) -> Iterator[JobName]:
    """Yield the first writer that may run at the same time as the reader; if all run after it, the first of them.

    Of thousands of writers, only the first MAX_WRITERS are looked at.
    """
    others = [writer for writer in writers[:MAX_WRITERS] if writer != reader]
    for writer in others:
        if not above[reader] & bit[writer] and not above[writer] & bit[reader]:
            yield writer
            return
    if not any(above[reader] & bit[writer] for writer in others):
        yield from others[:1]
