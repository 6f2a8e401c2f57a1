"""Compares two plans by what they mean: order, comments and where a default is stated never count. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from kedro_batch.plan.data_flow import DataFlow, data_flow_of
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.graph import levels
from kedro_batch.plan.model import JOB_SETTINGS, Job, JobName, JobSettings, Plan
from kedro_batch.review.diff.command_changes import CommandDiffer
from kedro_batch.review.diff.match_jobs import match_jobs
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
from kedro_batch.review.diff.risks import find_risks
from kedro_batch.review.overview.build_overview import ORIGIN, count_totals, describe_origin
from kedro_batch.review.overview.model import Totals

_TARGET = ("job_queue", "job_definition")
_ORDER = (Change.REMOVED, Change.ADDED, Change.RENAMED, Change.CHANGED)
_TOTALS = tuple(field.name for field in fields(Totals))
_NOTHING = JobSettings()


def diff_plans(old: Plan, new: Plan) -> PlanDiff:
    """Tell what differs between two plans."""
    old, old_levels = _in_order(old)
    new, new_levels = _in_order(new)
    same = match_jobs(old, new)
    jobs = tuple(sorted(_job_changes(old, new, same), key=_place))
    before, after = count_totals(old, old_levels), count_totals(new, new_levels)
    origin = _field_changes(describe_origin(old), describe_origin(new), ORIGIN)
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
        risks=find_risks(old, new, same, jobs, flows),
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
    settings, commands = _SettingsChanges(), CommandDiffer()
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
    commands: CommandDiffer,
) -> JobChange | None:
    parents = {now_called.get(parent, parent) for parent in old.depends_on}
    change = JobChange(
        job=new.name,
        change=Change.CHANGED if old.name == new.name else Change.RENAMED,
        name_before=old.name,
        fields=settings.between(old.settings, new.settings),
        command=commands.diff_commands(old.command, new.command),
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
        inputs=_names(old.readers.keys() - old.writers, new.readers.keys() - new.writers),
        outputs=_names(old.writers, new.writers),
        final_outputs=_names(old.writers.keys() - old.readers, new.writers.keys() - new.readers),
    )
