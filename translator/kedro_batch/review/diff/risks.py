"""Find what a reviewer must not miss: two plans with their matched jobs and changes come in, risks go out. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kedro_batch.plan.data_flow import DataFlow, UnorderedRead, unordered_reads
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.review.diff.definition_risks import find_definition_risks
from kedro_batch.review.diff.match_jobs import keeps_its_data
from kedro_batch.review.diff.model import Change, FieldChange, JobChange, Risk, RiskKind

_TARGETS: Mapping[tuple[str, ...], RiskKind] = {
    ("job_queue",): RiskKind.QUEUE_CHANGED,
    ("job_definition",): RiskKind.DEFINITION_CHANGED,
}
_LESS_IS_RISKY = {("resources", "memory_mib"): RiskKind.MEMORY_LOWERED, ("resources", "gpus"): RiskKind.GPUS_LOWERED}
_TIMEOUT = ("timeout_s",)
_WORST_FIRST = tuple(RiskKind)


def find_risks(
    old: Plan,
    new: Plan,
    same: Mapping[JobName, JobName],
    jobs: Sequence[JobChange],
    flows: tuple[DataFlow, DataFlow],
) -> tuple[Risk, ...]:
    """Find the risks of a diff, the worst kind first.

    Args:
        old: The plan before.
        new: The plan after.
        same: The jobs of ``new`` that ``old`` has too, with their names there.
        jobs: The jobs that differ.
        flows: The readers and writers of each dataset, before and after.
    """
    found = [
        *_find_job_risks(old, new, jobs),
        *find_definition_risks(old, new, same),
        *_find_moved_node_risks(old, new, same),
        *_find_joined_timeouts(old, new),
        *_find_data_risks(old, new, same, *flows),
    ]
    for kind, before, after in (
        (RiskKind.ACCOUNT_CHANGED, old.account, new.account),
        (RiskKind.REGION_CHANGED, old.region, new.region),
        (RiskKind.ENV_CHANGED, old.env, new.env),
    ):
        if before != after:
            found.append(Risk(kind=kind, before=before, after=after))
    return tuple(sorted(found, key=lambda risk: _WORST_FIRST.index(risk.kind)))


def _find_job_risks(old: Plan, new: Plan, jobs: Iterable[JobChange]) -> Iterator[Risk]:
    old_jobs, new_jobs = ({job.name: job for job in plan.jobs} for plan in (old, new))
    ran, still_run = (Counter(node for job in plan.jobs for node in job.nodes) for plan in (old, new))
    for one in jobs:
        before, after = old_jobs.get(JobName(one.name_before or "")), new_jobs.get(JobName(one.job))
        lost = [node for node in one.nodes.lost if still_run[node] < ran[node]]  # several jobs may run one node
        if one.change is Change.REMOVED:
            if lost or not (one.nodes.lost or (before and before.joins)):
                yield Risk(kind=RiskKind.JOB_REMOVED, job=one.job)
        elif before and after:
            instead = [node for node in one.nodes.gained if node not in ran]
            if len(lost) > len(instead):
                yield from (Risk(kind=RiskKind.NODE_REMOVED, job=one.job, node=node) for node in lost)
            elif lost and not (len(lost) == len(before.nodes) and keeps_its_data(before, after)):
                yield Risk(
                    kind=RiskKind.NODE_REPLACED, job=one.job, before=_unpack_single(lost), after=_unpack_single(instead)
                )
            for field in one.fields:
                kind = _risk_of_field(field)
                if kind:
                    yield Risk(kind=kind, job=one.job, before=field.before, after=field.after)


def _unpack_single(names: Sequence[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else list(names)


def _find_moved_node_risks(old: Plan, new: Plan, same: Mapping[JobName, JobName]) -> Iterator[Risk]:
    """Find nodes that moved to a job with another target, or with less memory, fewer GPUs or less time."""
    ran_by: dict[str, list[Job]] = {}
    for job in old.jobs:
        for node in job.nodes:
            ran_by.setdefault(node, []).append(job)
    for job in new.jobs:
        found: dict[tuple[str, Any, Any], list[str]] = {}
        for node in job.nodes:
            runners = ran_by.get(node, ())
            if not runners or any(one.name == same.get(job.name) for one in runners):
                continue
            before = runners[0]
            for path, was, now in zip(_WATCHED, _watched(before), _watched(job), strict=True):
                kind = _risk_of_field(FieldChange(path=path, before=was, after=now)) if was != now else None
                if kind and not (kind is RiskKind.TIMEOUT_LOWERED and _has_enough_time(before, job)):
                    found.setdefault((kind, was, now), []).append(node)
        for (name, was, now), nodes in found.items():
            only = nodes[0] if len(nodes) == 1 else None
            yield Risk(kind=RiskKind(name), job=job.name, node=only, before=was, after=now)


def _find_joined_timeouts(old: Plan, new: Plan) -> Iterator[Risk]:
    """Find jobs that run all nodes of several old jobs in less time than these had together."""
    ran_by = {node: job for job in old.jobs for node in job.nodes}
    for job in new.jobs:
        runners = {ran_by[node].name: ran_by[node] for node in job.nodes if node in ran_by}
        times = [one.settings.timeout_s for one in runners.values()]
        limit, known = job.settings.timeout_s, [time for time in times if time is not None]
        if limit is None or len(runners) < 2 or len(known) < len(times):  # noqa: PLR2004  one job has no sum
            continue
        whole = all({*one.nodes} <= {*job.nodes} for one in runners.values())
        if whole and max(known) <= limit < sum(known):  # other rules find a limit below max(known)
            yield Risk(kind=RiskKind.TIMEOUT_LOWERED, job=job.name, before=sum(known), after=limit)


def _has_enough_time(before: Job, now: Job) -> bool:
    """True if a job with fewer nodes has at least as much time for each node."""
    was, limit = before.settings.timeout_s, now.settings.timeout_s
    fewer = len(before.nodes) > len(now.nodes)
    return was is not None and limit is not None and fewer and limit * len(before.nodes) >= was * len(now.nodes)


_WATCHED = (*_TARGETS, *_LESS_IS_RISKY, _TIMEOUT)


def _watched(job: Job) -> tuple[Any, ...]:
    settings, resources = job.settings, job.settings.resources
    return settings.job_queue, settings.job_definition, resources.memory_mib, resources.gpus, settings.timeout_s


def _risk_of_field(field: FieldChange) -> RiskKind | None:
    """Return the kind of risk of a field that differs; None if there is none."""
    before, after = field.before, field.after
    if field.path in _LESS_IS_RISKY and before and (after is None or after < before):
        return _LESS_IS_RISKY[field.path]
    if field.path == _TIMEOUT and after is not None and (before is None or after < before):
        return RiskKind.TIMEOUT_LOWERED
    return _TARGETS.get(field.path)


def _find_data_risks(
    old: Plan, new: Plan, same: Mapping[JobName, JobName], before: DataFlow, after: DataFlow
) -> Iterator[Risk]:
    unwritten = [dataset for dataset in before.writers if dataset not in after.writers]
    for dataset in sorted(unwritten, key=lambda name: name not in after.readers):
        reader = next(iter(after.readers.get(dataset, ())), None)
        yield Risk(kind=RiskKind.DATASET_NOT_WRITTEN, job=reader, dataset=dataset)
    unordered = unordered_reads(new, after)
    known = set(unordered_reads(old, before)) if unordered else set()
    for read in unordered:
        as_before = UnorderedRead(
            dataset=read.dataset,
            reader=same.get(read.reader, read.reader),
            writer=same.get(read.writer, read.writer),
        )
        if as_before not in known:
            yield Risk(kind=RiskKind.UNORDERED_READ, job=read.reader, dataset=read.dataset, after=read.writer)
