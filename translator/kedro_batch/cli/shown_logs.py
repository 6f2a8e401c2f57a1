"""Shows logs for a command: finds the run, chooses the jobs, reads their logs once, or follows them.

It takes no lock and writes nothing but lines: a run that somebody works on can be looked at.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from kedro_batch.cli.aws_access import no_job_listed, open_for_reading, tell_notices
from kedro_batch.cli.base import print_plainly, showing_notes
from kedro_batch.cli.log_output import LogOutput
from kedro_batch.cli.shown_run import ShownRun
from kedro_batch.cli.signals import noting_signals
from kedro_batch.errors import ServiceError
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import NEW, JobState
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.local_logs import LocalLogs
from kedro_batch.submitter.log_choice import ChosenJobs, choose_followed, choose_jobs
from kedro_batch.submitter.log_following import (
    FollowPace,
    LogAtWork,
    OneLook,
    RunLogs,
    Show,
    Tell,
    follow_logs,
)
from kedro_batch.submitter.run_options import DEFAULT_RETRY_FOR_S
from kedro_batch.submitter.service import limits
from kedro_batch.submitter.service.local_earlier import EarlierCommands
from kedro_batch.submitter.service.local_record import RECORD
from kedro_batch.text.wording import counted, listed

if TYPE_CHECKING:
    from kedro_batch.submitter.log_service import AskedService, RecordedRun

_REASONS = 5
"""Why jobs have no log, where the user has named none: in most runs, it is the same for many of them."""
_FILES_S = 0.5
"""How often the files of a run on this machine are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRequest:
    """What the user asks for.

    Attributes:
        jobs: The jobs that he names.
        follow: Until they have ended.
        since: Lines from this time on, in seconds since the epoch; None for all.
        submission: Which one; None for the latest.
        attempt: Which one; None for the latest.
        retry_for: How long to be patient, in seconds; None for as long as is usual.
    """

    jobs: tuple[JobName, ...]
    follow: bool
    since: float | None
    submission: int | None
    attempt: int | None
    retry_for: float | None


def show_logs(run: ShownRun, request: LogRequest, output: LogOutput, inbox: Inbox) -> tuple[ServiceError, ...]:
    """Show the logs; return why some could not be read.

    Args:
        run: The run.
        request: What the user asks for.
        output: Where lines and notes go.
        inbox: Hears the signals that end the command.

    Raises:
        UsageError: There is no such job, or no job to choose.
        RunUnknown: AWS Batch does not know the run.
        ServiceError: The service refused all, or did not answer.
        Interrupted: A signal came.
        OSError: Nobody reads what is written.
    """
    with noting_signals(inbox), showing_notes(output.write_note):
        return _show_local(run, request, output, inbox) if run.is_local else _show_batch(run, request, output, inbox)


def _show_batch(run: ShownRun, request: LogRequest, output: LogOutput, inbox: Inbox) -> tuple[ServiceError, ...]:
    from kedro_batch.submitter.batch_logs import BatchLogs, LogChoice  # noqa: PLC0415  runs on this machine need none

    patience_s = DEFAULT_RETRY_FOR_S if request.follow else limits.LOG_PATIENCE_S
    patience_s = patience_s if request.retry_for is None else request.retry_for
    service = open_for_reading(run, inbox, tell_notices, patience_s)
    choice = LogChoice(submission=request.submission, attempt=request.attempt, since=request.since)
    logs = BatchLogs(run.plan, service, _reader(run, service), choice)
    states = logs.states(request.jobs)
    missing = sum(state is NEW.state for state in states.values())
    if run.entry is None and missing and request.submission is None:
        output.say(f"AWS Batch knows {len(states) - missing} of the {counted(len(states), 'job')} of the run.")
    chosen = _choose(run, request, output, states)
    logs.wanted = chosen.jobs
    logs.describe(chosen.jobs)
    pace = FollowPace(
        jobs_s=limits.LOG_JOBS_S,
        look_s=limits.LOG_LOOK_S,
        sweep_s=limits.LOG_SWEEP_S,
        again_s=limits.LOG_AGAIN_S,
        from_end=not request.follow,
        empty_s=limits.LOG_EMPTY_S if request.follow else (),
    )
    return _show(logs, chosen, request, output, partial(follow_logs, clock=service, pace=pace))


