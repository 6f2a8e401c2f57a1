"""Compare two plans by their meaning: the order of jobs, comments, and where a default is stated are ignored. Pure."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from kedro_batch.errors import PlanError
from kedro_batch.files.read_budget import CHARACTERS_OF_SETTING, MAX_CHANGED_SETTINGS
from kedro_batch.plan.data_flow import DataFlow, data_flow_of
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.graph import levels
from kedro_batch.plan.job_limits import limits_of
from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import HEADER, Job, JobName, Plan
from kedro_batch.plan.settings import JOB_SETTINGS, JobSettings, Resources
from kedro_batch.review.diff.changed_values import leaves
from kedro_batch.review.diff.command_changes import CommandDiffer
from kedro_batch.review.diff.data_risks import find_unordered_reads, find_unwritten
from kedro_batch.review.diff.definition_risks import find_definition_risks
from kedro_batch.review.diff.job_impacts import with_job_impacts
from kedro_batch.review.diff.match_jobs import match_jobs
from kedro_batch.review.diff.match_namespaces import RenamedNamespaces
from kedro_batch.review.diff.model import (
    Change,
    Counts,
    DataChange,
    FieldChange,
    JobChange,
    Names,
    PlanDiff,
    RiskKind,
    WordChange,
    Words,
)
from kedro_batch.review.diff.risks import list_risks
from kedro_batch.review.diff.setting_impacts import setting_impact
from kedro_batch.review.formatting import spell_params
from kedro_batch.review.overview.build_overview import count_totals
from kedro_batch.review.overview.model import Totals

_TARGET = ("job_queue", "job_definition")
_ORDER = tuple(Change)
_TOTALS = tuple(field.name for field in fields(Totals))
_NOTHING = JobSettings()


def diff_plans(old: Plan, new: Plan) -> PlanDiff:
    """Return what differs between two plans.

    Raises:
        PlanError: They differ in more settings of jobs than are compared.
    """
    old, old_levels = _sort_jobs(old)
    new, new_levels = _sort_jobs(new)
    same = match_jobs(old, new)
    namespaces = RenamedNamespaces(old, new, same)
    changes = list(_within_budget(_job_changes(old, new, same)))
    flows = data_flow_of(old), data_flow_of(new)
    unordered = tuple(find_unordered_reads((old, new), same, flows))
    jobs = tuple(sorted(with_job_impacts(changes, (old, new), same, namespaces, unordered), key=_sort_key))
    before, after = count_totals(old, old_levels), count_totals(new, new_levels)
    definitions = tuple(find_definition_risks(old, new, same))
    kinds_of = {(risk.definition, risk.kind) for risk in definitions}
    origin = _diff_fields(_origin(old), _origin(new), HEADER)
    if old.jobs and new.jobs:  # a plan that came or went as a whole has no field that became another
        origin = tuple(_with_impact(one, kinds_of) for one in origin)
    digest_before, digest_after = plan_digest(old), plan_digest(new)
    differ = {one.job for one in jobs}
    of_others = (risk for risk in unordered if risk.job not in differ)
    data = replace(_diff_data(*flows), impacts=(*find_unwritten(flows, namespaces), *of_others))
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
        risks=list_risks((old, new), origin, jobs, definitions, data),
        origin=origin,
        jobs=jobs,
        totals=_diff_fields(asdict(before), asdict(after), _TOTALS),
        totals_before=before,
        totals_after=after,
        data=data,
    )


def _within_budget(changes: Iterable[JobChange]) -> Iterator[JobChange]:
    """Yield changes until they have more settings than are compared."""
    total = 0
    sizes: dict[int, int] = {}  # of settings that many jobs share
    for one in changes:
        key = id(one.fields)  # whoever compares the settings keeps them: ids stay unique
        if key not in sizes:
            sizes[key] = sum(map(_size, one.fields))
        total += sizes[key]
        if total > MAX_CHANGED_SETTINGS:
            raise PlanError(
                f"the jobs of the two plans differ in more than {MAX_CHANGED_SETTINGS:,} settings, the most that are "
                f"compared; long ones count more, {CHARACTERS_OF_SETTING} characters as one. Compare the files line by "
                "line (diff -u), or put what many jobs have into the job definition"
            )
        yield one


def _size(one: FieldChange) -> int:
    """Return as how many settings one counts: by its characters, those that are not ASCII as escapes."""
    return 1 + len(json.dumps([one.path, one.before, one.after])) // CHARACTERS_OF_SETTING


def _sort_jobs(plan: Plan) -> tuple[Plan, dict[JobName, int]]:
    """Sort the jobs topologically, whatever the order of the file; also return the level of each."""
    level_of = levels(plan.parents)
    jobs = {job.name: job for job in plan.jobs}
    return replace(plan, jobs=tuple(jobs[name] for name in level_of)), level_of


def _sort_key(change: JobChange) -> tuple[bool, int]:
    stays = change.change in (Change.RENAMED, Change.CHANGED)  # only then there is a target before and after
    retargeted = stays and any(field.path[0] in _TARGET for field in change.fields)
    return not retargeted, _ORDER.index(change.change)


def _job_changes(old: Plan, new: Plan, same: Mapping[JobName, JobName]) -> Iterator[JobChange]:
    old_jobs = {job.name: job for job in old.jobs}
    new_names = {before: name for name, before in same.items()}
    old_runner, new_runner = _runner_by_node(old), _runner_by_node(new)
    settings, commands = _SettingsDiffer(old, new), CommandDiffer()
    for job in new.jobs:
        if job.name not in same:
            came_from = {old_runner[node] for node in job.nodes if node in old_runner}
            yield JobChange(
                job=job.name,
                change=Change.ADDED,
                name_before=None,
                fields=settings.diff_whole(_NOTHING, job.settings),
                command=(Words(change=WordChange.ADDED, words=job.command),),
                nodes=Names(gained=job.nodes),
                parents=Names(gained=job.depends_on),
                reads=Names(gained=job.reads),
                writes=Names(gained=job.writes),
                nodes_from=tuple(sorted(came_from)),
            )
        elif change := _change_job(old_jobs[same[job.name]], job, new_names, settings, commands):
            yield change
    for job in old.jobs:
        if job.name not in new_names:
            went_to = {new_runner[node] for node in job.nodes if node in new_runner}
            yield JobChange(
                job=job.name,
                change=Change.REMOVED,
                name_before=job.name,
                fields=settings.diff_whole(job.settings, _NOTHING),
                command=(Words(change=WordChange.REMOVED, words=job.command),),
                nodes=Names(lost=job.nodes),
                parents=Names(lost=job.depends_on),
                reads=Names(lost=job.reads),
                writes=Names(lost=job.writes),
                nodes_to=tuple(sorted(went_to)),
            )


def _runner_by_node(plan: Plan) -> dict[str, JobName]:
    return {node: job.name for job in plan.jobs for node in job.nodes}


def _change_job(
    old: Job,
    new: Job,
    new_names: Mapping[JobName, JobName],
    settings: "_SettingsDiffer",
    commands: CommandDiffer,
) -> JobChange | None:
    parents = {new_names.get(parent, parent) for parent in old.depends_on}
    change = JobChange(
        job=new.name,
        change=Change.CHANGED if old.name == new.name else Change.RENAMED,
        name_before=old.name,
        fields=settings.diff_settings(old, new),
        command=commands.diff_commands(old.command, new.command),
        nodes=_diff_names(old.nodes, new.nodes),
        parents=_diff_names(parents, new.depends_on),
        reads=_diff_names(old.reads, new.reads),
        writes=_diff_names(old.writes, new.writes),
    )
    differs = any((change.fields, change.command, change.nodes, change.parents, change.reads, change.writes))
    return change if differs or old.name != new.name else None


def _diff_names(old: Iterable[str], new: Iterable[str]) -> Names:
    before, after = set(old), set(new)
    return _SAME if before == after else Names(gained=tuple(sorted(after - before)), lost=tuple(sorted(before - after)))


_SAME = Names()


class _SettingsDiffer:
    """Compares the settings of jobs, each pair of objects once: many jobs share theirs."""

    def __init__(self, old: Plan, new: Plan) -> None:
        self._new = new
        self._resources = PlanResources(old), PlanResources(new)
        self._known: dict[tuple[int, int], tuple[FieldChange, ...]] = {}  # the plans keep both alive: ids stay unique

    def diff_whole(self, before: JobSettings, after: JobSettings) -> tuple[FieldChange, ...]:
        """Return the settings of a job that came or went; these have no impact of their own."""
        key = (id(before), id(after))
        if key not in self._known:
            self._known[key] = _diff_settings(before, after)
        return self._known[key]

    def diff_settings(self, old: Job, new: Job) -> tuple[FieldChange, ...]:
        before, after = old.settings, new.settings
        key = (id(before), id(after))
        if key not in self._known:
            resources = self._resources[0].told(old), self._resources[1].told(new)
            limits = limits_of(after, self._new)
            self._known[key] = tuple(
                replace(
                    one, impact=setting_impact(one.path, before, after, resources, limits), still=_still(one, resources)
                )
                for one in _diff_settings(before, after)
            )
        return self._known[key]


def _still(one: FieldChange, resources: tuple[Resources, Resources]) -> float | None:
    """Return the amount that a job gets before and now, although what it states of it differs; None if that differs."""
    if one.path[0] != "resources":
        return None
    before, after = (getattr(each, one.path[1]) for each in resources)
    return before if before == after and before else None


def _diff_settings(old: JobSettings, new: JobSettings) -> tuple[FieldChange, ...]:
    equal = old == new and not old.submit  # there, 1 == True is a difference
    return () if equal else _diff_fields(old.to_dict(), new.to_dict(), JOB_SETTINGS)


def _with_impact(one: FieldChange, definitions: Collection[tuple[str | None, RiskKind]]) -> FieldChange:
    """Return a field of the whole plan with its impact: that of a declared definition is one of those found."""
    match one.path:
        case ("job_definitions", name, *_, last):
            kind = RiskKind.IMAGE_CHANGED if last == "image" else RiskKind.DEFINITION_CHANGED
            return replace(one, impact=kind) if (name, kind) in definitions else one
        case (name,) if name in _HEADER_IMPACTS:
            return replace(one, impact=_HEADER_IMPACTS[name])
        case _:
            return one


_HEADER_IMPACTS: Mapping[str, RiskKind] = {
    "account": RiskKind.ACCOUNT_CHANGED,
    "region": RiskKind.REGION_CHANGED,
    "env": RiskKind.ENV_CHANGED,
}


def _origin(plan: Plan) -> dict[str, Any]:
    """Return the header of a plan, its parameters spelled."""
    return plan.header() | ({"params": spell_params(plan.params)} if plan.params else {})


def _diff_fields(old: Mapping[str, Any], new: Mapping[str, Any], order: Sequence[str]) -> tuple[FieldChange, ...]:
    """Compare plain values, mappings at any depth by their keys.

    Args:
        old: The values before.
        new: The values after.
        order: The names of all fields, in the order of the result.
    """
    before, after = dict(leaves(old)), dict(leaves(new))
    return tuple(
        FieldChange(path=path, before=before.get(path), after=after.get(path))
        for path in sorted({*before, *after}, key=lambda path: (order.index(path[0]), path))
        if path not in before
        or path not in after
        or json.dumps(before[path]) != json.dumps(after[path])  # where true is not 1
    )


def _diff_data(old: DataFlow, new: DataFlow) -> DataChange:
    return DataChange(
        inputs=_diff_names(old.readers.keys() - old.writers, new.readers.keys() - new.writers),
        outputs=_diff_names(old.writers, new.writers),
        final_outputs=_diff_names(old.writers.keys() - old.readers, new.writers.keys() - new.readers),
    )
