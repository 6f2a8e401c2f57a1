"""An overview as its templates show it: values spelled, nothing escaped yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.review.formatting import memory_text, quote_names, value_text
from kedro_batch.review.overview.model import DataOverview, JobOverview, Overview, Totals
from kedro_batch.text.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something about the plan as a whole."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job in a list: its level, its name, what it gets, where it runs if not all run there, its parents."""

    level: int
    job: str
    gets: str
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLine:
    """Names of datasets, or a warning about data."""

    label: str
    names: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """What ``show.txt.j2`` and ``show.md.j2`` show.

    Attributes:
        called: What the plan is called.
        summary: Its size in one line.
        facts: The totals, and where the plan comes from.
        jobs: Its jobs in their order.
        job_width: The width of the longest name, but not of very long ones.
        gets_width: The width of what jobs get, likewise.
        data: What is read and written.
    """

    called: str
    summary: str
    facts: tuple[Fact, ...]
    jobs: tuple[JobRow, ...]
    job_width: int
    gets_width: int
    data: tuple[DataLine, ...]


_WIDEST_NAME = 48
_WIDEST_GETS = 40


def build_overview_view(overview: Overview, called: str) -> OverviewView:
    """Prepare an overview for its templates.

    Args:
        overview: The plan.
        called: What it is called.
    """
    totals = overview.totals
    rows = tuple(_row(job, totals) for job in overview.jobs)
    return OverviewView(
        called=called,
        summary=f"{counted(totals.jobs, 'job')}, {counted(totals.nodes, 'node')}",
        facts=tuple(list_facts(overview)),
        jobs=rows,
        job_width=min(_WIDEST_NAME, max((len(row.job) for row in rows), default=0)),
        gets_width=min(_WIDEST_GETS, max((len(row.gets) for row in rows), default=0)),
        data=tuple(_data(overview.data)),
    )


def list_facts(overview: Overview, *, exactly: bool = False) -> Iterator[Fact]:
    """Tell the totals of a plan, where it comes from, and its digest.

    Args:
        overview: The plan.
        exactly: Give memory in MiB.
    """
    memory = (lambda mib: f"{mib:,} MiB") if exactly else memory_text
    totals = overview.totals
    yield Fact(label="longest path", text=counted(totals.longest_path, "job"))
    yield Fact(label="widest level", text=f"{counted(totals.jobs_at_widest, 'job')}, level {totals.widest_level}")
    if totals.join_jobs:
        yield Fact(label="join jobs", text=f"{totals.join_jobs:,}")
    summed, widest = totals.summed, totals.at_widest
    yield _amount("vCPUs", f"{summed.vcpus:,}", f"{widest.vcpus:,}", summed.jobs_without_vcpus)
    yield _amount("memory", memory(summed.memory_mib), memory(widest.memory_mib), summed.jobs_without_memory)
    if summed.gpus:
        yield _amount("GPUs", f"{summed.gpus:,}", f"{widest.gpus:,}", 0)
    yield Fact(label="queues", text=_with_counts(totals.queues))
    yield Fact(label="definitions", text=_with_counts(totals.definitions))
    for name, value in overview.origin.items():
        yield Fact(label=name.replace("_", " "), text=_origin(value))
    yield Fact(label="digest", text=overview.digest)


def _amount(label: str, summed: str, widest: str, left_open: int) -> Fact:
    beside = f"; beside what {counted(left_open, 'job')} leave to the job definition" if left_open else ""
    return Fact(label=label, text=f"{summed} in all, {widest} at the widest level{beside}")


def _with_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({counted(count, 'job')})" for name, count in counts.items())


def _origin(value: Any) -> str:
    match value:
        case list():
            return ", ".join(quote_names(value))
        case dict():
            return "; ".join(f"{flag} {', '.join(quote_names(names))}" for flag, names in value.items())
        case _:
            return value_text(value) or ""


def _row(job: JobOverview, totals: Totals) -> JobRow:
    return JobRow(level=job.level, job=job.job, gets=", ".join(_gets(job, totals)), waits_for=job.depends_on)


def _gets(job: JobOverview, totals: Totals) -> Iterator[str]:
    resources = job.settings.get("resources", {})
    for unit, name in (("vCPU", "vcpus"), ("MiB", "memory_mib"), ("GPU", "gpus")):
        if name in resources:
            yield f"{resources[name]} {unit}"
    for field, counts in (("job_queue", totals.queues), ("job_definition", totals.definitions)):
        if len(counts) > 1:
            yield str(job.settings[field])


def _data(data: DataOverview) -> Iterator[DataLine]:
    lines = {
        "reads from outside": tuple(one.dataset for one in data.inputs),
        "writes": tuple(one.dataset for one in data.outputs),
        "keeps (read by no job)": data.final_outputs,
    }
    for label, names in lines.items():
        if names:
            yield DataLine(label=label, names=names)
    for one in data.unordered:
        warning = f"{one.reader} reads {one.dataset} and does not wait for {one.writer}, which writes it"
        yield DataLine(label="warning", text=warning)
