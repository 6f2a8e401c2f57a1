"""When a run is compared with the service once more, because others may have worked on it. Pure but for its state.

A process may stand still while another one takes the run up: ``StillnessWatch`` notices it. ``StockTaking`` says when
to take stock. ``with_what_is_to_run`` and ``jobs_of_others`` judge what was found. Times are in seconds.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kedro_batch.plan.model import JobName, Parents
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import NEW, WITHOUT_ID, JobRecord, JobState
from kedro_batch.submitter.reconcile.merge import Records, propagate_failures
from kedro_batch.submitter.service.limits import SLOW_S, SLOW_WRITE_S, STILL_S, SUBMIT_RATE, VISIBLE_AFTER_S


class StillnessWatch:
    """Notices that the process stood still between two turns of a loop: it was stopped, or the machine slept.

    A process that is stopped while it writes cannot be told from a slow disk. Such a write counts as standing still if
    it took much longer than any before, and else at most once in SLOW_WRITE_S, so that a slow disk holds up no run.
    """

    def __init__(self, now: float, wall: float, allowed_s: float = 0.0) -> None:
        """Begin at this time, on both clocks, a turn that may take so long."""
        self._slowest_s, self._doubted_at = 0.0, -math.inf
        self.start(now, wall, allowed_s)

    def start(self, now: float, wall: float, allowed_s: float = 0.0) -> None:
        """Begin a turn that may take so long."""
        self._now, self._wall, self._allowed_s, self._doubtful_s = now, wall, allowed_s, 0.0

    def wrote(self, began: float, now: float) -> None:
        """Record that all the time since ``began`` went into writing, or into a stop meanwhile."""
        took_s = now - began
        self._allowed_s += took_s
        usual = took_s <= 2 * self._slowest_s and now - self._doubted_at < SLOW_WRITE_S
        self._slowest_s = max(self._slowest_s, took_s)
        if took_s > STILL_S and not usual:
            self._doubted_at, self._doubtful_s = now, took_s

    def still_s(self, now: float, wall: float) -> float:
        """Return how long the process has stood still in this turn; 0 where that cannot be told from work.

        While a process is stopped, both clocks go on; while a machine sleeps, only the wall clock does. A step of the
        wall clock forwards looks like sleep: it costs one look at the run.
        """
        monotonic_s, wall_s = now - self._now, wall - self._wall
        still_s = max(monotonic_s - self._allowed_s, wall_s - monotonic_s, self._doubtful_s)
        return still_s if still_s > STILL_S else 0.0


class StockTaking:
    """When to compare a run with the service again.

    Attributes:
        others_may_submit: Another process may submit jobs of this run, or a job may have been sent twice.
        at_once: Something was found that makes it necessary now.
    """

    def __init__(self, *, adopts: bool, others_may_submit: bool, waits_at_end: bool) -> None:
        """Begin before the first look.

        Args:
            adopts: Jobs can be found by their names; without that there is nothing to look at.
            others_may_submit: Another process may know the run.
            waits_at_end: The run is not over before it was looked at once more.
        """
        self._adopts = adopts
        self._waits_at_end = waits_at_end
        self.others_may_submit = others_may_submit
        self.at_once = False
        self._looked_at = -math.inf
        self._again = False
        self._end_unseen = True

    def looked(self, began: float, *, again: bool, live: bool) -> None:
        """Record a look.

        Args:
            began: When it began.
            again: What it found makes another one necessary.
            live: Some job is alive: the end of the run is still to be looked at.
        """
        self._looked_at = began
        self._again = again
        self._end_unseen = live
        self.at_once = False

    def due_at(self, last_sent: float, *, over: bool, live: bool) -> float:
        """Return when to take stock; minus infinity for now, infinity for never, as far as is known.

        It is looked at as soon as even the last submission is visible, and once more when all jobs have ended: a
        second job for a node may have come meanwhile, or may have been visible later than it should.

        Args:
            last_sent: When the last reply to a submission came.
            over: Nothing is left to follow, so that the command ends after it.
            live: Some job is alive.
        """
        if self.at_once:
            return -math.inf
        if not (self._adopts and self.others_may_submit) or (over and not self._waits_at_end):
            return math.inf
        visible_at = last_sent + VISIBLE_AFTER_S
        if self._again:  # what others submitted just before the look may not have been visible in it
            return max(visible_at, self._looked_at + VISIBLE_AFTER_S)
        if self._looked_at < visible_at:
            return visible_at
        return -math.inf if self._end_unseen and not live else math.inf


@dataclass(kw_only=True)
class Answers:
    """The replies to the submissions of a run.

    Attributes:
        first: When the first one came.
        last: When the last one came.
        number: How many came.
    """

    first: float = math.inf
    last: float = -math.inf
    number: int = 0

    def add(self, now: float) -> None:
        """Know of one more, that came now."""
        self.first, self.last = min(self.first, now), now
        self.number += 1

    @property
    def took_long(self) -> bool:
        """True if they took so long that another process may have taken the run up, and ended, in the meantime."""
        return self.last - self.first > SLOW_S + self.number / (SUBMIT_RATE / 2)


def with_what_is_to_run(
    parents: Parents, found: Records, before: Records, named: Collection[JobName] = ()
) -> dict[JobName, JobRecord]:
    """Return what was found of a run, without forgetting which jobs this process was about to run again.

    Journal and service know an earlier submission of them, or that they were blocked. One that was lost may have come
    back: it goes on, or has succeeded, and does not run again.

    Args:
        parents: The plan.
        found: The record of every job that may have been submitted.
        before: What this process knew.
        named: Jobs that the user wants to run again even though they have succeeded.
    """
    result = dict(found)
    for job, known in before.items():
        one = found.get(job, NEW)
        to_run = known.state in WITHOUT_ID and known.state is not JobState.UNCONFIRMED
        was_blocked = one.state is JobState.NOT_RUN and one.job_id is None
        came_back = one.live or (one.state is JobState.SUCCEEDED and job not in named)
        if to_run and not came_back and (one.submission < known.submission or was_blocked):
            result[job] = JobRecord(submission=known.submission)
    return propagate_failures(parents, result)


def jobs_of_others(found: Records, before: Records, known: Collection[JobId]) -> list[JobName]:
    """Return the jobs that have an id which this process neither got nor looked up, parents first.

    Args:
        found: The records after looking.
        before: The records before it.
        known: Ids that this process knows.
    """
    unconfirmed = {job for job, one in before.items() if one.state is JobState.UNCONFIRMED}
    return [job for job, one in found.items() if one.job_id and one.job_id not in known and job not in unconfirmed]


def ids_in(records: Mapping[JobName, JobRecord]) -> set[JobId]:
    """Return the ids in these records."""
    return {one.job_id for one in records.values() if one.job_id}
