"""Visit every state of a scenario, the nearest first, and tell the shortest way to one that breaks a claim."""

from dataclasses import dataclass

from tests.model.claims import broken_claims
from tests.model.member import Member
from tests.model.service import strangers_copy
from tests.model.steps import Scenario, Steps, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a search has seen.

    Attributes:
        states: How many states.
        steps: How many steps from one to another.
        depth: How many steps the farthest one is away.
        complete: No step leads any further.
        broken: The claims that are broken in the end; none if all hold.
        story: The shortest way there.
    """

    states: int
    steps: int
    depth: int
    complete: bool
    broken: tuple[str, ...] = ()
    story: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Tell it in lines."""
        figures = f"{self.states:,} states, {self.steps:,} steps, {self.depth} deep{', all' if self.complete else ''}"
        lines = [f"{number:3} {line}" for number, line in enumerate(self.story, 1)]
        return "\n".join([figures, *lines, *(f"  ! {one}" for one in self.broken)])


def search(scenario: Scenario, depth: int | None = None) -> Searched:
    """Search a scenario.

    Args:
        scenario: What is possible.
        depth: How many steps at most; None for those of the scenario.
    """
    steps = Steps(scenario)
    first = World(
        copies=tuple(map(strangers_copy, scenario.strangers)),
        members=tuple(steps.number(Member()) for _ in scenario.modes),
        losses=scenario.losses,
        kills=scenario.kills,
        failures=scenario.failures,
        begins=scenario.begins,
    )
    came: dict[World, tuple[World, str] | None] = {first: None}
    frontier = [first]
    done = count = 0
    limit = scenario.depth if depth is None else depth
    while frontier and done < limit:
        done += 1
        found: list[World] = []
        for world in frontier:
            for story, after in steps.next(world):
                count += 1
                if after in came:
                    continue
                came[after] = (world, story)
                found.append(after)
                claims = (one for one in broken_claims(steps, world, after) if not any(map(one.count, scenario.allows)))
                if broken := tuple(claims):
                    return Searched(
                        states=len(came),
                        steps=count,
                        depth=done,
                        complete=False,
                        broken=broken,
                        story=_way(came, after),
                    )
        frontier = found
    return Searched(states=len(came), steps=count, depth=done, complete=not frontier)


def _way(came: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    story: list[str] = []
    while one := came[world]:
        world, line = one
        story.append(line)
    return tuple(reversed(story))
