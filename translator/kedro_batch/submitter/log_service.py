"""AWS Batch and CloudWatch Logs as a command asks them that shows logs, and a stream that is read from there.

Calls are made one after the other, as fast as others in the account leave room for, and repeated while the service does
not answer. Nothing is written, locked, submitted or terminated.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId, parsed_job_name
from kedro_batch.submitter.events import Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import JobRecord
from kedro_batch.submitter.log_places import LogPlace, LogStream, shown_place
from kedro_batch.submitter.other_account import refuse_other_account
from kedro_batch.submitter.service.api import Engine, JobDetail
from kedro_batch.submitter.service.backoff import Backoff
from kedro_batch.submitter.service.blocking import BlockingService
from kedro_batch.submitter.service.call_pool import Calls, Lane
from kedro_batch.submitter.service.limits import DESCRIBE_JOBS, LIST_BURST, LIST_RATE, LOG_BURST, LOG_LIST_S, LOG_RATE
from kedro_batch.submitter.service.log_cursor import LogCursor, LogEvent, LogPage, Missing
from kedro_batch.submitter.service.rate_limit import Bucket
from kedro_batch.text.escaping import one_line

_CLOCKS_DIFFER_S = 3600.0
"""Lines are looked for from so long before the start of their job on: the clock of its machine may be wrong."""
_T = TypeVar("_T")


class LogEngine(Engine, Protocol):
    """An engine whose jobs have logs in CloudWatch Logs."""

    def log_page(self, log: LogStream, start_ms: int, token: str | None) -> LogPage:
        """Return a page of a stream, from a time on, or where a token of that time leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """What is recorded of a run.

    Attributes:
        submissions: Every submission of each job, the latest of each job last.
        revisions: The revision of its job definition that each job has, as far as it is known.
        worked_on: A process of this machine may submit what was not submitted yet.
        listed: It was not recorded here, but listed by AWS Batch, which forgets jobs.
    """

    submissions: Sequence[tuple[JobName, JobRecord]]
    revisions: Mapping[JobName, str] = field(default_factory=dict)
    worked_on: bool = False
    listed: bool = False


class AskedService:
    """AWS Batch and CloudWatch Logs, asked as long as the command is patient. ``Clock`` too."""

    def __init__(self, engine: LogEngine, calls: Calls, inbox: Inbox, emit: Sink, retry_for_s: float) -> None:
        """Ask this engine; ``emit`` receives what goes wrong meanwhile."""
        self.engine = engine
        self.now, self.wall = calls.now, calls.wall
        listing = Bucket(LIST_RATE, LIST_BURST, calls.now())
        backoff = Backoff(engine, emit, retry_for_s, calls.now)
        self._service = BlockingService(engine, calls, inbox, backoff, listing)
        self._reading = Bucket(LOG_RATE, LOG_BURST, calls.now())

    def pause(self, seconds: float) -> None:
        """Wait so long."""
        self._service.pause(seconds)

    def ask(self, call: Callable[[], _T]) -> _T:
        """Make one call about an account."""
        return self._service.call_until_answered(Lane.DESCRIBE, call)

    def refuse_other_account(self, run_id: RunId, account: str | None) -> None:
        """Refuse credentials of another account than that of a run, if AWS STS tells whose they are.

        Raises:
            ServiceError: They are of another one, or AWS STS has not answered in time.
        """
        try:
            caller = self.ask(self.engine.caller_identity) if account else None
        except ServiceError as error:
            if error.passing:
                raise
            return
        if caller:
            refuse_other_account(account, caller, what=f"run {run_id} is in", so="they do not see it")

    def describe_jobs(self, ids: Iterable[JobId]) -> list[JobDetail]:
        """Describe any number of jobs; unknown ones are left out."""
        return self._service.describe_jobs(ids)

    def iter_described(self, ids: Sequence[JobId]) -> Iterator[JobDetail]:
        """Yield any number of jobs as they are described: who stops at one asks about no more than a call holds."""
        for start in range(0, len(ids), DESCRIBE_JOBS):
            yield from self.describe_jobs(ids[start : start + DESCRIBE_JOBS])

    def listed_run(self, run_id: RunId, queues: Iterable[str]) -> RecordedRun:
        """Return what ListJobs says of a run, in the queues of all its plans that are known."""
        found = {}
        for one in self._service.list_jobs(sorted(queues), f"{run_id}_*"):
            parsed = parsed_job_name(one.name)
            if parsed and parsed[0] == run_id:
                record = JobRecord(state=one.state, submission=parsed[2], job_id=one.job_id)
                # Of two jobs with one name, the older one stands (``reconcile.duplicates``): newest come first.
                found[parsed[1], parsed[2]] = record
        return RecordedRun(submissions=[(job, found[job, number]) for job, number in sorted(found)], listed=True)

    def page(self, log: LogStream, start_ms: int, token: str | None) -> LogPage:
        """Return a page of a stream."""
        self._service.acquire(self._reading)
        return self._service.call_until_answered(Lane.LOG, partial(self.engine.log_page, log, start_ms, token))


