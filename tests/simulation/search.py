"""Simulate one seed."""

import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tests.simulation.commands import Command, Word, work
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
    """

    seed: int
    kind: str
    broken: tuple[str, ...]
    twice: dict[str, int]
    faults: dict[str, int]
    story: tuple[str, ...]
    hours: float


def simulate(seed: int) -> Simulated:
    """Simulate what a seed draws."""
    random = Random(seed)  # noqa: S311  nothing secret
    scenario = draw_scenario(random)
    world = World(seed, random)
    folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
    judge = Judge(world, scenario)
    try:
        _play(world, scenario, folder, judge)
    except HungError as error:
        judge.broken.append(f"hung: {error}")
    finally:
        for process in judge.processes:
            process.kill()
        shutil.rmtree(folder)
    return Simulated(
        seed=seed,
        kind=scenario.kind,
        broken=tuple(judge.broken),
        twice=judge.twice,
        faults=world.faults,
        story=tuple(world.story),
        hours=world.time / 3600,
    )


def _play(world: World, scenario: Scenario, folder: Path, judge: Judge) -> None:
    _tell(world, scenario)
    judge.add_decoys()
    world.service.configure(scenario.service)
    for at, change in scenario.changes:
        world.at(at, partial(_change, world, change))
    before: Process | None = None
    for number, actor in enumerate(scenario.actors):
        process = _process(world, scenario, folder, judge, actor, f"{'ABCDEFGH'[number]}")
        if actor.follows and before:
            before.then = partial(_begin_after, world, process, actor, before.then)
        else:
            world.at(actor.begins_at, partial(_begin, world, process, actor))
        before = process
    world.run()
    for number in range(_CLOSINGS):
        if judge.all_done():
            break
        journal = scenario.actors[number % len(scenario.actors)].command.journal
        command = Command(word=Word.RESUME, journal=journal)
        actor = Actor(command=command, begins_at=0, follows=False, latency_s=0.1)
        process = _process(world, scenario, folder, judge, actor, f"Z{number + 1}")
        world.at(world.time + _CLOSES_AFTER_S, partial(_begin, world, process, actor))
        world.run()
    judge.at_the_end()


def _process(
    world: World, scenario: Scenario, folder: Path, judge: Judge, actor: Actor, name: str
) -> Process:
    do = work(world, folder, scenario.plan, scenario.run_id, actor.command, scenario.faults)
    process = Process(world, name, do, actor.latency_s)
    judge.processes.append(process)
    process.then = partial(judge.on_end, process, actor.command)
    return process


def _begin_after(world: World, process: Process, actor: Actor, then: partial[None]) -> None:
    then()
    world.at(world.time + actor.begins_at, partial(_begin, world, process, actor))


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


def _tell(world: World, scenario: Scenario) -> None:
    world.say("seed", f"{scenario.kind}, run {scenario.run_id}")
    world.say("plan", ", ".join(f"{job.name}({' '.join(job.depends_on)})" for job in scenario.plan.jobs))
    world.say("service", f"{ {field: value for field, value in scenario.service.items() if value} }")
    world.say("wire", f"{scenario.faults}")
