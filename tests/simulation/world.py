"""The clock, the service, and who is next: exactly one thread of a simulation runs at any moment."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from threading import Lock

from tests.support.standin.config import Config
from tests.support.standin.service import Service

EPOCH = 1_750_000_000.0
LONGEST_S = 20 * 24 * 3600.0
MOST_EVENTS = 20_000
FORGETS_AFTER_S = 24 * 3600.0


class HungError(Exception):
    """The simulation does not come to an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Which process asked for a job of the service, and why it is there."""

    by: str
    repeated: bool = False
    """Nobody asked for it a second time: something between process and service did."""


class World:
    """What all processes of a simulation have in common."""

    def __init__(self, seed: int) -> None:
        """Begin at the time zero, with a service of which nothing is configured."""
        self.time = 0.0
        self.seed = seed
        self.random = Random(f"{seed} world")  # noqa: S311  no secret is made of it
        self.service = Service(Config(seed=seed), clock=lambda: self.time, epoch=EPOCH)
        self.story: list[str] = []
        self.faults: dict[str, int] = {}
        self.made: dict[str, Made] = {}
        self.shown: dict[str, float] = {}
        """When each process was first shown a job of the run."""
        self.turn = Lock()
        """Released by a process that hands back its turn."""
        self.turn.acquire()
        self._agenda: list[tuple[float, float, int, Callable[[], object]]] = []
        self._numbers = 0

    def at(self, time: float, act: Callable[[], object]) -> None:
        """Let something happen at a time; what happens at the same time has a random order."""
        self._numbers += 1
        heapq.heappush(self._agenda, (max(time, self.time), self.random.random(), self._numbers, act))

    def run(self) -> None:
        """Let everything happen.

        Raises:
            HungError: There is no end to it.
        """
        events = 0
        while self._agenda:
            self.time, _, _, act = heapq.heappop(self._agenda)
            events += 1
            if self.time > LONGEST_S or events > MOST_EVENTS:
                raise HungError(f"no end after {events} events")
            act()

    def say(self, who: str, what: str) -> None:
        """Add a line to the story."""
        self.story.append(f"{self.time:12.3f} {who:10} {what}")

    def count(self, fault: str) -> None:
        """Count something that went wrong."""
        self.faults[fault] = self.faults.get(fault, 0) + 1

    def forget_old_jobs(self) -> None:
        """Forget what has ended a day ago."""
        self.service.jobs.advance(self.time)
        for job in self.service.jobs.by_id.values():
            if not job.forgotten and job.stopped is not None and self.time - job.stopped > FORGETS_AFTER_S:
                job.forgotten = True
                self.count("job forgotten")
                self.say("service", f"forgets {job.name}")
