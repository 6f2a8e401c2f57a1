"""What a DescribeJobs reply says of the logs of its job. Pure.

The reply itself is not kept: it has kilobytes, and a run may have 10,000 jobs.
"""

from dataclasses import dataclass, replace

from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import ENDED, JobState
from kedro_batch.submitter.log_places import LogStream, attempt_streams, why_no_stream
from kedro_batch.submitter.service.api import JobDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedLogs:
    """A job and its logs.

    Attributes:
        state: The state of the job.
        status: Its state for people; an unknown one as the service spells it.
        execution: How it was executed until now; None once all its logs were read.
        streams: The streams of each attempt that has begun, the oldest first.
        why_none: Why it has no stream, if it has none.
    """

    state: JobState
    status: str
    execution: JobExecution | None
    streams: tuple[tuple[LogStream, ...], ...]
    why_none: str

    def without_logs(self) -> "DescribedLogs":
        """Return what is left of it once all its logs were read: its state, and how many attempts have begun."""
        return replace(self, execution=None, streams=((),) * len(self.streams))


def described_logs(detail: JobDetail) -> DescribedLogs:
    """Return what a reply says of a job and its logs."""
    return DescribedLogs(
        state=detail.state,
        status=detail.status or detail.state,
        execution=detail.execution,
        streams=attempt_streams(detail.reply, ended=detail.state in ENDED),
        why_none=why_no_stream(detail.reply),
    )
