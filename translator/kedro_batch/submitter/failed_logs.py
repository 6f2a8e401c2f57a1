"""Read how the logs of failed jobs end, beside the loop of a run: of the first ones, since a run may have thousands."""

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import JobLog
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.text.escaping import one_line

_LINES = 30
_AT_MOST = 50


class FailedLogs:
    """The logs of failed jobs that are read."""

    def __init__(self, context: RunContext, run_state: RunState) -> None:
        """Begin with none."""
        self._context = context
        self._run_state = run_state
        self._read = 0
        self._under_way = 0

    @property
    def under_way(self) -> bool:
        """True if some log is being read."""
        return self._under_way > 0

    def read(self, name: JobName, detail: JobDetail) -> None:
        """Begin to read the end of a failed job's log, unless enough have been read."""
        self._read += 1
        if self._read > _AT_MOST:
            return
        self._under_way += 1
        about = (name, self._run_state.record(name).submission)
        self._context.calls.start(Lane.LOG, about, lambda: self._context.engine.log_tail(detail, _LINES))

    def on_reply(self, reply: Reply) -> None:
        """Handle the last lines of a log, or why they cannot be read: that never harms the run."""
        self._under_way -= 1
        name, submission = reply.about
        problem = one_line(str(reply.error)) if reply.error else None
        tail = () if reply.error else tuple(one_line(line) for line in reply.value)
        self._run_state.add_log(name, submission, tail=tail, problem=problem)
        self._context.emit(JobLog(job=name, submission=submission, lines=tail, problem=problem))
