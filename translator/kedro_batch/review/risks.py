"""Finds in a diff what a reviewer must not miss. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kedro_batch.plan.data_flow import UnorderedRead, data_flow_of, unordered_reads
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.review.changes import Change, FieldChange, JobChange, Risk, RiskKind

_TARGETS: Mapping[tuple[str, ...], RiskKind] = {
    ("job_queue",): RiskKind.QUEUE_CHANGED,
    ("job_definition",): RiskKind.DEFINITION_CHANGED,
}
_LESS_IS_RISKY = {("resources", "memory_mib"): RiskKind.MEMORY_LOWERED, ("resources", "gpus"): RiskKind.GPUS_LOWERED}
_TIMEOUT = ("timeout_s",)
_WORST_FIRST = tuple(RiskKind)


def risks_of(
    old: Plan,
    new: Plan,
    same: Mapping[JobName, JobName],
    origin: Iterable[FieldChange],
    jobs: Sequence[JobChange],
) -> tuple[Risk, ...]:
    """Collect what is risky.

    Args:
        old: The plan before.
        new: The plan after.
        same: The jobs of ``new`` that ``old`` has too, with their names there.
        origin: What differs in where the plans come from.
        jobs: What differs in the jobs.
    """
    found = [*_about_origin(origin), *_about_jobs(new, jobs), *_about_data(old, new, same)]
    return tuple(sorted(found, key=lambda risk: _WORST_FIRST.index(risk.kind)))


def _about_origin(origin: Iterable[FieldChange]) -> Iterator[Risk]:
    for field in origin:
        if field.path == ("env",):
            yield Risk(kind=RiskKind.ENV_CHANGED, before=field.before, after=field.after)


def _about_jobs(new: Plan, jobs: Iterable[JobChange]) -> Iterator[Risk]:
    still_run = {node for job in new.jobs for node in job.nodes}
    for one in jobs:
        lost = [node for node in one.nodes.lost if node not in still_run]
        if one.change is Change.REMOVED:
            if lost or one.reads or one.writes:
                yield Risk(kind=RiskKind.JOB_REMOVED, job=one.job)
        elif one.change is not Change.ADDED:
            if len(one.nodes.lost) > len(one.nodes.gained):  # as many of each: they were renamed
                yield from (Risk(kind=RiskKind.NODE_REMOVED, job=one.job, node=node) for node in lost)
            for field in one.fields:
                kind = _kind(field)
                if kind:
                    yield Risk(kind=kind, job=one.job, before=field.before, after=field.after)


def _kind(field: FieldChange) -> RiskKind | None:
    before, after = field.before, field.after
    if field.path in _LESS_IS_RISKY and before is not None and (after is None or after < before):
        return _LESS_IS_RISKY[field.path]
    if field.path == _TIMEOUT and after is not None and (before is None or after < before):
        return RiskKind.TIMEOUT_LOWERED
    return _TARGETS.get(field.path)


def _about_data(old: Plan, new: Plan, same: Mapping[JobName, JobName]) -> Iterator[Risk]:
    before, after = data_flow_of(old), data_flow_of(new)
    for dataset in before.writers:
        if dataset not in after.writers:
            yield Risk(kind=RiskKind.DATASET_NOT_WRITTEN, dataset=dataset)
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
