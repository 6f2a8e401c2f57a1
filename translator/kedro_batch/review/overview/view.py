"""The values that the templates of an overview show: values spelled, nothing escaped yet."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.diagnostics import path_text
from kedro_batch.plan.checks.job_definitions import images_of
from kedro_batch.plan.model import Plan
from kedro_batch.plan.params import param_leaves
from kedro_batch.plan.settings import AMOUNTS, JobDefinition
from kedro_batch.review.formatting import (
    LONGEST_PARAM,
    fill_line,
    memory_text,
    quote_names,
    spell_params,
    sum_text,
    value_text,
)
from kedro_batch.review.overview.level_rows import NO_NAMES, JobRow, Names, build_level_rows, first_names
from kedro_batch.review.overview.model import DataOverview, Overview, Peak
from kedro_batch.review.overview.usual_settings import find_usual
from kedro_batch.review.shown_names import NAMES_SHOWN
from kedro_batch.text.arns import name_of_arn
from kedro_batch.text.clipping import clip
from kedro_batch.text.escaping import for_review
from kedro_batch.text.wording import counted, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact about the whole plan."""

    label: str
    text: str

    def filled(self) -> str:
        """Return the line for a terminal, escaped."""
        return _fill(self.label, _BEHIND_COMMA.split(for_review(self.text)))


