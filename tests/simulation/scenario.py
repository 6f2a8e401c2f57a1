"""What a seed draws: a plan, the service, the commands, and what happens to each."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import Any

from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import RunId
from tests.simulation.command import Command, Word
from tests.simulation.wire import Faults
from tests.support.simulation import plan_of

SHOWN_WITHIN_S = 15.0
"""As late as ListJobs and DescribeJobs may show a job, as the project assumes."""
_DAY_S = 24 * 3600.0
_RACES = 0.5
"""How many of several processes at once have the same data version, and as much to submit as to lose."""


class Kind(StrEnum):
    """Kinds of seeds, by what is promised."""

    ALONE = "one process after another"
    TOGETHER = "several at once"
    LATE = "jobs are shown later than assumed"
    REPEATED = "something repeats requests on their way"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What happens to a process once.

    Attributes:
        what: kill, signal, stopped, asleep, or wall.
        at_s: When, after its begin; None at a step.
        step: At which of its steps, counted from 1.
        seconds: How long, or by how much.
    """

    what: str
    at_s: float | None = None
    step: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A process.

    Attributes:
        command: What it does.
        begins_at: When; after the one before it has ended, where ``follows``.
        follows: It begins only then.
        latency_s: Of its calls, in the mean.
        troubles: What happens to it.
    """

    command: Command
    begins_at: float
    follows: bool
    latency_s: float
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a seed has drawn.

    Attributes:
        kind: What is promised.
        plan: The plan.
        run_id: The run.
        service: The configuration of the service.
        changes: What changes there, and when.
        faults: What goes wrong between a process and it.
        actors: The processes.
        fails: The jobs that fail by themselves, always.
    """

    kind: Kind
    plan: Plan
    run_id: RunId
    service: dict[str, Any]
    changes: tuple[tuple[float, dict[str, Any]], ...]
    faults: Faults
    actors: tuple[Actor, ...]
    fails: frozenset[str] = field(default_factory=frozenset)


def draw_scenario(random: Random) -> Scenario:
    """Draw a scenario."""
    kind = random.choices(list(Kind), weights=[40, 40, 13, 7])[0]
    jobs = random.choice((1, 2, 3, 3, 4, 5, 6, 8, 12, 30))
    names = [f"n{number:02}" for number in range(jobs)]
    above = {
        name: " ".join(sorted(random.sample(names[:number], min(number, random.choice((0, 1, 1, 2))))))
        for number, name in enumerate(names)
    }
    fails = frozenset(name for name in names if random.random() < 0.06)
    chosen = random.choice(("ci-1", "ci-1", "250615-145320-k3f7"))
    service = _draw_service(random, kind, names, fails)
    slack = max(0.5, SHOWN_WITHIN_S - 2.5 - service["list_delay_s"])
    faults = Faults(
        unreachable=random.choice((0.0, 0.0, 0.1)),
        late=random.choice((0.0, 0.0, 0.1, 0.3)),
        latest_s=slack,
        repeated=random.choice((0.1, 0.3)) if kind is Kind.REPEATED else 0.0,
    )
    actors = _draw_actors(random, kind, made=chosen != "ci-1")
    if kind is Kind.TOGETHER and random.random() < _RACES:
        service |= {
            "run_s": random.choice((10.0, 60.0, 300.0)),
            "terminate_s": random.choice((30.0, 90.0)),
            "slots": None,
        }
        actors = _draw_race(random)
    return Scenario(
        kind=kind,
        plan=plan_of(above, attempts=random.choice((1, 1, 3))),
        run_id=RunId(chosen),
        service=service,
        changes=_draw_changes(random),
        faults=faults,
        actors=actors,
        fails=fails,
    )


def _draw_service(random: Random, kind: Kind, names: list[str], fails: frozenset[str]) -> dict[str, Any]:
    within = SHOWN_WITHIN_S - 3.0
    delays = (0.0, random.uniform(0, 3), random.uniform(0, within))
    late = kind is Kind.LATE
    service: dict[str, Any] = {
        "list_delay_s": random.uniform(20, 40) if late else random.choice(delays),
        "describe_delay_s": random.choice(delays),
        "submitted_s": random.choice((0.0, 1.0)),
        "start_s": random.choice((0.02, 1.0, 20.0)),
        "run_s": random.choice((0.1, 5.0, 30.0, 300.0)),
        "durations": {name: random.uniform(0.1, 60) for name in names if random.random() < 0.3},
        "terminate_s": random.choice((0.1, 5.0, 30.0, 90.0)),
        "cancel_s": random.choice((0.0, 2.0)),
        "dependents_fail_after_s": random.choice((0.0, 3.0)),
        "slots": random.choice((None, None, 1, 3)),
        "fail": dict.fromkeys(sorted(fails), 1),
        "spot": {name: 1 for name in names if random.random() < 0.1},
        "keep_bodies": False,
    }
    if random.random() < 0.6:
        for fault in ("lost_replies", "cut_replies", "error_before", "error_after"):
            service[fault] = random.choice((0.0, 0.0, 0.1, 0.3))
        others = ["DescribeJobs", "ListJobs"] if random.random() < 0.2 else []
        service["faulty"] = ["SubmitJob", *others]
    if random.random() < 0.2:
        service["throttle"] = {"rate": random.choice((1, 5)), "burst": 2}
    return service


