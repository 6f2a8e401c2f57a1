"""The critical path of a run as it was: from the job that ended last, back to the parent that ended last, and so on.

Pure. The steps of the path follow each other without a gap: each begins when the one before it ended, the first one
when the run began. So their seconds add up to those of the run, until its last job ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kedro_batch.review.report.phases import Phase
from kedro_batch.review.report.timeline import Attempt
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.run_history import SubmissionKey

_RETRIED = "retried"
"""In place of RUNNING, of an attempt that was followed by another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One job on the critical path, and what it did since the step before it ended. The seconds add up to ``seconds``.

    Attributes:
        job: The job.
        submission: Which submission of it.
        state: How it ended.
        begin: When the step before it ended, or the run began; seconds since the epoch.
        end: When it ended.
        unsubmitted_s: How long it was not yet submitted: ``apply`` was sending jobs, or the run waited for ``resume``.
        capacity_s: How long it waited for a machine and its container, before every attempt.
        starting_s: How long of that its container was being started, where a follower saw it; not part of the former.
        retried_s: How long attempts ran that were followed by another one.
        run_s: How long its last attempt ran.
        unknown_s: The rest: what it did then is not recorded.
    """

    job: str
    submission: int
    state: JobState
    begin: float
    end: float
    unsubmitted_s: float
    capacity_s: float
    starting_s: float
    retried_s: float
    run_s: float
    unknown_s: float

    @property
    def seconds(self) -> float:
        """How long the step took."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalPath:
    """The critical path of a run.

    Attributes:
        steps: Its jobs, the first one first; empty if no end of a job is recorded.
        is_complete: The end of every job above one on the path is recorded: no other parent can have ended later.
    """

    steps: tuple[PathStep, ...] = ()
    is_complete: bool = True


def walk_back(
    stops: Mapping[SubmissionKey, float], above: Mapping[SubmissionKey, Sequence[SubmissionKey]]
) -> tuple[tuple[SubmissionKey, ...], bool]:
    """Return what ended last, before it the one above it that ended last, and so on; the first one first.

    Of several that ended at once, the one with the smallest name counts.

    Args:
        stops: When each ended, as far as that is known.
        above: What each waited for.

    Returns:
        The path, and whether the end of everything above it is known.
    """
    path: list[SubmissionKey] = []
    passed: set[SubmissionKey] = set()
    complete = True
    candidates = list(stops)
    while candidates:
        last = min(candidates, key=lambda one: (-stops[one], one))
        path.append(last)
        passed.add(last)
        every = above.get(last, ())
        # A clock that was set back must not lead round in a circle.
        candidates = [one for one in every if one in stops and one not in passed]
        complete = complete and all(one in stops for one in every)
    return tuple(reversed(path)), complete


def build_critical_path(
    attempts: Sequence[Attempt],
    parents: Mapping[SubmissionKey, Sequence[SubmissionKey]],
    stops: Mapping[SubmissionKey, float],
    began_at: float,
) -> CriticalPath:
    """Return the critical path of a run.

    Args:
        attempts: Its timeline.
        parents: The submissions that each submission waited for.
        stops: When each ended, as far as that is recorded.
        began_at: When the run began.
    """
    # A later submission of a job waited for the earlier one, too: nobody resumes what has not failed.
    earlier = {key: (key[0], key[1] - 1) for key in parents}
    above = {key: (*some, *([earlier[key]] if earlier[key] in stops else [])) for key, some in parents.items()}
    path, complete = walk_back(stops, above)
    by_key: dict[SubmissionKey, list[Attempt]] = {}
    for one in attempts:
        by_key.setdefault(one.key, []).append(one)
    steps: list[PathStep] = []
    begin = min(began_at, stops[path[0]]) if path else began_at
    for key in path:
        end = max(begin, stops[key])
        steps.append(_step(by_key[key], begin, end))
        begin = end
    return CriticalPath(steps=tuple(steps), is_complete=complete)


def _step(attempts: Sequence[Attempt], begin: float, end: float) -> PathStep:
    first, last = attempts[0], attempts[-1]
    intervals = [(number, one) for number, attempt in enumerate(attempts, 1) for one in attempt.intervals]
    spent = dict.fromkeys((*Phase, _RETRIED), 0.0)
    at = begin
    if first.created_at is not None:
        # The machine that ran it may have another clock than the service: it was submitted before it started.
        at = max(begin, min(first.created_at, end, *(one.start for _, one in intervals)))
    unsubmitted = at - begin
    for number, one in intervals:
        what = _RETRIED if one.phase is Phase.RUNNING and number < len(attempts) else one.phase
        since, until = max(at, one.start), min(end, one.stop)
        if until > since:  # no second counts twice, whatever the clocks say
            spent[what] += until - since
            at = until
    told = (spent[what] for what in (Phase.CAPACITY, Phase.STARTING, _RETRIED, Phase.RUNNING))
    capacity, starting, retried, run = told
    return PathStep(
        job=first.job,
        submission=first.submission,
        state=last.state,
        begin=begin,
        end=end,
        unsubmitted_s=unsubmitted,
        capacity_s=capacity,
        starting_s=starting,
        retried_s=retried,
        run_s=run,
        unknown_s=max(0.0, end - begin - unsubmitted - capacity - starting - retried - run),
    )