class RunListing:
    """A run that is not recorded here: what ListJobs says of it, again and again while jobs of its plan are missing."""

    def __init__(
        self, service: AskedService, run_id: RunId, queues: Collection[str], jobs: Collection[JobName]
    ) -> None:
        """List the run, in the queues where these jobs are."""
        self._service, self._run_id, self._queues, self._jobs = service, run_id, queues, jobs
        self._found = service.listed_run(run_id, queues)
        self._listed_at = service.now()

    def read(self) -> RecordedRun:
        """Return what was found; another machine may still submit what is missing."""
        known = {job for job, _ in self._found.submissions}
        missing = any(job not in known for job in self._jobs)
        if missing and self._service.now() - self._listed_at >= LOG_LIST_S:
            self._found = self._service.listed_run(self._run_id, self._queues)
            self._listed_at = self._service.now()
        return self._found


class StreamLog:
    """A stream of CloudWatch Logs that is read. ``Log``."""

    def __init__(self, place: LogPlace, stream: LogStream, service: AskedService, since: float | None) -> None:
        """Read a stream, from a time on."""
        begin = max(0.0, place.begins_at - _CLOCKS_DIFFER_S) if since is None else since
        self._cursor = LogCursor(round(begin * 1000))
        self._stream = stream
        self._service = service
        self._token_refused = False

    @property
    def at_end(self) -> bool:
        """True if all that can be seen of it was read."""
        return self._cursor.at_end

    @property
    def idle(self) -> bool:
        """True if there may be more, but not at once."""
        return self._cursor.idle

    @property
    def newest_at(self) -> float:
        """When its newest line was written."""
        return self._cursor.newest_ms / 1000

    @property
    def problem(self) -> str | None:
        """Why nothing can be read."""
        if self._cursor.missing is None:
            return None
        if self._cursor.missing is Missing.GROUP:
            return f"its log group {one_line(self._stream.group)} does not exist, or was deleted"
        why = "it has written nothing, or its log was deleted, as the retention of a group does after a while"
        return f"CloudWatch Logs does not have its log ({shown_place(self._stream)}): {why}"

    def read(self) -> Sequence[LogEvent]:
        """Return what is new on the next page."""
        cursor = self._cursor
        try:
            page = self._service.page(self._stream, cursor.start_ms, cursor.token)
        except ServiceError as error:
            if error.fault is not Fault.REFUSED or cursor.token is None or self._token_refused:
                raise
            self._token_refused = True
            cursor.begin_again()  # the token has expired: this process has slept
            return ()
        self._token_refused &= cursor.token is None
        return cursor.take(page)

    def begin_again(self) -> None:
        """Look for lines that have come late among those that were read last."""
        self._cursor.begin_again()

    def end(self) -> None:
        """Read once more, from the last lines on."""
        if self._cursor.at_end:
            self._cursor.begin_again()
