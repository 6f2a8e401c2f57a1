"""The jobs and their states. Time comes in as a number; nothing sleeps, nothing looks at a clock.

Whatever will happen by itself lies in one heap, so that a call costs what it changes, however many jobs there are.
"""

import heapq
from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .config import Config
from .outcomes import EXITED, Outcome, outcome_of_run, outcome_of_start, tries_again

DEPENDENCY_FAILED = "Dependent Job failed"
"""The text that AWS gives is not documented."""
KILLED = 137


class Status(StrEnum):
    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


_OVER = (Status.SUCCEEDED, Status.FAILED)
_STARTED = (Status.STARTING, Status.RUNNING)


class _Event(StrEnum):
    SETTLE = "settle"  # leaves SUBMITTED
    RUN = "run"
    STOP = "stop"
    DOOM = "doom"  # fails without having been started
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    started: float | None
    stopped: float
    stream: str | None
    outcome: Outcome


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A job. Times are those of the service's clock."""

    id: str
    name: str
    label: str
    trouble: str
    """The label whose troubles it has; empty for none."""
    queue: str
    definition: str
    order: int
    submission: int
    """1 for the first job of this label, 2 for the next one."""
    request: dict[str, Any]
    taken: float
    doom: str | None
    """Why it will fail instead of being started."""
    status: Status = Status.SUBMITTED
    status_reason: str = ""
    turn: int = 0
    """Grows with each change of the status; what was to happen in an earlier turn does not."""
    waits_for: int = 0
    children: list["Job"] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    started: float | None = None
    stopped: float | None = None
    times_out: bool = False
    terminated: bool = False
    forgotten: bool = False

    @property
    def live(self) -> bool:
        return self.status not in _OVER

    @property
    def stream(self) -> str | None:
        """The log stream of the latest try, if it has got to run."""
        if self.status is Status.RUNNING:
            return self.stream_of(len(self.tries) + 1)
        return self.tries[-1].stream if self.tries and not self.live else None

    def stream_of(self, number: int) -> str:
        return f"{self.label}/default/{self.id}" + (f"-{number}" if number > 1 else "")


@dataclass(slots=True)
class Queue:
    """The jobs of a queue, in the order of their submission and by name, and who waits for room in it."""

    jobs: list[Job] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)
    """Lower-case names and positions in ``jobs``, sorted."""
    waiting: list[tuple[int, Job]] = field(default_factory=list)
    occupied: int = 0


