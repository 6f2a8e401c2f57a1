"""Compare what has succeeded in a run, or goes on, with the plan that the run is to go on with. Pure.

A job that has succeeded stands for the job of the same name in the new plan. That is true as long as it did what the
new plan says: the same nodes by the same command and parameters, from the same data, after the same parents. Where it
ran, on how much memory, from which image and how often it may be tried are free. What goes on counts as succeeded.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.submitter.job_state import UNFINISHED, JobRecord, JobState
from kedro_batch.text.wording import listed

_LOAD_VERSIONS = "--load-versions="


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A job that has succeeded, or goes on, and that the new plan does not leave as it is.

    Attributes:
        job: The job.
        state: How it stands.
        reason: What the new plan says of it, as the end of a sentence that begins with the job.
        rerun: The jobs of the new plan that would make it true again if they were run; empty if there are none.
    """

    job: JobName
    state: JobState
    reason: str
    rerun: tuple[JobName, ...] = ()

    @property
    def goes_on(self) -> bool:
        """True if it may not have ended."""
        return self.state in UNFINISHED


def contradictions(
    new: Plan,
    records: Mapping[JobName, JobRecord],
    sent_from: Mapping[JobName, Sequence[Plan]],
    *,
    until_now: Plan,
    rerun: Collection[JobName],
) -> Iterator[Contradiction]:
    """Yield the jobs that the new plan does not leave as they are, in the order of the records.

    Args:
        new: The plan that the run is to go on with.
        records: What is known of the jobs of the run, those of its earlier plans too.
        sent_from: The plans that each of these jobs may have been sent from; several where nobody knows which one.
        until_now: The plan that the run has had until now.
        rerun: The jobs of the new plan that are run again, whatever became of them.
    """
    jobs = {job.name: job for job in new.jobs}
    runs = {node: job.name for job in new.jobs for node in job.nodes}
    current = {job.name for job in until_now.jobs}
    for name, record in records.items():
        goes_on = record.state in UNFINISHED
        if not (goes_on or (record.state is JobState.SUCCEEDED and name not in rerun)):
            continue
        sent = [(plan, job) for plan in sent_from.get(name, ()) for job in plan.jobs if job.name == name]
        if name not in jobs:
            if found := _gone(name, record.state, [job for _, job in sent], runs, rerun):
                yield found
            continue
        differences = dict.fromkeys(what for plan, job in sent for what in _differences(plan, job, new, jobs[name]))
        if differences:
            verb = "differs" if len(differences) == 1 and next(iter(differences)) in _SINGULAR else "differ"
            reason = f"its {listed(differences, len(differences))} {verb} in the new plan"
            yield Contradiction(job=name, state=record.state, reason=reason, rerun=(name,))
        elif name not in current:
            reason = "the plan until now does not have it, so that its results may have been replaced since"
            yield Contradiction(job=name, state=record.state, reason=reason, rerun=(name,))


def _gone(
    name: JobName,
    state: JobState,
    sent: Collection[Job],
    runs: Mapping[str, JobName],
    rerun: Collection[JobName],
) -> Contradiction | None:
    """Judge a job that the new plan does not have: its nodes run again in others, or what it has done is lost."""
    nodes = sorted({node for job in sent for node in job.nodes})
    others = sorted({runs[node] for node in nodes if node in runs})
    missing = [node for node in nodes if node not in runs]
    if state is JobState.SUCCEEDED and not missing and (set(others) <= set(rerun) if nodes else _joins(sent)):
        return None
    reason = "the new plan does not have it"
    if others:
        reason += f", and runs {listed(nodes)} in {listed(others)}"
    return Contradiction(job=name, state=state, reason=reason, rerun=() if missing else tuple(others))


def _joins(sent: Collection[Job]) -> bool:
    return all(job.joins for job in sent)


_SINGULAR = ("command", "environment (env)")


def _differences(old: Plan, before: Job, new: Plan, after: Job) -> Iterator[str]:
    compared: tuple[tuple[str, Callable[[Plan, Job], Any]], ...] = (
        ("nodes", lambda _, job: sorted(job.nodes)),
        ("command", lambda _, job: [word for word in job.command if not word.startswith(_LOAD_VERSIONS)]),
        ("load versions", lambda _, job: [word for word in job.command if word.startswith(_LOAD_VERSIONS)]),
        ("parameters", lambda plan, job: plan.params_words if job.nodes else ()),
        ("environment (env)", lambda plan, _: plan.env),
        ("reads", lambda _, job: sorted(job.reads)),
        ("writes", lambda _, job: sorted(job.writes)),
        ("parents", lambda _, job: sorted(job.depends_on)),
    )
    for what, value in compared:
        if value(old, before) != value(new, after):
            yield what
