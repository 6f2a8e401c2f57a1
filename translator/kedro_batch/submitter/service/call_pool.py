"""Make calls beside the run, in threads, and tell the time.

A run decides alone, in one thread. Calls to the service, which take time, go on beside it in lanes, so that one kind of
call never waits behind another. A simulation replaces all of this by a clock of its own.
"""

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from kedro_batch.errors import ServiceError
from kedro_batch.submitter.inbox import Inbox


class Lane(StrEnum):
    """The kinds of calls, which do not wait for each other."""

    SUBMIT = "submit"
    DESCRIBE = "describe"
    LIST = "list"
    TERMINATE = "terminate"
    LOG = "log"

    @property
    def service(self) -> str:
        """What its calls go to."""
        return "CloudWatch Logs" if self is Lane.LOG else "AWS Batch"


_SETTLE_S = 0.02


class WaitedFor:
    """What a call is about whose reply one stage waits for; any other stage that gets it drops it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a call ended.

    Attributes:
        lane: Its lane.
        about: What ``start`` was given to recognise it.
        value: What it returned.
        error: Why it failed.
        sent_at: When it was sent, on the clock of ``now``.
    """

    lane: Lane
    about: Any
    value: Any = None
    error: ServiceError | None = None
    sent_at: float

    @property
    def is_left_over(self) -> bool:
        """True, outside of the stage that waited for it, if that stage was broken off, or has given up."""
        return isinstance(self.about, WaitedFor)


class Calls(Protocol):
    """Time, and calls that go on beside the run."""

    def now(self) -> float:
        """Return seconds on a clock that only goes forward."""

    def wall(self) -> float:
        """Return seconds since the epoch."""

    def free(self, lane: Lane) -> int:
        """Return how many calls a lane takes now without letting them wait."""

    def start(self, lane: Lane, about: Any, call: Callable[[], Any]) -> None:
        """Start a call."""

    def wait(self, seconds: float) -> list[Reply]:
        """Wait for replies, or until the run is woken, at most so long; return the replies."""


LANES: Mapping[Lane, int] = {Lane.SUBMIT: 32, Lane.DESCRIBE: 1, Lane.LIST: 1, Lane.TERMINATE: 4, Lane.LOG: 2}
"""Calls at once. 32 submissions reach 50 a second up to a latency of 600 ms."""


class ThreadedCalls:
    """Calls in threads, on the clock of this machine.

    The threads are daemons: a call that is never answered does not keep the program from ending.
    """

    def __init__(self, inbox: Inbox, lanes: Mapping[Lane, int] = LANES) -> None:
        """Begin without threads; each lane starts them as it needs them."""
        self._inbox = inbox
        self._lanes = lanes
        self._under_way: Counter[Lane] = Counter()
        self._threads: Counter[Lane] = Counter()
        self._tasks: dict[Lane, queue.SimpleQueue[tuple[Any, Callable[[], Any]]]] = {
            lane: queue.SimpleQueue() for lane in lanes
        }
        self._ended: deque[Reply | BaseException] = deque()

    def now(self) -> float:
        """Return seconds on the monotonic clock of this machine."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def free(self, lane: Lane) -> int:
        """Return how many calls a lane takes now without letting them wait."""
        return self._lanes[lane] - self._under_way[lane]

    def start(self, lane: Lane, about: Any, call: Callable[[], Any]) -> None:
        """Start a call."""
        self._under_way[lane] += 1
        if self._threads[lane] < min(self._lanes[lane], self._under_way[lane]):
            self._threads[lane] += 1
            threading.Thread(target=self._work, args=(lane,), daemon=True, name=f"{lane}").start()
        self._tasks[lane].put((about, call))

    def wait(self, seconds: float) -> list[Reply]:
        """Wait for replies, or until the run is woken, at most so long; return the replies."""
        if not self._ended and seconds > 0:
            self._inbox.wait(seconds)
        replies = []
        while self._ended:
            one = self._ended.popleft()
            if isinstance(one, BaseException):
                raise one
            self._under_way[one.lane] -= 1
            replies.append(one)
        return replies

    def _work(self, lane: Lane) -> None:
        while True:
            about, call = self._tasks[lane].get()
            self._ended.append(self._made(lane, about, call))
            self._inbox.wake()

    def _made(self, lane: Lane, about: Any, call: Callable[[], Any]) -> Reply | BaseException:
        sent_at = self.now()
        try:
            return Reply(lane=lane, about=about, value=call(), sent_at=sent_at)
        except ServiceError as error:
            return Reply(lane=lane, about=about, error=error, sent_at=sent_at)
        except BaseException as error:  # noqa: BLE001  a bug of ours: it is raised where the run can end for it
            return error


class InlineCalls:
    """Calls that are made at once, for an engine of this process."""

    def __init__(self, inbox: Inbox) -> None:
        """Begin with no call."""
        self._inbox = inbox
        self._ended: deque[Reply] = deque()

    def now(self) -> float:
        """Return seconds on the monotonic clock of this machine."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def free(self, lane: Lane) -> int:
        """Return how many calls a lane takes before their replies are handled: others have their turn between."""
        return LANES[lane] - len(self._ended)

    def start(self, lane: Lane, about: Any, call: Callable[[], Any]) -> None:
        """Make a call at once."""
        sent_at = self.now()
        try:
            self._ended.append(Reply(lane=lane, about=about, value=call(), sent_at=sent_at))
        except ServiceError as error:
            self._ended.append(Reply(lane=lane, about=about, error=error, sent_at=sent_at))

    def wait(self, seconds: float) -> list[Reply]:
        """Return the replies, or wait until the run is woken, at most so long."""
        if not self._ended and seconds > 0 and self._inbox.wait(seconds):
            time.sleep(_SETTLE_S)  # what changes together is seen together
        replies = list(self._ended)
        self._ended.clear()
        return replies