class Jobs:
    """All jobs of the service."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.by_id: dict[str, Job] = {}
        self.by_label: defaultdict[str, list[Job]] = defaultdict(list)
        self.queues: defaultdict[str, Queue] = defaultdict(Queue)
        self.changes = 0
        self.last_stop: float | None = None
        self._events: list[tuple[float, int, _Event, Job, int, str]] = []
        self._numbers = 0
        self._host_losses: defaultdict[str, int] = defaultdict(int)
        self._stuck: dict[str, Job] = {}
        self._held: list[tuple[Job, str]] = []

    def take(self, job: Job, parents: list[Job], *, now: float) -> None:
        """Take a job whose parents are known."""
        self.by_id[job.id] = job
        self.by_label[job.label].append(job)
        queue = self.queues[job.queue]
        insort(queue.names, (job.name.lower(), len(queue.jobs)))
        queue.jobs.append(job)
        failed = False
        for parent in parents:
            if parent.status is Status.SUCCEEDED:
                continue
            job.waits_for += 1
            if parent.status is Status.FAILED:
                failed = True
            else:
                parent.children.append(job)
        self._plan(now + self._config.submitted_s, _Event.SETTLE, job)
        if failed and self._config.on_failed_parent == "fail":
            self._plan(now + self._config.dependents_fail_after_s, _Event.DOOM, job, DEPENDENCY_FAILED, always=True)

    def advance(self, now: float) -> None:
        """Let happen what was to happen until now, each at its own time."""
        while self._events and self._events[0][0] <= now:
            at, _, event, job, turn, why = heapq.heappop(self._events)
            if job.live and turn in (job.turn, -1):
                self._happen(event, job, at, why)

    def next_event(self) -> float | None:
        """Give the time of the next change; None if nothing changes by itself."""
        while self._events:
            at, _, _, job, turn, _ = self._events[0]
            if job.live and turn in (job.turn, -1):
                return at
            heapq.heappop(self._events)
        return None

    def terminate(self, job: Job, reason: str, *, now: float) -> None:
        """End a job soon; nothing happens to one that is over."""
        if self._config.hold_terminations:
            self._held.append((job, reason))
        elif job.live:
            job.terminated = True
            wait = self._config.terminate_s if job.status in _STARTED else self._config.cancel_s
            self._plan(now + wait, _Event.TERMINATE, job, reason, always=True)

    def finish(self, job: Job, *, now: float) -> None:
        """Let a job that runs come to its end now; nothing happens to others."""
        if job.status is Status.RUNNING:
            job.times_out = False
            self._plan(now, _Event.STOP, job)

    def reconfigured(self, now: float) -> None:
        """Look again at who is stuck, who has room, and who was to end."""
        if not self._config.hold_terminations:
            held, self._held = self._held, []
            for job, reason in held:
                self.terminate(job, reason, now=now)
        for job in list(self._stuck.values()):
            if job.trouble in self._config.stuck:
                job.status_reason = self._config.stuck[job.trouble] if job.status is Status.RUNNABLE else ""
            else:
                del self._stuck[job.id]
                if job.status is Status.RUNNABLE:
                    job.status_reason = ""
                    self._queue_up(job, now)
        for name in self.queues:
            self._fill(name, now)

    def _happen(self, event: _Event, job: Job, at: float, why: str) -> None:
        match event:
            case _Event.SETTLE if job.waits_for:
                self._become(job, Status.PENDING)
            case _Event.SETTLE:
                self._runnable(job, at)
            case _Event.RUN:
                self._run(job, at)
            case _Event.STOP:
                gone = self._host_losses[job.label] < self._config.spot.get(job.label, 0)
                self._host_losses[job.label] += gone
                self._stop(
                    job,
                    outcome_of_run(self._config, job.trouble, job.submission, host_gone=gone, timed_out=job.times_out),
                    at,
                )
            case _Event.DOOM:
                self._over(job, Status.FAILED, why, at)
            case _Event.TERMINATE if job.status in _STARTED:
                code = KILLED if job.status is Status.RUNNING else None
                self._stop(job, Outcome(exit_code=code, status_reason=why, final=True), at)
            case _Event.TERMINATE:
                self._over(job, Status.FAILED, why, at)

    def _runnable(self, job: Job, at: float) -> None:
        self._become(job, Status.RUNNABLE)
        job.status_reason = self._config.stuck.get(job.trouble, "")
        if job.doom:
            self._plan(at + self._config.start_s, _Event.DOOM, job, job.doom)
        elif job.trouble in self._config.stuck:
            self._stuck[job.id] = job
        else:
            self._queue_up(job, at)

    def _queue_up(self, job: Job, at: float) -> None:
        heapq.heappush(self.queues[job.queue].waiting, (job.order, job))
        self._fill(job.queue, at)

    def _fill(self, name: str, at: float) -> None:
        queue, slots = self.queues[name], self._config.slots
        room = slots.get(name) if isinstance(slots, dict) else slots
        while queue.waiting and (room is None or queue.occupied < room):
            _, job = heapq.heappop(queue.waiting)
            if job.status is Status.RUNNABLE:
                queue.occupied += 1
                self._become(job, Status.STARTING)
                self._plan(at + self._config.start_s, _Event.RUN, job)

    def _run(self, job: Job, at: float) -> None:
        outcome = outcome_of_start(self._config, job.trouble, job.submission)
        if outcome:
            self._stop(job, outcome, at)
            return
        self._become(job, Status.RUNNING)
        job.started = at
        duration = self._config.durations.get(job.label, self._config.run_s)
        limit = job.request.get("timeout", {}).get("attemptDurationSeconds", duration)
        job.times_out = duration > limit
        self._plan(at + min(duration, limit), _Event.STOP, job)

    def _stop(self, job: Job, outcome: Outcome, at: float) -> None:
        """End a try, and with it the job, or not."""
        ran = job.status is Status.RUNNING
        stream = job.stream_of(len(job.tries) + 1) if ran else None
        started = job.started if ran else None
        job.tries.append(Try(started=started, stopped=at, stream=stream, outcome=outcome))
        self.queues[job.queue].occupied -= 1
        strategy = job.request.get("retryStrategy", {})
        if outcome.succeeded:
            self._over(job, Status.SUCCEEDED, EXITED, at)
        elif job.terminated or not tries_again(strategy, len(job.tries), outcome):
            self._over(job, Status.FAILED, outcome.status_reason, at)
        else:
            self._runnable(job, at)
        self._fill(job.queue, at)

    def _over(self, job: Job, status: Status, why: str, at: float) -> None:
        self._become(job, status)
        job.status_reason = why
        job.stopped = self.last_stop = at
        for child in job.children:
            if status is Status.FAILED:
                self._plan(
                    at + self._config.dependents_fail_after_s, _Event.DOOM, child, DEPENDENCY_FAILED, always=True
                )
                continue
            child.waits_for -= 1
            if not child.waits_for and child.status is Status.PENDING:
                self._runnable(child, at)
        job.children.clear()

    def _become(self, job: Job, status: Status) -> None:
        job.status = status
        job.turn += 1
        self.changes += 1

    def _plan(self, at: float, event: _Event, job: Job, why: str = "", *, always: bool = False) -> None:
        self._numbers += 1
        heapq.heappush(self._events, (at, self._numbers, event, job, -1 if always else job.turn, why))
