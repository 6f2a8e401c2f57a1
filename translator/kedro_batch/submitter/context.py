"""What all that works on a run has in common: the run's identity, its engine, its journal, its clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId, parsed_job_name, run_prefix
from kedro_batch.submitter.events import Event, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.poll_schedule import CHUNK
from kedro_batch.submitter.service.api import Engine, JobDetail, JobSummary
from kedro_batch.submitter.service.backoff import Backoff
from kedro_batch.submitter.service.call_pool import Calls, Lane, Reply
from kedro_batch.submitter.service.job_lookup import JobLookup

_T = TypeVar("_T")

DEFAULT_RETRY_FOR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run is carried out.

    Attributes:
        rate: Submissions a second at most; ``inf`` for no limit of ours; None for the service's own.
        stop_on_failure: Start nothing more once a job has failed.
        retry_for_s: How long to wait for a service that does not answer.
        adopt: Look jobs up by their names with ListJobs.
        detach: End as soon as everything has been submitted.
        terminate_on_interrupt: Do not leave the jobs running when a signal ends the command.
        looks_once: End after one look.
    """

    rate: float | None = None
    stop_on_failure: bool = False
    retry_for_s: float = DEFAULT_RETRY_FOR_S
    adopt: bool = True
    detach: bool = False
    terminate_on_interrupt: bool = False
    looks_once: bool = False


@dataclass(kw_only=True)
class RunContext:
    """What is at hand for working on one run."""

    plan: Plan
    digest: PlanDigest
    run_id: RunId
    engine: Engine
    calls: Calls
    inbox: Inbox
    journal: Journal
    show: Sink
    options: RunOptions = field(default_factory=RunOptions)

    def __post_init__(self) -> None:
        """Set up what follows from the rest."""
        self.backoff = Backoff(self.engine, self.emit, self.options.retry_for_s)
        self.lookup = JobLookup(self.engine, self.calls, self.backoff)
        self._backlog: list[Reply] = []

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues of the plan, sorted."""
        return tuple(sorted({job.settings.job_queue for job in self.plan.jobs}))

    def emit(self, event: Event) -> None:
        """Take an event down in the journal, and show it."""
        self.journal.take(self.run_id, event, self.calls.wall())
        self.show(event)

    def replies(self, seconds: float) -> list[Reply]:
        """Wait until a call has ended, at most so long; give those that ended, and those that were put off."""
        put_off, self._backlog = self._backlog, []
        return put_off + self.calls.wait(0.0 if put_off else seconds)

    def ask(self, lane: Lane, call: Callable[[], _T], *, patiently: bool = False) -> _T:
        """Make one call and wait for its reply; other replies are put off.

        Args:
            lane: The lane that it goes by.
            call: The call.
            patiently: Ask again while the service does not answer, as long as backoff lasts.

        Raises:
            ServiceError: It failed.
            Interrupted: A signal came.
        """
        while (reply := self._reply(lane, call)).error:
            if not patiently:
                raise reply.error
            self.backoff.failed(lane, reply.error, self.calls.now())
            self.pause(self.backoff.retry_at(lane) - self.calls.now())
        if patiently:
            self.backoff.worked(lane)
        value: Any = reply.value
        return value  # type: ignore[no-any-return]

    def _reply(self, lane: Lane, call: Callable[[], Any]) -> Reply:
        about = object()
        self.calls.start(lane, about, call)
        while True:
            self.inbox.check_interrupt()
            answers = self.calls.wait(1.0)
            self._backlog += [one for one in answers if one.about is not about]
            for reply in answers:
                if reply.about is about:
                    return reply

    def all_listed(self) -> tuple[JobSummary, ...]:
        """List all jobs of the run; other replies are put off.

        Raises:
            ServiceError: The service refuses, or does not answer for too long.
            Interrupted: A signal came.
        """
        found: list[JobSummary] = []
        self.lookup.search(self.queues, [f"{run_prefix(self.run_id)}*"], found.extend)
        while not self.lookup.idle:
            self.inbox.check_interrupt()
            self.lookup.act(self.calls.now())
            now = self.calls.now()
            for reply in self.calls.wait(max(0.0, min(1.0, self.lookup.next_at(now) - now))):
                if reply.lane is Lane.LIST:
                    self.lookup.take(reply, self.calls.now())
                else:
                    self._backlog.append(reply)
        # The filter of ListJobs does not tell capitals from small letters, and others may name their jobs alike.
        named = ((one, parsed_job_name(one["jobName"])) for one in found)
        return tuple(one for one, parsed in named if parsed and parsed[0] == self.run_id)

    def can_list(self, queue: str) -> None:
        """Make sure that the jobs of a queue may be listed.

        Raises:
            ServiceError: They may not, or the service does not answer.
        """
        try:
            self.ask(Lane.LIST, lambda: self.engine.list_jobs(queue, f"{run_prefix(self.run_id)}*", None))
        except ServiceError as error:
            if error.fault is not Fault.DENIED:
                raise
            raise ServiceError(
                f"{error}. A job whose reply is lost is looked up by its name, lest it be submitted twice: allow "
                "batch:ListJobs, or do without with --no-adopt",
                fault=Fault.DENIED,
            ) from error

    def described(self, ids: Iterable[JobId]) -> list[JobDetail]:
        """Describe any number of jobs; other replies are put off."""
        wanted = list(ids)
        found: list[JobDetail] = []
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            found += self.ask(Lane.DESCRIBE, partial(self.engine.describe_jobs, chunk), patiently=True)
        return found

    def pause(self, seconds: float) -> None:
        """Wait so long; replies are put off."""
        until = self.calls.now() + seconds
        while (left := until - self.calls.now()) > 0:
            self.inbox.check_interrupt()
            self._backlog += self.calls.wait(left)
