"""What stands around a process of the model during one step: its clock, one look at the service, its journal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from kedro_batch.errors import ServiceError
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import EngineName, Event, JobChanged, JobSubmitted
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal_busy import JournalWait
from kedro_batch.submitter.service.api import Check, JobDetail, JobPage, LogTail, Terminated, unchecked
from kedro_batch.submitter.service.aws import AwsEngine
from kedro_batch.submitter.service.call_pool import Lane, Reply
from kedro_batch.submitter.stuck_jobs import FirstSight
from kedro_batch.submitter.submission_rows import SubmittedId
from tests.model.service import Copies, detail_of, number_of, summary_of

Row = tuple[JobName, int, JobRecord]


class Sent(NamedTuple):
    """A request to submit a job."""

    name: str
    waits_for: tuple[int, ...]


class Clock:
    """Calls that are made at once, on a clock that moves only while somebody waits."""

    def __init__(self, time: float, wall: float, permits: int) -> None:
        self.time = time
        self.wall_s = wall
        self._permits = permits
        self._replies: list[Reply] = []

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.wall_s

    def free(self, lane: Lane) -> int:
        return self._permits if lane is Lane.SUBMIT else 1

    def start(self, lane: Lane, about: Any, call: Any) -> None:
        self._permits -= lane is Lane.SUBMIT
        value = call()
        if lane is not Lane.SUBMIT:
            self._replies.append(Reply(lane=lane, about=about, value=value, sent_at=self.time))

    def wait(self, seconds: float) -> list[Reply]:
        replies, self._replies = self._replies, []
        if not replies:
            self.time += seconds
        return replies


class Look:
    """What one look at the service shows. What it is asked to do is noted, and done in later steps."""

    name: EngineName = "aws"
    capabilities = AwsEngine.capabilities
    location: Mapping[str, str] = {"region": "us-east-1"}

    def __init__(self, copies: Copies, tags: dict[str, str]) -> None:
        self.copies = copies
        self.sent: list[Sent] = []
        self.ends: dict[int, str] = {}
        self._tags = tags

    def adapt_plan(self, plan: Plan) -> Plan:
        return plan

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:  # noqa: ARG002  as all engines are called
        found = (
            summary_of(number, one)
            for number, one in enumerate(self.copies)
            if one.listed and (one.name.startswith(name[:-1]) if name.endswith("*") else one.name == name)
        )
        return JobPage(jobs=tuple(map(self._without_ended, found)), token=None)

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        numbers = [number_of(one) for one in ids]
        found = (detail_of(one, self.copies[one], self._tags) for one in numbers if not self.copies[one].forgotten)
        return [cast("JobDetail", self._without_ended(one)) for one in found]

    def _without_ended(self, one: Any) -> Any:
        """Return a job as it is once it has ended, if it was asked to: whoever waits for that has waited."""
        ends = self.ends.get(number_of(one.job_id))
        if ends is None or one.state in (JobState.SUCCEEDED, JobState.FAILED):
            return one
        return replace(one, state=JobState.FAILED, reason=ends)

    def terminate_jobs(self, ids: Sequence[JobId], reason: str) -> Terminated:
        for one in ids:
            self.ends.setdefault(number_of(one), reason)
        return Terminated(done=tuple(ids), failed={})

    def submit_job(self, request: dict[str, Any], check: Check = unchecked) -> JobId:
        check()
        waits_for = tuple(number_of(one["jobId"]) for one in request.get("dependsOn", ()))
        self.sent.append(Sent(request["jobName"], waits_for))
        return JobId("")

    def log_tail(self, detail: JobDetail, lines: int) -> LogTail:  # noqa: ARG002  as all engines are called
        return LogTail(complete=True)

    def renew(self) -> None:
        """Nothing expires."""

    def renew_here(self, error: ServiceError) -> bool:  # noqa: ARG002  as all engines are called
        """Nothing expires."""
        return False


class Journal:
    """The rows that a journal would have."""

    file = Path("journal.db")
    waiting = False

    def __init__(self, rows: Iterable[Row]) -> None:
        self.wait = JournalWait(self.file)
        self.rows = {(job, submission): one for job, submission, one in rows}

    def records(self, _: RunId) -> dict[JobName, JobRecord]:
        return {job: one for (job, _), one in sorted(self.rows.items(), key=lambda row: row[0][1])}

    def submissions(self, _: RunId) -> tuple[tuple[JobName, JobRecord], ...]:
        return tuple((job, one) for (job, _), one in sorted(self.rows.items(), key=lambda row: row[0][1]))

    def run(self, _: RunId) -> bool:
        """It has the run, however many of its rows were lost."""
        return True

    def first_sights(self, _: RunId) -> dict[JobName, FirstSight]:
        """No job of the model is stuck."""
        return {}

    def submitted_ids(self, _: RunId) -> tuple[SubmittedId, ...]:
        """Give the last id of each submission; the real journal has the earlier ones, too."""
        rows = ((job, submission, one.job_id) for (job, submission), one in self.rows.items())
        return tuple(
            SubmittedId(job=job, submission=submission, job_id=job_id) for job, submission, job_id in rows if job_id
        )

    def intend(self, _: RunId, jobs: Iterable[tuple[JobName, int]], at: float, *__: object) -> None:
        for job, submission in jobs:
            was = self._row(job, submission)
            self._put(job, replace(was.in_state(JobState.SUBMITTING), intended_at=at))

    def withdraw(self, _: RunId, jobs: Iterable[tuple[JobName, int]]) -> None:
        for row in jobs:
            if row in self.rows and self.rows[row].state is JobState.SUBMITTING and not self.rows[row].job_id:
                del self.rows[row]

    def record_not_sent(self, run: RunId, jobs: Iterable[tuple[JobName, int]]) -> None:
        for job, submission in jobs:
            if submission == 1:
                self.withdraw(run, [(job, submission)])
            elif (was := self._row(job, submission)).state is JobState.SUBMITTING and not was.job_id:
                self._put(job, JobRecord(submission=submission))

    def record(self, _: RunId, event: Event, __: float) -> None:
        match event:
            case JobSubmitted():
                was = self._row(event.job, event.submission)
                self._put(event.job, was.in_state(JobState.SUBMITTED, job_id=event.job_id))
            case JobChanged():
                known = {"job_id": event.job_id, "status": event.status, "blocked_by": event.blocked_by}
                self._put(event.job, self._row(event.job, event.submission).in_state(event.after, **known))
            case _:
                pass

    def _row(self, job: JobName, submission: int) -> JobRecord:
        return self.rows.get((job, submission), JobRecord(submission=submission))

    def _put(self, job: JobName, record: JobRecord) -> None:
        self.rows[job, record.submission] = record

    def commit(self) -> None:
        """What is recorded is written."""

    def record_version(self, _: RunId, __: DataVersion) -> None:
        """All jobs have one version."""

    def record_begin(self, _: RunId, __: float) -> None:
        """No decision depends on when a run began."""
