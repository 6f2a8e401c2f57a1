"""The engine that runs jobs on this machine: one process for each attempt, the calls of AWS Batch around it.

Jobs wait for their parents, are tried again, time out and fail their dependents as they do on AWS Batch. A
command is started without a shell, as the head of a process group of its own, and ending a job ends that
group: all that it has started, except what has left the group by a session of its own (``setsid``).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from typing import Any

from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import JobId, parsed_job_name
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.service.api import DefinitionDetail, JobDetail, JobPage, JobSummary, QueueDetail, Terminated

_GRACE_S = 5.0
_SETTLE_S = 0.02
_TAIL_BYTES = 64 * 1024
_NOT_STARTED = 127
"""What a shell gives for a command that it cannot find."""


@dataclass(slots=True)
class _Job:
    """A submitted job and how it stands."""

    job_id: JobId
    request: dict[str, Any]
    status: str = "SUBMITTED"
    reason: str | None = None
    container: dict[str, Any] = field(default_factory=dict)
    created_at: int = field(default_factory=lambda: round(time.time() * 1000))
    process: "subprocess.Popen[bytes] | None" = None
    terminated: str | None = None
    waits_for: set[JobId] = field(default_factory=set)
    children: list[JobId] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ended:
    """How one attempt ended; an attempt that took too long has no exit code, and is not tried again."""

    exit_code: int | None
    reason: str | None


def for_this_machine(plan: Plan) -> Plan:
    """Take out of a plan what only AWS understands, so that every command stands where this engine looks."""
    if not any(job.settings.submit for job in plan.jobs):
        return plan
    return replace(plan, jobs=tuple(replace(job, settings=replace(job.settings, submit={})) for job in plan.jobs))


class LocalEngine:
    """This machine, answering the calls of AWS Batch."""

    name = "local"

    def __init__(self, inbox: Inbox, *, max_workers: int, folder: Path, logs: Path) -> None:
        """Prepare to run jobs.

        Args:
            inbox: Is called when a job changes.
            max_workers: How many run at once.
            folder: The working directory of the commands: the Kedro project.
            logs: Where each attempt's output goes, as ``JOB-ATTEMPT.log``.
        """
        self._inbox = inbox
        self._folder = folder
        self._logs = logs
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix="job")
        self._jobs: dict[JobId, _Job] = {}
        self._numbers = count(1)
        self._lock = threading.RLock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopping = False

    @property
    def location(self) -> Mapping[str, str]:
        """Give the working directory of the jobs."""
        return {"folder": str(self._folder)}

    def renew(self) -> None:
        """Nothing expires on this machine."""

    # The calls of AWS Batch

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Every queue is this machine."""
        return [
            QueueDetail(jobQueueName=name, jobQueueArn=name, state="ENABLED", status="VALID", statusReason="")
            for name in names
        ]

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Every definition is this machine."""
        return [{"jobDefinitionArn": name, "revision": 1, "status": "ACTIVE"}]

    def submit_job(self, request: dict[str, Any]) -> JobId:
        """Take a job; it starts when its parents have succeeded and a worker is free."""
        with self._lock:
            job = _Job(JobId(f"local-{os.getpid()}-{next(self._numbers)}"), request)
            self._jobs[job.job_id] = job
            parents = [self._jobs[one["jobId"]] for one in request.get("dependsOn", ())]
            for parent in parents:
                if parent.status != "SUCCEEDED":
                    job.waits_for.add(parent.job_id)
                    parent.children.append(job.job_id)
            if any(parent.status == "FAILED" for parent in parents):
                self._fail_below([job.job_id])
            elif job.waits_for:
                job.status = "PENDING"
            else:
                self._start(job)
            return job.job_id

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe jobs as DescribeJobs does."""
        with self._lock:
            return [self._detail(self._jobs[job_id]) for job_id in ids if job_id in self._jobs]

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:  # noqa: ARG002  the engine's signature
        """List jobs as ListJobs does, all on one page."""
        with self._lock:
            found = [one for one in self._jobs.values() if fnmatchcase(one.request["jobName"], name)]
            return JobPage(
                jobs=tuple(
                    JobSummary(
                        jobId=one.job_id,
                        jobName=one.request["jobName"],
                        status=one.status,
                        createdAt=one.created_at,
                        statusReason=one.reason or "",
                    )
                    for one in reversed(found)
                ),
                token=None,
            )

    def terminate_jobs(self, ids: Sequence[JobId], reason: str) -> Terminated:
        """End jobs; those that have not started never will."""
        with self._lock:
            for job_id in ids:
                job = self._jobs[job_id]
                job.terminated = reason
                if job.process:
                    _signal_group(job.process, signal.SIGTERM)
                elif job.status not in ("SUCCEEDED", "FAILED"):
                    self._end(job, _Ended(None, reason))
        return Terminated(done=tuple(ids), failed={})

    def log_tail(self, detail: JobDetail, lines: int) -> tuple[str, ...]:
        """Give the last lines of the file that a job wrote."""
        log = detail.get("container", {}).get("logStreamName")
        if log is None or not Path(log).is_file():
            return ()
        with Path(log).open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = stream.read().decode("utf-8", errors="replace")
        return tuple(text.splitlines()[-lines:])

    def interrupt(self) -> str:
        """End what runs, and start nothing more; a second signal ends it at once."""
        with self._lock:
            self._stopping = True
            running = set(self._running)
            names = sorted(_name(job) for job in self._jobs.values() if job.status == "RUNNING")
        for process in running:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_S
        while self._running and time.monotonic() < deadline and not self._inbox.impatient:
            time.sleep(_SETTLE_S)
        for process in running:
            _signal_group(process, signal.SIGKILL)
        self._pool.shutdown(wait=False, cancel_futures=True)
        return f"ended while running: {', '.join(names) or 'none'}; nothing goes on"

    # What stands for the service

    def _start(self, job: _Job) -> None:
        job.status = "RUNNABLE"
        if not self._stopping:
            self._pool.submit(self._run, job)

    def _run(self, job: _Job) -> None:
        """Run a job to its end, in a worker; whatever happens there ends the job, or its run would wait for ever."""
        try:
            ended = self._try_repeatedly(job)
        except Exception as error:  # noqa: BLE001  the reason goes into the report of the job
            ended = _Ended(_NOT_STARTED, f"cannot run {job.request['containerOverrides']['command'][0]!r}: {error}")
        self._end(job, ended)

    def _try_repeatedly(self, job: _Job) -> _Ended:
        strategy = job.request.get("retryStrategy", {})
        # Where only failures of the service are tried again, what happens on this machine is none of them.
        attempts = 1 if "evaluateOnExit" in strategy else strategy.get("attempts", 1)
        ended = _Ended(_NOT_STARTED, "not started")
        for attempt in range(1, attempts + 1):
            log = self._logs / f"{_log_name(job)}-{attempt}.log"
            with self._lock:
                if job.terminated is not None:
                    break
                job.status = "STARTING"
                job.container = {"logStreamName": str(log)}
            ended = self._try(job, attempt, log)
            if ended.exit_code in (0, None) or self._stopping:
                break
        return ended if job.terminated is None else _Ended(None, job.terminated)

    def _try(self, job: _Job, attempt: int, log: Path) -> _Ended:
        overrides = job.request["containerOverrides"]
        environment = self._environment(job, attempt)
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as output, self._lock:
                if self._stopping:
                    return _Ended(_NOT_STARTED, "interrupted before it started")
                process = subprocess.Popen(  # noqa: S603  the plan's command is what the user asks for
                    overrides["command"],
                    cwd=self._folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._running.add(process)
                job.process = process
                job.status = "RUNNING"
                self._inbox.wake()
        except OSError as error:
            missing = f" ({error.filename})" if error.filename != overrides["command"][0] else ""
            return _Ended(_NOT_STARTED, f"cannot start {overrides['command'][0]!r}: {error.strerror}{missing}")
        return self._wait(process, job.request.get("timeout", {}).get("attemptDurationSeconds"))

    def _wait(self, process: "subprocess.Popen[bytes]", timeout_s: float | None) -> _Ended:
        timed_out = False
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            timed_out = True
            _signal_group(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
        _signal_group(process, signal.SIGKILL)  # what it left behind in its group
        code = process.wait()
        with self._lock:
            self._running.discard(process)
        if timed_out:
            return _Ended(None, "Job attempt duration exceeded timeout")
        return _Ended(128 - code, f"ended by signal {-code}") if code < 0 else _Ended(code, None)

    def _environment(self, job: _Job, attempt: int) -> dict[str, str]:
        """Give a command this process's environment, with this interpreter's programs first."""
        own = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "AWS_BATCH_JOB_ID": job.job_id,
            "AWS_BATCH_JOB_ATTEMPT": str(attempt),
        }
        given = {one["name"]: one["value"] for one in job.request["containerOverrides"].get("environment", ())}
        return {**os.environ, **given, **own}

    def _end(self, job: _Job, ended: _Ended) -> None:
        with self._lock:
            if ended.exit_code is not None:
                job.container["exitCode"] = ended.exit_code
            if ended.exit_code == 0:
                job.status = "SUCCEEDED"
                for child_id in job.children:
                    child = self._jobs[child_id]
                    child.waits_for.discard(job.job_id)
                    if not child.waits_for and child.status == "PENDING":
                        self._start(child)
            else:
                job.status = "FAILED"
                job.reason = ended.reason or "Essential container in task exited"  # as AWS Batch says it
                self._fail_below(job.children)
            self._inbox.wake()

    def _fail_below(self, ids: Sequence[JobId]) -> None:
        below = list(ids)
        while below:
            job = self._jobs[below.pop()]
            if job.status not in ("SUCCEEDED", "FAILED"):
                job.status = "FAILED"
                job.reason = "Dependent job failed"
                below += job.children

    def _detail(self, job: _Job) -> JobDetail:
        detail: JobDetail = {
            "jobId": job.job_id,
            "jobName": job.request["jobName"],
            "status": job.status,
            "container": job.container.copy(),
        }
        if job.reason:
            detail["statusReason"] = job.reason
        return detail


def _name(job: _Job) -> str:
    """Give a job's name in its plan."""
    parsed = parsed_job_name(job.request["jobName"])
    return str(parsed[1] if parsed else job.request["jobName"])


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _log_name(job: _Job) -> str:
    """Give how the files of a submission begin: the first by the job's name alone, so that logs are not overwritten."""
    parsed = parsed_job_name(job.request["jobName"])
    return f"{_name(job)}-{parsed[2]}" if parsed and parsed[2] > 1 else _name(job)
