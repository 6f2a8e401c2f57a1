"""Find the nodes of which two jobs ran, and say why: what is never allowed, and what is only found afterwards."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.simulation.process import Process
from tests.simulation.scenario import SHOWN_WITHIN_S, Kind
from tests.simulation.world import FORGETS_AFTER_S, World
from tests.support.standin.jobs import Job, Status

_LONG_GAP_S = 300.0


class Cause(StrEnum):
    """Why two jobs of one node ran."""

    ALONE = "one process submitted both"
    TAKEN_UP = "the first one was shown when the second process began"
    SLEPT = "the first one was shown when the second process woke up"
    FORGOTTEN = "the first one had succeeded and was forgotten"
    AT_ONCE = "two processes at once"
    AFTER_DUPLICATE = "again, after two processes had made a job each"
    OTHER_VERSION = "the first one saved under the data version of a run that was begun twice at once"
    UNKNOWABLE = "all of the run was forgotten, and the second process had no journal"
    LATE = "shown later than assumed"
    REPEATED = "repeated on its way"


NEVER = frozenset({Cause.ALONE, Cause.TAKEN_UP, Cause.SLEPT, Cause.FORGOTTEN})
"""What may never be, whatever goes wrong; the others are found afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleRun:
    """Two jobs of one node that both ran, of which the second should not have been."""

    first: Job
    second: Job
    cause: Cause


def double_runs(
    world: World, kind: Kind, copies: Mapping[str, Sequence[Job]], processes: Mapping[str, Process]
) -> Iterator[DoubleRun]:
    """Yield the nodes that ran twice: the second job was taken while the first one was alive or had succeeded.

    Args:
        world: Who made the jobs.
        kind: What is promised.
        copies: The jobs of each node, the oldest first.
        processes: All processes, by name.
    """
    for jobs in copies.values():
        ran = [job for job in jobs if has_run(job)]
        for number, second in enumerate(ran):
            first = next((one for one in ran[:number] if _stands(one, second.taken)), None)
            if first is not None:
                cause = _cause(world, kind, first, second, processes, others=len(jobs) > 2)
                yield DoubleRun(first=first, second=second, cause=cause)


def has_run(job: Job) -> bool:
    """Tell whether a job has cost something."""
    return job.started is not None or any(one.started is not None for one in job.tries)


def _stands(job: Job, at: float) -> bool:
    return job.status is Status.SUCCEEDED or job.stopped is None or job.stopped > at


def _cause(  # noqa: PLR0911, PLR0913  one for each cause
    world: World, kind: Kind, first: Job, second: Job, processes: Mapping[str, Process], *, others: bool
) -> Cause:
    made, also = world.made[second.id], world.made[first.id]
    if made.repeated or also.repeated:
        return Cause.REPEATED
    if first.stopped is not None and second.taken - first.stopped > FORGETS_AFTER_S:
        if _version(second) < _version(first) and (kind is Kind.LATE or _begun_twice(world, first, second, processes)):
            return Cause.OTHER_VERSION  # replaced, whether it is remembered or not
        return Cause.FORGOTTEN if _knowable(world, first, second, processes) else Cause.UNKNOWABLE
    if kind is Kind.LATE:
        return Cause.LATE
    if kind is Kind.REPEATED:
        return Cause.REPEATED if others else Cause.ALONE
    if made.by == also.by:
        replaced = _begun_twice(world, first, second, processes)
        return Cause.OTHER_VERSION if replaced else Cause.AFTER_DUPLICATE if others else Cause.ALONE
    if _begun_twice(world, first, second, processes):
        return Cause.OTHER_VERSION
    process, shown_at = processes[made.by], first.taken + SHOWN_WITHIN_S
    if process.began_at is not None and shown_at < process.began_at:
        return Cause.TAKEN_UP
    gaps = [(began, ended) for began, ended in process.gaps if ended - began >= _LONG_GAP_S]
    if any(shown_at < ended <= second.taken for _, ended in gaps):
        return Cause.SLEPT
    return Cause.AT_ONCE


def _knowable(world: World, first: Job, second: Job, processes: Mapping[str, Process]) -> bool:
    """Tell whether it could be known that the first job was forgotten.

    Not if somebody without a journal began the run anew when all of it was forgotten, and went on until the second job;
    nor if all was forgotten when somebody resumed a journal in which the node had failed, or woke up, and another
    machine, with a journal of its own, had run it.
    """
    jobs = [world.service.jobs.by_id[job_id] for job_id in world.made]
    process = processes[world.made[second.id].by]
    woke = [ended for _, ended in process.gaps if first.taken < ended <= second.taken]
    began = max(process.began_at or 0.0, *woke, 0.0)
    is_own = world.made[first.id].by == process.name or first.id in process.known_ids
    of_others = not is_own and (first.label in process.submissions or bool(woke))
    if of_others and not any(one.taken < began and _remembered(one, began) for one in jobs):
        return False
    for later in jobs:
        process = processes[world.made[later.id].by]
        began = _knows_from(world, process)
        if not first.taken < began <= later.taken <= second.taken or process.has_journal:
            continue
        known = [one for one in jobs if one.taken < began and _remembered(one, began)]
        if not known:
            return False
    return True


def _begun_twice(world: World, first: Job, second: Job, processes: Mapping[str, Process]) -> bool:
    """Tell whether two jobs are of two versions because a run was begun twice, by somebody who could not know better.

    The later version was given to it before the first job of the run was shown, or after all of them were forgotten.
    A job that has waited for one of another version is of that one too: it may have read what was not there yet.
    """
    versions = {*versions_above(world, first), _version(second)}
    if len(versions) < 2:
        return False
    jobs = [world.service.jobs.by_id[job_id] for job_id in world.made]
    oldest = {version: next(one for one in jobs if _version(one) == version) for version in versions}
    began = max(oldest.values(), key=lambda one: one.taken)
    known_from = _knows_from(world, processes[world.made[began.id].by])
    before = [one for one in jobs if one.taken + SHOWN_WITHIN_S < known_from]
    return not any(_remembered(one, known_from) for one in before)


def _knows_from(world: World, process: Process) -> float:
    """Return when a process began to look at the run: when it began, or woke up before it knew of any job."""
    made = [world.service.jobs.by_id[job_id].taken for job_id, one in world.made.items() if one.by == process.name]
    first = min([*made, world.shown.get(process.name, math.inf)], default=math.inf)
    return max([process.began_at or 0.0, *(ended for _, ended in process.gaps if ended < first)])


def _remembered(job: Job, at: float) -> bool:
    return job.stopped is None or job.stopped + FORGETS_AFTER_S >= at


def versions_above(world: World, job: Job) -> set[str]:
    """Give the data versions of a job and of all that it has waited for."""
    by_id = world.service.jobs.by_id
    above, to_see = {job.id}, [job]
    while to_see:
        found = {one["jobId"] for one in to_see.pop().request.get("dependsOn", ())} - above
        above |= found
        to_see += [by_id[one] for one in found]
    return versions_of(by_id[one] for one in above)


def _version(job: Job) -> str:
    variables = job.request.get("containerOverrides", {}).get("environment", [])
    return next((str(one["value"]) for one in variables if one["name"] == "KEDRO_BATCH_VERSION"), "")


def versions_of(jobs: Iterable[Job]) -> set[str]:
    """Give the data versions of some jobs."""
    return {_version(one) for one in jobs}
