"""What must never be, whatever happens: the promise of the documentation, word by word."""

from collections.abc import Iterator

from tests.model.member import Member
from tests.model.service import SUCCEEDED, id_of
from tests.model.steps import Scenario, Steps, World


def broken_claims(steps: Steps, before: World, after: World) -> Iterator[str]:
    """Yield the claims that a step has broken, each in a sentence."""
    yield from after.broken
    for number, one in enumerate(after.copies):
        if one.job is None and (one.ending or one.reason):
            yield f"{id_of(number)}, which is not of this run, is ended"
    members = [steps.member(one) for one in after.members]
    for who, (was, now) in enumerate(zip(before.members, after.members, strict=True)):
        if was != now and members[who].outcome == "succeeded" and members[who].phase == "ended":
            yield from _wrong_success(steps.scenario, after, who)
    if all(one.phase in ("off", "ended") for one in members) and any(one.phase == "ended" for one in members):
        yield from _wrong_end(steps, after, members)


def _wrong_success(scenario: Scenario, world: World, who: int) -> Iterator[str]:
    """Yield what is wrong with a process that says that the run has succeeded."""
    for job in (one.name for one in scenario.plan.jobs):
        copies = [one for one in world.copies if one.job == job]
        if not any(one.state == SUCCEEDED for one in copies):
            yield f"{'ABC'[who]} says that the run has succeeded, and {job} has not"
    for number, one in enumerate(world.copies):
        if one.alive and one.answered and one.maker == who:
            yield f"{'ABC'[who]} says that the run has succeeded, and {id_of(number)}, whose id it had, goes on"


def _wrong_end(steps: Steps, world: World, members: list[Member]) -> Iterator[str]:
    """Yield what is wrong once every process has ended by itself."""
    for job in (one.name for one in steps.scenario.plan.jobs):
        copies = [(id_of(number), one) for number, one in enumerate(world.copies) if one.job == job]
        alive = [job_id for job_id, one in copies if one.alive]
        succeeded = [job_id for job_id, one in copies if one.state == SUCCEEDED]
        if (len(alive) > 1 or (alive and succeeded)) and not steps.scenario.late:
            yield f"all have ended, and {job} runs twice: {', '.join([*succeeded, *alive])}"
        if not (alive or succeeded or world.failed):
            yield f"all have ended, nothing has failed, and {job} is lost"
    if not world.failed:
        for who, one in enumerate(members):
            if one.phase == "ended" and one.outcome != "succeeded":
                yield f"nothing has failed, and {'ABC'[who]} ends with: {one.outcome}"
