"""What every part of a run has in common: the plan, the mode, the engine, the journal, the clock."""

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.data_flow import reads_from_run
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JobName, JobReads, Parents, Plan, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId, parsed_job_name, run_prefix
from kedro_batch.submitter.events import Event, JobChanged, JobSubmitted, Notice, NoticeKind, RunStarted, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.run_options import RunMode, RunOptions
from kedro_batch.submitter.run_plans import jobs_in_any, jobs_that_take_over, proving_parents, queues_in
from kedro_batch.submitter.service.api import Engine, JobSummary
from kedro_batch.submitter.service.backoff import Backoff
from kedro_batch.submitter.service.blocking import BlockingService
from kedro_batch.submitter.service.call_pool import Calls
from kedro_batch.submitter.service.job_lookup import JobLookup
from kedro_batch.submitter.service.limits import LIST_BURST, LIST_RATE, Pace
from kedro_batch.submitter.service.rate_limit import Bucket


@dataclass(kw_only=True)
class RunContext:
    """What every part of a run has in common.

    Attributes:
        plan: The plan, as the engine runs it: what is sent is sent from it.
        digest: The digest of the plan as it was read.
        begun_with: The digest of the first plan of the run; None if it is this one.
        earlier: The other plans of the run by their digests, that in use until now last.
        new_plan: The plan byte for byte, if the run is to go on with it and the journal does not have it yet.
        run_id: The run.
        engine: What runs its jobs.
        calls: The clock, and the calls that go on beside the loop.
        inbox: Signals and wake-ups.
        journal: The record of the run.
        show: Receives every event, after the journal.
        tell_began: Receives when a job that runs began, as the service tells it: also of one that ran before this
            command, about which there is no event.
        tell_answered: Receives when the service has told how jobs stand, also if nothing has changed.
        options: How the command works on the run.
        continued: Another command started the run.
        must_exist: The journal does not have the run, and the service has to.
        plan_file: The file that the plan was read from, for messages; None if it was none.
        next_plan_file: The file into which the next plan of the run is to be compiled, for messages.
        began_at: When the run began; seconds since the epoch. No later than now.
        ended_at: When it had ended, as the journal has it; None if it had not, or if jobs have changed since.
        version: The version under which the run saves data; None before it is known, and for a run that was begun by
            a kedro-batch without versions.
        poll_seed: Of the jitter between polls; None for a random one.
        location: Region and account, or a folder, once they are known and it may be taken up there.
        not_terminated: Second jobs of nodes that did not end when they were terminated.
        gone_queues: Queues of earlier plans that do not exist any more.
        adopted: Jobs of which it is not certain that they have the run's version: they are asked about in each look.
        journal_checked: What the journal says of the run has been compared with the service.
        begun: The first event has been emitted: before it, a command that is refused leaves no trace.
        is_to_get: The file of the new plan, where this is a look at the run by its plan until now; else None.
        backoff: The pauses while the service does not answer.
        listing: How fast ListJobs may be called.
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
    tell_began: Callable[[JobName, float], None] = lambda _, __: None
    tell_answered: Callable[[float], None] = lambda _: None
    options: RunOptions = field(default_factory=RunOptions)
    begun_with: PlanDigest | None = None
    earlier: Mapping[PlanDigest, Plan] = field(default_factory=dict)
    new_plan: bytes | None = None
    continued: bool = False
    must_exist: bool = False
    plan_file: str | None = None
    next_plan_file: str = "PLAN"
    began_at: float = math.inf
    ended_at: float | None = None
    version: DataVersion | None = None
    poll_seed: int | None = None
    location: Mapping[str, str] = field(default_factory=dict, init=False)
    not_terminated: set[JobId] = field(default_factory=set, init=False)
    gone_queues: set[str] = field(default_factory=set, init=False)
    adopted: set[JobId] = field(default_factory=set, init=False)
    journal_checked: bool = field(default=False, init=False)
    begun: bool = field(default=False, init=False)
    is_to_get: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Set up what follows from the rest."""
        self._held_back: list[tuple[Event, bool]] = []
        """What happened before the first event, and whether it was shown."""
        self.began_at = min(self.began_at, self.calls.wall())
        self._may_be_gone = False
        self.journal.wait.check = self.inbox.check_interrupt
        self.plan = self.engine.adapt_plan(self.plan)
        self.earlier = {digest: self.engine.adapt_plan(plan) for digest, plan in self.earlier.items()}
        self.backoff = Backoff(self.engine, self.emit, self.options.retry_for_s, self.calls.now)
        self.backoff.jobs_go_on = self.continued
        self.backoff.command = "the same command again"
        if self.options.mode in (RunMode.START, RunMode.FOLLOW):
            self.on_all_submitted()
        self.listing = Bucket(LIST_RATE, LIST_BURST, self.calls.now())
        self.lookup = JobLookup(self.engine, self.calls, self.backoff, self.listing)
        self.service = BlockingService(self.engine, self.calls, self.inbox, self.backoff, self.listing)

    @cached_property
    def parents(self) -> Parents:
        """The jobs of the plan with their parents, in topological order."""
        parents = self.plan.parents
        return {name: parents[name] for name in topological_order(parents)}

    @cached_property
    def reads_from_run(self) -> Mapping[JobName, JobReads]:
        """What each job reads of what other jobs of the plan write, and what else."""
        return reads_from_run(self.plan)

    @property
    def run_digest(self) -> PlanDigest:
        """The digest by which the run is known: that of its first plan, in the tags of all its jobs."""
        return self.begun_with or self.digest

    @cached_property
    def proving_parents(self) -> Parents:
        """The parents of each job in every plan of the run: only these have surely succeeded before a job started."""
        return proving_parents(self.parents, self.earlier.values())

    @cached_property
    def earlier_jobs(self) -> frozenset[JobName]:
        """The jobs of earlier plans that this plan does not have."""
        return jobs_in_any(self.earlier.values()) - self.parents.keys()

    @cached_property
    def added_jobs(self) -> frozenset[JobName]:
        """The jobs that no plan of the run has had until now, so that nobody has submitted them."""
        return (
            frozenset(self.parents) - jobs_in_any(self.earlier.values()) if self.new_plan is not None else frozenset()
        )

    @cached_property
    def taken_over(self) -> frozenset[JobName]:
        """The jobs that write what jobs of other names have written by an earlier plan, and may have left half done."""
        return jobs_that_take_over(self.plan, self.earlier.values())

    @cached_property
    def plan_queues(self) -> tuple[str, ...]:
        """The queues of the plan, sorted."""
        return tuple(sorted(queues_in(self.plan)))

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues in which jobs of the run may be, sorted: those of its earlier plans too."""
        earlier = queues_in(*self.earlier.values()) - self.gone_queues
        return tuple(sorted({*self.plan_queues, *earlier}))

    def by_earlier_plan(self, digest: PlanDigest) -> "RunContext":
        """Return the run as it is by an earlier plan, for a look at it; what this emits is dropped.

        Args:
            digest: The digest of the plan.
        """
        view = copy.copy(self)
        plans = {**self.earlier, self.digest: self.plan}
        view.plan, view.digest, view.begun_with = plans.pop(digest), digest, self.run_digest
        # Another object of this class.
        view.earlier, view.new_plan, view.gone_queues, view._may_be_gone = plans, None, set(), True  # noqa: SLF001
        view.location, view.begun, view._held_back = {}, False, []  # noqa: SLF001  another object of this class
        view.is_to_get = self.plan_file or "NEW"
        for name, value in vars(RunContext).items():
            if isinstance(value, cached_property):
                vars(view).pop(name, None)
        return view

    def resume_with(self, options: str) -> str:
        """Return the command that resumes the run with more options, for messages: it finds the run as this one did."""
        name = "FIRST" if "--new-plan" in options else "PLAN"
        plan = "" if self.journal.run(self.run_id) else f" --plan {name}"
        return f"kedro-batch resume {self.run_id}{plan} {options}{journal_words(self.journal.file)}"

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
        """Record an event in the journal, and show it; one before the first event follows that one.

        Whoever waits for the service is told so at once, also before it is known whether the run may begin.
        """
        if not self.begun:
            of_waiting = isinstance(event, Notice) and event.kind in (NoticeKind.TROUBLE, NoticeKind.RECOVERED)
            shown = of_waiting and (not self.location or self.new_plan is not None)  # which may be refused yet
            self._held_back.append((event, shown))
            if shown:
                self.show(event)
            elif of_waiting:
                self.emit_started(continued=self.continued)
            return
        if isinstance(event, JobSubmitted):
            self.backoff.jobs_go_on = True
            if self.options.mode is not RunMode.FOLLOW:
                self.backoff.command = self._command("resume")
        self._record(event, shown=False)

    def on_all_submitted(self) -> None:
        """Record that following the run is all that is left, until another job is submitted."""
        self.backoff.command = self._command("wait")

    def _command(self, word: str) -> str:
        return f"kedro-batch {word} {self.run_id}{journal_words(self.journal.file)}"

    def _record(self, event: Event, *, shown: bool) -> None:
        if isinstance(event, JobSubmitted | JobChanged):
            self.ended_at = None
        self.journal.record(self.run_id, event, self.calls.wall())
        if not shown:
            self.show(event)

    def began_with(self, created_at: Iterable[float]) -> None:
        """Record that a run, which the journal did not have, began with the first job that the service has of it."""
        self.began_at = min([self.began_at, *created_at])
        self.journal.record_begin(self.run_id, self.began_at)

    def emit_started(self, *, continued: bool) -> None:
        """Emit the first event of a command, unless that is done: it is known where the run runs, and it may go on.

        Args:
            continued: Another command started the run.
        """
        if self.begun:
            return
        self.begun = True
        wait = self.journal.wait
        wait.tell = lambda message: self.emit(Notice(kind=NoticeKind.TROUBLE, message=message))
        wait.tell_free = lambda message: self.emit(Notice(kind=NoticeKind.RECOVERED, message=message))
        self.journal.locate(self.run_id, self.location)
        self.emit(
            RunStarted(
                run=self.run_id,
                plan_digest=self.digest,
                first_plan_digest=None if self.run_digest == self.digest else self.run_digest,
                engine=self.engine.name,
                jobs=len(self.parents),
                journal=str(self.journal.file),
                version=self.version,
                account=self.location.get("account"),
                region=self.location.get("region"),
                continued=continued,
            )
        )
        for event, shown in self._held_back:
            self._record(event, shown=shown)

    def list_run(self) -> tuple[JobSummary, ...]:
        """List all jobs of the run on the service, and wait for the reply.

        Raises:
            ServiceError: The service refused, or has not answered for too long.
            Interrupted: A signal came.
        """
        found = [one for queue in self.queues for one in self._list_queue(queue)]
        # The filter of ListJobs ignores case, and others may name their jobs alike.
        parsed = ((one, parsed_job_name(one.name)) for one in found)
        return tuple(one for one, name in parsed if name and name[0] == self.run_id)

    def _list_queue(self, queue: str) -> Sequence[JobSummary]:
        try:
            return self.service.list_jobs([queue], f"{run_prefix(self.run_id)}*")
        except ServiceError as error:
            if error.fault is not Fault.REFUSED or (queue in self.plan_queues and not self._may_be_gone):
                raise
            # The plan may have been changed because the queue was deleted: its jobs have ended.
            self.gone_queues.add(queue)
            message = f"the queue {queue} of an earlier plan of this run cannot be listed: {error}. It is left out"
            self.emit(Notice(kind=NoticeKind.WARNING, message=message))
            return []
