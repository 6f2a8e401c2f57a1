"""The logs of a run on AWS Batch: where they are, by DescribeJobs and the journal, and how each one is read.

What the journal has of a run comes in, or what ListJobs says where there is no journal. Nothing is written, locked,
submitted or terminated. AWS Batch forgets a job within days; the journal then still has the names of its streams.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from kedro_batch.errors import ServiceError
from kedro_batch.plan.containers import DEFAULT_LOG_GROUP, LogGroup, find_log_groups
from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.described_logs import DescribedLogs, described_logs
from kedro_batch.submitter.job_execution import NOTHING_KNOWN
from kedro_batch.submitter.job_state import ENDED, FREES_CHILDREN, LIVE, NEW, UNSUCCESSFUL, JobRecord, JobState
from kedro_batch.submitter.log_following import LogAtWork
from kedro_batch.submitter.log_places import LogPlace, LogStream
from kedro_batch.submitter.log_service import AskedService, RecordedRun, StreamLog
from kedro_batch.submitter.reconcile.merge import propagate_failures
from kedro_batch.submitter.service.limits import REMEMBERED_S

_MISSING_LOOKS = 12
"""A job that DescribeJobs does not know in so many looks is not waited for any more."""

_WHY_NO_ID = {
    (False, False): "it was not submitted yet",
    (False, True): "AWS Batch has refused it: nothing ran",
    (True, False): "AWS Batch does not know it: it was not submitted yet, or so long ago that it was forgotten",
}
"""Why a job has no log that has no id, by whether AWS Batch was asked for all ids, and whether the job has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogChoice:
    """What is wanted of the logs of each job.

    Attributes:
        submission: The submission; None for the latest one.
        attempt: Its attempt; None for the latest one, and those that follow.
        since: Lines from this time on, in seconds since the epoch; None for all.
    """

    submission: int | None = None
    attempt: int | None = None
    since: float | None = None


