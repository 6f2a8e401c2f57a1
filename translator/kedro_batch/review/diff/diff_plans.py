"""Compares two plans by what they mean: order, comments and where a default is stated never count. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from difflib import SequenceMatcher
from typing import Any

from kedro_batch.files.read_budget import MAX_ALL_WORD_PAIRS, MAX_WORD_PAIRS
from kedro_batch.plan.data_flow import DataFlow, data_flow_of
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.graph import levels
from kedro_batch.plan.model import HEADER, JOB_SETTINGS, Job, JobName, JobSettings, Plan
from kedro_batch.review.diff.match_jobs import matched
from kedro_batch.review.diff.model import (
    Change,
    Counts,
    DataChange,
    FieldChange,
    JobChange,
    Names,
    PlanDiff,
    WordChange,
    Words,
)
from kedro_batch.review.diff.risks import risks_of
from kedro_batch.review.overview.model import Totals, totals_of

_TARGET = ("job_queue", "job_definition")
_ORDER = (Change.REMOVED, Change.ADDED, Change.RENAMED, Change.CHANGED)
_TOTALS = tuple(field.name for field in fields(Totals))
_NOTHING = JobSettings()


def compared(old: Plan, new: Plan) -> PlanDiff:
    """Tell what differs between two plans."""
    old, old_levels = _in_order(old)
    new, new_levels = _in_order(new)
    same = matched(old, new)
    jobs = tuple(sorted(_job_changes(old, new, same), key=_place))
    before, after = totals_of(old, old_levels), totals_of(new, new_levels)
    origin = _field_changes(old.header(), new.header(), HEADER)
    digest_before, digest_after = plan_digest(old), plan_digest(new)
    flows = data_flow_of(old), data_flow_of(new)
    kinds = [one.change for one in jobs]
    return PlanDiff(
        differ=digest_before != digest_after,
        digest_before=digest_before,
        digest_after=digest_after,
        counts=Counts(
            added=kinds.count(Change.ADDED),
            removed=kinds.count(Change.REMOVED),
            renamed=kinds.count(Change.RENAMED),
            changed=kinds.count(Change.CHANGED),
            unchanged=len(new.jobs) - len(jobs) + kinds.count(Change.REMOVED),
        ),
        risks=risks_of(old, new, same, jobs, flows),
        origin=origin,
        jobs=jobs,
        totals=_field_changes(asdict(before), asdict(after), _TOTALS),
        totals_before=before,
        totals_after=after,
        data=_data_change(*flows),
    )


def _in_order(plan: Plan) -> tuple[Plan, dict[JobName, int]]:
    """Put the jobs into the order in which they are ready, whatever that of the file; give their levels, too."""
    level_of = levels({job.name: job.depends_on for job in plan.jobs})
    jobs = {job.name: job for job in plan.jobs}
    return replace(plan, jobs=tuple(jobs[name] for name in level_of)), level_of


def _place(change: JobChange) -> tuple[bool, int]:
    stays = change.change in (Change.RENAMED, Change.CHANGED)  # what comes or goes has no other target than before
    retargeted = stays and any(field.path[0] in _TARGET for field in change.fields)
    return not retargeted, _ORDER.index(change.change)


def _job_changes(old: Plan, new: Plan, same: Mapping[JobName, JobName]) -> Iterator[JobChange]:
    theirs = {job.name: job for job in old.jobs}
    now_called = {before: name for name, before in same.items()}
    ran_by, run_by = _runs(old), _runs(new)
    settings, commands = _SettingsChanges(), _CommandChanges()
    for job in new.jobs:
        if job.name not in same:
            came_from = {ran_by[node] for node in job.nodes if node in ran_by}
            yield JobChange(
                job=job.name,
                change=Change.ADDED,
                name_before=None,
                fields=settings.between(_NOTHING, job.settings),
                command=(Words(change=WordChange.ADDED, words=job.command),),
                nodes=Names(gained=job.nodes),
                parents=Names(gained=job.depends_on),
                reads=Names(gained=job.reads),
                writes=Names(gained=job.writes),
                nodes_from=tuple(sorted(came_from)),
            )
        elif change := _change(theirs[same[job.name]], job, now_called, settings, commands):
            yield change
    for job in old.jobs:
        if job.name not in now_called:
            went_to = {run_by[node] for node in job.nodes if node in run_by}
            yield JobChange(
                job=job.name,
                change=Change.REMOVED,
                name_before=job.name,
                fields=settings.between(job.settings, _NOTHING),
                command=(Words(change=WordChange.REMOVED, words=job.command),),
                nodes=Names(lost=job.nodes),
                parents=Names(lost=job.depends_on),
                reads=Names(lost=job.reads),
                writes=Names(lost=job.writes),
                nodes_to=tuple(sorted(went_to)),
            )


def _runs(plan: Plan) -> dict[str, JobName]:
    return {node: job.name for job in plan.jobs for node in job.nodes}


def _change(
    old: Job,
    new: Job,
    now_called: Mapping[JobName, JobName],
    settings: "_SettingsChanges",
    commands: "_CommandChanges",
) -> JobChange | None:
    parents = {now_called.get(parent, parent) for parent in old.depends_on}
    change = JobChange(
        job=new.name,
        change=Change.CHANGED if old.name == new.name else Change.RENAMED,
        name_before=old.name,
        fields=settings.between(old.settings, new.settings),
        command=commands.between(old.command, new.command),
        nodes=_names(old.nodes, new.nodes),
        parents=_names(parents, new.depends_on),
        reads=_names(old.reads, new.reads),
        writes=_names(old.writes, new.writes),
    )
    differs = any((change.fields, change.command, change.nodes, change.parents, change.reads, change.writes))
    return change if differs or old.name != new.name else None


def _names(old: Iterable[str], new: Iterable[str]) -> Names:
    before, after = set(old), set(new)
    return _SAME if before == after else Names(gained=tuple(sorted(after - before)), lost=tuple(sorted(before - after)))


_SAME = Names()


class _CommandChanges:
    """Says how a command became another: word by word, or as a whole where that would take long."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Words, ...]] = {}
        self._pairs_left = MAX_ALL_WORD_PAIRS

    def between(self, old: tuple[str, ...], new: tuple[str, ...]) -> tuple[Words, ...]:
        if old == new:
            return ()
        if (old, new) not in self._known:
            pairs = len(old) * len(new)
            by_word = pairs <= min(MAX_WORD_PAIRS, self._pairs_left)
            self._pairs_left -= pairs if by_word else 0
            self._known[old, new] = _words(old, new) if by_word else _as_a_whole(old, new)
        return self._known[old, new]


