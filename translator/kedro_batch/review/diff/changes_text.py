"""Write the changes of jobs for a comment: a change, then the jobs that have it; long texts are shortened."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from kedro_batch.review.diff.details import Detail
from kedro_batch.review.diff.job_block import JobBlock
from kedro_batch.review.diff.job_blocks import group_equal_jobs
from kedro_batch.review.diff.model import PlanDiff
from kedro_batch.review.job_sets import JobSets
from kedro_batch.review.shown_names import shorten_names
from kedro_batch.review.templates import render
from kedro_batch.text.clipping import shorten, shorten_pair

_EVERY_JOB = 10_000
"""The most characters of what differs job by job."""
_SHORTEST_CHANGE = 20
_NAMES = 100
_DETAILS = 30
_Shorten = Callable[[tuple[str, ...]], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The values that ``changes.diff.j2`` shows: blocks, those of changed defaults, and whether all names are shown."""

    blocks: tuple[JobBlock, ...]
    defaults: tuple[JobBlock, ...]
    full: bool


def write_changes(blocks: Sequence[JobBlock], defaults: Sequence[JobBlock], most: int | None = None) -> str:
    """Write the first blocks, each change once.

    Args:
        blocks: What differs in jobs.
        defaults: What differs in jobs because a default has changed.
        most: How many blocks are written at most; None for all.
    """
    some = [_shorten_block(one, _all_names) for one in (*blocks, *defaults)[:most]]
    changes = Changes(blocks=tuple(some[: len(blocks)]), defaults=tuple(some[len(blocks) :]), full=False)
    return render("changes.diff.j2", changes)


def write_every_job(diff: PlanDiff, sets: tuple[JobSets, JobSets]) -> str:
    """Write what differs in each job, no name left out; nothing if that is too long.

    Args:
        diff: What differs.
        sets: The jobs of the old and the new plan.
    """
    if len(diff.jobs) > _EVERY_JOB // _SHORTEST_CHANGE:
        return ""
    blocks = tuple(_shorten_block(one, _first_names) for one in group_equal_jobs(diff.jobs, sets))
    text = render("changes.diff.j2", Changes(blocks=blocks, defaults=(), full=True))
    return text if len(text) <= _EVERY_JOB else ""


def untold_words(every_job: str, changes: str) -> set[str]:
    """Return the words that what differs job by job has, and the changes do not have.

    Args:
        every_job: What ``write_every_job`` wrote; nothing if that is too long.
        changes: What ``write_changes`` wrote.
    """
    every, told = ({word.strip(",") for word in text.split()} for text in (every_job, changes))
    return every - told


def described_jobs(blocks: Iterable[JobBlock]) -> set[str]:
    """Return the jobs that blocks do not name, but describe by what they have in common."""
    return {job for one in blocks if one.heading for job in one.jobs}


def _shorten_block(block: JobBlock, shorten: _Shorten) -> JobBlock:
    """Shorten the details of a job that would fill the whole text."""
    details = tuple(_shorten_detail(one, shorten) for one in _first_details(block.details))
    if len(block.details) > _DETAILS:
        details += (Detail(label=f"and {len(block.details) - _DETAILS} more", after="diff --full shows all"),)
    return replace(block, jobs=shorten(block.jobs), details=details)


def _first_details(details: tuple[Detail, ...]) -> list[Detail]:
    """Return as many details as are shown, in their order; those that a reviewer must not miss stay."""
    kept = {id(one) for one in sorted(details, key=lambda one: one.impact is None)[:_DETAILS]}
    return [one for one in details if id(one) in kept]


def _shorten_detail(one: Detail, shorten_names: _Shorten) -> Detail:
    before, after = shorten_pair(one.before, one.after)
    gained, lost, each = (shorten_names(tuple(map(shorten, some))) for some in (one.gained, one.lost, one.each))
    return replace(one, label=shorten(one.label), before=before, after=after, gained=gained, lost=lost, each=each)


def _all_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names as they are: the template shows the first and counts the others."""
    return names


def _first_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(shorten_names(names, most=_NAMES, room=_EVERY_JOB))
