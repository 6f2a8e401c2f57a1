"""Submits the jobs of a run: each exactly once, as soon as its parents have ids, as fast as the service takes them.

The order for every job: its intent is in the journal, one call is made, its id is in the journal. A call that
was certainly not executed is made again. After an ambiguous one the job is looked up by its name, several
times, since ListJobs may be late; only then it is sent again.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Job, JobName
from kedro_batch.plan.submit_job import JobId, batch_job_name, run_prefix, submit_request
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import JobChanged, JobSubmitted, Notice, NoticeKind
from kedro_batch.submitter.run_state import JobState, RunState, Transition
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.service.rate_limit import SubmitRate
from kedro_batch.submitter.terminate import terminate

LOOKED_UP_AFTER_S = (1.0, 2.0, 4.0, 8.0)
"""The pauses before each time that a job is looked up, whose reply was lost: 15 s in all. How soon a new job is
visible is not documented."""

_WAVE = 100
"""So many intents share one commit."""
_ONE_BY_ONE = 5
"""Fewer names than so are looked up one by one; more, where a listing of the whole run would have more pages."""
_PAGE = 100
"""Jobs that one call of ListJobs gives."""
_REFUSED_AGAIN_S = 3.0
_REFUSALS = 3
"""A job with parents may be refused because one of them has just ended: so often it is tried, after a look."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A job whose reply was lost: how often it has been looked up, and when it will be again."""

    looks: int
    due: float


