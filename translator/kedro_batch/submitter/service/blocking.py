"""Calls that wait for their reply, for the stages in which nothing else goes on: preflight, reconcile, cancel, close.

The loop of a run never uses them. Replies to calls that an earlier stage has left under way are dropped, here and in
the loop: such a stage was interrupted or has given up, and what they would say is asked again, or looked up by name.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.service.api import Engine, JobDetail, JobSummary
from kedro_batch.submitter.service.backoff import Backoff
from kedro_batch.submitter.service.call_pool import Calls, Lane, Reply, WaitedFor
from kedro_batch.submitter.service.limits import CONNECT_S, DESCRIBE_JOBS, READ_S
from kedro_batch.submitter.service.rate_limit import Bucket
from kedro_batch.text.wording import duration

_T = TypeVar("_T")
_CHECK_S = 1.0
"""A wait is cut into pieces so long, between which a signal is noticed on every system."""


class BlockingService:
    """An engine whose calls are made one after the other. Every method may raise ``Interrupted``."""

    def __init__(self, engine: Engine, calls: Calls, inbox: Inbox, backoff: Backoff, listing: Bucket) -> None:
        """Call this engine; ``listing`` says how fast ListJobs may be called."""
        self._engine = engine
        self._calls = calls
        self._inbox = inbox
        self._backoff = backoff
        self._listing = listing

    def call(self, lane: Lane, call: Callable[[], _T], within_s: float | None = None) -> _T:
        """Make one call and wait for its reply; for a call that must not be repeated blindly.

        Raises:
            ServiceError: It failed, or was not answered in time: boto3 tries again and again by itself.
        """
        reply = self._reply(lane, call, within_s)
        if reply.error:
            raise reply.error
        value: _T = reply.value
        return value

    def call_until_answered(self, lane: Lane, call: Callable[[], _T]) -> _T:
        """Make one call, and repeat it while the service does not answer, until the deadline of the back-off.

        Raises:
            ServiceError: It was refused, or the deadline has passed.
        """
        while (reply := self._reply(lane, call)).error:
            self._backoff.on_failure(lane, reply.error, self._calls.now())
            self.pause(self._backoff.retry_at(lane) - self._calls.now())
        self._backoff.on_success(lane)
        value: _T = reply.value
        return value

    def describe_jobs(self, ids: Iterable[JobId]) -> list[JobDetail]:
        """Describe any number of jobs; unknown ones are left out.

        Raises:
            ServiceError: It was refused, or the deadline has passed.
        """
        wanted = list(ids)
        found: list[JobDetail] = []
        for start in range(0, len(wanted), DESCRIBE_JOBS):
            chunk = wanted[start : start + DESCRIBE_JOBS]
            found += self.call_until_answered(Lane.DESCRIBE, partial(self._engine.describe_jobs, chunk))
        return found

    def describe_jobs_once(self, ids: Sequence[JobId], within_s: float) -> list[JobDetail]:
        """Describe up to 100 jobs, in one call that is not repeated; unknown ones are left out.

        Args:
            ids: The jobs.
            within_s: How long to wait for the reply.

        Raises:
            ServiceError: It failed, or was not answered in time.
        """
        reply = self._reply(Lane.DESCRIBE, partial(self._engine.describe_jobs, ids), within_s)
        if reply.error:
            raise reply.error
        found: list[JobDetail] = reply.value
        return found

    def list_jobs(self, queues: Iterable[str], name: str) -> list[JobSummary]:
        """List the jobs of these queues, in every state, whose name is this one or, with ``*`` at its end, begins so.

        Raises:
            ServiceError: It was refused, or the deadline has passed.
        """
        found: list[JobSummary] = []
        for queue in queues:
            token: str | None = None
            while True:
                self.acquire(self._listing)
                page = self.call_until_answered(Lane.LIST, partial(self._engine.list_jobs, queue, name, token))
                found += page.jobs
                token = page.token
                if token is None:
                    break
        return found

    def acquire(self, bucket: Bucket) -> None:
        """Wait for a token of a bucket."""
        while not bucket.try_acquire(self._calls.now()):
            self.pause(bucket.wait_s(self._calls.now()))

    def pause(self, seconds: float) -> None:
        """Wait so long."""
        until = self._calls.now() + seconds
        while (left := until - self._calls.now()) > 0:
            self._inbox.check_interrupt()
            self._calls.wait(min(left, max(0.0, self._backoff.tell_at - self._calls.now())))
            self._backoff.tell(self._calls.now())

    def _reply(self, lane: Lane, call: Callable[[], Any], within_s: float | None = None) -> Reply:
        """Make one call and wait for its reply, at most as long as trouble may last, but long enough for one try."""
        patience_s = max(self._backoff.limit_s, CONNECT_S + READ_S) if within_s is None else within_s
        about, until = WaitedFor(), self._calls.now() + patience_s
        self._calls.start(lane, about, call)
        while True:
            self._inbox.check_interrupt()
            for reply in self._calls.wait(_CHECK_S):
                if reply.about is about:
                    return reply
            self._backoff.tell(self._calls.now())
            if self._calls.now() > until:
                problem = f"{lane.service} has not answered for {duration(patience_s)}"
                raise ServiceError(problem, fault=Fault.AMBIGUOUS, service=lane.service)
