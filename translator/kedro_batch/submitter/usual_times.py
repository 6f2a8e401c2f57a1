"""How long the jobs of a plan usually run: what earlier runs in the journal tell of it.

A plan and the times of jobs in earlier runs come in; how long each job ran there, and how many ran at once, go out.
Earlier runs are those of the same engine that had the same plan, or one of the same project, pipelines and environment;
their jobs count by name. Only the beginning of a plan is read, and of its jobs only times: no events.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from statistics import median

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.origin import origin_of
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import JournalView
from kedro_batch.submitter.submission_rows import JobTimes

_RUNS = 10
"""Earlier runs that are read: more tell little more, and their data were others."""
_LOOKED_AT = 200
"""Runs of the journal that may be of other projects."""
_RUNS_FOR_SLOTS = 3
"""Earlier runs that tell how many jobs run at once: who has asked for more machines wants to see it."""
ALL_QUEUES = ""
"""Stands for the queue of each job where there is none: on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualTimes:
    """How long the jobs of a plan ran in earlier runs.

    Attributes:
        runs: How many earlier runs tell of these jobs.
        times: The run times of the jobs that have succeeded there, in seconds, the newest first.
        queues: The queue of each job of the plan.
        slots: How many jobs of a queue ran at once at most, in the newest runs and in this one; a queue that none has
            used is missing.
        start_s: How long a job takes to start once its parents have ended and there is room for it.
    """

    runs: int
    times: Mapping[JobName, Sequence[float]]
    queues: Mapping[JobName, str]
    slots: Mapping[str, int]
    start_s: float = 0.0

    @property
    def seconds(self) -> dict[JobName, float]:
        """The usual run time of each job that has succeeded in earlier runs: the median."""
        return {job: median(times) for job, times in self.times.items()}


def read_usual_times(journal: JournalView, entry: RunEntry, plan: Plan) -> UsualTimes | None:
    """Return how long the jobs of a run usually run; None if no earlier run tells of any.

    Args:
        journal: The journal.
        entry: The run.
        plan: Its plan.
    """
    earlier = (journal.job_times(one.run) for one in _earlier_runs(journal, entry, plan))
    told = list(islice(filter(_has_times, earlier), _RUNS))
    return usual_times(plan, told, journal.job_times(entry.run), one_queue=entry.engine == "local")


def _earlier_runs(journal: JournalView, entry: RunEntry, plan: Plan) -> Iterator[RunEntry]:
    """Yield the runs before a run that had such a plan, the newest first."""
    before = [one for one in journal.runs() if one.engine == entry.engine and one.run != entry.run]
    before = [one for one in before if one.began_at <= entry.began_at]
    origin = origin_of(plan)
    same_plan = {entry.digest, entry.plan_digest}
    is_same = dict.fromkeys(same_plan, True)
    for one in before[: -_LOOKED_AT - 1 : -1]:
        if one.digest not in is_same:
            is_same[one.digest] = journal.plan_origin(one.run) == origin
        if is_same[one.digest] or one.plan_digest in same_plan:
            yield one


def _has_times(jobs: Sequence[JobTimes]) -> bool:
    return any(one.succeeded for one in jobs)


def usual_times(
    plan: Plan, earlier: Sequence[Sequence[JobTimes]], current: Sequence[JobTimes], *, one_queue: bool = False
) -> UsualTimes | None:
    """Return how long the jobs of a plan usually run; None if no earlier run tells of any. Pure.

    Args:
        plan: The plan.
        earlier: When the jobs of earlier runs ran, the newest run first.
        current: When those of this run did that have ended.
        one_queue: The queues that the plan names are not used.
    """
    queues = {job.name: ALL_QUEUES if one_queue else job.settings.job_queue or ALL_QUEUES for job in plan.jobs}
    parents = plan.parents
    known = [[one for one in jobs if one.job in queues] for jobs in earlier]
    known = [jobs for jobs in known if _has_times(jobs)]
    times: defaultdict[JobName, list[float]] = defaultdict(list)
    for jobs in known:
        for one in jobs:
            if one.succeeded:
                times[one.job].append(one.stopped_at - one.started_at)
    if not times:
        return None
    slots: dict[str, int] = {}
    delays: list[float] = []
    for run in (*known[:_RUNS_FOR_SLOTS], [one for one in current if one.job in queues]):
        of_queue: defaultdict[str, list[JobTimes]] = defaultdict(list)
        for one in run:
            of_queue[queues[one.job]].append(one)
        ended = {one.job: one.stopped_at for one in run}
        for queue, jobs in of_queue.items():
            at_once = _most_at_once(jobs)
            slots[queue] = max(slots.get(queue, 0), at_once)
            delays += _start_delays(jobs, parents, ended, at_once)
    start_s = median(delays) if delays else 0.0
    return UsualTimes(runs=len(known), times=dict(times), queues=queues, slots=slots, start_s=start_s)


def _most_at_once(jobs: Sequence[JobTimes]) -> int:
    """Return how many of some jobs ran at once at most."""
    ends = [(one.started_at, 1) for one in jobs] + [(one.stopped_at, -1) for one in jobs]
    return max(accumulate(change for _, change in sorted(ends)), default=0)


def _start_delays(
    jobs: Sequence[JobTimes],
    parents: Mapping[JobName, Sequence[JobName]],
    ended: Mapping[JobName, float],
    slots: int,
) -> Iterator[float]:
    """Yield how long each job of a queue took to start, from when its parents had ended and a slot was free for it.

    The first slots are free from the beginning. Each later job, in the order of their starts, has the slot that was the
    next to be left.
    """
    left = sorted(one.stopped_at for one in jobs)
    for number, one in enumerate(sorted(jobs, key=lambda one: one.started_at)):
        if one.created_at is not None and all(parent in ended for parent in parents[one.job]):
            ready_at = max([one.created_at, *(ended[parent] for parent in parents[one.job])])
            free_at = left[number - slots] if number >= slots else ready_at
            yield max(0.0, one.started_at - max(ready_at, free_at))
