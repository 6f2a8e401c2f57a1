"""Make one call of SubmitJob for a job, unless the process stood still since it was decided to send it."""

from typing import Any

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Job
from kedro_batch.plan.submit_job import submit_request
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.revisions import Revisions
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.stock_taking import StillnessWatch


class NotSentError(ServiceError):
    """The process stood still between the decision to send a job and the call: the call was not made."""


class Sender:
    """Sends jobs beside the loop of a run.

    Attributes:
        watch: Of the turn of the loop, which begins it.
    """

    def __init__(self, context: RunContext, run_state: RunState, revisions: Revisions) -> None:
        """Prepare to send."""
        self._context = context
        self._run_state = run_state
        self._revisions = revisions
        self.watch = StillnessWatch(context.calls.now(), context.calls.wall())

    def send(self, job: Job) -> bool:
        """Send a job, unless the process stood still in this turn; True if the call is under way.

        Its reply has a ``NotSentError`` if the process stood still after that, before the request was signed.
        """
        calls = self._context.calls
        now, wall = calls.now(), calls.wall()
        keeps_jobs = self._context.engine.capabilities.keeps_jobs  # else nobody else works on the run
        if keeps_jobs and self.watch.still_s(now, wall):
            return False
        watch = StillnessWatch(now, wall)
        request = self._request(job)

        def check() -> None:
            if keeps_jobs and watch.still_s(calls.now(), calls.wall()):
                raise NotSentError("the process stood still", fault=Fault.UNREACHABLE)

        calls.start(Lane.SUBMIT, job.name, lambda: self._context.engine.submit_job(request, check))
        return True

    def _request(self, job: Job) -> dict[str, Any]:
        return submit_request(
            job,
            self._context.plan,
            run_id=self._context.run_id,
            version=self._context.version,
            reads=self._context.reads_from_run[job.name],
            submission=self._run_state.record(job.name).submission,
            digest=self._context.run_digest,
            new_digest=None if self._context.digest == self._context.run_digest else self._context.digest,
            parent_ids=self._run_state.live_parent_ids(job.name),
            job_definition=self._revisions.of(job),
        )
