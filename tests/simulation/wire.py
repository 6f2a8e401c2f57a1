"""What goes wrong between a process and the service."""

from dataclasses import dataclass
from random import Random
from typing import Any

from kedro_batch.errors import Fault, ServiceError
from tests.simulation.world import Made, World
from tests.support.simulation import InProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Probabilities for each call of SubmitJob; times in seconds.

    Attributes:
        unreachable: No connection could be opened: it was not executed.
        late: The connection breaks, and it is executed later.
        latest_s: How much later at most.
        repeated: It is executed twice, and the process gets the reply to the first one.
        misjudged: What is not known of a call is called "not executed": a fault of ours, which has to be found.
    """

    unreachable: float = 0.0
    late: float = 0.0
    latest_s: float = 0.0
    repeated: float = 0.0
    misjudged: bool = False


class Wire(InProcess):
    """The engine of one process; it notes which jobs the process has made."""

    def __init__(self, world: World, process: str, faults: Faults, random: Random) -> None:
        """Connect a process with the service of the world."""
        super().__init__(world.service)
        self._world = world
        self._process = process
        self._wrong = faults
        self._random = random
        self._may_list = False

    def _asked_once(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        self._world.forget_old_jobs()
        if operation != "SubmitJob":
            reply = super()._asked_once(operation, body)
            shown = any(one["jobId"] in self._world.made for one in reply.get("jobSummaryList", ()))
            if shown and self._may_list:
                self._world.shown.setdefault(self._process, self._world.time)
            self._may_list |= operation == "ListJobs"  # the first one only asks whether it may (``check_lookups``)
            return reply
        world, wrong, draw = self._world, self._wrong, self._random.random()
        if draw < wrong.unreachable:
            world.count("unreachable")
            raise ServiceError("no connection", fault=Fault.UNREACHABLE)
        if draw < wrong.unreachable + wrong.late:
            world.count("submission executed late")
            world.at(world.time + self._random.uniform(0, wrong.latest_s), lambda: self._take(body, "late "))
            raise ServiceError("the connection was closed", fault=Fault.AMBIGUOUS)
        if self._random.random() < wrong.repeated:
            world.count("submission repeated on its way")
            world.at(world.time + self._random.uniform(0, 5), lambda: self._take(body, "once more ", repeated=True))
        known = len(world.service.jobs.by_id)
        try:
            return super()._asked_once(operation, body)
        except ServiceError as error:
            world.count(f"SubmitJob {error.fault}")
            if wrong.misjudged and error.fault is Fault.AMBIGUOUS:
                raise ServiceError(error.problem, fault=Fault.UNREACHABLE) from error
            raise
        finally:
            self._note(known, "")

    def _take(self, body: dict[str, Any], how: str, *, repeated: bool = False) -> None:
        known = len(self._world.service.jobs.by_id)
        self._world.service.answer("SubmitJob", body)
        self._note(known, how, repeated=repeated)

    def _note(self, known: int, how: str, *, repeated: bool = False) -> None:
        for job_id, job in list(self._world.service.jobs.by_id.items())[known:]:
            self._world.made[job_id] = Made(by=self._process, repeated=repeated)
            self._world.say("service", f"takes {job.name} {how}from {self._process}: {job_id[:8]}")
