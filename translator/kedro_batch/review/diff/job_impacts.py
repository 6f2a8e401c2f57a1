"""Find what a reviewer must not miss of jobs, beside their settings: nodes that are gone or moved, what they start.

Two plans with their matched jobs and changes come in, the changes with their impacts go out. Pure.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kedro_batch.plan.job_limits import limits_of
from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import AMOUNTS
from kedro_batch.review.diff.changed_values import unpack_single
from kedro_batch.review.diff.match_jobs import keeps_its_data
from kedro_batch.review.diff.match_namespaces import RenamedNamespaces
from kedro_batch.review.diff.model import Change, FieldChange, JobChange, Risk, RiskKind
from kedro_batch.review.diff.new_targets import NewTargets
from kedro_batch.review.diff.setting_impacts import (
    AmountImpact,
    amount_impact,
    attempts_impact,
    timeout_impact,
    unstated_field,
    unstated_impacts,
)
from kedro_batch.review.diff.start_risks import StartRisks


def with_job_impacts(
    jobs: Iterable[JobChange],
    plans: tuple[Plan, Plan],
    same: Mapping[JobName, JobName],
    namespaces: RenamedNamespaces,
    reads: Iterable[Risk],
) -> Iterator[JobChange]:
    """Yield the jobs that differ with their impacts.

    Args:
        jobs: The jobs that differ; the fields of those that stay have their impacts already.
        plans: The plans before and after.
        same: The jobs of the new plan that the old one has too, with their names there.
        namespaces: Those that were renamed.
        reads: What is wrong with what jobs read, also jobs that do not differ.
    """
    found = _JobImpacts(*plans, same, namespaces)
    of_reader: defaultdict[str | None, list[Risk]] = defaultdict(list)
    for risk in reads:
        of_reader[risk.job].append(risk)
    for one in map(found.add, jobs):
        more = of_reader.get(one.job) if one.change is not Change.REMOVED else None
        yield replace(one, impacts=(*one.impacts, *more)) if more else one


class _JobImpacts:
    """The jobs of two plans and which of them ran each node."""

    def __init__(self, old: Plan, new: Plan, same: Mapping[JobName, JobName], namespaces: RenamedNamespaces) -> None:
        self._old, self._new, self._same, self._namespaces = old, new, same, namespaces
        self._had, self._get = PlanResources(old), PlanResources(new)
        self._old_jobs, self._new_jobs = ({job.name: job for job in plan.jobs} for plan in (old, new))
        self._ran, self._still_run = (Counter(node for job in plan.jobs for node in job.nodes) for plan in (old, new))
        self._starts = StartRisks(old, new)
        self._targets = NewTargets(old, new)
        self._ran_by: dict[str, dict[str, Job]] = {}  # by the node, then by the name of the job
        for job in old.jobs:
            for node in job.nodes:
                self._ran_by.setdefault(node, {})[job.name] = job

    def add(self, one: JobChange) -> JobChange:
        """Return a change with its impacts."""
        before, after = self._old_jobs.get(JobName(one.name_before or "")), self._new_jobs.get(JobName(one.job))
        lost = [node for node in one.nodes.lost if self._still_run[node] < self._ran[node]]  # several may run one node
        if one.change is Change.REMOVED:
            gone = lost or not (one.nodes.lost or (before and before.joins))
            return replace(one, impacts=(Risk(kind=RiskKind.JOB_REMOVED, job=one.job),)) if gone else one
        if after is None:
            return one
        impacts = [
            *(self._find_replaced(one, before, after, lost) if before else ()),
            *(self._find_given_by_submit(before, after) if before else ()),
            *self._find_moved(after),
            *self._find_joined_timeout(after),
            *(self._starts.find_changed(before, after) if before else self._starts.find_added(after)),
        ]
        runners = self._runners(after)
        if before is None:
            impacts += self._find_raised(after, runners)
            known = {risk.kind for risk in impacts}
            impacts += [risk for risk in self._targets.find(after) if risk.kind not in known]
        moved = one.nodes.gained and any(runner.name != one.name_before for runner in runners)
        fields = tuple(self._without_known_cost(one.fields, after, runners)) if before and moved else one.fields
        return replace(one, fields=fields, impacts=tuple(impacts)) if impacts or moved else one

    def _find_replaced(self, one: JobChange, before: Job, after: Job, lost: Sequence[str]) -> Iterator[Risk]:
        instead = [node for node in one.nodes.gained if node not in self._ran]
        if len(lost) > len(instead):
            yield from (Risk(kind=RiskKind.NODE_REMOVED, job=one.job, node=node) for node in lost)
        elif lost and not self._keep_data(before, after, lost):
            yield Risk(
                kind=RiskKind.NODE_REPLACED, job=one.job, before=unpack_single(lost), after=unpack_single(instead)
            )

    def _keep_data(self, before: Job, after: Job, lost: Sequence[str]) -> bool:
        whole = len(lost) == len(before.nodes)
        return (whole and keeps_its_data(before, after)) or self._namespaces.keep_data(before, after)

    def _find_given_by_submit(self, before: Job, after: Job) -> Iterator[Risk]:
        """Find amounts that ``submit`` changes, by what it says of containers; those of ``resources`` are fields."""
        if before.settings.submit != after.settings.submit:
            stated = before.settings.resources, after.settings.resources
            for one in unstated_impacts(stated, (self._had.told(before), self._get.told(after))):
                yield Risk(**one._asdict(), job=after.name)

    def _find_moved(self, job: Job) -> Iterator[Risk]:
        """Find nodes that moved to a job with another target, or with less memory, fewer GPUs or less time."""
        found: dict[AmountImpact, list[str]] = {}
        for node in job.nodes:
            runners = self._ran_by.get(node, {})
            if runners and self._same.get(job.name) not in runners:
                for impact in self._compare(next(iter(runners.values())), job):
                    found.setdefault(impact, []).append(node)
        for one, nodes in found.items():
            yield Risk(**one._asdict(), job=job.name, node=nodes[0] if len(nodes) == 1 else None)

    def _compare(self, before: Job, job: Job) -> Iterator[AmountImpact]:
        """Yield what is another target, or less, for a node that moved. More has to be judged for all its nodes."""
        was, now = before.settings, job.settings
        if was.job_queue != now.job_queue:
            yield AmountImpact(RiskKind.QUEUE_CHANGED, None, was.job_queue, now.job_queue)
        if was.job_definition != now.job_definition:
            yield AmountImpact(RiskKind.DEFINITION_CHANGED, None, was.job_definition, now.job_definition)
        resources = self._had.told(before), self._get.told(job)
        for name in AMOUNTS:
            impact = amount_impact(name, *resources)
            if impact and not impact.is_cost:
                amounts = (getattr(one, name) for one in resources)
                yield AmountImpact(impact, unstated_field(impact, name), *amounts)
        impact = timeout_impact(was.timeout_s, limits_of(now, self._new))
        if impact and not impact.is_cost and not _has_enough_time(before, job):
            yield AmountImpact(impact, unstated_field(impact, "timeout_s"), was.timeout_s, now.timeout_s)

    def _find_joined_timeout(self, job: Job) -> Iterator[Risk]:
        """Find out whether a job runs all nodes of several old jobs in less time than these had together."""
        last = [next(reversed(self._ran_by[node].values())) for node in job.nodes if node in self._ran_by]
        runners = {one.name: one for one in last}
        times = [one.settings.timeout_s for one in runners.values()]
        limit, known = job.settings.timeout_s, [time for time in times if time is not None]
        if limit is None or len(runners) < 2 or len(known) < len(times):  # noqa: PLR2004  one job has no sum
            return
        whole = all({*one.nodes} <= {*job.nodes} for one in runners.values())
        if whole and max(known) <= limit < sum(known):  # other rules find a limit below max(known)
            yield Risk(kind=RiskKind.TIMEOUT_LOWERED, job=job.name, before=sum(known), after=limit)

    def _runners(self, job: Job) -> tuple[Job, ...]:
        """Return the jobs that ran the nodes of a job before, each once."""
        first = [next(iter(self._ran_by[node].values())) for node in job.nodes if node in self._ran_by]
        found = {one.name: one for one in first}
        return tuple(found.values())

    def _find_raised(self, job: Job, runners: Sequence[Job]) -> Iterator[Risk]:
        """Find what a job that took over all its nodes gets beyond what any of the old jobs got."""
        if not runners or any(node not in self._ran_by for node in job.nodes):
            return
        now = self._get.told(job)
        for name in AMOUNTS:
            kinds = {amount_impact(name, self._had.told(one), now) for one in runners}
            kind = kinds.pop()
            if not kinds and kind and kind.is_cost:
                was = [getattr(self._had.told(one), name) for one in runners]
                yield Risk(kind=kind, job=job.name, before=max(was, key=lambda one: one or 0), after=getattr(now, name))
        time, limits = _sum_timeouts(runners), limits_of(job.settings, self._new)
        if time is not None and timeout_impact(time, limits) is RiskKind.TIMEOUT_RAISED:
            yield Risk(kind=RiskKind.TIMEOUT_RAISED, job=job.name, before=time, after=limits.timeout_s)
        attempts = max((limits_of(one.settings, self._old).attempts for one in runners), key=lambda one: one or 1)
        if kind := attempts_impact(attempts, limits):
            field = unstated_field(kind, "attempts")
            yield Risk(kind=kind, job=job.name, field=field, before=attempts, after=limits.attempts)

    def _without_known_cost(
        self, fields: Iterable[FieldChange], job: Job, runners: Sequence[Job]
    ) -> Iterator[FieldChange]:
        """Yield the fields; what is no more than one of the jobs had whose nodes moved here is no higher cost."""
        for field in fields:
            known = False
            match field.path:
                case ("resources", name):
                    now = getattr(self._get.told(job), name) or 0
                    known = any((getattr(self._had.told(one), name) or 0) >= now for one in runners)
                case ("timeout_s",):
                    time, limit = _sum_timeouts(runners), job.settings.timeout_s
                    known = time is None or (limit is not None and limit <= time)
                case ("attempts",):
                    known = any((one.settings.attempts or 1) >= (job.settings.attempts or 1) for one in runners)
            yield replace(field, impact=None) if known and field.impact and field.impact.is_cost else field


def _sum_timeouts(jobs: Iterable[Job]) -> int | None:
    """Return the time that jobs have together; None if one of them has no limit."""
    times = [one.settings.timeout_s for one in jobs]
    known = [time for time in times if time is not None]
    return sum(known) if len(known) == len(times) else None


def _has_enough_time(before: Job, now: Job) -> bool:
    """True if a job with fewer nodes has at least as much time for each node."""
    was, limit = before.settings.timeout_s, now.settings.timeout_s
    fewer = len(before.nodes) > len(now.nodes)
    return was is not None and limit is not None and fewer and limit * len(before.nodes) >= was * len(now.nodes)
