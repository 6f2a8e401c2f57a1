"""One process: its clocks, its calls, and what can happen to it between any two of its steps.

Each process has a thread, and runs only while the world has given it the turn. It hands the turn back where a real one
waits (``wait``), and where it is stopped between two steps.
"""

import heapq
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from threading import Lock, Thread
from typing import Any, Literal

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.service.call_pool import LANES, Lane, Reply
from tests.simulation.world import EPOCH, World

_MOMENT_S = 1e-4
"""A machine takes some time for whatever it does: no wait is shorter, or rounding could keep the clock from moving."""

Gap = Literal["stopped", "asleep"]
"""A stopped process: all clocks go on. One on a machine that sleeps: its monotonic clock stands still."""


class Killed(BaseException):
    """The process is killed: nothing of it is executed any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended.

    Attributes:
        code: Its exit code; -9 if it was killed, -1 if it crashed.
        said: The outcome, or the message.
        at: When.
    """

    code: int
    said: str
    at: float


@dataclass(slots=True, kw_only=True)
class _Flight:
    """A call under way."""

    lane: Lane
    about: Any
    call: Callable[[], Any]
    sent_at: float
    latency_s: float
    told_at: float
    """``sent_at`` on the clock of the process."""


class Process:
    """A process, and the calls and clocks of its run."""

    def __init__(self, world: World, name: str, work: Callable[["Process"], tuple[int, str]], latency_s: float) -> None:
        """Prepare it; ``work`` is what it does, and returns its exit code and what it says."""
        self.name = name
        self.inbox = Inbox()
        self.random = Random(f"{world.seed} {name}")  # noqa: S311  no secret is made of it
        self.wall_step_s = 0.0
        self.began_at: float | None = None
        self.ended: Ended | None = None
        self.gaps: list[tuple[float, float]] = []
        self.then: Callable[[], None] = lambda: None
        """What happens once it has ended."""
        self.has_journal = False
        """Its journal knew the run when it began: not one in which a cancel found nothing, for an ``apply``."""
        self.submissions: dict[str, int] = {}
        """The newest submission of each job in its journal when it began."""
        self.known_ids: set[str] = set()
        """The ids of jobs that its journal had when it began."""
        self.steps = 0
        self.at_step: dict[int, Callable[[], None]] = {}
        self._world = world
        self._work = work
        self._latency_s = latency_s
        self._thread = Thread(target=self._main, daemon=True, name=name)
        self._go = Lock()
        self._go.acquire()
        self._waiting = self._mid_step = self._killed = self._woken = False
        self._gap: Gap | None = None
        self._gap_began = self._wakes_at = self._slept = self._deadline = 0.0
        self._waits = 0
        self._mailbox: list[Reply] = []
        self._under_way: Counter[Lane] = Counter()
        self._workers = {lane: [0.0] * count for lane, count in LANES.items()}

    # Its life

    @property
    def lives(self) -> bool:
        """True if it has begun and has not ended."""
        return self.began_at is not None and self.ended is None

    def begin(self) -> None:
        """Begin, and run until it waits."""
        if self.began_at is None:
            self.began_at = self._world.time
            self._thread.start()
            self._resume()

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        if self.lives and not self._killed:
            self._world.count("killed")
            self._world.say(self.name, "is killed")
            self._killed = True
            self._gap = None
            self._resume()

    def suspend(self, gap: Gap, seconds: float) -> None:
        """Stop it, or let its machine sleep, for so long."""
        if not self.lives or self._gap or self._killed:
            return
        self._world.count(gap)
        self._world.say(self.name, f"is {gap} for {seconds:.0f} s")
        self._gap, self._gap_began, self._wakes_at = gap, self._world.time, self._world.time + seconds
        self.gaps.append((self._gap_began, self._wakes_at))
        self._world.at(self._wakes_at, self._wake)

    def interrupt(self) -> None:
        """Send it a signal."""
        if self.lives and not self._killed:
            self._world.count("signal")
            self._world.say(self.name, "gets a signal")
            self.inbox.on_signal(signal.SIGINT)
            self._woken = True
            if self._waiting and not self._gap:
                self._resume()

    def step_wall(self, seconds: float) -> None:
        """Set its wall clock to another time."""
        self._world.count("step of wall time")
        self._world.say(self.name, f"has its wall clock set by {seconds:+.0f} s")
        self.wall_step_s += seconds

    def step(self) -> None:
        """Note a step; what was to happen at this one happens."""
        self.steps += 1
        if act := self.at_step.pop(self.steps, None):
            act()
            if self._gap:
                self._mid_step = True
                self._yield()
                self._mid_step = False
        if self._killed:
            raise Killed

    def die(self) -> None:
        """Count as killed from here on; the present step raises."""
        self._world.count("killed")
        self._world.say(self.name, "is killed")
        self._killed = True

    # Calls

    def now(self) -> float:
        """Return the monotonic clock of its machine."""
        return self._world.time - self._slept

    def wall(self) -> float:
        """Return the wall clock of its machine."""
        return EPOCH + self._world.time + self.wall_step_s

    def free(self, lane: Lane) -> int:
        """Return how many calls a lane takes without letting them wait."""
        return LANES[lane] - self._under_way[lane]

    def start(self, lane: Lane, about: Any, call: Callable[[], Any]) -> None:
        """Begin a call; it waits for its turn in its lane."""
        self.step()
        world = self._world
        latency_s = self.random.uniform(0.2, 1.8) * self._latency_s
        sent_at = max(world.time, self._workers[lane][0])
        heapq.heapreplace(self._workers[lane], sent_at + latency_s)
        self._under_way[lane] += 1
        told_at = sent_at - self._slept
        flight = _Flight(lane=lane, about=about, call=call, sent_at=sent_at, latency_s=latency_s, told_at=told_at)
        world.at(sent_at + latency_s / 2, partial(self._execute, flight))
        self.step()

    def wait(self, seconds: float) -> list[Reply]:
        """Hand back the turn until there are replies, or the time has passed; return the replies."""
        if self._killed:
            raise Killed
        if not self._mailbox and not self._woken:
            self._deadline = self.now() + max(seconds, _MOMENT_S)
            self._wake_at_deadline()
            self._waiting = True
            self._yield()
            self._waiting = False
            self._waits += 1
        self._woken = False
        if self._killed:
            raise Killed
        replies, self._mailbox = self._mailbox, []
        for reply in replies:
            self._under_way[reply.lane] -= 1
        return replies

    def _execute(self, flight: _Flight) -> None:
        world = self._world
        if self._killed or self.ended:
            if flight.sent_at <= self._over_at and self.random.random() < 0.5:
                world.count("call of an ended process taken")
                self._made(flight)
            return
        if self._gap and flight.sent_at >= self._gap_began:  # it was not sent yet
            flight.sent_at = self._wakes_at
            world.at(self._wakes_at + flight.latency_s / 2, partial(self._execute, flight))
            return
        if self._gap == "asleep":
            self._break(flight)
            return
        reply = self._made(flight)
        world.at(world.time + flight.latency_s / 2, partial(self._deliver, reply))

    def _break(self, flight: _Flight) -> None:
        """Let a call be under way when the machine falls asleep."""
        world = self._world
        fate = self.random.choice(("taken", "taken later", "not taken"))
        world.count(f"call {fate} while its process sleeps")
        if fate == "taken later":
            flight.sent_at = self._wakes_at
            world.at(self._wakes_at + flight.latency_s / 2, partial(self._execute, flight))
            return
        if fate == "taken":
            self._made(flight)
        error = ServiceError("the connection was closed", fault=Fault.AMBIGUOUS)
        reply = Reply(lane=flight.lane, about=flight.about, error=error, sent_at=flight.told_at)
        world.at(self._wakes_at, partial(self._deliver, reply))

    def _made(self, flight: _Flight) -> Reply:
        try:
            value = flight.call()
        except ServiceError as error:
            return Reply(lane=flight.lane, about=flight.about, error=error, sent_at=flight.told_at)
        return Reply(lane=flight.lane, about=flight.about, value=value, sent_at=flight.told_at)

    def _deliver(self, reply: Reply) -> None:
        if self._killed or self.ended:
            return
        self._mailbox.append(reply)
        if self._waiting and not self._gap:
            self._resume()

    def _wake_at_deadline(self) -> None:
        waits = self._waits
        self._world.at(self._world.time + self._deadline - self.now(), partial(self._on_deadline, waits))

    def _on_deadline(self, waits: int) -> None:
        if self._waiting and waits == self._waits and not self._gap and self.lives:
            self._resume()

    def _wake(self) -> None:
        if self._gap is None or self.ended:
            return
        if self._gap == "asleep":
            self._slept += self._world.time - self._gap_began
        self._gap = None
        self._world.say(self.name, "goes on")
        if self._mid_step or (self._waiting and (self._mailbox or self._woken or self.now() >= self._deadline)):
            self._resume()
        elif self._waiting:
            self._wake_at_deadline()

    # Whose turn it is

    def _resume(self) -> None:
        self._go.release()
        self._world.turn.acquire()

    def _yield(self) -> None:
        self._world.turn.release()
        self._go.acquire()

    @property
    def _over_at(self) -> float:
        return self.ended.at if self.ended else self._world.time

    def _main(self) -> None:
        self._go.acquire()
        try:
            code, said = self._work(self)
        except Killed:
            code, said = -9, "killed"
        except BaseException as error:  # noqa: BLE001  whatever it is, it is judged
            code, said = -1, f"{type(error).__name__}: {error}"
        self.ended = Ended(code=code, said=said, at=self._world.time)
        self._world.say(self.name, f"ends with {code}: {said}")
        self.then()
        self._world.turn.release()
