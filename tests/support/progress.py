"""A run at a moment of its life, drawn by a seed, for the tests of what is shown of runs."""

import random
from datetime import UTC, datetime

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import RunHead
from kedro_batch.submitter.events import Event, JobExecuted, JobLog, JobSubmitted, RunStarted
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import JobState, Transition
from kedro_batch.submitter.run_state import RunState
from tests.support.plans import layered

BEGAN_AT = datetime(2026, 11, 22, 13, 2, 5, tzinfo=UTC).timestamp()
NOW = BEGAN_AT + 3_725.0
"""When the run is looked at."""
RUN = RunId("nightly-42")
DIGEST = PlanDigest("sha256:2322fb9a03c1bb4925242bd71bba74e39ee2353af7a919f37e541ea23f6d5335")
HEAD = RunHead(
    run=RUN, plan="spaceflights __default__", plan_digest=DIGEST, queues=("on-demand", "spot"), began_at=BEGAN_AT
)
_FAILURES = (
    (Failure(cause=Cause.OUT_OF_MEMORY, reason="OutOfMemoryError: Container killed", exit_code=137), None),
    (Failure(cause=Cause.EXIT, reason="Essential container in task exited", exit_code=1), "KeyError: 'price'"),
    (Failure(cause=Cause.SPOT, reason="Host EC2 (instance i-0f) terminated."), None),
)


class RunUntil:
    """A run of layers, a part of which has succeeded.

    Attributes:
        state: Its state, as a run has it.
        events: What has happened, each event with its time.
    """

    def __init__(self, jobs: int, done: float, *, fail: float = 0.0, slots: int = 12) -> None:
        """Let it run.

        Args:
            jobs: How many jobs it has.
            done: The part that has succeeded, unless too many have failed.
            fail: The probability that a job fails.
            slots: How many jobs run at once.
        """
        self._chance = random.Random(jobs)  # noqa: S311  no secret is made of it
        plan = layered(jobs, max(3, jobs // 10))
        self.parents = {JobName(name): tuple(map(JobName, above.split())) for name, above in plan.items()}
        self.state = RunState(self.parents, {})
        self.events: list[tuple[Event, float]] = [(started(jobs), BEGAN_AT)]
        self._at = BEGAN_AT + 1.0
        self._submit()
        self._run(round(done * jobs), fail, slots)

    def _submit(self) -> None:
        while (name := self.state.pop_ready()) is not None:
            self.state.intend(name)
            self.state.submitted(name, JobId(f"id-{name}"))
            self.events.append((JobSubmitted(job=name, job_id=JobId(f"id-{name}"), submission=1), self._at))

    def _run(self, wanted: int, fail: float, slots: int) -> None:
        running: list[JobName] = []
        started_at: dict[JobName, float] = {}
        step = (NOW - 60.0 - self._at) / max(1, wanted)
        while True:
            for name in self.state.pop_new_on_frontier():
                self._see(name, JobState.RUNNABLE)
            for name in self.state.jobs_in([JobState.RUNNABLE])[: slots - len(running)]:
                self._see(name, JobState.STARTING)
                self._see(name, JobState.RUNNING)
                running.append(name)
                started_at[name] = self._at
            if not running or self.state.count([JobState.SUCCEEDED]) >= wanted:
                return
            self._at += step
            name = running.pop(self._chance.randrange(len(running)))
            if self._chance.random() < fail:
                failure, exception = self._chance.choice(_FAILURES)
                self._see(name, JobState.FAILED, failure)
                self._know_execution(name, started_at[name])
                self.events.append((JobLog(job=name, submission=1, exception=exception), self._at))
                self.state.add_log(name, 1, exception=exception)
            else:
                self._see(name, JobState.SUCCEEDED)
                self._know_execution(name, started_at[name])

    def _know_execution(self, name: JobName, started_at: float) -> None:
        """Let the service tell when a job ran that has ended now, a second before it is seen to have."""
        execution = JobExecution(started_at=started_at, stopped_at=max(started_at, self._at - 1.0))
        job_id = JobId(f"id-{name}")
        self.events.append((JobExecuted(job=name, job_id=job_id, submission=1, execution=execution), self._at))
        self.state.add_execution(name, job_id, execution)

    def _see(self, name: JobName, state: JobState, failure: Failure | None = None) -> None:
        for transition in self.state.seen(name, state, failure=failure):
            self.see(transition, self._at)

    def see(self, transition: Transition, at: float) -> None:
        """Let something happen to a job."""
        self.events.append((job_changed(transition), at))

    @property
    def followed(self) -> Progress:
        """How far it is for a command that has followed it from its beginning."""
        progress = Progress(self.parents, {})
        for event, at in self.events:
            progress.on_event(event, at)
        return progress

    @property
    def from_journal(self) -> Progress:
        """How far it is for a command that takes it up."""
        began = {name: one for name, one in self.followed.at_work.items() if one}
        return Progress(self.parents, self.state.records, began)


def started(jobs: int, *, continued: bool = False) -> RunStarted:
    """Return the first event of a command."""
    return RunStarted(
        run=RUN,
        plan_digest=DIGEST,
        engine="aws",
        jobs=jobs,
        journal=".kedro-batch/journal.db",
        account="123456789012",
        region="eu-central-1",
        continued=continued,
    )