class JobSubmitter:
    """What is being submitted."""

    def __init__(
        self,
        context: RunContext,
        run_state: RunState,
        definitions: Mapping[str, str],
        *,
        unsure: Collection[JobName] = (),
    ) -> None:
        """Prepare to submit.

        Args:
            context: The run.
            run_state: How it stands.
            definitions: The revision to use, by how the plan names a definition.
            unsure: Jobs that may have been submitted already: they are looked up first.
        """
        self._context = context
        self._run_state = run_state
        self._definitions = definitions
        self._jobs: dict[JobName, Job] = {job.name: job for job in context.plan.jobs}
        self._rate = SubmitRate(context.calls.now(), context.options.rate)
        self._outbox: deque[JobName] = deque()
        self._later: list[tuple[float, JobName]] = []
        self._under_way: set[JobName] = set()
        self._looking_up = False
        self._refusals: dict[JobName, int] = {}
        self._stopped = False
        self._throttled = False
        self._lost_reply: ServiceError | None = None
        self.sent_again = False
        """A job was sent a second time after its reply had been lost."""
        self._unsure_at_first = set(unsure)
        due = context.calls.now() + LOOKED_UP_AFTER_S[0]
        self._doubts = {name: _Doubt(0, due) for name in unsure}

    @property
    def idle(self) -> bool:
        """Nothing is under way or in doubt, and nothing is to be sent."""
        to_send = self._outbox or self._later or self._run_state.has_ready
        return not (self._under_way or self._doubts) and (self._stopped or not to_send)

    @property
    def under_way(self) -> bool:
        """Some call has not been answered."""
        return bool(self._under_way)

    @property
    def in_doubt(self) -> tuple[JobName, ...]:
        """The jobs of which it is not known whether they were submitted."""
        return tuple(sorted({*self._doubts, *self._under_way}))

    def stop(self) -> None:
        """Send nothing more; what is under way is still answered, what is in doubt is still looked up."""
        self._stopped = True

    # What is done next

    def act(self, now: float) -> None:
        """Send what may be sent now."""
        self._look_up(now)
        if self._stopped or now < self._context.backoff.retry_at(Lane.SUBMIT):
            return
        self._bring_back(now)
        while self._fill_outbox() and self._context.calls.free(Lane.SUBMIT) > 0 and self._rate.take(now):
            self._send(self._outbox.popleft())

    def next_at(self, now: float) -> float:
        """Give the time at which there is something to do, apart from replies."""
        times = [] if self._looking_up else [doubt.due for doubt in self._doubts.values()]
        if not self._stopped:
            times += [at for at, _ in self._later]
        if not self._stopped and self._outbox and self._context.calls.free(Lane.SUBMIT) > 0:
            times.append(max(self._context.backoff.retry_at(Lane.SUBMIT), now + self._rate.wait_s(now)))
        return min(times, default=float("inf"))

    def _fill_outbox(self) -> bool:
        """Write down the intents of what has become ready; True when there is something to send."""
        while self._outbox and self._run_state.state(self._outbox[0]) is not JobState.NOT_SUBMITTED:
            self._outbox.popleft()  # blocked since
        if not self._outbox:
            wave: list[JobName] = []
            while len(wave) < _WAVE and (name := self._run_state.next_ready()) is not None:
                if name not in self._doubts:
                    wave.append(name)
            if wave:
                intents = [(name, self._run_state.submission(name)) for name in wave]
                self._context.journal.intend(self._context.run_id, intents, self._context.calls.wall())
                self._outbox += wave
        return bool(self._outbox)

    def _bring_back(self, now: float) -> None:
        for at, name in [one for one in self._later if one[0] <= now]:
            self._later.remove((at, name))
            self._outbox.appendleft(name)

    def _send(self, name: JobName) -> None:
        request = self._request(name)
        self._under_way.add(name)
        self._context.calls.start(Lane.SUBMIT, name, lambda: self._context.engine.submit_job(request))

    def _request(self, name: JobName) -> dict[str, Any]:
        job = self._jobs[name]
        return submit_request(
            job,
            run_id=self._context.run_id,
            submission=self._run_state.submission(name),
            digest=self._context.digest,
            parent_ids=self._run_state.live_parent_ids(name),
            job_definition=self._definitions[job.settings.job_definition],
            submit_tags=self._context.plan.submit_tags,
        )

    # What comes back

    def take(self, reply: Reply, now: float) -> None:
        """Take the reply of a submission.

        Raises:
            ServiceError: It was refused for good.
        """
        name: JobName = reply.about
        self._under_way.discard(name)
        if reply.error is None:
            self._context.backoff.worked(Lane.SUBMIT)
            self._has_id(name, JobId(reply.value))
            return
        match reply.error.fault:
            case Fault.THROTTLED:
                self._slow_down(reply, now)
                self._outbox.appendleft(name)
            case Fault.UNREACHABLE | Fault.CREDENTIALS:
                self._outbox.appendleft(name)
                self._context.backoff.failed(Lane.SUBMIT, reply.error, now)
            case Fault.AMBIGUOUS if self._context.options.adopt:
                self._lost_reply = reply.error
                self._doubts[name] = _Doubt(0, now + LOOKED_UP_AFTER_S[0])
            case Fault.AMBIGUOUS:
                raise ServiceError(
                    f"{reply.error}. Whether {self._name_on_batch(name)} was submitted is not known, and with "
                    "--no-adopt it is not looked up",
                    fault=Fault.AMBIGUOUS,
                )
            case Fault.REFUSED if self._may_be_its_parents(name):
                self._later.append((now + _REFUSED_AGAIN_S, name))
            case _:
                raise reply.error

    def _has_id(self, name: JobName, job_id: JobId, *, adopted: bool = False) -> None:
        change = self._run_state.submitted(name, job_id)
        submission = self._run_state.submission(name)
        self._context.emit(JobSubmitted(job=name, job_id=job_id, submission=submission, adopted=adopted))
        if change.after is not JobState.SUBMITTED:
            self._call_off(change, job_id)

    def _call_off(self, change: Transition, job_id: JobId) -> None:
        """End a job that was not to run any more when its id came: nobody would follow it."""
        self._context.emit(
            JobChanged(
                job=change.job,
                job_id=job_id,
                submission=self._run_state.submission(change.job),
                before=JobState.SUBMITTED,
                after=change.after,
                blocked_by=change.blocked_by,
            )
        )
        terminate(self._context, [job_id], f"kedro-batch: not started, because {change.blocked_by} failed")

    def _slow_down(self, reply: Reply, now: float) -> None:
        if self._rate.refused(reply.sent_at, now) and not self._throttled:
            self._throttled = True
            message = f"AWS Batch takes fewer than {self._rate.ceiling:.0f} submissions a second: slowing down"
            self._context.emit(Notice(kind=NoticeKind.THROTTLED, message=message))

    def _may_be_its_parents(self, name: JobName) -> bool:
        """Tell whether a refusal may be due to a parent that has ended since: then a look will tell."""
        refusals = self._refusals[name] = self._refusals.get(name, 0) + 1
        return refusals < _REFUSALS and bool(self._run_state.live_parent_ids(name))

    # Doubts

    def _look_up(self, now: float) -> None:
        due = [name for name, doubt in self._doubts.items() if doubt.due <= now]
        if not due or self._looking_up:
            return
        self._looking_up = True
        counts = self._run_state.counts
        submitted = len(self._jobs) - counts[JobState.NOT_SUBMITTED] - counts[JobState.NOT_RUN]
        if len(due) < max(_ONE_BY_ONE, submitted // _PAGE):
            queues: Iterable[str] = sorted({self._jobs[name].settings.job_queue for name in due})
            names = [self._name_on_batch(name) for name in due]
        else:
            queues, names = self._context.queues, [f"{run_prefix(self._context.run_id)}*"]
        self._context.lookup.search(queues, names, lambda found: self._looked_up(due, found))

    def _looked_up(self, due: list[JobName], found: tuple[JobSummary, ...]) -> None:
        self._looking_up = False
        now = self._context.calls.now()
        by_name: dict[str, list[JobSummary]] = {}
        for summary in found:
            by_name.setdefault(summary["jobName"], []).append(summary)
        for name in due:
            ours = by_name.get(self._name_on_batch(name))
            doubt = self._doubts[name]
            if ours:
                del self._doubts[name]
                oldest = min(ours, key=lambda one: (one["createdAt"], one["jobId"]))
                self._has_id(name, oldest["jobId"], adopted=True)
                self.sent_again |= len(ours) > 1
            elif doubt.looks + 1 < len(LOOKED_UP_AFTER_S):
                self._doubts[name] = replace(doubt, looks=doubt.looks + 1, due=now + LOOKED_UP_AFTER_S[doubt.looks + 1])
            else:
                self._send_after_all(name)

    def _send_after_all(self, name: JobName) -> None:
        """Send a job that was nowhere to be found; one that waits for parents waits for its turn.

        Raises:
            ServiceError: Submitting has not worked for too long.
        """
        if self._lost_reply:
            self._context.backoff.failed(Lane.SUBMIT, self._lost_reply, self._context.calls.now())
        del self._doubts[name]
        if name in self._unsure_at_first:
            self._unsure_at_first.discard(name)
            self._run_state.offer(name)
        else:
            self.sent_again = True
            self._outbox.append(name)

    def _name_on_batch(self, name: JobName) -> str:
        return batch_job_name(self._context.run_id, name, self._run_state.submission(name))
