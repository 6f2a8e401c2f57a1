"""Answer what reviewers ask of any diff, also where nothing of it has changed: two plans come in, facts go out. Pure.

Who gets less memory, which datasets are lost, which jobs use GPUs, which images run. Nothing is escaped yet.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate, takewhile

from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.model import Change, PlanDiff
from kedro_batch.review.formatting import BY_DEFINITION, memory_text, quote_names
from kedro_batch.review.job_sets import JobSets
from kedro_batch.review.name_sets import written_datasets
from kedro_batch.review.overview.gpus_and_images import gpu_lines, image_line, jobs_by_image
from kedro_batch.review.overview.view import LINES, Fact, fact_lines
from kedro_batch.text.wording import listed

_DATASETS, _CHARACTERS = 20, 350
"""The most datasets in one line, and the most characters of their names."""
_FEW = 3
"""The worst changes of memory that have lines of their own where there are many."""


def answer_questions(diff: PlanDiff, old: Plan, new: Plan, sets: JobSets) -> Iterator[Fact]:
    """Yield what the jobs of the new plan lose, and what they have.

    Args:
        diff: What differs.
        old: The plan before.
        new: The plan after.
        sets: The jobs of the new plan.
    """
    if old.jobs:
        if new.jobs:
            yield from fact_lines("less memory", _less_memory(diff, old, new, sets), _no_job(diff, old, new))
        lost = quote_names(diff.data.outputs.lost)
        number = f"{len(lost):,}: " if len(lost) > 1 else ""
        named = f"{number}{listed(lost, _fitting(lost))}" if lost else "none"
        shared = written_datasets(old).describe(diff.data.outputs.lost)
        yield Fact(label="datasets no longer written", text=shared or named)
    if new.jobs:
        yield from fact_lines("GPUs now", gpu_lines(new, sets), "no job")
        yield from fact_lines("images now", _images(diff, old, new, sets), "none")


def _no_job(diff: PlanDiff, old: Plan, new: Plan) -> str:
    """Say that no job gets less, and how many could not be compared: they came where others went."""
    known = {node for job in old.jobs for node in job.nodes}
    added = {one.job for one in diff.jobs if one.change is Change.ADDED}
    fresh = sum(1 for job in new.jobs if job.name in added and job.nodes and known.isdisjoint(job.nodes))
    if not (fresh and diff.counts.removed):
        return "no job"
    return f"no job that was there before ({fresh:,} {'is' if fresh == 1 else 'are'} new)"


def _fitting(names: Iterable[str]) -> int:
    """Return how many names fit into a line: at least one."""
    ends = accumulate(len(name) + 2 for name in names)
    return min(_DATASETS, max(1, sum(1 for _ in takewhile(lambda end: end <= _CHARACTERS, ends))))


def _less_memory(diff: PlanDiff, old: Plan, new: Plan, sets: JobSets) -> Iterator[str]:
    """Yield the jobs that get less memory than they, or any of the jobs that ran their nodes, had before."""
    had: dict[str | None, int] = {}
    called = {one.job: one.name_before for one in diff.jobs}
    with_node: dict[str, int] = {}  # the most that a job had which ran it
    resources = PlanResources(old), PlanResources(new)
    for job in old.jobs:
        memory = had[job.name] = resources[0].known(job).memory_mib or 0
        for node in job.nodes:
            with_node[node] = max(memory, with_node.get(node, 0))
    less: dict[tuple[int, int | None], list[str]] = {}
    for job in new.jobs:
        before = had.get(called.get(job.name, job.name), 0)
        most = max([before, *(with_node.get(node, 0) for node in job.nodes)])
        now = resources[1].known(job).memory_mib
        if most and (now is None or now < most):
            less.setdefault((most, now), []).append(job.name)
    groups = sorted(less.items(), key=lambda one: (len(one[1]), -one[0][0]))
    for (most, now), jobs in groups if len(groups) <= LINES else sorted(groups, key=_worst_first)[:_FEW]:
        amount = BY_DEFINITION if now is None else memory_text(now)
        yield f"{memory_text(most)} -> {amount}: {sets.describe(jobs)}"
    if len(groups) > LINES:  # the least and the most of all, in one line
        amounts = [sorted({side[at] or 0 for side, _ in groups}) for at in (0, 1)]
        ranges = (" to ".join(memory_text(some[at]) for at in (0, -1)[: len(some)]) for some in amounts)
        yield f"all: {' -> '.join(ranges)}: {sets.describe(job for jobs in less.values() for job in jobs)}"


def _worst_first(group: tuple[tuple[int, int | None], list[str]]) -> float:
    """Return by what changes of memory are sorted: the share that is left."""
    (before, after), _ = group
    return (after or 0) / before


def _images(diff: PlanDiff, old: Plan, new: Plan, sets: JobSets) -> Iterator[str]:
    """Yield the images with the jobs that run them.

    New images come first, then those that a job runs which ran another one before, and of these those of few jobs.
    """
    ran = {image: {*jobs} for image, jobs in jobs_by_image(old).items()}
    old_name = {one.job: one.name_before for one in diff.jobs}  # none of an added job

    def order(one: tuple[str, list[str]]) -> tuple[bool, bool, int, str]:
        image, jobs = one
        before = {old_name.get(job, job) for job in jobs} - {None}
        return image in ran, before <= ran.get(image, set()), len(jobs), image

    for image, jobs in sorted(jobs_by_image(new).items(), key=order):
        yield image_line(image, jobs, sets)
