"""A snapshot of a run: how it stands now, for a command that shows it: what the journal has, and one look at AWS Batch.

It takes no lock and writes nothing: a run that somebody works on can be looked at.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kedro_batch.cli.aws_access import no_job_listed, open_for_reading
from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.shown_run import ShownRun
from kedro_batch.cli.signals import on_signals
from kedro_batch.errors import ServiceError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.events import Event, Notice, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import LIVE, MAYBE_SUBMITTED, JobRecord
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.service.limits import LOG_PATIENCE_S
from kedro_batch.text.wording import counted, listed

if TYPE_CHECKING:
    from kedro_batch.submitter.run_look import RunLook


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSnapshot:
    """A run as it stands, or stood when AWS Batch was asked.

    Attributes:
        entry: The run as a whole.
        records: The records of its jobs.
        running_since: When jobs started that run, in seconds since the epoch, as far as AWS Batch was asked.
        asked_at: When AWS Batch was asked; None if it was not.
        problem: Why AWS Batch could not be asked.
        note: What it does not know.
    """

    entry: RunEntry
    records: Mapping[JobName, JobRecord]
    running_since: Mapping[JobName, float] = field(default_factory=dict)
    asked_at: float | None = None
    problem: str | None = None
    note: str | None = None


def tell_notices(event: Event) -> None:
    """Say on standard error what goes wrong."""
    if isinstance(event, Notice):
        print_plainly(event.message)


def take_snapshot(
    run: ShownRun, recorded: Mapping[JobName, JobRecord], *, offline: bool, tell: Sink = tell_notices
) -> RunSnapshot:
    """Look at a run once, if something of it goes on, or if the journal does not have it.

    Args:
        run: The run.
        recorded: What the journal has of its jobs.
        offline: Ask nobody.
        tell: Receives what goes wrong while AWS Batch is asked.

    Raises:
        RunUnknown: Neither the journal nor AWS Batch knows it.
        ServiceError: The journal does not have it, and AWS Batch could not be asked.
        Interrupted: A signal came.
    """
    if run.entry is None:
        return _see_listed_run(run, tell)
    seen = RunSnapshot(entry=run.entry, records=recorded)
    going_on = any(one.state in LIVE | MAYBE_SUBMITTED for one in recorded.values())
    if offline or run.is_local or not going_on:
        return seen
    try:
        look, _ = _look(run, recorded, tell)
    except ServiceError as error:
        return replace(seen, problem=str(error))
    note = None
    if look.not_known:
        wait = f"kedro-batch wait {run.run_id} --once{journal_words(run.journal)}"
        note = (
            f"AWS Batch does not know {listed(look.not_known)}, which the journal has as going on. To find out: {wait}"
        )
    return replace(seen, records=look.records, running_since=look.running_since, asked_at=time.time(), note=note)


def _see_listed_run(run: ShownRun, tell: Sink) -> RunSnapshot:
    """Look at a run that the journal does not have."""
    look, region = _look(run, None, tell)
    if not look.records:
        raise no_job_listed(run)
    now, jobs = time.time(), len(run.plan.jobs)
    known = sum(one.job_id is not None for one in look.records.values())
    location = {"region": region, "account": run.plan.account}
    return RunSnapshot(
        entry=RunEntry(
            run=run.run_id,
            digest=plan_digest(run.plan),
            engine="aws",
            jobs=jobs,
            began_at=now if look.created_at is None else look.created_at,
            location={name: value for name, value in location.items() if value},
        ),
        records=look.records,
        running_since=look.running_since,
        asked_at=now,
        note=None
        if known == jobs
        else f"AWS Batch knows {known:,} of the {counted(jobs, 'job')} of the run. The others were not submitted yet, "
        "or ended so long ago that it has forgotten them",
    )


def _look(run: ShownRun, recorded: Mapping[JobName, JobRecord] | None, tell: Sink) -> "tuple[RunLook, str | None]":
    """Look at AWS Batch; return the region, too."""
    from kedro_batch.submitter.run_look import look_at_listed_run, look_at_recorded_run  # noqa: PLC0415  if asked

    inbox = Inbox()
    with on_signals(inbox.on_signal):
        service = open_for_reading(run, inbox, tell, LOG_PATIENCE_S)
        region = service.engine.location.get("region")
        if recorded is None:
            return look_at_listed_run(run.run_id, run.plan, service), region
        return look_at_recorded_run(run.run_id, run.plan, recorded, service, run.queues), region
