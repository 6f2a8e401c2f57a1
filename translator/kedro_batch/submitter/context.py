"""What every part of a run has in common: the plan, the mode, the engine, the journal, the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from kedro_batch.plan.data_flow import reads_from_run
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JobName, JobReads, Plan, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId, parsed_job_name, run_prefix
from kedro_batch.submitter.events import Event, JobSubmitted, Notice, NoticeKind, RunStarted, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.run_state import Parents
from kedro_batch.submitter.service.api import Engine, JobSummary
from kedro_batch.submitter.service.backoff import Backoff
from kedro_batch.submitter.service.blocking import BlockingService
from kedro_batch.submitter.service.call_pool import Calls
from kedro_batch.submitter.service.job_lookup import JobLookup
from kedro_batch.submitter.service.limits import LIST_BURST, LIST_RATE, Pace
from kedro_batch.submitter.service.rate_limit import Bucket

DEFAULT_RETRY_FOR_S = 3600.0


class RunMode(StrEnum):
    """What a command does with a run."""

    START = "start"
    """Submit everything: nobody else knows this run."""
    CONTINUE = "continue"
    """Submit what was never submitted."""
    RESUME = "resume"
    """Submit what failed, was not run or was lost, and what was never submitted."""
    FOLLOW = "follow"
    """Submit nothing."""


class DefinitionChoice(StrEnum):
    """Which revisions a resumed run takes, of job definitions that have newer ones than it has used."""

    SAME = "same"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a command works on a run.

    Attributes:
        mode: What it does with the run.
        from_jobs: With RESUME: run these jobs again, and all below them.
        only_jobs: With RESUME: run these jobs again, and no others.
        assume_done: Jobs that the user says have succeeded, perhaps none; None if he has not said which.
        data_version: The version of a run of which nobody else can tell it.
        definitions: With RESUME: which revisions of job definitions to take; None to refuse if there are newer ones.
        rate: Submissions a second at most; ``inf`` for no limit of ours; None for the limit of the service.
        exclusive: Refuse to begin while another run writes the same datasets.
        stop_on_failure: Start nothing more once a job has failed.
        max_unfinished: How many jobs are submitted and have not ended at once; None for any number. The others are held
            back: nobody submits them once the command has ended.
        retry_for_s: How long to wait for a service that does not answer, in seconds.
        adopt: Look jobs up by their names with ListJobs.
        detach: End as soon as everything has been submitted.
        reconcile_at_end: Look at the run once more before it is over, where another process may have worked on it.
        terminate_on_interrupt: Do not leave the jobs running when a signal ends the command.
        poll_once: End after one poll.
        pace: How often to poll; None for the pace of the engine.
    """

    mode: RunMode = RunMode.START
    from_jobs: tuple[JobName, ...] = ()
    only_jobs: tuple[JobName, ...] = ()
    assume_done: tuple[JobName, ...] | None = None
    data_version: DataVersion | None = None
    definitions: DefinitionChoice | None = None
    rate: float | None = None
    exclusive: bool = False
    stop_on_failure: bool = False
    max_unfinished: int | None = None
    retry_for_s: float = DEFAULT_RETRY_FOR_S
    adopt: bool = True
    detach: bool = False
    reconcile_at_end: bool = True
    terminate_on_interrupt: bool = False
    poll_once: bool = False
    pace: Pace | None = None


