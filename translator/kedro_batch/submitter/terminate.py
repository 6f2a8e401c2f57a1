"""Terminate jobs on the service: beside the loop of a run, or outside of it, waiting until they have ended.

Always TerminateJob(s), never CancelJob, which leaves started jobs running.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from signal import Signals

from kedro_batch.errors import ServiceError
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_state import CANCEL_REASON, ENDED, JobRecord, JobState
from kedro_batch.submitter.service.api import Engine, JobDetail, Terminated
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.limits import TERMINATE_AGAIN_S, TERMINATE_BURST, TERMINATE_JOBS, TERMINATE_RATE
from kedro_batch.submitter.service.local_process import GRACE_S
from kedro_batch.submitter.service.rate_limit import Bucket
from kedro_batch.submitter.stuck_jobs import names_what_is_in_the_way
from kedro_batch.text.escaping import one_line
from kedro_batch.text.wording import counted, listed

_POLLS_S = (1.0, 1.0, 2.0, 4.0, 8.0)
_LEFT_S = 0.05
"""Between two looks at processes of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of jobs that were waited for.

    Attributes:
        left: Those that have not ended.
        succeeded: Those that have succeeded, so that terminating them came too late.
    """

    left: tuple[JobId, ...] = ()
    succeeded: tuple[JobId, ...] = ()


class JobTerminator:
    """Terminates jobs beside the loop, one call at a time.

    What has not ended after a while is terminated once more, as ``wait_until_ended`` does: what took the call may not
    have been AWS.
    """

    def __init__(self, context: RunContext) -> None:
        """Begin with nothing to terminate."""
        self._context = context
        self._bucket = Bucket(TERMINATE_RATE, TERMINATE_BURST, context.calls.now())
        self._ids: dict[JobId, str] = {}
        self._stuck = set[JobId]()
        self._asked: dict[JobId, str] = {}
        self._refused: dict[JobId, str] = {}
        self._again: dict[JobId, tuple[float, str]] = {}
        self._asking = False

    def terminate(self, ids: Sequence[JobId], reason: str) -> None:
        """Terminate these jobs soon, for this reason."""
        self._ids.update(dict.fromkeys(ids, reason))
        self._stuck.difference_update(ids)
        for job_id in ids:
            self._again.pop(job_id, None)

    def call_off(self, record: JobRecord) -> None:
        """Terminate a job soon that was called off, if the service has it: why, its record says."""
        if record.job_id:
            cancelled = record.state is JobState.CANCELLED
            not_started = f"kedro-batch: not started, because {record.blocked_by} failed"
            self.terminate([record.job_id], CANCEL_REASON if cancelled else not_started)

    def end_stuck(self, stuck: Mapping[JobId, str]) -> None:
        """Terminate these jobs soon, each for its reason, unless they get a machine before that."""
        new = {job_id: reason for job_id, reason in stuck.items() if job_id not in self._ids}
        self._ids.update(new)
        self._stuck.update(new)

    @property
    def idle(self) -> bool:
        """True if nothing is to be terminated or under way; what may have to be done once more does not count."""
        return not (self._ids or self._asking)

    def act(self, now: float) -> None:
        """Make the next call, if there is one and the rate allows it."""
        if self._asking or now < self._retry_at:
            return
        if self._ids and self._bucket.try_acquire(now):
            reason = next(iter(self._ids.values()))
            ids = [job_id for job_id, given in self._ids.items() if given == reason]
            self._asked = dict.fromkeys(ids, reason)
            self._asking = True
            call = partial(self._context.engine.terminate_jobs, ids, reason)
            if stuck := [job_id for job_id in ids if job_id in self._stuck]:
                call = partial(_end_stuck, self._context.engine, stuck[:TERMINATE_JOBS], reason)
            self._context.calls.start(Lane.TERMINATE, None, call)
        elif not self._ids and now >= self._again_at and self._bucket.try_acquire(now):
            reason = next(reason for at, reason in self._again.values() if now >= at)
            ids = [job_id for job_id, (at, given) in self._again.items() if now >= at and given == reason]
            self._asked = dict.fromkeys(ids[:TERMINATE_JOBS], reason)
            self._asking = True
            call = partial(_terminate_again, self._context.engine, tuple(self._asked), reason)
            self._context.calls.start(Lane.TERMINATE, None, call)

    def next_at(self, now: float) -> float:
        """Return when there is something to do, apart from replies."""
        if not (self._ids or self._again) or self._asking:
            return float("inf")
        due_at = now if self._ids else self._again_at
        return max(due_at, self._retry_at, now + self._bucket.wait_s(now))

    def on_reply(self, reply: Reply, now: float) -> None:
        """Handle a reply; a refusal concerns these jobs alone (``pop_refused``).

        Raises:
            ServiceError: The service has not answered for too long.
        """
        self._asking = False
        if reply.error and not reply.error.passing:
            self._leave({job_id: str(reply.error) for job_id in self._asked})
            return
        if reply.error:
            self._context.backoff.on_failure(Lane.TERMINATE, reply.error, now)
            return
        self._context.backoff.on_success(Lane.TERMINATE)
        for job_id in reply.value.done:
            if job_id in self._ids and self._ids[job_id] != self._asked.get(job_id):
                continue  # called off meanwhile: as one that was stuck it may have been let go on
            if job_id in self._again or job_id not in self._stuck:
                self._again[job_id] = (now + TERMINATE_AGAIN_S, self._asked[job_id])
            self._ids.pop(job_id, None)
            self._stuck.discard(job_id)
        for job_id in reply.value.ended:
            self._again.pop(job_id, None)
        self._leave(reply.value.failed)

    def _leave(self, refused: Mapping[JobId, str]) -> None:
        _warn(self._context, refused)
        self._refused.update(refused)
        for job_id in refused:
            self._ids.pop(job_id, None)
            self._again.pop(job_id, None)

    def pop_refused(self) -> Mapping[JobId, str]:
        """Return the jobs that cannot be terminated, each with the reason, and only once."""
        refused, self._refused = self._refused, {}
        return refused

    @property
    def _again_at(self) -> float:
        return min((at for at, _ in self._again.values()), default=float("inf"))

    @property
    def _retry_at(self) -> float:
        return self._context.backoff.retry_at(Lane.TERMINATE)


def _end_stuck(engine: Engine, ids: Sequence[JobId], reason: str) -> Terminated:
    """Terminate those of these jobs that wait in vain for a machine even now; the others are let go on."""
    described = engine.describe_jobs(ids)
    waiting = [one.job_id for one in described if names_what_is_in_the_way(one)]
    others = tuple(job_id for job_id in ids if job_id not in waiting)
    if not waiting:
        return Terminated(done=others, failed={})
    ended = engine.terminate_jobs(waiting, reason)
    return Terminated(done=(*others, *ended.done), failed=ended.failed)


def _terminate_again(engine: Engine, ids: Sequence[JobId], reason: str) -> Terminated:
    """Terminate those of these jobs that have not ended."""
    going_on = [one.job_id for one in engine.describe_jobs(ids) if one.state not in ENDED]
    ended = tuple(job_id for job_id in ids if job_id not in going_on)
    again = engine.terminate_jobs(going_on, reason) if going_on else Terminated(done=(), failed={})
    return Terminated(done=(*ended, *again.done), failed=again.failed, ended=ended)


def terminate(context: RunContext, ids: Sequence[JobId], reason: str) -> None:
    """Terminate jobs, and wait for the replies; a warning names those that cannot be terminated.

    Raises:
        ServiceError: The service refused, or has not answered for too long.
    """
    _warn(context, try_to_terminate(context, ids, reason))


def try_to_terminate(context: RunContext, ids: Sequence[JobId], reason: str) -> dict[JobId, str]:
    """Terminate jobs, as many in a call as the service takes, and wait for the replies.

    Returns:
        The jobs that cannot be terminated, each with the reason: the caller says so.

    Raises:
        ServiceError: The service refused, or has not answered for too long.
    """
    refused: dict[JobId, str] = {}
    bucket = Bucket(TERMINATE_RATE, TERMINATE_BURST, context.calls.now())
    left = list(dict.fromkeys(ids))
    while left:
        context.service.acquire(bucket)
        call = partial(context.engine.terminate_jobs, tuple(left), reason)
        result = context.service.call_until_answered(Lane.TERMINATE, call)
        refused.update(result.failed)
        tried = {*result.done, *result.failed}
        left = [job_id for job_id in left if job_id not in tried]
    return refused


def end_left_running(context: RunContext) -> tuple[str, ...]:
    """End the processes that an earlier command of the run has left here when it was killed, before anything starts.

    Returns:
        The jobs that had them.

    Raises:
        UsageError: It is not known what was left.
        ServiceError: They do not end.
        Interrupted: A signal came.
    """
    found = left = context.engine.left_running()
    if not left:
        return ()
    message = (
        f"an earlier command of this run was killed, and {counted(len(left), 'job')} of it went on ({listed(left)}): "
        "first these are ended"
    )
    context.emit(Notice(kind=NoticeKind.TROUBLE, message=message))
    for number in (Signals.SIGTERM, Signals.SIGKILL):
        until = context.calls.now() + GRACE_S
        left = context.engine.left_running(number)
        while left and context.calls.now() < until:
            context.service.pause(_LEFT_S)
            left = context.engine.left_running()
        if not left:
            return found
    raise ServiceError(f"processes of {listed(left)} do not end: nothing was started. End them, and try again")


def _warn(context: RunContext, refused: Mapping[JobId, str]) -> None:
    by_reason: dict[str, list[JobId]] = {}
    for job_id, why in refused.items():
        by_reason.setdefault(why.replace(job_id, "it"), []).append(job_id)
    for why, ids in by_reason.items():
        message = f"{listed(ids)} cannot be terminated: {one_line(why)}"
        context.emit(Notice(kind=NoticeKind.WARNING, message=message))


def terminate_and_wait(context: RunContext, ids: Sequence[JobId], reason: str, within_s: float) -> Ended:
    """Terminate jobs and wait until all have ended, at most so long.

    Raises:
        ServiceError: The service refused, or has not answered for too long.
    """
    if not ids:
        return Ended()
    terminate(context, ids, reason)
    return wait_until_ended(context, ids, within_s, again=lambda left: try_to_terminate(context, left, reason))


def wait_until_ended(
    context: RunContext,
    ids: Sequence[JobId],
    within_s: float,
    *,
    again: Callable[[Sequence[JobId]], Collection[JobId]],
    describe: Callable[[Iterable[JobId]], list[JobDetail]] | None = None,
) -> Ended:
    """Wait until jobs that were terminated have ended, at most so long; unknown ones count as ended.

    Args:
        context: The run.
        ids: The jobs.
        within_s: How long to wait, in seconds.
        again: Terminates once more what has not ended after a while, since what took the call may not have been AWS;
            returns what cannot be terminated, for which nobody waits then.
        describe: Asks about jobs, where a refusal is to be told otherwise than usual.
    """
    ask = describe or context.service.describe_jobs
    until = context.calls.now() + within_s
    again_at = context.calls.now() + TERMINATE_AGAIN_S
    left = tuple(ids)
    refused: tuple[JobId, ...] = ()
    succeeded: list[JobId] = []
    polls = 0
    while left:
        described = ask(left)
        succeeded += [one.job_id for one in described if one.state is JobState.SUCCEEDED]
        left = tuple(one.job_id for one in described if one.state not in ENDED)
        if not left or context.calls.now() >= until:
            break
        if context.calls.now() >= again_at:
            not_taken = again(left)
            refused += tuple(job_id for job_id in left if job_id in not_taken)
            left = tuple(job_id for job_id in left if job_id not in not_taken)
            again_at = context.calls.now() + TERMINATE_AGAIN_S
        context.service.pause(_POLLS_S[min(polls, len(_POLLS_S) - 1)])
        polls += 1
    return Ended(left=left + refused, succeeded=tuple(succeeded))
