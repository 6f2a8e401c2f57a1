"""The values that the templates of an overview show: values spelled, nothing escaped yet."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_batch.diagnostics import path_text
from kedro_batch.plan.model import Plan
from kedro_batch.plan.params import param_leaves
from kedro_batch.plan.settings import AMOUNTS
from kedro_batch.review.formatting import (
    AMOUNT_LABELS,
    BY_DEFINITION,
    LONGEST_PARAM,
    fill_line,
    memory_text,
    quote_names,
    spell_params,
    sum_text,
    value_text,
)
from kedro_batch.review.job_sets import JobSets
from kedro_batch.review.overview.gpus_and_images import gpu_lines, image_line, jobs_by_image
from kedro_batch.review.overview.hours import spell_hours
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
    """A fact about the whole plan; a line of a terminal may break at each blank of it, or only behind commas."""

    label: str
    text: str
    in_words: bool = False

    def filled(self) -> str:
        """Return the line for a terminal, escaped."""
        text = for_review(self.text)
        return _fill(self.label, text.split(" ") if self.in_words else _BEHIND_COMMA.split(text))


LINES = 8
"""The most lines of one fact."""


def fact_lines(
    label: str, texts: Iterable[str], nothing: str | None = None, most: int | None = LINES
) -> Iterator[Fact]:
    """Yield a fact of several lines; the label stands in the first.

    Args:
        label: The label.
        texts: The lines.
        nothing: What the fact says if there are none; None leaves it out.
        most: The most lines; how many more there are is said. None for all.
    """
    found = list(texts) or ([] if nothing is None else [nothing])
    if most is not None and (more := len(found[most:])):
        found = [*found[:most], f"and {more:,} more"]
    for number, text in enumerate(found):
        yield Fact(label="" if number else label, text=text, in_words=True)


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


def build_overview_view(
    overview: Overview, plan: Plan, name: str, *, full: bool = False, most_datasets: int | None = None
) -> OverviewView:
    """Build the values for the templates of an overview.

    Args:
        overview: The overview of the plan.
        plan: The plan.
        name: What readers call it.
        full: Leave out no name, however many there are.
        most_datasets: The most datasets of one kind that are all named; None for all where every job has a row.
    """
    totals = overview.totals
    levels = build_level_rows(overview, plan, full=full)
    *facts, digest = list_facts(overview, plan, longest=None if full else LONGEST_PARAM)
    longest = max((len(name) for row in levels.rows if row.count == 1 for name in row.jobs.first), default=0)
    return OverviewView(
        name=name,
        summary=f"{counted(totals.jobs, 'job')}, {counted(totals.nodes, 'node')}",
        facts=(*facts, *_usual_facts(overview, full=full), digest),
        jobs=levels.rows,
        shortened=not levels.whole,
        job_width=min(_WIDEST_NAME, longest),
        data=tuple(_data_lines(overview.data, most_datasets or (None if levels.whole else _DATASETS))),
    )


def list_facts(
    overview: Overview, plan: Plan, *, exactly: bool = False, longest: int | None = LONGEST_PARAM
) -> Iterator[Fact]:
    """Yield the totals of a plan, its source, and its digest.

    Args:
        overview: The overview of the plan.
        plan: The plan.
        exactly: Round no amount of memory, and no hours.
        longest: Shorten parameters that have more characters, and long lists; None for none.
    """
    totals = overview.totals
    most = _TARGETS if longest else max(len(totals.queues), len(totals.definitions))
    yield Fact(label="longest path", text=counted(totals.longest_path, "job"))
    yield Fact(label="jobs at peak", text=at_peak(totals.peak, "jobs", f"{totals.peak.jobs:,}"))
    if totals.join_jobs:
        yield Fact(label="join jobs", text=f"{totals.join_jobs:,}")
    sets = JobSets(plan.jobs)
    yield from _amount_facts(overview, exactly=exactly)
    if totals.summed.gpus or _without_gpus(overview) < totals.jobs:
        yield from fact_lines("jobs with GPUs", gpu_lines(plan, sets), most=LINES if longest else None)
    yield Fact(label="queues", text=_with_counts(totals.queues, most))
    if len(totals.queues) > 1:
        peaks = (f"{name_of_arn(name)}: {_peak_text(one)}" for name, one in totals.peak_by_queue.items())
        yield Fact(label="peak by queue", text=listed(peaks, _QUEUES, "; "))
    yield Fact(label="definitions", text=_with_counts(totals.definitions, most))
    images = sorted(jobs_by_image(plan).items(), key=lambda one: len(one[1]))  # in the order of the plan
    lines = (image_line(image, jobs, sets) for image, jobs in images)
    yield from fact_lines("images", lines, most=LINES if longest else None)
    for name, value in sorted(overview.origin.items(), key=lambda field: field[0] not in _PLACE):
        if name == "params":
            yield from _param_facts(value, longest)
        if name in ("params", "job_definitions"):
            continue
        yield Fact(label=name.replace("_", " "), text=_origin_text(value))
    yield Fact(label="digest", text=overview.digest)


def _amount_facts(overview: Overview, *, exactly: bool) -> Iterator[Fact]:
    """Yield vCPUs, memory and GPUs: of all jobs, at the peak, and the hours of them."""
    summed, peak = overview.totals.summed, overview.totals.peak
    unknown = {
        "vcpus": summed.jobs_without_vcpus,
        "memory_mib": summed.jobs_without_memory,
        "gpus": _without_gpus(overview),
    }
    for name, label in AMOUNT_LABELS.items():
        total, most = getattr(summed, name), getattr(peak, name)
        if name == "gpus" and not total and not unknown[name]:
            yield Fact(label=label, text="none")
            continue
        amounts = [f"{total:,}", f"{most:,}"]
        if name == "memory_mib":
            amounts = [memory_text(one, exactly=exactly) for one in (total, most)]
        hours = spell_hours(overview.hours, name, exactly=exactly)
        text = f"{amounts[0]} in total, {at_peak(peak, name, amounts[1])} at peak, {hours}"
        yield Fact(label=label, text=_amount_text(text, total, unknown[name], overview.totals.jobs))


def _without_gpus(overview: Overview) -> int:
    """Return how many jobs may get more GPUs than the plan tells."""
    return sum("gpus" in job.resources.unknown for job in overview.jobs)


def _usual_facts(overview: Overview, *, full: bool) -> Iterator[Fact]:
    """Yield what most jobs have; rows of jobs tell what the others have instead."""
    jobs = overview.totals.jobs - overview.totals.join_jobs
    for one in find_usual(overview, full=full):
        others = f" ({one.jobs:,} of {counted(jobs, 'job')})" if one.jobs < jobs else ""
        yield Fact(label=one.label, text=f"{one.text}{others}")


def _param_facts(params: Mapping[str, Any], longest: int | None) -> Iterator[Fact]:
    for path, value in param_leaves(spell_params(params), ("params",)):
        yield Fact(label=path_text(path), text=value if longest is None else clip(value, longest))


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
        number = f"{unknown:,} of " if unknown < jobs else "all " if jobs > 1 else ""
        return f"{BY_DEFINITION} ({number}{counted(jobs, 'job')})"
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


def _data_lines(data: DataOverview, most: int | None) -> Iterator[DataLine]:
    """Yield the datasets; of more of one kind than ``most``, only the first."""
    lines = {
        "inputs": tuple(one.dataset for one in data.inputs),
        "outputs": tuple(one.dataset for one in data.outputs),
        "final outputs": data.final_outputs,
    }
    for label, names in lines.items():
        if names:
            many = most is not None and len(names) > most
            yield DataLine(label=label, names=first_names(names, NAMES_SHOWN if many else None))
    for one in data.unordered:
        warning = f"{one.reader} reads {one.dataset} without waiting for {one.writer}, which writes it"
        yield DataLine(label="warning", text=warning)
