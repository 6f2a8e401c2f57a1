"""A process of the model: the run's own classes, restored to a state, for one step.

The subclasses below decide nothing. They open the run's classes at their joints, so that a state can be put in and read
out, and so that time and the service stand still during a step.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, cast

from kedro_batch.errors import Fault, KedroBatchError, ServiceError
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import TAG_PLAN, JobId, batch_job_name, run_prefix
from kedro_batch.submitter.close import outcome_of
from kedro_batch.submitter.contested import ContestedJobs
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_poller import JobPoller
from kedro_batch.submitter.job_state import JobRecord
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.look_again import LookAgain
from kedro_batch.submitter.loop import Loop
from kedro_batch.submitter.reconcile.reconcile import Reconciled
from kedro_batch.submitter.run import Run
from kedro_batch.submitter.run_options import RunMode, RunOptions
from kedro_batch.submitter.service.api import Engine, JobSummary
from kedro_batch.submitter.service.call_pool import Calls, Lane, Reply
from kedro_batch.submitter.service.limits import LOOKUP_DELAYS_S, VISIBLE_AFTER_S
from tests.model.service import EPOCH_S, LATER_S, RUN, VERSION, Copies, id_of
from tests.model.stage import Clock, Journal, Look, Row, Sent

_CARRIED = {
    "run": ("_known",),
    "loop": ("stopping",),
    "look_again": ("_stock", "_looked_twice"),
    "submitter": (
        "_outbox",
        "_maybe_sent",
        "_stopped",
        "submitted_again",
        "answers",
        "stood_still",
        "of_others",
    ),
    "intents": ("_intended_at",),
    "contested": ("_rounds",),
    "poller": ("superseded", "_settled", "_stopped", "_answered_at", "out_of_touch"),
}
"""What the parts of a run know from one step to the next, beside records, calls and look-ups."""


class Lookup(NamedTuple):
    """A job that is looked up.

    Attributes:
        job: The job.
        before_loop: It was not confirmed when the run was opened.
        since: How many copies there were when the wait for it began.
        of_others: If it is found, another process has submitted it.
    """

    job: JobName
    before_loop: bool
    since: int
    of_others: bool


class Member(NamedTuple):
    """The state of a process.

    Attributes:
        phase: ``off``, ``looked`` (it has asked how the run stands), ``ending`` (it has asked to end what is not to go
            on), ``loop``, ``ended``, ``refused``, ``killed``.
        mode: What its command does with the run.
        rows: Its journal.
        records: What it knows, in the order of the plan.
        calls: What was submitted, and whose reply has not come: the job, and the copy.
        lookups: The jobs that it looks up.
        outbox: The jobs whose intents are written.
        carried: What else its parts know (``_CARRIED``).
        verdict: What the loop waits for: ``again`` (it reconciles now), ``visible`` (it will, later), ``end``, or
            replies.
        looked: What the service had when it asked how the run stands.
        first: It asked because it began.
        clock: The time on its clock. It moves when the process has waited until what was submitted is visible.
        seen: How many copies there were when it last had a reply, or took stock.
        known: The copies that the service showed when it began, woke, or took stock.
        outcome: How it ended, or why it was refused.
        slept: It has slept, and done nothing since.
    """

    phase: str = "off"
    mode: RunMode = RunMode.START
    rows: tuple[Row, ...] = ()
    records: tuple[JobRecord, ...] = ()
    calls: tuple[tuple[JobName, int], ...] = ()
    lookups: tuple[Lookup, ...] = ()
    outbox: tuple[JobName, ...] = ()
    carried: tuple[Any, ...] = ()
    verdict: str = ""
    looked: Copies | None = None
    first: bool = True
    clock: float = 0.0
    seen: int = 0
    known: tuple[int, ...] = ()
    outcome: str = ""
    slept: bool = False


class Done(NamedTuple):
    """What a step of a process leads to: its next state, and what it has asked of the service."""

    member: Member
    sent: tuple[Sent, ...] = ()
    ends: tuple[tuple[int, str], ...] = ()


class _Paused(Exception):  # noqa: N818  not an error: it hands control back to the test
    """The loop would wait now."""


class _LooksAgain(Exception):  # noqa: N818  not an error: it hands control back to the test
    """The run asks again how it stands, since what it has ended has ended otherwise."""


class _Submitter(JobSubmitter):
    """A submitter whose state can be put in and read out."""

    frozen = False

    def restore(self, state: Member) -> None:
        self.open([one.job for one in state.lookups if one.before_loop], stopped=False)
        for one in state.lookups:
            if not one.before_loop:
                self.lose(one.job)
            lookup = replace(self._unconfirmed.lookups[one.job], of_others=one.of_others)
            self._unconfirmed.add(one.job, lookup)
        self._under_way = {job for job, _ in state.calls}

    def read(self, state: Member, since: int) -> tuple[Lookup, ...]:
        before = {one.job: one for one in state.lookups}
        found = (
            before.get(job, Lookup(job, one.before_loop, since, one.of_others))
            for job, one in self._unconfirmed.lookups.items()
        )
        return tuple(sorted(found))

    def lose(self, job: JobName) -> None:
        error = ServiceError("no reply", fault=Fault.AMBIGUOUS)
        self.on_reply(Reply(lane=Lane.SUBMIT, about=job, error=error, sent_at=0.0), self._context.calls.now())

    def act(self, now: float) -> None:
        if not self.frozen:
            super().act(now)

    @property
    def contested(self) -> ContestedJobs:
        return self._contested

    @property
    def outbox(self) -> tuple[JobName, ...]:
        return tuple(self._outbox)

    @property
    def sends(self) -> bool:
        """True if it has something to send."""
        return not self._stopped and (bool(self._outbox) or self._run_state.has_ready)

    def find(self, job: JobName, found: tuple[JobSummary, ...]) -> None:
        """Look a job up for the last time."""
        self._unconfirmed.add(job, replace(self._unconfirmed.lookups[job], lookups=len(LOOKUP_DELAYS_S)))
        self._unconfirmed.on_reply([job], found)


class _Poller(JobPoller):
    """A poller whose state can be put in and read out."""

    frozen = False

    def act(self, now: float) -> None:
        if not self.frozen:
            super().act(now)

    def poll(self, engine: Look) -> None:
        """Ask about every live job; those that are missing have been so for long, and are looked up."""
        now = self._context.calls.now()
        for job in self._asked():
            self._missing.add(job, now - self._context.pace.until_lookup)
        self._ask(engine, now)
        if self._sweeping:
            self._ask(engine, now)
        if self._looking_up:
            self._on_found(engine.list_jobs("", f"{run_prefix(RUN)}*", None).jobs)
        for reply in self._context.calls.wait(0):  # a log that it reads
            if reply.lane is Lane.LOG:
                self.logs.on_reply(reply)

    def _asked(self) -> dict[JobName, JobId]:
        return {job: one.job_id for job, one in self._run_state.records.items() if one.live and one.job_id}

    def _ask(self, engine: Look, now: float) -> None:
        self._chunks.clear()
        asked = self._asked()
        details = engine.describe_jobs(list(asked.values()))
        self.on_reply(Reply(lane=Lane.DESCRIBE, about=list(asked.items()), value=details, sent_at=0.0), now)


class _LookAgain(LookAgain):
    """Looks at a run whose loop is not entered with each step."""

    in_loop = True

    def enter_loop(self) -> None:
        if not self.in_loop:
            super().enter_loop()


class _Revisions:
    """One revision for all jobs."""

    def tell(self, _: object) -> dict[JobName, str]:
        return {}

    def of(self, _: object) -> str:
        return "definition:1"

    def register(self) -> None:
        """It is registered."""


class _Loop(Loop):
    """A loop that does not wait."""

    def _wait(self, now: float, until: float) -> None:  # noqa: ARG002  the loop passes this argument
        raise _Paused


class _Run(Run):
    """A run whose state can be put in and read out."""

    def __init__(self, context: RunContext, engine: Look, state: Member) -> None:
        super().__init__(context)
        self.engine = engine
        self._revisions = cast("Any", _Revisions())
        self.submitter = _Submitter(context, self.run_state, self._terminator, self._revisions)
        self.poller = _Poller(context, self.run_state)
        self._submitter, self._poller = self.submitter, self.poller
        self._look_again = self.look_again = _LookAgain(context, self.run_state, self._submitter, self._poller)
        self._loop = _Loop(
            context,
            self.run_state,
            submitter=self._submitter,
            poller=self._poller,
            terminator=self._terminator,
            look_again=self._look_again,
        )
        if state.records:
            self.run_state.load(dict(zip(context.parents, state.records, strict=True)))
        self.submitter.restore(state)
        for (part, name), value in zip(self._carried(), state.carried, strict=False):  # nothing, if it begins
            setattr(part, name, _thawed(getattr(part, name), value))
        self.clock = cast("Clock", context.calls)
        self.now_on_service: Copies | None = None

    def read(self, state: Member, journal: Journal, since: int) -> Member:
        rows = ((job, submission, _plain(one)) for (job, submission), one in sorted(journal.rows.items()))
        return state._replace(
            rows=tuple(rows),
            records=tuple(map(_plain, self.run_state.records.values())),
            lookups=self.submitter.read(state, since),
            outbox=self.submitter.outbox,
            carried=tuple(_frozen(getattr(part, name)) for part, name in self._carried()),
        )

    def _carried(self) -> list[tuple[Any, str]]:
        parts = {
            "run": self,
            "loop": self._loop,
            "look_again": self._look_again,
            "submitter": self.submitter,
            "intents": self.submitter.intents,
            "contested": self.submitter.contested,
            "poller": self.poller,
        }
        return [(parts[part], name) for part, names in _CARRIED.items() for name in names]

    def take_stock(self, *, first: bool) -> None:
        if first:
            self._load(self._reconciled(), self._look_again.begin(), self._reconciled)
        else:
            self._reconcile_again()

    def _choose_revisions(self, reconciled: Reconciled, *, may_ask: bool) -> None:
        """There is one for all jobs."""

    def _load(
        self, reconciled: Reconciled, began: float, look: Callable[[], Reconciled], *, again: bool = False
    ) -> None:
        if self.now_on_service is not None:  # what was found has ended meanwhile
            self.engine.copies = self.now_on_service
            look = self._looks_again
        super()._load(reconciled, began, look, again=again)

    @staticmethod
    def _looks_again() -> Reconciled:
        raise _LooksAgain

    def verdict(self, *, in_loop: bool) -> str:
        """Return what the loop does next, if nothing happens; it is entered now unless the run is ``in_loop``."""
        self.submitter.frozen = self.poller.frozen = True
        self.look_again.in_loop = in_loop
        try:
            return "again" if self._loop.go_on() else "end"
        except _Paused:
            idle = all(part.idle for part in (self.submitter, self.poller, self._terminator))
            return (
                "visible" if idle and math.isfinite(self._look_again.due_at(over=self._loop.nothing_to_follow)) else ""
            )


def _frozen(value: Any) -> Any:
    """Return a value so that equal ones are equal, and can be hashed."""
    match value:
        case set():
            return tuple(sorted(value))
        case dict():
            return tuple(sorted(value.items()))
        case list() | deque():
            return tuple(dict.fromkeys(value))
        case None | bool() | int() | float() | str():
            return value
        case _:
            return tuple(sorted((name, _frozen(one)) for name, one in vars(value).items()))


def _thawed(now: Any, value: Any) -> Any:
    """Return what a frozen value was, in place of the present one."""
    match now:
        case set() | dict() | list() | deque():
            return type(now)(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            for name, one in value:
                setattr(now, name, _thawed(getattr(now, name), one))
            return now


def _plain(record: JobRecord) -> JobRecord:
    """Return a record without why its job failed: nothing depends on it."""
    return replace(record, failure=None) if record.failure else record


class Desk:
    """Lets processes do steps on the run of a plan."""

    def __init__(self, plan: Plan) -> None:
        """Begin; the jobs of the plan stand in topological order."""
        self.plan = plan
        self.jobs = tuple(job.name for job in plan.jobs)
        self._digest = plan_digest(plan)
        self._tags: dict[str, str] = {TAG_PLAN: self._digest}

    def begin(self, state: Member, mode: RunMode, copies: Copies, time: int) -> Done:
        """Let a process begin: it asks how the run stands, unless nobody else can know it."""
        fresh = Member(mode=mode, rows=state.rows)
        if mode is RunMode.START:
            run, journal = self._run(fresh, copies, time, 0)
            return self._done(fresh._replace(phase="loop", seen=len(copies)), run, journal, len(copies))
        return self.look(fresh, copies, time, first=True)

    def look(self, state: Member, copies: Copies, time: int, *, first: bool = False) -> Done:
        """Let a process ask how the run stands."""
        if state.verdict == "visible":
            state = state._replace(clock=state.clock + VISIBLE_AFTER_S + 1)
        run, _ = self._run(state, copies, time, 0)
        try:
            run.take_stock(first=first)
        except KedroBatchError as error:
            return Done(state._replace(phase="refused", outcome=str(error)))
        looked = state._replace(phase="looked", looked=copies, first=first)
        if not run.engine.ends:
            return self.load(looked, copies, time)
        return Done(looked)

    def end_others(self, state: Member, time: int) -> Done:
        """Let a process ask to end what it has found not to go on."""
        assert state.looked is not None
        run, _ = self._run(state, state.looked, time, 0)
        run.take_stock(first=state.first)
        return Done(state._replace(phase="ending"), ends=tuple(sorted(run.engine.ends.items())))

    def load(self, state: Member, copies: Copies, time: int) -> Done:
        """Let a process go on where it has found the run."""
        assert state.looked is not None
        run, journal = self._run(state, state.looked, time, 0)
        run.now_on_service = copies
        try:
            run.take_stock(first=state.first)
        except KedroBatchError as error:
            return Done(state._replace(phase="refused", outcome=str(error), looked=None))
        except _LooksAgain:
            return self.look(state._replace(looked=None), copies, time, first=state.first)
        state = state._replace(phase="loop", looked=None, calls=(), lookups=(), seen=len(copies))
        return self._done(state, run, journal, len(copies), in_loop=False)

    def send(self, state: Member, time: int, *, permits: int) -> Done:
        """Let a process write intents, and send so many requests."""
        run, journal = self._run(state, (), time, permits)
        run.submitter.act(state.clock)
        return self._done(state._replace(slept=False), run, journal, 0)

    def reply(self, state: Member, job: JobName, number: int | None, time: int, since: int) -> Done:
        """Let a reply come, or be lost."""
        run, journal = self._run(state, (), time, 0)
        if number is None:
            run.submitter.lose(job)
        else:
            run.submitter.on_reply(Reply(lane=Lane.SUBMIT, about=job, value=id_of(number), sent_at=0.0), state.clock)
        calls = tuple(one for one in state.calls if one[0] != job)
        return self._done(state._replace(calls=calls, seen=since), run, journal, since)

    def look_up(self, state: Member, job: JobName, copies: Copies, time: int) -> Done:
        """Let a process look a job up for the last time."""
        run, journal = self._run(state, copies, time, 0)
        run.submitter.find(job, run.engine.list_jobs("", self._name_of(run, job), None).jobs)
        return self._done(state, run, journal, len(copies))

    def wake(self, state: Member, before: int, now: int) -> Done:
        """Let a process go on after it has slept."""
        run, journal = self._run(state, (), before, 0)
        run.clock.wall_s = EPOCH_S + LATER_S[now]
        return self._done(state._replace(slept=True), run, journal, 0)

    def poll(self, state: Member, copies: Copies, time: int) -> Done:
        """Let a process ask about its jobs."""
        run, journal = self._run(state, copies, time, 0)
        run.poller.poll(run.engine)
        return self._done(state._replace(slept=False), run, journal, len(copies))

    def end(self, state: Member) -> Done:
        """Let a process end."""
        run, _ = self._run(state, (), 0, 0)
        outcome = outcome_of(run.run_state, RunOptions(mode=state.mode))
        return Done(Member(phase="ended", mode=state.mode, rows=state.rows, outcome=outcome))

    @staticmethod
    def killed(state: Member) -> Done:
        """Kill a process: its journal is left."""
        return Done(Member(phase="killed", rows=state.rows))

    def name_of(self, state: Member, job: JobName) -> str:
        """Return the name of the submission of a job that a process is about."""
        run, _ = self._run(state, (), 0, 0)
        return self._name_of(run, job)

    def ready(self, state: Member) -> bool:
        """True if there is something to submit whose intent is not written."""
        run, _ = self._run(state, (), 0, 0)
        return run.submitter.sends

    @staticmethod
    def _name_of(run: _Run, job: JobName) -> str:
        return batch_job_name(RUN, job, run.run_state.record(job).submission)

    def _run(self, state: Member, copies: Copies, time: int, permits: int) -> tuple[_Run, Journal]:
        engine, journal = Look(copies, self._tags), Journal(state.rows)
        context = RunContext(
            plan=self.plan,
            digest=self._digest,
            run_id=RUN,
            engine=cast("Engine", engine),
            calls=cast("Calls", Clock(state.clock, EPOCH_S + LATER_S[time], permits)),
            inbox=Inbox(),
            journal=cast("Any", journal),
            show=lambda _: None,
            options=RunOptions(mode=state.mode, rate=float("inf")),
            must_exist=state.mode is RunMode.RESUME and not state.rows,
            version=DataVersion(VERSION),
        )
        context.begun = True
        return _Run(context, engine, state), journal

    def _done(self, state: Member, run: _Run, journal: Journal, since: int, *, in_loop: bool = True) -> Done:
        sent, ends = tuple(run.engine.sent), run.engine.ends if in_loop else {}
        state = run.read(state, journal, since)
        state = state._replace(verdict=run.verdict(in_loop=in_loop))
        state = run.read(state, journal, since)
        return Done(state, sent, tuple(sorted(ends.items())))
