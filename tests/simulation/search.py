"""Simulate one seed."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

from tests.simulation.command import Command, Word
from tests.simulation.commands import work
from tests.simulation.judge import Judge
from tests.simulation.process import Process
from tests.simulation.scenario import Actor, Scenario, Trouble, draw_scenario
from tests.simulation.world import HungError, World

_MEMORY = Path("/dev/shm")  # noqa: S108  a journal is written and synced at every step: on a disk, that is all one sees
_CLOSES_AFTER_S = 60.0
_CLOSINGS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What a seed has shown.

    Attributes:
        seed: The seed.
        kind: The kind of the seed.
        broken: What does not hold: the promise, and how it was broken.
        twice: How many nodes ran twice, by cause.
        faults: How often what went wrong.
        story: What happened, line by line.
        hours: How long it took, in virtual hours.
        versions: The data versions under which all nodes have succeeded, and all that they waited for.
    """

    seed: int
    kind: str
    broken: tuple[str, ...]
    twice: dict[str, int]
    faults: dict[str, int]
    story: tuple[str, ...]
    hours: float
    versions: tuple[str, ...] = ()

    def without_story(self) -> "Simulated":
        """Return it without its story, which is told by simulating it again."""
        return replace(self, story=())


def simulate(seed: int, adapt: Callable[[Scenario], Scenario] = lambda scenario: scenario) -> Simulated:
    """Simulate what a seed draws; ``adapt`` may change that first."""
    scenario = adapt(draw_scenario(Random(seed)))  # noqa: S311  no secret is made of it
    world = World(seed)
    judge = Judge(world, scenario)
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        try:
            _Play(world, scenario, Path(folder), judge).play()
        except HungError as error:
            judge.broken.append(f"hung: {error}")
        finally:
            for process in judge.processes:
                process.kill()
    return Simulated(
        seed=seed,
        kind=scenario.kind,
        broken=tuple(judge.broken),
        twice=judge.twice,
        faults=world.faults,
        story=tuple(world.story),
        hours=world.time / 3600,
        versions=judge.versions(),
    )


@dataclass(frozen=True, slots=True)
class _Play:
    """One seed while it is simulated."""

    world: World
    scenario: Scenario
    folder: Path
    judge: Judge

    def play(self) -> None:
        """Let all processes begin, and then others that resume the run, until it is done."""
        world, actors = self.world, self.scenario.actors
        self._tell()
        self.judge.add_decoys()
        world.service.configure(self.scenario.service)
        for at, change in self.scenario.changes:
            world.at(at, partial(_change, world, change))
        before: Process | None = None
        for name, actor in zip("ABCDEFGH", actors, strict=False):
            process = self._process(name, actor)
            if actor.follows and before:
                before.then = partial(self._begin_after, process, actor, before.then)
            else:
                world.at(actor.begins_at, partial(_begin, world, process, actor))
            before = process
        world.run()
        for number in range(_CLOSINGS):
            if self.judge.all_done():
                break
            journal = actors[number % len(actors)].command.journal
            command = Command(word=Word.RESUME, journal=journal)
            actor = Actor(command=command, begins_at=0, follows=False, latency_s=0.1)
            process = self._process(f"Z{number + 1}", actor)
            world.at(world.time + _CLOSES_AFTER_S, partial(_begin, world, process, actor))
            world.run()
        self.judge.at_the_end()

    def _process(self, name: str, actor: Actor) -> Process:
        do = work(self.world, self.scenario, self.folder, actor.command)
        process = Process(self.world, name, do, actor.latency_s)
        self.judge.processes.append(process)
        process.then = partial(self.judge.on_end, process, actor.command)
        return process

    def _begin_after(self, process: Process, actor: Actor, then: Callable[[], None]) -> None:
        then()
        self.world.at(self.world.time + actor.begins_at, partial(_begin, self.world, process, actor))

    def _tell(self) -> None:
        say, scenario = self.world.say, self.scenario
        say("seed", f"{scenario.kind}, run {scenario.run_id}")
        say("plan", ", ".join(f"{job.name}({' '.join(job.depends_on)})" for job in scenario.plan.jobs))
        say("service", f"{ {field: value for field, value in scenario.service.items() if value} }")
        say("wire", f"{scenario.faults}")


def _begin(world: World, process: Process, actor: Actor) -> None:
    for trouble in actor.troubles:
        if trouble.at_s is None:
            process.at_step[trouble.step] = partial(_trouble, process, trouble, at_step=True)
        else:
            world.at(world.time + trouble.at_s, partial(_trouble, process, trouble, at_step=False))
    process.begin()


def _trouble(process: Process, trouble: Trouble, *, at_step: bool) -> None:
    match trouble.what:
        case "kill":
            if at_step:
                process.die()
            else:
                process.kill()
        case "signal":
            process.interrupt()
        case "wall":
            process.step_wall(trouble.seconds)
        case "stopped":
            process.suspend("stopped", trouble.seconds)
        case _:
            process.suspend("asleep", trouble.seconds)


def _change(world: World, change: dict[str, object]) -> None:
    for what in change:
        world.count(f"service: {what}")
    world.say("service", f"changes: {change}")
    world.service.configure(change)