def _show_local(run: ShownRun, request: LogRequest, output: LogOutput, inbox: Inbox) -> tuple[ServiceError, ...]:
    folder = run.folder

    def is_alive() -> bool:
        return run.is_worked_on or bool(EarlierCommands(folder / RECORD).left_running())

    logs = LocalLogs(folder / "logs", folder / RECORD, is_alive, submission=request.submission, attempt=request.attempt)
    with read_journal(run.journal, print_plainly) as view:
        recorded = {job: one.state for job, one in view.records(run.run_id).items()}
    states = dict.fromkeys(run.names, NEW.state) | recorded
    states |= {job: now for job, now in logs.states().items() if states.get(job) is not JobState.CANCELLED}
    chosen = _choose(run, request, output, states)
    logs.wanted = chosen.jobs
    clock = _LocalClock(inbox)
    pace = FollowPace(jobs_s=_FILES_S, look_s=_FILES_S)
    return _show(logs, chosen, request, output, partial(follow_logs, clock=clock, pace=pace))


class _Follow(Protocol):
    """``follow_logs`` by a clock, at a pace."""

    def __call__(self, run: RunLogs, show: Show, tell: Tell, /) -> tuple[ServiceError, ...]: ...


class _ShownLogs(RunLogs, Protocol):
    """The logs of a run, job by job."""

    def logs_of(self, job: JobName) -> Iterable[LogAtWork]:
        """Return the logs of a job that are wanted."""

    def attempts_begun(self, job: JobName) -> int:
        """Return how many attempts of a job have begun."""

    def why_none(self, job: JobName) -> str:
        """Return why there is no log of a job."""


def _choose(run: ShownRun, request: LogRequest, output: LogOutput, states: Mapping[JobName, JobState]) -> ChosenJobs:
    """Choose the jobs, and say which ones these are."""
    in_order = {job: states[job] for job in (*run.names, *request.jobs) if job in states}
    if request.follow:
        chosen = choose_followed(in_order, request.jobs)
    else:
        chosen = choose_jobs(in_order, request.jobs, run=run.run_id)
    output.say(chosen.why)
    output.shape(chosen.jobs)
    return chosen


def _show(
    logs: _ShownLogs, chosen: ChosenJobs, request: LogRequest, output: LogOutput, follow: _Follow
) -> tuple[ServiceError, ...]:
    """Show the logs until their jobs have ended, or as they are now."""
    if not request.follow:
        return _show_once(logs, chosen, output, follow)
    if not chosen.jobs:
        return ()
    errors = follow(logs, output.show, output.tell)
    without: dict[str, list[JobName]] = {}
    for job in chosen.jobs:
        if logs.attempts_begun(job) < (request.attempt or 1):
            without.setdefault(logs.why_none(job), []).append(job)
    for why, jobs in without.items() if chosen.named else ():
        output.tell_jobs(jobs, why)
    for why, jobs in islice(without.items(), 0 if chosen.named else _REASONS):
        output.say(f"{listed(jobs)}: {why}")
    return errors


def _show_once(logs: _ShownLogs, chosen: ChosenJobs, output: LogOutput, follow: _Follow) -> tuple[ServiceError, ...]:
    """Show the logs as they are now, job by job."""
    errors: dict[str, ServiceError] = {}
    for job in chosen.jobs:
        some = list(logs.logs_of(job))
        if not some:
            output.tell_job(job, logs.why_none(job))
            continue
        if (begun := logs.attempts_begun(job)) > 1:
            output.say(f"{job}: attempt {some[0].place.attempt} of {begun}. Another one: --attempt N")
        for error in follow(OneLook(some, logs.open), output.show, output.tell):
            errors.setdefault(str(error), error)
    return tuple(errors.values())


class _LocalClock:
    """The clock of this machine. ``Clock``."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def pause(self, seconds: float) -> None:
        self._inbox.wait(seconds)
        self._inbox.check_interrupt()


def _reader(run: ShownRun, service: "AskedService") -> "Callable[[], RecordedRun]":
    """Return what reads all that is recorded of a run: in the journal, or else on AWS Batch.

    Raises:
        RunUnknown: AWS Batch has no job of a run that the journal does not have.
        UsageError: The plan is none of that run's.
    """
    from kedro_batch.submitter.listed_plan import refuse_unlisted_plan  # noqa: PLC0415  only where AWS is asked
    from kedro_batch.submitter.log_service import RecordedRun, RunListing  # noqa: PLC0415  only where AWS is asked

    if run.entry is None:
        listing = RunListing(service, run.run_id, run.queues, run.names)
        ids = [one.job_id for _, one in listing.read().submissions if one.job_id]
        if not ids:
            raise no_job_listed(run)
        refuse_unlisted_plan(run.run_id, run.plan, service.iter_described(ids))
        return listing.read

    def read() -> RecordedRun:
        with read_journal(run.journal, print_plainly) as view:
            return RecordedRun(
                submissions=view.submissions(run.run_id),
                revisions=view.revisions(run.run_id),
                worked_on=run.is_worked_on,
            )

    return read
