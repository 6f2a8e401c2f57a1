"""The report of a run, as one value that all formats are made of: they differ in form, and agree in every number. Pure.

It is made of a ``RunHistory``: what the journal knows, or of records alone, then without what followers saw.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import Job, JobName
from kedro_batch.review.report.critical_path import CriticalPath, build_critical_path
from kedro_batch.review.report.notes import jobs_not_known, report_notes
from kedro_batch.review.report.timeline import Attempt, build_timeline, stops_of, submissions_above
from kedro_batch.review.report.usage import Usage, build_usage, namespace_of, tags_of
from kedro_batch.review.run.failure_view import FailureView, failure_view, problems_told_once
from kedro_batch.review.run.job_groups import Group, group_of
from kedro_batch.review.run.same_failures import Alike, same_failures
from kedro_batch.review.run.status import RunStatus, run_status
from kedro_batch.submitter.job_state import ENDED, NEW, UNFINISHED, JobState
from kedro_batch.submitter.log_excerpt import LOG_LINES
from kedro_batch.submitter.run_history import RunHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportJob:
    """One job of the plan.

    Attributes:
        name: Its name.
        state: The state of its latest submission.
        level: How many jobs are above it on the longest way; 0 for those without parents.
        nodes: The nodes that it runs.
        namespace: Their namespace.
        queue: Its job queue.
        tags: The tags that the plan gives it on AWS, as ``key=value``.
        parents: Its parents.
        blocked_by: With NOT_RUN: the failed job above it.
    """

    name: JobName
    state: JobState
    level: int
    nodes: tuple[str, ...]
    namespace: str
    queue: str
    tags: tuple[str, ...]
    parents: tuple[JobName, ...]
    blocked_by: JobName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFailure:
    """Jobs that have failed in the same way.

    Attributes:
        jobs: Their names, the first one first.
        view: How it is told.
    """

    jobs: tuple[str, ...]
    view: FailureView


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report of a run. Times are in seconds since the epoch.

    Attributes:
        status: The run, its counts and its failures, as ``status --json`` has them.
        project: The Kedro project.
        pipelines: The pipelines that the plan was compiled from.
        env: The configuration environment.
        outcome: How the run ended; None if it has not, or if nobody has seen it end.
        began_at: When it began: not later than its first job, if the clock of the service is behind.
        last_at: When its last job ended, or when something was recorded of it last.
        is_over: Every job has ended.
        goes_on: A job has not ended, as far as is known.
        jobs: The jobs of its newest plan, parents first.
        attempts: Every attempt of every submission; each job of the plan is there once at least.
        submissions: How many submissions there were.
        path: The critical path.
        usage: What it used.
        failures: Each distinct failure once.
        notes: What is not known, in sentences.
        source: Where this is from: the journal, or AWS Batch alone.
        not_known: With ``aws``: the jobs of the plan that AWS Batch does not know, or not any more.
    """

    status: RunStatus
    project: str | None
    pipelines: tuple[str, ...]
    env: str | None
    outcome: str | None
    began_at: float
    last_at: float
    is_over: bool
    goes_on: bool
    jobs: tuple[ReportJob, ...]
    attempts: tuple[Attempt, ...]
    submissions: int
    path: CriticalPath
    usage: Usage
    failures: tuple[ReportFailure, ...]
    notes: tuple[str, ...]
    source: str
    not_known: tuple[JobName, ...]

    @property
    def groups(self) -> Mapping[Group, int]:
        """How many jobs there are of each group that has any, in the order of ``Group``."""
        missing = {one.name for one in self.jobs if one.state is not JobState.SUCCEEDED}
        counts = Counter(group_of(one.state, waits=not missing.isdisjoint(one.parents)) for one in self.jobs)
        return {group: counts[group] for group in Group if counts[group]}

    @property
    def seconds(self) -> float:
        """How long the run has taken: until its last job ended, or until something was recorded of it last."""
        return max(0.0, self.last_at - self.began_at)


def build_report(history: RunHistory) -> Report:
    """Make the report of a run."""
    plan, entry, records = history.plan, history.entry, history.latest
    by_name = {job.name: job for job in plan.jobs}
    names = topological_order(plan.parents)
    status = run_status(entry, names, records, plan=plan)
    parents, stops = submissions_above(history), stops_of(history)
    attempts = build_timeline(history, parents, stops)
    usage = build_usage(by_name, attempts)
    began_at = min([entry.began_at, *(one.start for attempt in attempts for one in attempt.intervals)])
    path = build_critical_path(attempts, parents, stops, began_at)
    is_over = all(records.get(name, NEW).state in ENDED for name in names)
    last = max(stops.values(), default=None) if is_over else None
    return Report(
        status=status,
        project=plan.project,
        pipelines=plan.pipelines,
        env=plan.env,
        outcome=entry.outcome,
        began_at=began_at,
        last_at=max(began_at, history.as_of if last is None else last),
        is_over=is_over,
        goes_on=any(one.state in UNFINISHED for one in records.values()),
        jobs=tuple(_jobs(by_name, names, history)),
        attempts=attempts,
        submissions=sum(1 for one in history.submissions if one.record.job_id is not None),
        path=path,
        usage=usage,
        failures=_failures(status),
        notes=report_notes(history, began_at, usage, path),
        source=history.source,
        not_known=jobs_not_known(history),
    )


def _jobs(by_name: Mapping[JobName, Job], names: tuple[JobName, ...], history: RunHistory) -> Iterator[ReportJob]:
    records = history.latest
    levels: dict[JobName, int] = {}
    for name in names:
        job, record = by_name[name], records.get(name, NEW)
        levels[name] = max((levels[parent] + 1 for parent in job.depends_on), default=0)
        yield ReportJob(
            name=name,
            state=record.state,
            level=levels[name],
            nodes=job.nodes,
            namespace=namespace_of(job),
            queue=job.settings.job_queue,
            tags=tags_of(job),
            parents=job.depends_on,
            blocked_by=record.blocked_by,
        )


def _failures(status: RunStatus) -> tuple[ReportFailure, ...]:
    groups: tuple[Alike, ...] = same_failures(status.failures)
    views = problems_told_once([failure_view(one, status, lines=LOG_LINES, links=False) for one in groups])
    return tuple(
        ReportFailure(jobs=tuple(one.job for one in group), view=view)
        for group, view in zip(groups, views, strict=True)
    )