def _fill(label: str, pieces: Iterable[str]) -> str:
    first, *rest = pieces
    return fill_line([f"  {label:<{_LABELS}}  {first}", *rest], _LABELS + 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLine:
    """Names of datasets, or a warning about them."""

    label: str
    names: Names = NO_NAMES
    text: str = ""

    def filled(self) -> str:
        """Return the line for a terminal, escaped."""
        return _fill(self.label, self.names.pieces() or for_review(self.text).split(" "))


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """The values that ``show.txt.j2`` and ``show.md.j2`` show.

    Attributes:
        name: The name of the plan.
        summary: Its size in one line.
        facts: Its totals and its source.
        jobs: Its jobs, level by level.
        shortened: Something is left out, and the option ``--full`` shows it.
        job_width: The width of the longest name, within a limit.
        data: The datasets that jobs read and write.
    """

    name: str
    summary: str
    facts: tuple[Fact, ...]
    jobs: tuple[JobRow, ...]
    shortened: bool
    job_width: int
    data: tuple[DataLine, ...]


_PLACE = ("account", "region")
"""What says with the queue where the jobs run."""
_TARGETS = 20
"""Queues, or definitions, that are named."""
_QUEUES = 10
"""Queues whose peak is shown."""
_BEHIND_COMMA = re.compile(r"(?<=[,;]) ")
_LABELS, _WIDEST_NAME = 14, 40
_DATASETS = 30
"""Datasets of one kind that are all named where not every job has a row."""


def build_overview_view(overview: Overview, plan: Plan, name: str, *, full: bool = False) -> OverviewView:
    """Build the values for the templates of an overview.

    Args:
        overview: The overview of the plan.
        plan: The plan.
        name: What readers call it.
        full: Leave out no name, however many there are.
    """
    totals = overview.totals
    levels = build_level_rows(overview, plan, full=full)
    *facts, digest = list_facts(overview)
    longest = max((len(name) for row in levels.rows if row.count == 1 for name in row.jobs.first), default=0)
    return OverviewView(
        name=name,
        summary=f"{counted(totals.jobs, 'job')}, {counted(totals.nodes, 'node')}",
        facts=(*facts, *_usual_facts(overview, full=full), digest),
        jobs=levels.rows,
        shortened=not levels.whole,
        job_width=min(_WIDEST_NAME, longest),
        data=tuple(_data_lines(overview.data, every=levels.whole)),
    )


def list_facts(overview: Overview, *, exactly: bool = False, longest: int | None = LONGEST_PARAM) -> Iterator[Fact]:
    """Yield the totals of a plan, its source, and its digest.

    Args:
        overview: The plan.
        exactly: Round no amount of memory.
        longest: Shorten parameters that have more characters, and long lists of queues and definitions; None for none.
    """
    totals = overview.totals
    most = _TARGETS if longest else max(len(totals.queues), len(totals.definitions))
    yield Fact(label="longest path", text=counted(totals.longest_path, "job"))
    yield Fact(label="jobs at peak", text=at_peak(totals.peak, "jobs", f"{totals.peak.jobs:,}"))
    if totals.join_jobs:
        yield Fact(label="join jobs", text=f"{totals.join_jobs:,}")
    summed, peak = totals.summed, totals.peak
    memory, memory_at_peak = (memory_text(one.memory_mib, exactly=exactly) for one in (summed, peak))
    vcpus = f"{summed.vcpus:,} in total, {at_peak(peak, 'vcpus', f'{peak.vcpus:,}')} at peak"
    sizes = f"{memory} in total, {at_peak(peak, 'memory_mib', memory_at_peak)} at peak"
    yield Fact(label="vCPUs", text=_amount_text(vcpus, summed.vcpus, summed.jobs_without_vcpus, totals.jobs))
    yield Fact(label="memory", text=_amount_text(sizes, summed.memory_mib, summed.jobs_without_memory, totals.jobs))
    unknown = sum("gpus" in job.resources.unknown for job in overview.jobs)
    if summed.gpus or unknown:
        gpus = f"{summed.gpus:,} in total, {at_peak(peak, 'gpus', f'{peak.gpus:,}')} at peak"
        yield Fact(label="GPUs", text=_amount_text(gpus, summed.gpus, unknown, totals.jobs))
    yield Fact(label="queues", text=_with_counts(totals.queues, most))
    if len(totals.queues) > 1:
        peaks = (f"{name_of_arn(name)}: {_peak_text(one)}" for name, one in totals.peak_by_queue.items())
        yield Fact(label="peak by queue", text=listed(peaks, _QUEUES, "; "))
    yield Fact(label="definitions", text=_with_counts(totals.definitions, most))
    declared = overview.origin.get("job_definitions", {})
    used = [name for name in declared if name in totals.definitions]
    if images := [f"{image} ({name})" for name in used for image in _images(declared[name])]:
        yield Fact(label="images", text=", ".join(images))
    for name, value in sorted(overview.origin.items(), key=lambda field: field[0] not in _PLACE):
        if name == "params":
            yield from _param_facts(value, longest)
        if name in ("params", "job_definitions"):
            continue
        yield Fact(label=name.replace("_", " "), text=_origin_text(value))
    yield Fact(label="digest", text=overview.digest)


def _usual_facts(overview: Overview, *, full: bool) -> Iterator[Fact]:
    """Yield what most jobs have; rows of jobs tell what the others have instead."""
    jobs = overview.totals.jobs - overview.totals.join_jobs
    for one in find_usual(overview, full=full):
        others = f" ({one.jobs:,} of {counted(jobs, 'job')})" if one.jobs < jobs else ""
        yield Fact(label=one.label, text=f"{one.text}{others}")


def _param_facts(params: Mapping[str, Any], longest: int | None) -> Iterator[Fact]:
    for path, value in param_leaves(spell_params(params), ("params",)):
        yield Fact(label=path_text(path), text=value if longest is None else clip(value, longest))


def _images(declared: Mapping[str, Any]) -> Iterator[str]:
    return (image for _, image in images_of(JobDefinition.from_dict(declared)))


def at_peak(peak: Peak, name: str, text: str) -> str:
    """Return an amount at a peak, marked if it is an upper bound."""
    return f"at most {text}" if name in peak.upper_bounds else text


def _peak_text(peak: Peak) -> str:
    """Spell the peak of a queue: ``4 jobs, 8 vCPUs, 32 GiB, 1 GPU``; what no job states is left out."""
    amounts = {"jobs": counted(peak.jobs, "job"), **{name: sum_text(name, getattr(peak, name)) for name in AMOUNTS}}
    return ", ".join(at_peak(peak, name, text) for name, text in amounts.items() if getattr(peak, name))


def _amount_text(text: str, known: float, unknown: int, jobs: int) -> str:
    """Add to an amount how many jobs may get more of it by their job definition."""
    if unknown and not known:
        return f"set by the job definition ({'all ' if jobs > 1 else ''}{counted(jobs, 'job')})"
    return f"at least {text}; {counted(unknown, 'job')} may get more by the job definition" if unknown else text


def _with_counts(counts: Mapping[str, int], most: int) -> str:
    return listed((f"{name} ({counted(count, 'job')})" for name, count in counts.items()), most)


def _origin_text(value: Any) -> str:
    match value:
        case list():
            return ", ".join(quote_names(value))
        case dict():
            return "; ".join(f"{flag} {', '.join(quote_names(names))}" for flag, names in value.items())
        case _:
            return value_text(value) or ""


def _data_lines(data: DataOverview, *, every: bool) -> Iterator[DataLine]:
    lines = {
        "inputs": tuple(one.dataset for one in data.inputs),
        "outputs": tuple(one.dataset for one in data.outputs),
        "final outputs": data.final_outputs,
    }
    for label, names in lines.items():
        if names:
            many = len(names) > _DATASETS and not every
            yield DataLine(label=label, names=first_names(names, NAMES_SHOWN if many else None))
    for one in data.unordered:
        warning = f"{one.reader} reads {one.dataset} without waiting for {one.writer}, which writes it"
        yield DataLine(label="warning", text=warning)
