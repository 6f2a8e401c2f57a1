"""Jobs that are RUNNABLE and get no machine: since when, when that is said, and when they are ended.

AWS Batch gives no time for it, so a follower counts from its own first sight, or from that of an earlier follower which
the journal has, if the job has not run in between. Pure but for its state; times are in seconds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.stuck_advice import ENDED_AS_STUCK, stuck_advice
from kedro_batch.text.escaping import LONGEST_REASON, one_line
from kedro_batch.text.wording import duration

_TOLD_AT = 2
"""At which sight a reason is told: one may be gone at the next (nextflow-io/nextflow#7479)."""
_NOTICES_APART = 6
"""After how many times ``until_stuck_s`` a queue and a reason are shown again."""
_NORMAL_FOR = 3
"""For how many times ``until_stuck_s`` waiting without a reason is not worth a line."""
_IN_THE_WAY = re.compile(r"\b(?:MISCONFIGURATION|CAPACITY):")
"""How AWS Batch begins the reasons that it knows (user guide, "Jobs stuck in a RUNNABLE status")."""
_CODE = re.compile(r"\b(?:MISCONFIGURATION|CAPACITY):\w*")
_ASKS_FOR_ACTION = re.compile(r"\bACTION_REQUIRED\b")
"""Likewise, of a queue whose compute environments are invalid: told as early, and never why a job is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSight:
    """When a job was first seen without a machine and with a reason.

    Attributes:
        job_id: Its id.
        attempts: How many of its attempts had begun: it has run since if there are more.
        since: When, seconds since the epoch.
        reason: What AWS Batch said when it was seen last, in one bounded line.
    """

    job_id: JobId
    attempts: int
    since: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What follows from a look at a RUNNABLE job.

    Attributes:
        message: What is to be said.
        first_sight: What is to be recorded, at the first sight with a reason, and with another one.
        cleared: A recorded first sight counts no more.
        end_because: Why it is to be ended now.
    """

    message: str | None = None
    first_sight: FirstSight | None = None
    cleared: bool = False
    end_because: str | None = None


@dataclass(slots=True, kw_only=True)
class _Wait:
    """What is known of one job that waits.

    Attributes:
        job_id: Its id.
        attempts: How many of its attempts had begun.
        runnable_since: Since when it is RUNNABLE, on the clock of this process; perhaps before its start.
        since: Since when AWS Batch says what is in the way, likewise.
        in_the_way: AWS Batch says it.
        sights: How often this was seen.
        end_asked_at: When it was to be ended.
        recorded: The reason that the journal has.
    """

    job_id: JobId
    attempts: int
    runnable_since: float
    since: float
    in_the_way: bool
    sights: int = 0
    end_asked_at: float = float("-inf")
    recorded: str = ""


class StuckJobs:
    """The jobs that wait for a machine."""

    def __init__(
        self,
        until_stuck_s: float,
        *,
        stuck_after_s: float | None = None,
        recorded: Mapping[JobName, FirstSight] | None = None,
    ) -> None:
        """Begin with none.

        Args:
            until_stuck_s: A job that is RUNNABLE for so long, with a reason that is not known here, is judged stuck.
            stuck_after_s: A job that is RUNNABLE for so long, with a reason that is known, is to be ended; None: never.
            recorded: What earlier followers have seen, as the journal has it.
        """
        self._until_stuck_s = until_stuck_s
        self._stuck_after_s = stuck_after_s
        self._recorded = dict(recorded or {})
        self._waits: dict[JobName, _Wait] = {}
        self._shown_at: dict[tuple[str, str], float] = {}

    def discard(self, job: JobName) -> bool:
        """Record that a job is not RUNNABLE; True if a first sight of it may be recorded, which counts no more."""
        wait, recorded = self._waits.pop(job, None), self._recorded.pop(job, None)
        return bool(recorded or (wait and wait.in_the_way))

    def judge(  # noqa: PLR0913  what is seen, where and when
        self, job: JobName, detail: JobDetail, queue: str, now: float, wall: float, *, others_at_work: bool
    ) -> Judgement:
        """Record that a job is RUNNABLE, and judge it.

        Args:
            job: The job.
            detail: What the service says of it.
            queue: Its queue.
            now: The time, on the clock of this process.
            wall: The time, seconds since the epoch.
            others_at_work: Some job is at work, so that the turn of this one may just not have come.
        """
        reason, before = shown_reason(detail), self._waits.get(job)
        in_the_way, recorded = names_what_is_in_the_way(detail), self._recorded.pop(job, None)
        wait = self._waits[job] = _wait(before, recorded, detail, now, wall, in_the_way=in_the_way)
        wait.sights += 1
        after_s = self._stuck_after_s
        return Judgement(
            message=self._message(job, queue, reason, wait, now, others_at_work=others_at_work),
            first_sight=_to_record(wait, reason, now, wall),
            cleared=not in_the_way and bool(recorded or (before and before.in_the_way)),
            end_because=f"RUNNABLE for more than {duration(after_s)}: {reason}"
            if after_s is not None and self._is_to_end(wait, after_s, now)
            else None,
        )

    def _is_to_end(self, wait: _Wait, after_s: float, now: float) -> bool:
        if not wait.in_the_way or wait.sights < _TOLD_AT or now - wait.since < after_s:
            return False
        if now - wait.end_asked_at < _NOTICES_APART * self._until_stuck_s:
            return False
        wait.end_asked_at = now
        return True

    def _message(  # noqa: PLR0913  what is seen, where and when
        self, job: JobName, queue: str, reason: str, wait: _Wait, now: float, *, others_at_work: bool
    ) -> str | None:
        waited_s = now - wait.runnable_since
        if wait.in_the_way or _ASKS_FOR_ACTION.search(reason):
            due = wait.sights >= _TOLD_AT
        else:
            normal_s = self._until_stuck_s * (1 if reason else _NORMAL_FOR)
            due = waited_s >= normal_s and (bool(reason) or not others_at_work)
        shown = (queue, _kind_of(reason))
        if not due or now - self._shown_at.get(shown, float("-inf")) < _NOTICES_APART * self._until_stuck_s:
            return None
        self._shown_at[shown] = now
        began = f"{job} waits for a machine in {queue}, RUNNABLE for {duration(waited_s)}"
        if not reason:
            return (
                f"{began}, and no job of the run has one. AWS Batch gives no reason, so it is most likely busy: that "
                f"is normal. If it lasts: {stuck_advice(None)}"
            )
        return f"{began}: {reason}. {_capitalised(stuck_advice(reason))}"


def _wait(  # noqa: PLR0913  what was known, and what is seen
    before: _Wait | None,
    recorded: FirstSight | None,
    detail: JobDetail,
    now: float,
    wall: float,
    *,
    in_the_way: bool,
) -> _Wait:
    """Return what is known of a job that is seen RUNNABLE: as before, or that it waits anew."""
    job_id, attempts = detail.job_id, detail.attempts_begun
    same_wait = before is not None and (before.job_id, before.attempts) == (job_id, attempts)
    if before and same_wait and before.in_the_way is in_the_way:
        return before
    since, sights, known = now, 0, ""
    if recorded and in_the_way and (recorded.job_id, recorded.attempts) == (job_id, attempts):
        # No journal and no clock can make a job wait for longer than it is there.
        since, sights = now - max(0.0, wall - max(recorded.since, _queued_at(detail))), 1
        known = recorded.reason
    runnable_since = min(since, before.runnable_since if before and same_wait else now)
    return _Wait(
        job_id=job_id,
        attempts=attempts,
        runnable_since=runnable_since,
        since=since,
        in_the_way=in_the_way,
        sights=sights,
        recorded=known,
    )


def _to_record(wait: _Wait, reason: str, now: float, wall: float) -> FirstSight | None:
    """Return what the journal is to have of a wait, if it does not have it."""
    if not wait.in_the_way or wait.recorded == reason:
        return None
    wait.recorded = reason
    since = wall - (now - wait.since)
    return FirstSight(job_id=wait.job_id, attempts=wait.attempts, since=since, reason=reason)


def shown_reason(detail: JobDetail) -> str:
    """Return what the service says of a job, in one bounded line; empty if nothing."""
    return one_line(detail.reason.strip().rstrip("."), LONGEST_REASON)


def names_what_is_in_the_way(detail: JobDetail) -> bool:
    """True if a job is RUNNABLE, and AWS Batch says what keeps it from getting a machine."""
    return detail.state is JobState.RUNNABLE and bool(_IN_THE_WAY.search(detail.reason))


def _kind_of(reason: str) -> str:
    """Return what is the same in two reasons of one kind: their code, or the words without numbers."""
    code = _CODE.search(reason)
    return code[0] if code else re.sub(r"\d+", "#", reason)


def reason_to_end(because: str) -> str:
    """Return the reason with which a job is ended that is stuck: what AWS Batch said is in it."""
    return f"{ENDED_AS_STUCK}{because}"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _queued_at(detail: JobDetail) -> float:
    """Return when a job came into the queue at the earliest, seconds since the epoch: made, or tried in vain, then."""
    ended = [one.get("stoppedAt") for one in detail.reply.get("attempts") or ()]
    times = [detail.created_at_ms, *(one for one in ended if isinstance(one, int))]
    return max(times) / 1000
