"""The values that the templates of an overview show: values spelled, nothing escaped yet."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.diagnostics import path_text
from kedro_batch.plan.checks.job_definitions import images_of
from kedro_batch.plan.params import param_leaves
from kedro_batch.plan.settings import JobDefinition
from kedro_batch.review.formatting import (
    LONGEST_PARAM,
    memory_text,
    quote_names,
    resources_text,
    setting_text,
    spell_params,
    value_text,
)
from kedro_batch.review.markdown_escape import clip
from kedro_batch.review.overview.model import DataOverview, JobOverview, Overview, Peak, Totals
from kedro_batch.text.arns import name_of_arn
from kedro_batch.text.wording import counted, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact about the whole plan."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job in a list: its level, name and resources, its target if jobs have different ones, and its parents."""

    level: int
    job: str
    resources: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLine:
    """Names of datasets, or a warning about them."""

    label: str
    names: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """The values that ``show.txt.j2`` and ``show.md.j2`` show.

    Attributes:
        name: The name of the plan.
        summary: Its size in one line.
        facts: Its totals and its source.
        jobs: Its jobs in topological order.
        job_width: The width of the longest name, within a limit.
        resources_width: The width of the longest resources, within a limit.
        data: The datasets that jobs read and write.
    """

    name: str
    summary: str
    facts: tuple[Fact, ...]
    jobs: tuple[JobRow, ...]
    job_width: int
    resources_width: int
    data: tuple[DataLine, ...]


_PLACE = ("account", "region")
"""What says with the queue where the jobs run."""
_SHOWN_IF_UNUSUAL = {"timeout_s": "timeout", "attempts": "attempts"}
_Usual = Mapping[str, Counter[Any]]
"""How many jobs have each value of a setting."""
_QUEUES = 10
"""Queues whose peak is told."""
_WIDEST_NAME = 48
_WIDEST_RESOURCES = 40


def build_overview_view(overview: Overview, name: str) -> OverviewView:
    """Build the values for the templates of an overview.

    Args:
        overview: The plan.
        name: Its name.
    """
    totals = overview.totals
    usual = {name: Counter(job.settings.get(name) for job in overview.jobs) for name in _SHOWN_IF_UNUSUAL}
    rows = tuple(_row(job, totals, usual) for job in overview.jobs)
    return OverviewView(
        name=name,
        summary=f"{counted(totals.jobs, 'job')}, {counted(totals.nodes, 'node')}",
        facts=tuple(list_facts(overview)),
        jobs=rows,
        job_width=min(_WIDEST_NAME, max((len(row.job) for row in rows), default=0)),
        resources_width=min(_WIDEST_RESOURCES, max((len(row.resources) for row in rows), default=0)),
        data=tuple(_data_lines(overview.data)),
    )


def list_facts(overview: Overview, *, exactly: bool = False, longest: int | None = LONGEST_PARAM) -> Iterator[Fact]:
    """Yield the totals of a plan, its source, and its digest.

    Args:
        overview: The plan.
        exactly: Round no amount of memory.
        longest: Shorten parameters that have more characters; None for none.
    """
    totals = overview.totals
    yield Fact(label="longest path", text=counted(totals.longest_path, "job"))
    yield Fact(label="jobs at peak", text=_at_peak(totals.peak, "jobs", f"{totals.peak.jobs:,}"))
    if totals.join_jobs:
        yield Fact(label="join jobs", text=f"{totals.join_jobs:,}")
    summed, peak = totals.summed, totals.peak
    memory, memory_at_peak = (memory_text(one.memory_mib, exactly=exactly) for one in (summed, peak))
    vcpus = f"{summed.vcpus:,} in total, {_at_peak(peak, 'vcpus', f'{peak.vcpus:,}')} at peak"
    sizes = f"{memory} in total, {_at_peak(peak, 'memory_mib', memory_at_peak)} at peak"
    yield Fact(label="vCPUs", text=_amount_text(vcpus, summed.jobs_without_vcpus, totals.jobs))
    yield Fact(label="memory", text=_amount_text(sizes, summed.jobs_without_memory, totals.jobs))
    if summed.gpus:
        yield Fact(label="GPUs", text=f"{summed.gpus:,} in total, {_at_peak(peak, 'gpus', f'{peak.gpus:,}')} at peak")
    yield Fact(label="queues", text=_with_counts(totals.queues))
    if len(totals.queues) > 1:
        peaks = (f"{name_of_arn(name)}: {_peak_text(one)}" for name, one in totals.peak_by_queue.items())
        yield Fact(label="peak by queue", text=listed(peaks, _QUEUES, "; "))
    yield Fact(label="definitions", text=_with_counts(totals.definitions))
    declared = overview.origin.get("job_definitions", {})
    if images := [f"{image} ({name})" for name in declared for image in _images(declared[name])]:
        yield Fact(label="images", text=", ".join(images))
    for name, value in sorted(overview.origin.items(), key=lambda field: field[0] not in _PLACE):
        if name == "params":
            yield from _param_facts(value, longest)
        if name in ("params", "job_definitions"):
            continue
        yield Fact(label=name.replace("_", " "), text=_origin_text(value))
    yield Fact(label="digest", text=overview.digest)


