"""A job on this machine: what was asked for, how it stands, and what the calls of AWS Batch say of it."""

import time
from dataclasses import dataclass, field
from subprocess import Popen
from typing import Any

from kedro_batch.files.json_text import known
from kedro_batch.plan.submit_job import JobId, parsed_job_name
from kedro_batch.submitter.job_state import ENDED, JobState
from kedro_batch.submitter.service.api import JobDetail, JobSummary
from kedro_batch.submitter.service.local_record import Began, Ended
from kedro_batch.submitter.service.process_table import find_process, machine


@dataclass(slots=True)
class LocalAttempt:
    """One start of a job. Times are in seconds since the epoch; None where that was not reached."""

    log: str | None
    started_at: float | None = None
    stopped_at: float | None = None
    code: int | None = None
    reason: str | None = None

    def end(self, code: int | None, reason: str | None) -> None:
        """Record that it has ended."""
        self.code, self.reason, self.stopped_at = code, reason, time.time()

    @property
    def detail(self) -> dict[str, Any]:
        """What DescribeJobs says of it."""
        container = {"logStreamName": self.log, "exitCode": self.code, "reason": self.reason}
        times = {"startedAt": _ms(self.started_at), "stoppedAt": _ms(self.stopped_at)}
        return {"container": known(container), **known(times)}


@dataclass(slots=True)
class LocalJob:
    """A submitted job and its state."""

    job_id: JobId
    request: dict[str, Any]
    state: JobState = JobState.SUBMITTED
    reason: str = ""
    container: dict[str, Any] = field(default_factory=dict)
    attempts: list[LocalAttempt] = field(default_factory=list)
    created_at_ms: int = field(default_factory=lambda: round(time.time() * 1000))
    process: Popen[bytes] | None = None
    begun: bool = False
    terminated: str | None = None
    waits_for: set[JobId] = field(default_factory=set)
    children: list[JobId] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name in the plan."""
        parsed = parsed_job_name(self.request["jobName"])
        return str(parsed[1] if parsed else self.request["jobName"])

    @property
    def log_name(self) -> str:
        """How the log files of a submission begin: ``JOB.SUBMISSION``. No job has a dot in its name."""
        parsed = parsed_job_name(self.request["jobName"])
        return f"{self.name}.{parsed[2] if parsed else 1}"

    @property
    def detail(self) -> JobDetail:
        """What DescribeJobs says of it."""
        last = self.attempts[-1] if self.attempts else LocalAttempt(None)
        ended = self.state in ENDED
        reply = {
            "container": self.container.copy(),
            "createdAt": self.created_at_ms,
            **known({"startedAt": _ms(last.started_at), "stoppedAt": _ms(last.stopped_at if ended else None)}),
            "attempts": [one.detail for one in self.attempts if one.stopped_at is not None],
            **({"statusReason": self.reason} if self.reason else {}),
        }
        return JobDetail(
            job_id=self.job_id, name=self.request["jobName"], state=self.state, reason=self.reason, reply=reply
        )

    @property
    def summary(self) -> JobSummary:
        """What ListJobs says of it."""
        return JobSummary(
            job_id=self.job_id,
            name=self.request["jobName"],
            state=self.state,
            created_at_ms=self.created_at_ms,
            reason=self.reason,
        )

    def began(self, attempt: int, pid: int) -> Began:
        """Return the line for the record, for an attempt that waits behind its gate."""
        process = find_process(pid)
        return Began(
            job_id=self.job_id,
            name=self.request["jobName"],
            attempt=attempt,
            group=pid,
            started=process.started if process else "",
            machine=machine(),
            at=time.time(),
        )

    def ended(self, code: int | None, reason: str | None) -> Ended:
        """Return the line for the record, once its last attempt has ended."""
        return Ended(
            job_id=self.job_id,
            name=self.request["jobName"],
            code=code,
            reason=reason or "",
            log=self.container.get("logStreamName"),
            at=time.time(),
        )


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
