"""Carries a plan out on an engine: submits every job as soon as its parents have ids, follows all to the end.

This is the shell around ``progress``: it calls the engine, reads the clock and emits events. It neither
prints nor decides what a state means.
"""

import time
from contextlib import suppress
from dataclasses import dataclass

from kedro_batch.errors import Interrupted, ServiceError
from kedro_batch.plan.model import Job, JobName, Plan, PlanDigest
from kedro_batch.plan.request import RunId, submit_request
from kedro_batch.submitter.attention import Attention
from kedro_batch.submitter.engine import Engine, JobDetail
from kedro_batch.submitter.events import JobChanged, JobSubmitted, RunFinished, RunOutcome, RunStarted, Sink
from kedro_batch.submitter.progress import Change, JobState, Progress
from kedro_batch.submitter.targets import resolve_targets

_DESCRIBED_AT_ONCE = 100
"""DescribeJobs takes at most 100 ids (botocore's service model)."""

_ATTEMPT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a run is looked at, in seconds.

    Attributes:
        shortest: Between two looks while things change.
        longest: Between two looks while nothing changes.
        growth: By what the interval grows after a look that saw nothing.
        until_lost: After so long without a trace of a submitted job, it counts as lost.
    """

    shortest: float = 1.0
    longest: float = 30.0
    growth: float = 1.5
    until_lost: float = 300.0


class Run:
    """One replay of a plan on one engine."""

    def __init__(  # noqa: PLR0913  what a run is made of
        self,
        plan: Plan,
        *,
        digest: PlanDigest,
        run_id: RunId,
        engine: Engine,
        attention: Attention,
        emit: Sink,
        record: str,
        pace: Pace | None = None,
    ) -> None:
        """Prepare a run; nothing is sent yet.

        Args:
            plan: What to run.
            digest: The plan's digest.
            run_id: The name of this replay.
            engine: What runs the jobs.
            attention: Tells when a signal has come.
            emit: Takes every event.
            record: Where the run is recorded, for the first event.
            pace: How often to look.
        """
        self.progress = Progress(plan)
        self._jobs: dict[JobName, Job] = {job.name: job for job in plan.jobs}
        self._plan = plan
        self._digest = digest
        self._run_id = run_id
        self._engine = engine
        self._attention = attention
        self._emit = emit
        self._record = record
        self._pace = pace or Pace()
        self._unsure: str | None = None
        self._missing_since: dict[JobName, float] = {}
        self._began = time.monotonic()

    def to_the_end(self) -> RunFinished:
        """Check the targets, submit everything, follow it until nothing can change.

        Returns:
            How it ended; jobs that failed do not raise.

        Raises:
            ServiceError: AWS refused or did not answer; what has been submitted goes on there.
            Interrupted: A signal came.
        """
        try:
            self._emit(
                RunStarted(
                    run=self._run_id,
                    plan_digest=self._digest,
                    engine=self._engine.name,
                    jobs=len(self._jobs),
                    record=self._record,
                )
            )
            definitions = resolve_targets(self._plan, self._engine)
            self._submit_all(definitions)
            self._follow()
        except Interrupted:
            self._end_early("interrupted")
            raise
        except ServiceError:
            try:
                self._attention.heed()  # a signal that came while the service did not answer comes first
            except Interrupted:
                self._end_early("interrupted")
                raise
            self._end_early("stopped")
            raise
        except BaseException:  # a bug of ours: nothing that runs here may be left behind
            self._engine.interrupt()
            raise
        failed = self.progress.counts[JobState.SUCCEEDED] < len(self._jobs)
        return self._finish("failed" if failed else "succeeded")

    def _end_early(self, outcome: RunOutcome) -> None:
        self._finish(outcome, note=self._what_becomes_of_it(self._engine.interrupt()))

    def _what_becomes_of_it(self, note: str) -> str:
        """Say what becomes of the jobs when nobody follows them any more."""
        if self._unsure is not None:
            doubt = f"whether {self._unsure} was submitted is not known: look for a job of this name"
            return f"{doubt}; {note}" if self.progress.job_id else doubt
        return note if self.progress.job_id else "nothing was submitted"

    def _submit_all(self, definitions: dict[str, str]) -> None:
        look_at = time.monotonic() + self._pace.shortest
        while (name := self.progress.next_to_submit()) is not None:
            self._attention.heed()
            self._submit(self._jobs[name], definitions)
            if time.monotonic() >= look_at:  # what fails meanwhile need not be submitted upon
                with suppress(ServiceError):  # the submission comes first; the next look will tell
                    self._look()
                look_at = time.monotonic() + self._pace.shortest

    def _submit(self, job: Job, definitions: dict[str, str]) -> None:
        request = submit_request(
            job,
            run_id=self._run_id,
            attempt=_ATTEMPT,
            digest=self._digest,
            parent_ids=self.progress.live_parent_ids(job.name),
            job_definition=definitions[job.settings.job_definition],
            submit_tags=self._plan.submit_tags,
        )
        self._unsure = request["jobName"]
        try:
            job_id = self._engine.submit_job(request)
        except ServiceError as error:
            if error.certain:
                self._unsure = None
            raise
        self.progress.submitted(job.name, job_id)
        self._unsure = None
        self._emit(JobSubmitted(job=job.name, job_id=job_id, attempt=_ATTEMPT))

    def _follow(self) -> None:
        interval = self._pace.shortest
        while True:
            self._attention.heed()
            changed = self._look()
            if self.progress.ended:
                return
            interval = self._pace.shortest if changed else min(interval * self._pace.growth, self._pace.longest)
            self._engine.pause(interval)

    def _look(self) -> bool:
        """Ask about the jobs that can change, and about those that this sets free; True when one changed."""
        changed = False
        looked_at: set[JobName] = set()
        while waiting := [name for name in self.progress.frontier if name not in looked_at]:
            looked_at.update(waiting)
            for start in range(0, len(waiting), _DESCRIBED_AT_ONCE):
                changed |= self._ask_about(waiting[start : start + _DESCRIBED_AT_ONCE])
        return changed

    def _ask_about(self, names: list[JobName]) -> bool:
        ids = [self.progress.job_id[name] for name in names]
        details = {detail["jobId"]: detail for detail in self._engine.describe_jobs(ids)}
        changed = False
        for name, job_id in zip(names, ids, strict=True):
            detail = details.get(job_id)
            changed |= self._lose_in_the_end(name) if detail is None else self._take(name, detail)
        return changed

    def _take(self, name: JobName, detail: JobDetail) -> bool:
        self._missing_since.pop(name, None)
        changes = self.progress.seen(name, JobState(detail["status"]))
        for change in changes:
            self._emit(self._described(change, detail if change.job == name else None))
        return bool(changes)

    def _lose_in_the_end(self, name: JobName) -> bool:
        """Give up a job that the service has not known for long; it may be late right after the submit."""
        since = self._missing_since.setdefault(name, time.monotonic())
        if time.monotonic() - since < self._pace.until_lost:
            return False
        for change in self.progress.seen(name, JobState.LOST):
            self._emit(self._described(change, None))
        return True

    def _described(self, change: Change, detail: JobDetail | None) -> JobChanged:
        container = detail["container"] if detail else {}
        reasons = [detail.get("statusReason"), container.get("reason")] if detail else []
        failed = change.after is JobState.FAILED
        return JobChanged(
            job=change.job,
            job_id=self.progress.job_id.get(change.job),
            before=change.before,
            after=change.after,
            because=change.because,
            reason="; ".join(dict.fromkeys(reason for reason in reasons if reason)) or None,
            exit_code=container.get("exitCode"),
            log=container.get("logStreamName"),
            log_tail=self._engine.log_tail(detail, 30) if detail and failed else (),
        )

    def _finish(self, outcome: RunOutcome, note: str | None = None) -> RunFinished:
        finished = RunFinished(
            run=self._run_id,
            outcome=outcome,
            counts={str(state): count for state, count in sorted(self.progress.counts.items())},
            seconds=round(time.monotonic() - self._began, 3),
            note=note,
        )
        self._emit(finished)
        return finished