def _param_facts(params: Mapping[str, Any], longest: int | None) -> Iterator[Fact]:
    for path, value in param_leaves(spell_params(params), ("params",)):
        yield Fact(label=path_text(path), text=value if longest is None else clip(value, longest))


def _images(declared: Mapping[str, Any]) -> Iterator[str]:
    return (image for _, image in images_of(JobDefinition.from_dict(declared)))


def _at_peak(peak: Peak, name: str, text: str) -> str:
    """Return an amount at the peak, marked if it is an upper bound."""
    return f"at most {text}" if name in peak.upper_bounds else text


def _peak_text(peak: Peak) -> str:
    """Spell the peak of a queue: ``4 jobs, 8 vCPUs, 32 GiB, 1 GPU``; what no job states is left out."""
    amounts = {
        "jobs": counted(peak.jobs, "job"),
        "vcpus": counted(peak.vcpus, "vCPU"),
        "memory_mib": memory_text(peak.memory_mib, exactly=False),
        "gpus": counted(peak.gpus, "GPU"),
    }
    return ", ".join(_at_peak(peak, name, text) for name, text in amounts.items() if getattr(peak, name))


def _amount_text(stated: str, unstated: int, jobs: int) -> str:
    """Add to the amount that jobs state how many jobs leave it to their job definition."""
    if unstated == jobs > 0:
        return f"set by the job definition ({'all ' if jobs > 1 else ''}{counted(jobs, 'job')})"
    return f"{stated}; the job definition sets it for {counted(unstated, 'more job')}" if unstated else stated


def _with_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({counted(count, 'job')})" for name, count in counts.items())


def _origin_text(value: Any) -> str:
    match value:
        case list():
            return ", ".join(quote_names(value))
        case dict():
            return "; ".join(f"{flag} {', '.join(quote_names(names))}" for flag, names in value.items())
        case _:
            return value_text(value) or ""


def _row(job: JobOverview, totals: Totals, usual: _Usual) -> JobRow:
    how = ", ".join(_resources(job, totals, usual))
    return JobRow(level=job.level, job=job.job, resources=how, depends_on=job.depends_on)


def _resources(job: JobOverview, totals: Totals, usual: _Usual) -> Iterator[str]:
    if resources := resources_text(job.settings.get("resources", {})):
        yield resources
    for name, label in _SHOWN_IF_UNUSUAL.items():
        value = job.settings.get(name)
        if value != usual[name].most_common(1)[0][0]:
            yield f"{label} {'not set' if value is None else setting_text(name, value)}"
    for field, counts in (("job_queue", totals.queues), ("job_definition", totals.definitions)):
        if len(counts) > 1:
            yield str(job.settings[field])


def _data_lines(data: DataOverview) -> Iterator[DataLine]:
    lines = {
        "inputs": tuple(one.dataset for one in data.inputs),
        "outputs": tuple(one.dataset for one in data.outputs),
        "final outputs": data.final_outputs,
    }
    for label, names in lines.items():
        if names:
            yield DataLine(label=label, names=names)
    for one in data.unordered:
        warning = f"{one.reader} reads {one.dataset} without waiting for {one.writer}, which writes it"
        yield DataLine(label="warning", text=warning)
