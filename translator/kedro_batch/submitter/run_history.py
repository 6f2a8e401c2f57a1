"""What the journal knows of one run: every submission with its record, and when a follower saw which state.

Reports are made of it. The types are plain values, so that a history can also be made of what the service tells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kedro_batch.plan.model import JobName, Plan, PlanDigest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import JournalView

SubmissionKey = tuple[JobName, int]
"""A job, and which submission of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenState:
    """A follower saw a submission in another state than before.

    Attributes:
        at: When it saw it, by its own clock: the state began then, or earlier. Seconds since the epoch.
        state: The state.
    """

    at: float
    state: JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One submission of a job in a run.

    Attributes:
        job: The job.
        record: What is known of it, with how it was executed.
        parents: Its parents in the plan that it was sent from.
        seen: The states in which a follower saw it, in order.
    """

    job: JobName
    record: JobRecord
    parents: tuple[JobName, ...] = ()
    seen: tuple[SeenState, ...] = ()

    @property
    def key(self) -> SubmissionKey:
        """What names it in its run."""
        return self.job, self.record.submission


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHistory:
    """A run with all its submissions.

    Attributes:
        entry: The run as a whole.
        plan: Its newest plan.
        submissions: Its submissions, the latest of each job last.
        as_of: When something was recorded of it last, or AWS Batch was asked. Seconds since the epoch.
        source: Where this is from: a journal, or ``aws``, AWS Batch alone (``listed_history``).
        odd_events: How many of its events cannot be read: what they told is missing.
    """

    entry: RunEntry
    plan: Plan
    submissions: tuple[Submission, ...]
    as_of: float
    source: Literal["journal", "aws"] = "journal"
    odd_events: int = 0

    @property
    def latest(self) -> dict[JobName, JobRecord]:
        """The record of the latest submission of each job that has one."""
        return {one.job: one.record for one in self.submissions}


def read_history(view: JournalView, run_id: RunId) -> RunHistory:
    """Read what a journal knows of a run.

    Raises:
        RunUnknown: The journal does not have it.
        UsageError: A row is odd.
        PlanError: A plan of the run cannot be read.
    """
    entry = view.known_run(run_id)
    plans = {one.digest: read_plan(one.content, f"the plan of run {run_id}") for one in view.plans(run_id)}
    plan = list(plans.values())[-1]
    parents = {digest: one.parents for digest, one in plans.items()}
    seen, last, odd = _seen_states(view.events_or_none(run_id))
    digests = view.digests_of_submissions(run_id)
    submissions = tuple(
        Submission(
            job=job,
            record=record,
            parents=_parents_of(job, digests.get((job, record.submission)), entry.digest, parents),
            seen=tuple(seen.get((job, record.submission), ())),
        )
        for job, record in view.submissions(run_id)
    )
    as_of = max(entry.began_at, entry.ended_at or 0.0, last)
    return RunHistory(entry=entry, plan=plan, submissions=submissions, as_of=as_of, odd_events=odd)


def _parents_of(
    job: JobName,
    sent_from: PlanDigest | None,
    first: PlanDigest,
    parents: Mapping[PlanDigest, Mapping[JobName, tuple[JobName, ...]]],
) -> tuple[JobName, ...]:
    """Return the parents of a job in the plan that it was sent from; in the first plan if none is recorded."""
    return parents.get(sent_from or first, parents.get(first, {})).get(job, ())


def _seen_states(
    events: Iterable[Mapping[str, Any] | None],
) -> tuple[dict[SubmissionKey, list[SeenState]], float, int]:
    """Return the states in which followers saw each submission, when the last event was, and how many are odd."""
    seen: dict[SubmissionKey, list[SeenState]] = {}
    last, odd = 0.0, 0
    for event in events:
        try:
            told = event or {}
            at = datetime.fromisoformat(told["at"]).timestamp()
            last = max(last, at)
            if told.get("event") == "job_changed":
                key = (JobName(str(told["job"])), int(told["submission"]))
                seen.setdefault(key, []).append(SeenState(at=at, state=JobState(told["after"])))
        except (KeyError, TypeError, ValueError, OverflowError):
            odd += 1
    return seen, last, odd
