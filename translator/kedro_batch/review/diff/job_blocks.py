"""Changes of jobs as blocks: each change is shown once, with the jobs that have it. Nothing is escaped yet. Pure.

What few jobs have comes before what many have, so that one bad line does not hide behind a bulk edit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from operator import itemgetter
from typing import assert_never

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JOB_SETTINGS
from kedro_batch.review.diff.alike_changes import Facet
from kedro_batch.review.diff.changed_defaults import ChangedDefaults
from kedro_batch.review.diff.decompose import JobsByName, Shared, decompose
from kedro_batch.review.diff.detail_impacts import WHOLE_JOB, place_impacts, worst_impact
from kedro_batch.review.diff.details import Detail, field_detail, job_details, name_lists, pack_entries
from kedro_batch.review.diff.job_block import FEW, NAMES_OF_PART, JobBlock, JobBlocks, in_one_line
from kedro_batch.review.diff.model import Change, JobChange, Names, RiskKind
from kedro_batch.review.job_sets import JobSet, JobSets, Kind
from kedro_batch.review.shown_names import share_room

_WHOLE = (Change.REMOVED, Change.ADDED)
"""Changes that show everything a job has."""
_BLOCKS = 6
"""The most blocks of which those of few jobs all begin with their names."""
_OF_EACH = ("nodes", "depends on", "reads", "writes")
"""What differs in each of many jobs that came or went; the data of the plan tell what it comes to."""
_REMOVED = "removed jobs"
_OF_JOBS = (WHOLE_JOB, *_OF_EACH)
"""What sits on the names of many jobs that came or went."""
_TAKEN = "nodes now in"
_PARTS = 12
"""The most groups of new jobs with equal settings; where there are more, each setting is shown with its jobs."""
_KIND_OF: Mapping[str, Kind] = {
    "job_queue": Kind.QUEUE,
    "job_definition": Kind.DEFINITION,
    "tags": Kind.TAG,
    "resources": Kind.GPUS,
}
"""What does not describe jobs if it has changed in them."""


def build_blocks(changes: Sequence[JobChange], plans: tuple[Plan, Plan], sets: tuple[JobSets, JobSets]) -> JobBlocks:
    """Tell each change once, with the jobs that have it.

    Args:
        changes: The jobs that differ.
        plans: The old and the new plan.
        sets: Their jobs.
    """
    jobs: JobsByName = ({job.name: job for job in plans[0].jobs}, {job.name: job for job in plans[1].jobs})
    removed, added = ([one for one in changes if one.change is kind] for kind in _WHOLE)
    stay = [one for one in changes if one.change not in _WHOLE]
    defaults = ChangedDefaults(plans, [one.job for one in added])
    found, of_defaults = [], []
    for facets, who in decompose(_without_removed(stay, {one.job for one in removed}), jobs, defaults.has):
        jobset = sets[1].find(who, without=_kinds_of(facets))
        if all(map(defaults.has, facets)):
            of_defaults.append(_block("~", facets, defaults.describe(jobset, facets)))
        elif any(one.alike for one in facets):
            found.append(_block("~", facets, jobset))
    renamed = {one.job: _shown_name(one) for one in stay}
    found = [_as_renamed(one, renamed) if one.sign == ">" else one for one in found]
    told = {one.job for one in added} if len(added) <= FEW else set()  # these say from which jobs they have their nodes
    blocks = [*_whole_blocks(removed, jobs, sets, told), *_whole_blocks(added, jobs, sets)]
    if len(found) > _BLOCKS:
        found = [replace(one, leads=one.leads or one.in_one_line) for one in found]
    blocks += [(len(one.jobs), one) for one in found]
    room = share_room(
        sum(len(one.jobs) > FEW and not one.heading for one in (*(block for _, block in blocks), *of_defaults))
    )
    return JobBlocks(
        jobs=tuple(replace(block, room=room) for _, block in sorted(blocks, key=itemgetter(0))),
        defaults=tuple(replace(block, room=room) for block in sorted(of_defaults, key=lambda block: len(block.jobs))),
    )


def _without_removed(changes: Sequence[JobChange], removed: AbstractSet[str]) -> Sequence[JobChange]:
    """Return changes with ``removed jobs`` for parents that were removed, if others were in many jobs."""

    def follows(one: JobChange) -> bool:
        return bool(one.parents.lost) and not one.parents.gained and removed >= {*one.parents.lost}

    if len({one.parents.lost for one in changes if follows(one)}) <= FEW:
        return changes
    return [replace(one, parents=Names(lost=(_REMOVED,))) if follows(one) else one for one in changes]


def _whole_blocks(
    changes: Sequence[JobChange],
    jobs: JobsByName,
    sets: tuple[JobSets, JobSets],
    told: AbstractSet[str] = frozenset(),
) -> Iterator[tuple[int, JobBlock]]:
    """Yield the blocks of jobs that came or went, each with the number of these jobs.

    Of many jobs that went, only what all of them had is shown, and which jobs have their nodes now; of many that came,
    also what some of them have.

    Args:
        changes: The jobs.
        jobs: The jobs of the old and the new plan, by name.
        sets: Likewise, by what they have in common.
        told: Jobs whose own blocks say which nodes they took.
    """
    if len(changes) <= FEW:
        yield from ((len(changes), block) for block in group_equal_jobs(changes, sets))
        return
    change = changes[0].change
    of_plan = sets[change is not Change.REMOVED]
    shared: list[Facet] = []
    others: list[Shared] = []
    apart: list[Shared] = []
    for facets, who in decompose(changes, jobs, lambda facet: facet.label in _OF_EACH or facet.field is None):
        some = [one for one in facets if one.label not in _OF_EACH and not _took(one, told)]
        if len(who) == len(changes):
            shared += some
        elif some and (change is Change.ADDED or any(one.label == _TAKEN for one in some)):
            (others if some[0].field else apart).append((some, who))
    found = of_plan.find(one.job for one in changes)
    odd = [(one, marked) for one in changes if (marked := _marked_lists(one))]
    if len(odd) <= FEW:
        yield from ((1, JobBlock(sign=_sign(change), heading=None, jobs=(one.job,), details=some)) for one, some in odd)
    labels = (WHOLE_JOB,) if len(odd) <= FEW else _OF_JOBS
    impact = worst_impact(impacts.get(label) for impacts in map(place_impacts, changes) for label in labels)
    yield len(changes), replace(_block(_sign(change), _in_short(shared), found), leads=False, impact=impact)
    these = JobSets((jobs[change is Change.ADDED][one.job] for one in changes), these=True)
    parts = _by_job(others)
    blocks = [
        _block(_sign(change), _in_short(some), these.find(who, without=_kinds_of(some)))
        for some, who in _by_jobs([*(parts if len(parts) <= _PARTS else others), *apart])
    ]
    blocks.sort(key=lambda block: len(block.jobs))
    yield from ((len(changes), replace(one, names=NAMES_OF_PART)) for one in blocks)


def _marked_lists(one: JobChange) -> tuple[Detail, ...]:
    """Return the names that a job gained and lost which are a risk, such as parents where one is missing."""
    return tuple(detail for detail in name_lists(one, place_impacts(one)) if detail.impact)


def _took(facet: Facet, told: AbstractSet[str]) -> bool:
    """True for nodes that only jobs took whose own blocks say so."""
    return facet.label == _TAKEN and facet.own is not None and told >= {*facet.own.gained}


def _in_short(facets: Sequence[Facet]) -> list[Facet]:
    """Return the settings and the command of jobs that came or went as one line, and what else they have."""
    told = [
        one
        for one in facets
        if one.alike and not one.alike.each and (one.field or one.alike.label == "command")  # many values: own lines
    ]
    if len(told) <= 1:
        return [*facets]
    told.sort(key=lambda one: JOB_SETTINGS.index(one.field.path[0]) if one.field else len(JOB_SETTINGS))
    detail = in_one_line([one.alike for one in told if one.alike])
    return [Facet(key=None, group=None, alike=detail, own=detail), *(one for one in facets if one not in told)]


def _by_job(changes: Sequence[Shared]) -> list[Shared]:
    """Return the jobs with all that each has, those together that have the same."""
    of_job: dict[str, list[int]] = {}
    for number, (_, who) in enumerate(changes):
        for job in who:
            of_job.setdefault(job, []).append(number)
    together: dict[tuple[int, ...], list[str]] = {}
    for job, numbers in of_job.items():
        together.setdefault(tuple(numbers), []).append(job)
    return [([facet for one in numbers for facet in changes[one][0]], tuple(who)) for numbers, who in together.items()]


def _by_jobs(changes: Sequence[Shared]) -> list[Shared]:
    """Put what the same jobs have together."""
    of_jobs: dict[frozenset[str], Shared] = {}
    for facets, who in changes:
        known = of_jobs.get(frozenset(who), ([], who))
        of_jobs[frozenset(who)] = ([*known[0], *facets], who)
    return list(of_jobs.values())


def _block(sign: str, facets: Sequence[Facet], found: JobSet) -> JobBlock:
    few = len(found.names) <= FEW
    told = ((one.own, one.alike) for one in facets)
    details = [detail for own, alike in told if (detail := own if len(found.names) == 1 else alike)]
    name = any(one.label == "name" for one in facets)
    details = pack_entries([one for one in details if not (few and one.label == "name")])
    return JobBlock(
        sign=">" if name and sign == "~" else sign,
        heading=found.heading or (found.number if any(one.each for one in details) else None),  # these name jobs
        jobs=found.names,
        details=tuple(details),
        leads=not few,
    )


def _as_renamed(block: JobBlock, names: Mapping[str, str]) -> JobBlock:
    """Return a block of renamed jobs, few with both of their names."""
    return block if block.leads else replace(block, jobs=tuple(names[job] for job in block.jobs))


def _kinds_of(facets: Iterable[Facet]) -> set[Kind]:
    return {_KIND_OF[one.field.path[0]] for one in facets if one.field and one.field.path[0] in _KIND_OF}


def _shown_name(one: JobChange) -> str:
    return f"{one.name_before} -> {one.job}" if one.change is Change.RENAMED else one.job


def group_equal_jobs(jobs: Sequence[JobChange], sets: tuple[JobSets, JobSets]) -> Iterator[JobBlock]:
    """Group jobs with equal changes, nothing left out; equal settings of added or removed jobs are shown once."""
    alike: dict[tuple[Change, RiskKind | None, tuple[Detail, ...]], list[JobChange]] = {}
    for one in jobs:
        impact = place_impacts(one).get(WHOLE_JOB)
        alike.setdefault((one.change, impact, tuple(job_details(one))), []).append(one)
    shown: dict[tuple[Change, tuple[Detail, ...]], str] = {}
    for (change, impact, details), group in alike.items():
        first, impacts = group[0], place_impacts(group[0])
        settings = tuple(field_detail(one, impacts.get(one.name)) for one in first.fields)
        in_short = None
        if change in _WHOLE and len(settings) > 1:
            other = shown.setdefault((change, settings), first.job)
            in_short = (
                None if other == first.job else _refer_to(other, change, worst_impact(one.impact for one in settings))
            )
        yield JobBlock(
            sign=_sign(change),
            heading=sets[change is not Change.REMOVED].find(one.job for one in group).heading,
            jobs=tuple(map(_shown_name, group)),
            details=tuple(job_details(first, in_short)) if in_short else details,
            impact=impact,
        )


def _sign(change: Change) -> str:
    match change:
        case Change.ADDED:
            return "+"
        case Change.REMOVED:
            return "-"
        case Change.RENAMED:
            return ">"
        case Change.CHANGED:
            return "~"
        case _:
            assert_never(change)


def _refer_to(job: str, change: Change, impact: RiskKind | None) -> Detail:
    words = f"same as {job}"
    before, after = (None, words) if change is Change.ADDED else (words, None)
    return Detail(label="settings", before=before, after=after, impact=impact)