def _draw_changes(random: Random) -> tuple[tuple[float, dict[str, Any]], ...]:
    changes: list[tuple[float, dict[str, Any]]] = []
    at = random.uniform(0, 60)
    if random.random() < 0.1:
        changes.append((at, {"definitions": {"a_definition": 4}}))
    if random.random() < 0.1:
        changes.append((at, {"down": [[at, at + random.choice((2.0, 60.0))]]}))
    if random.random() < 0.1:
        changes.append((at, {"expired": [[at, at + random.choice((2.0, 60.0))]]}))
    return tuple(changes)


def _draw_actors(random: Random, kind: Kind, *, made: bool) -> tuple[Actor, ...]:
    together = kind is Kind.TOGETHER or (kind is Kind.LATE and random.random() < 0.5)
    count = random.choice((2, 2, 3)) if together else random.choice((1, 2, 2, 3))
    first = Word.APPLY if made and not together else Word.APPLY_ID
    actors = [_draw_actor(random, _draw_command(random, first, 0), begins_at=0.0, follows=False)]
    for number in range(1, count):
        words = [Word.APPLY_ID, Word.RESUME, Word.WAIT, Word.CANCEL]
        word = random.choices(words, weights=[4, 6, 1, 1])[0]
        journal = number if together else random.choice((0, 0, number))
        if together:
            gap = random.choice((0.0, random.uniform(0, 2), random.uniform(0, 30), random.uniform(0, 300)))
        else:
            gap = random.choice((0.5, 20.0, 100.0, random.uniform(0, 4000), random.uniform(0, 2 * _DAY_S)))
        command = _draw_command(random, word, journal)
        actors.append(_draw_actor(random, command, begins_at=gap, follows=not together))
    return tuple(actors)


def _draw_race(random: Random) -> tuple[Actor, ...]:
    """Draw two or three processes of which each submits what the others have not submitted yet."""
    actors = [_draw_actor(random, Command(word=Word.APPLY_ID, journal=0, rate=0.5), begins_at=0.0, follows=False)]
    for number in range(1, random.choice((2, 3, 3))):
        command = Command(word=Word.RESUME, journal=number, rate=random.choice((None, 0.5, 2.0)))
        actors.append(_draw_actor(random, command, begins_at=random.uniform(1, 40), follows=False))
    return tuple(one if random.random() < 0.3 else replace(one, troubles=()) for one in actors)


def _draw_command(random: Random, word: Word, journal: int) -> Command:
    detach = word not in (Word.WAIT, Word.CANCEL) and random.random() < 0.1
    return Command(word=word, journal=journal, rate=random.choice((None, None, 0.5, 2.0)), detach=detach)


def _draw_actor(random: Random, command: Command, *, begins_at: float, follows: bool) -> Actor:
    troubles = tuple(_draw_trouble(random) for _ in range(random.choice((0, 1, 1, 2))))
    latency_s = random.choice((0.05, 0.2, 1.0))
    return Actor(command=command, begins_at=begins_at, follows=follows, latency_s=latency_s, troubles=troubles)


def _draw_trouble(random: Random) -> Trouble:
    what = random.choices(("kill", "signal", "stopped", "asleep", "wall"), weights=[30, 10, 15, 30, 10])[0]
    seconds = random.choice((3.0, 20.0, 100.0, 4000.0, random.uniform(0, 2 * _DAY_S)))
    if what == "wall":
        seconds = random.choice((-3600.0, -5.0, 5.0, 3600.0, 5 * 3600.0))
    at_s = random.choice((None, random.uniform(0, 3), random.uniform(0, 20), random.uniform(0, 200)))
    return Trouble(what=what, at_s=at_s, step=random.randint(1, 60), seconds=seconds)