class BatchLogs:
    """The logs of some jobs of a run. ``RunLogs``.

    What it holds of a job that has ended, and whose logs were read, is only what is needed to count it: a run may have
    10,000 jobs.
    """

    def __init__(
        self, plan: Plan, service: AskedService, read: Callable[[], RecordedRun], choice: LogChoice = LogChoice()
    ) -> None:
        """Read what is recorded of the run.

        Args:
            plan: Its plan.
            service: Is asked about its jobs.
            read: Returns what is recorded of it now.
            choice: What is wanted of each job.
        """
        self.over = False
        self.wanted: Sequence[JobName] = [job.name for job in plan.jobs]
        parents = plan.parents
        self._parents = {job: parents[job] for job in topological_order(parents)}
        self._groups = {job.name: _declared_group(plan, job.settings.job_definition) for job in plan.jobs}
        self._service = service
        self._read = read
        self._choice = choice
        self._details: dict[JobId, DescribedLogs] = {}
        self._left = defaultdict[JobName, set[LogPlace]](set)
        """The logs that are not read any more, of jobs that may have others."""
        self._missing = Counter[JobId]()
        self._followed = False
        self._first_attempts: dict[tuple[JobName, int], int] = {}
        self._run, self._recorded = self._read_again()
        self._found: dict[str, LogGroup | None] = {}

    # How the jobs stand

    def record(self, job: JobName) -> JobRecord:
        """Return the submission of a job that is wanted, in the state that is known last."""
        record = self._recorded.get(job, NEW)
        detail = self._details.get(record.job_id) if record.job_id else None
        if detail and record.state in ENDED:  # the run knows more of its end, such as which job above it has failed
            return replace(record, execution=detail.execution)
        if detail:
            return record.in_state(detail.state, execution=detail.execution)
        if record.job_id and record.state in LIVE and self._is_forgotten(record.job_id, record.intended_at):
            return record.in_state(JobState.LOST)
        return record

    def _is_forgotten(self, job_id: JobId, intended_at: float | None) -> bool:
        old = intended_at is not None and intended_at < self._service.wall() - REMEMBERED_S
        return self._missing[job_id] >= (1 if old else _MISSING_LOOKS)

    def _read_again(self) -> tuple[RecordedRun, dict[JobName, JobRecord]]:
        run, number = self._read(), self._choice.submission
        recorded = {
            # What AWS Batch has said of a job is known better, and need not be held twice.
            job: one if one.job_id not in self._details else replace(one, execution=None, failure=None)
            for job, one in run.submissions
            if number in (None, one.submission)
        }
        return replace(run, submissions=()), recorded

    def states(self, named: Collection[JobName] = ()) -> dict[JobName, JobState]:
        """Return the states of all jobs; ask about those that have not ended, or only about those that are named.

        Of the jobs that only an earlier plan of the run has, those that are named are among them.
        """
        left_out = [job for job in named if job in self._recorded and job not in self._parents]
        self._parents |= dict.fromkeys(left_out, ())
        self._ask(job for job in named or self.wanted if self.record(job).state not in ENDED)
        records = {job: self.record(job) for job in (*self.wanted, *left_out)}
        if self._run.listed:  # AWS Batch calls FAILED what it has not run below a failure
            records = propagate_failures({job: self._parents[job] for job in self._parents if job in records}, records)
        return {job: one.state for job, one in records.items()}

    def _ask(self, jobs: Iterable[JobName]) -> None:
        ids = [job_id for job in jobs if (job_id := self.record(job).job_id)]
        self._details |= {one.job_id: described_logs(one) for one in self._service.iter_described(ids)}
        self._missing.update(job_id for job_id in ids if job_id not in self._details)

    # Their logs

    def look(self) -> list[LogAtWork]:
        """Look how the jobs stand now, and return the logs that they have."""
        self._run, self._recorded = self._read_again()
        records = {job: self.record(job) for job in self.wanted}
        self._ask([job for job in self.wanted if self._is_to_be_asked(job, records)])
        self.over = self._are_over({job: self.record(job) for job in self.wanted})
        found = [one for job in self.wanted for one in self._unread_logs_of(job)]
        self._followed = True  # what starts later is shown from its first attempt on
        return found

    def _unread_logs_of(self, job: JobName) -> list[LogAtWork]:
        """Return the logs of a job that are wanted and were not left; forget those of a job that has no others."""
        found = [one for one in self.logs_of(job) if one.place not in self._left.get(job, ())]
        record = self.record(job)
        detail = self._details.get(record.job_id) if record.job_id else None
        if record.job_id and detail and detail.execution and detail.state in ENDED and not found:
            self._details[record.job_id] = detail.without_logs()
            self._left.pop(job, None)
            self._first_attempts.pop((job, record.submission), None)
        return found

    def leave(self, place: LogPlace) -> None:
        """Learn that nothing more is read of a log."""
        self._left[place.job].add(place)

    def open(self, place: LogPlace) -> StreamLog:
        """Begin to read a log."""
        assert isinstance(place.where, LogStream)  # noqa: S101  tells mypy what kind it is: there are no others here
        return StreamLog(place, place.where, self._service, self._choice.since)

    def describe(self, jobs: Iterable[JobName]) -> None:
        """Ask about jobs whose logs are to be shown, also those that have ended."""
        self._ask(job for job in jobs if self.record(job).job_id not in self._details)

    def logs_of(self, job: JobName) -> Iterator[LogAtWork]:
        """Yield the logs of the attempts of a job that are wanted."""
        record = self.record(job)
        streams = self._streams(job, record)
        execution = record.execution or NOTHING_KNOWN
        if not streams:
            return
        first = self._first_attempts.setdefault((job, record.submission), 1 if self._followed else len(streams))
        for number, some in enumerate(streams, start=1):
            if number < first if self._choice.attempt is None else number != self._choice.attempt:
                continue
            attempt = execution.attempts[number - 1] if number <= len(execution.attempts) else None
            ended = record.state in ENDED or attempt is not None
            for stream in some:
                yield LogAtWork(
                    place=LogPlace(
                        job=job,
                        submission=record.submission,
                        attempt=number,
                        where=stream,
                        begins_at=execution.created_at or record.intended_at or 0.0,
                    ),
                    ended=ended,
                    ended_at=(attempt and attempt.stopped_at) or execution.stopped_at if ended else None,
                )

    def attempts_begun(self, job: JobName) -> int:
        """Return how many attempts of a job have begun."""
        return len(self._streams(job, self.record(job)))

    def why_none(self, job: JobName) -> str:
        """Return why there is no log of a job."""
        record = self.record(job)
        if record.state is JobState.NOT_RUN:
            return f"it was not run: {record.blocked_by or 'a job above it'} did not succeed"
        if record is NEW and self._choice.submission:
            or_forgotten = ", or AWS Batch has forgotten it" if self._run.listed else ""
            return f"it has no submission {self._choice.submission}{or_forgotten}"
        if record.job_id is None:
            return _WHY_NO_ID[self._run.listed, record.state in ENDED]
        detail = self._details.get(record.job_id)
        if detail is None:
            return "AWS Batch does not know it any more, and nothing has recorded where its log is"
        return self._why_no_stream(job, detail)

    def _why_no_stream(self, job: JobName, detail: DescribedLogs) -> str:
        if (begun := self.attempts_begun(job)) and self._choice.attempt:
            return f"it has no attempt {self._choice.attempt}: it has {begun}"
        if detail.state not in ENDED and not begun:
            return f"it is {detail.status}, and has no log yet"
        return detail.why_none

    def _streams(self, job: JobName, record: JobRecord) -> tuple[tuple[LogStream, ...], ...]:
        detail = self._details.get(record.job_id) if record.job_id else None
        if detail:
            return detail.streams
        if record.execution is None:
            return ()
        names = [one.log for one in record.execution.attempts] or [record.execution.log]
        group = self._group_of(job) if any(names) else LogGroup(name="")
        return tuple((LogStream(group=group.name, stream=name, region=group.region),) if name else () for name in names)

    def _group_of(self, job: JobName) -> LogGroup:
        """Return the log group of a job that AWS Batch has forgotten: what its definition says, or the plan."""
        revision = self._run.revisions.get(job)
        if revision and revision not in self._found:
            self._found[revision] = self._ask_for_group(revision)
        return (revision and self._found[revision]) or LogGroup(name=self._groups.get(job) or DEFAULT_LOG_GROUP)

    def _ask_for_group(self, revision: str) -> LogGroup | None:
        try:
            found = self._service.ask(partial(self._service.engine.describe_job_definitions, revision))
        except ServiceError as error:
            if error.passing:
                raise
            return None  # it may not be asked: the group of the plan is tried
        return next((group for one in found for group in find_log_groups(one.reply)), None)

    def _is_to_be_asked(self, job: JobName, records: Mapping[JobName, JobRecord]) -> bool:
        """True if AWS Batch may have more to say of a job: it has not seen its end, and the job may have started.

        Another process that follows the run may have written down its end: then its last attempt has still to be asked.
        """
        record = records[job]
        detail = self._details.get(record.job_id) if record.job_id else None
        if (detail and detail.state in ENDED) or (record.job_id and self._missing[record.job_id] >= _MISSING_LOOKS):
            return False
        is_free = all(records[one].state in FREES_CHILDREN for one in self._parents[job] if one in records)
        return is_free or record.state in ENDED

    def _are_over(self, records: Mapping[JobName, JobRecord]) -> bool:
        """True if every job has ended, or will not be run: one above it has failed, or nobody submits it."""
        blocked = set[JobName]()
        for job, parents in self._parents.items():
            if job not in records:
                continue
            record = records[job]
            if record.state in UNSUCCESSFUL or any(one in blocked for one in parents):
                blocked.add(job)
            elif record.state not in ENDED and (record.job_id or self._run.worked_on):
                return False
        return True


def _declared_group(plan: Plan, definition: str) -> str | None:
    declared = plan.job_definitions.get(definition)
    return declared.log_group if declared else None