@dataclass(kw_only=True)
class RunContext:
    """What every part of a run has in common.

    Attributes:
        plan: The plan, as the engine runs it.
        digest: The digest of the plan as it was read.
        run_id: The run.
        engine: What runs its jobs.
        calls: The clock, and the calls that go on beside the loop.
        inbox: Signals and wake-ups.
        journal: The record of the run.
        show: Receives every event, after the journal.
        options: How the command works on the run.
        continued: Another command started the run.
        must_exist: The journal does not have the run, and the service has to.
        plan_file: The file that the plan was read from, for messages; None if it was none.
        version: The version under which the run saves data; None before it is known, and for a run that was begun by
            a kedro-batch without versions.
        poll_seed: Of the jitter between polls; None for a random one.
        location: Region and account, or a folder, once they are known and it may be taken up there.
        not_terminated: Second jobs of nodes that did not end when they were terminated.
        adopted: Jobs of which it is not certain that they have the run's version: they are asked about in each look.
        journal_checked: What the journal says of the run has been compared with the service.
        begun: The first event has been emitted: before it, a command that is refused leaves no trace.
        backoff: The pauses while the service does not answer.
        lookup: Searches by name, beside the loop.
        service: Calls that wait for their reply, for the stages before and after the loop.
    """

    plan: Plan
    digest: PlanDigest
    run_id: RunId
    engine: Engine
    calls: Calls
    inbox: Inbox
    journal: Journal
    show: Sink
    options: RunOptions = field(default_factory=RunOptions)
    continued: bool = False
    must_exist: bool = False
    plan_file: str | None = None
    version: DataVersion | None = None
    poll_seed: int | None = None
    location: Mapping[str, str] = field(default_factory=dict, init=False)
    not_terminated: set[JobId] = field(default_factory=set, init=False)
    adopted: set[JobId] = field(default_factory=set, init=False)
    journal_checked: bool = field(default=False, init=False)
    begun: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Set up what follows from the rest."""
        self._held_back: list[Event] = []
        self.journal.wait.check = self.inbox.check_interrupt
        self.plan = self.engine.adapt_plan(self.plan)
        self.backoff = Backoff(self.engine, self.emit, self.options.retry_for_s)
        self.backoff.jobs_go_on = self.continued
        self.backoff.command = f"kedro-batch wait {self.run_id}{journal_words(self.journal.file)}"
        listing = Bucket(LIST_RATE, LIST_BURST, self.calls.now())
        self.lookup = JobLookup(self.engine, self.calls, self.backoff, listing)
        self.service = BlockingService(self.engine, self.calls, self.inbox, self.backoff, listing)

    @cached_property
    def parents(self) -> Parents:
        """The jobs of the plan with their parents, in topological order."""
        parents = {job.name: job.depends_on for job in self.plan.jobs}
        return {name: parents[name] for name in topological_order(parents)}

    @cached_property
    def reads_from_run(self) -> Mapping[JobName, JobReads]:
        """What each job reads of what other jobs of the plan write, and what else."""
        return reads_from_run(self.plan)

    @cached_property
    def queues(self) -> tuple[str, ...]:
        """The queues of the plan, sorted."""
        return tuple(sorted({job.settings.job_queue for job in self.plan.jobs}))

    @property
    def adopts(self) -> bool:
        """True if a job whose reply is lost can be found by its name."""
        return self.options.adopt and self.engine.capabilities.adopts

    @property
    def submit_rate(self) -> float | None:
        """Submissions a second at most; None for the limit of AWS Batch."""
        return self.engine.capabilities.submit_rate if self.options.rate is None else self.options.rate

    @property
    def pace(self) -> Pace:
        """How often to poll."""
        return self.options.pace or self.engine.capabilities.pace

    def emit(self, event: Event) -> None:
        """Record an event in the journal, and show it; one before the first event follows that one."""
        if not self.begun:
            self._held_back.append(event)
            if self.location and isinstance(event, Notice) and event.kind is NoticeKind.TROUBLE:
                self.emit_started(continued=self.continued)  # whoever waits now is told why
            return
        if isinstance(event, JobSubmitted):
            self.backoff.jobs_go_on = True
        self.journal.record(self.run_id, event, self.calls.wall())
        self.show(event)

    def emit_started(self, *, continued: bool) -> None:
        """Emit the first event of a command, unless that is done: it is known where the run runs, and it may go on.

        Args:
            continued: Another command started the run.
        """
        if self.begun:
            return
        self.begun = True
        self.journal.wait.tell = lambda message: self.emit(Notice(kind=NoticeKind.TROUBLE, message=message))
        self.journal.locate(self.run_id, self.location)
        self.emit(
            RunStarted(
                run=self.run_id,
                plan_digest=self.digest,
                engine=self.engine.name,
                jobs=len(self.parents),
                journal=str(self.journal.file),
                version=self.version,
                account=self.location.get("account"),
                region=self.location.get("region"),
                continued=continued,
            )
        )
        for event in self._held_back:
            self.emit(event)

    def list_run(self) -> tuple[JobSummary, ...]:
        """List all jobs of the run on the service, and wait for the reply.

        Raises:
            ServiceError: The service refused, or has not answered for too long.
            Interrupted: A signal came.
        """
        found = self.service.list_jobs(self.queues, f"{run_prefix(self.run_id)}*")
        # The filter of ListJobs ignores case, and others may name their jobs alike.
        parsed = ((one, parsed_job_name(one.name)) for one in found)
        return tuple(one for one, name in parsed if name and name[0] == self.run_id)