def _as_a_whole(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[Words, ...]:
    return Words(change=WordChange.REMOVED, words=old), Words(change=WordChange.ADDED, words=new)


def _words(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[Words, ...]:
    found = []
    for how, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        parts = (
            {WordChange.KEPT: old[i:j]}
            if how == "equal"
            else {WordChange.REMOVED: old[i:j], WordChange.ADDED: new[k:m]}
        )
        found += [Words(change=change, words=words) for change, words in parts.items() if words]
    return tuple(found)


class _SettingsChanges:
    """Compares settings, each pair of objects once: jobs share theirs."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[FieldChange, ...]] = {}
        self._kept: list[JobSettings] = []  # so that no id comes again

    def between(self, old: JobSettings, new: JobSettings) -> tuple[FieldChange, ...]:
        key = (id(old), id(new))
        if key not in self._known:
            self._kept += (old, new)
            alike = old == new and not old.submit  # where 1 is equal to true, but not the same
            self._known[key] = () if alike else _field_changes(old.to_dict(), new.to_dict(), JOB_SETTINGS)
        return self._known[key]


def _field_changes(old: Mapping[str, Any], new: Mapping[str, Any], order: Sequence[str]) -> tuple[FieldChange, ...]:
    """Compare plain values, into mappings however deep.

    Args:
        old: The values before.
        new: The values after.
        order: The names of all fields, as they are to be told.
    """
    before, after = dict(_leaves(old, ())), dict(_leaves(new, ()))
    return tuple(
        FieldChange(path=path, before=before.get(path), after=after.get(path))
        for path in sorted({*before, *after}, key=lambda path: (order.index(path[0]), path))
        if path not in before
        or path not in after
        or json.dumps(before[path]) != json.dumps(after[path])  # to which true is not 1
    )


def _leaves(value: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _leaves(inner, (*path, name))
        else:
            yield (*path, name), inner


def _data_change(old: DataFlow, new: DataFlow) -> DataChange:
    return DataChange(
        reads_from_outside=_names(old.readers.keys() - old.writers, new.readers.keys() - new.writers),
        writes=_names(old.writers, new.writers),
        keeps=_names(old.writers.keys() - old.readers, new.writers.keys() - new.readers),
    )
