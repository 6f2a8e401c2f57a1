"""Watch the jobs of a run that get no machine: say why, keep the first sight in the journal, choose which are ended.

``stuck_jobs`` judges, the loop hands those that are to be ended to the terminator.
"""

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.stuck_jobs import FirstSight, StuckJobs, reason_to_end


class StuckWatch:
    """Sees the jobs that are RUNNABLE, beside the poller."""

    def __init__(self, context: RunContext, run_state: RunState) -> None:
        """Begin with what earlier followers of the run have seen."""
        self._context = context
        self._run_state = run_state
        self._jobs = StuckJobs(
            context.pace.until_stuck,
            stuck_after_s=context.options.stuck_after_s,
            recorded=context.journal.first_sights(context.run_id),
        )
        self._to_end: dict[JobId, str] = {}

    def see(self, name: JobName, detail: JobDetail, queue: str, now: float, *, others_at_work: bool) -> None:
        """Handle a job that is RUNNABLE."""
        wall = self._context.calls.wall()
        judged = self._jobs.judge(name, detail, queue, now, wall, others_at_work=others_at_work)
        if judged.message:
            self._context.emit(Notice(kind=NoticeKind.STUCK, message=judged.message, job=name))
        if judged.first_sight or judged.cleared:
            self._record(name, judged.first_sight)
        if judged.end_because:
            began, _, _ = judged.end_because.partition(":")
            message = f"ending {name}, which is stuck: {began} (--stuck-after)"
            self._context.emit(Notice(kind=NoticeKind.TERMINATED, message=message, job=name))
            self._to_end[detail.job_id] = reason_to_end(judged.end_because)

    def leave(self, name: JobName) -> None:
        """Handle a job that is not RUNNABLE."""
        if self._jobs.discard(name):
            self._record(name, None)

    def pop_to_end(self) -> dict[JobId, str]:
        """Return the jobs that are to be ended now, and why: each once."""
        to_end, self._to_end = self._to_end, {}
        return to_end

    def _record(self, name: JobName, sight: FirstSight | None) -> None:
        submission = self._run_state.record(name).submission
        self._context.journal.note_first_sight(self._context.run_id, name, submission, sight)
