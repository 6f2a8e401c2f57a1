"""The engine that runs jobs on this machine: a process for each attempt, and the calls of AWS Batch around it.

Jobs wait for their parents, are tried again, time out and fail their dependents as they do on AWS Batch.
"""

import math
import secrets
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from typing import Any

from kedro_batch.errors import ServiceError
from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import EngineName
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import ENDED, JobState
from kedro_batch.submitter.service.api import (
    Capabilities,
    Check,
    JobDetail,
    JobPage,
    LogTail,
    Terminated,
    unchecked,
)
from kedro_batch.submitter.service.limits import UNLIMITED
from kedro_batch.submitter.service.local_earlier import EarlierCommands
from kedro_batch.submitter.service.local_job import LocalAttempt, LocalJob
from kedro_batch.submitter.service.local_plan import local_plan
from kedro_batch.submitter.service.local_process import (
    GRACE_S,
    NOT_STARTED,
    Exit,
    GatedProcess,
    environment_of,
    read_tail,
    signal_group,
    wait_for_exit,
)
from kedro_batch.submitter.service.local_record import LocalRecord
from kedro_batch.submitter.service.no_account import NoAccount
from kedro_batch.text.wording import listed

_SETTLE_S = 0.02


class LocalEngine(NoAccount):
    """This machine, answering the calls of AWS Batch."""

    name: EngineName = "local"
    capabilities = Capabilities(
        adopts=False,
        keeps_jobs=False,
        fails_dependents=True,
        forgets_jobs=False,
        in_account=False,
        notifies=True,
        pace=UNLIMITED,
        remembers=True,
        submit_rate=math.inf,
    )

    def __init__(self, inbox: Inbox, *, max_workers: int, folder: Path, logs: Path, record: Path) -> None:
        """Prepare to run jobs.

        Args:
            inbox: Is woken when a job changes.
            max_workers: How many run at once.
            folder: The working directory of the commands: the Kedro project.
            logs: Where the output of each attempt goes, as ``JOB.SUBMISSION.ATTEMPT.log``.
            record: Where it is recorded what is started and how it ends.
        """
        self._inbox = inbox
        self._folder = folder
        self._logs = logs
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix="job")
        self._jobs: dict[JobId, LocalJob] = {}
        self._numbers = count(1)
        self._prefix = f"local-{secrets.token_hex(4)}"  # no other command of the run has the same
        self._record = LocalRecord(record)
        self._earlier: EarlierCommands | None = None
        self._lock = threading.RLock()
        self._stopping = False

    @property
    def location(self) -> Mapping[str, str]:
        """The working directory of the jobs."""
        return {"folder": str(self._folder)}

    def adapt_plan(self, plan: Plan) -> Plan:
        """Return the plan without what only AWS understands."""
        return local_plan(plan)

    def left_running(self, number: signal.Signals | None = None) -> tuple[str, ...]:
        """Return the jobs of killed commands that have processes here; take over how the others have ended.

        Raises:
            UsageError: The record of the run cannot be read.
        """
        if self._earlier is None:
            self._earlier = EarlierCommands(self._record.file)
            with self._lock:
                self._jobs |= self._earlier.ended
        return self._earlier.left_running(number)

    def renew_here(self, error: ServiceError) -> bool:  # noqa: ARG002  as all engines are called
        """Return False: there are no credentials."""
        return False

    def renew(self) -> None:
        """Do nothing: nothing expires on this machine."""

    # The calls of AWS Batch

    def submit_job(self, request: dict[str, Any], check: Check = unchecked) -> JobId:
        """Submit a job; it starts when its parents have succeeded and a worker is free."""
        check()
        with self._lock:
            job = LocalJob(JobId(f"{self._prefix}-{next(self._numbers)}"), request)
            self._jobs[job.job_id] = job
            parents = [self._jobs[one["jobId"]] for one in request.get("dependsOn", ())]
            for parent in parents:
                if parent.state is not JobState.SUCCEEDED:
                    job.waits_for.add(parent.job_id)
                    parent.children.append(job.job_id)
            if any(parent.state is JobState.FAILED for parent in parents):
                self._fail_below([job.job_id])
            elif job.waits_for:
                job.state = JobState.PENDING
            else:
                self._start(job)
            return job.job_id

    def describe_jobs(self, ids: Sequence[JobId]) -> list[JobDetail]:
        """Describe jobs; unknown ones are left out."""
        with self._lock:
            return [self._jobs[job_id].detail for job_id in ids if job_id in self._jobs]

    def list_jobs(self, queue: str, name: str, token: str | None) -> JobPage:  # noqa: ARG002  as all engines are called
        """List jobs by name, newest first, all on one page."""
        with self._lock:
            found = [one for one in self._jobs.values() if fnmatchcase(one.request["jobName"], name)]
            jobs = tuple(one.summary for one in reversed(found))
        return JobPage(jobs=jobs, token=None)

    def terminate_jobs(self, ids: Sequence[JobId], reason: str) -> Terminated:
        """Terminate jobs; those that have not started never will."""
        with self._lock:
            for job_id in ids:
                job = self._jobs[job_id]
                job.terminated = reason
                if job.process:
                    signal_group(job.process, signal.SIGTERM)
                elif job.state not in ENDED:
                    self._end(job, Exit(None, reason))
        return Terminated(done=tuple(ids), failed={})

    def log_tail(self, detail: JobDetail, lines: int) -> LogTail:
        """Return the last lines of the file that a job wrote, or why there are none."""
        log = detail.reply.get("container", {}).get("logStreamName")
        if log is None:
            return LogTail(problem="it has no log: it was never started", complete=True)
        try:
            found = read_tail(Path(log), lines)
        except OSError as error:
            return LogTail(problem=f"its log cannot be read: {error.strerror}", complete=True)
        return LogTail(lines=found, problem=None if found else "its log is empty", complete=True)

    def interrupt(self, tell: Callable[[str], None]) -> str:
        """End what runs, also of a killed command if that has begun, and start nothing more. A second signal kills it.

        Args:
            tell: Takes what is waited for, if anything, before it is.
        """
        with self._lock:
            self._stopping = True
            running = [job for job in self._jobs.values() if job.process]
            names = sorted(job.name for job in running if job.state is JobState.RUNNING)
            processes = [job.process for job in running if job.process]
        if many := len({job.name for job in running} | {*self._left_of_earlier()}):
            tell(f"{'1 job has' if many == 1 else f'{many:,} jobs have'} up to {GRACE_S:.0f} s to end")
        for process in processes:
            signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while (
            (any(job.process for job in running) or self._left_of_earlier())
            and time.monotonic() < deadline
            and not self._inbox.impatient
        ):
            time.sleep(_SETTLE_S)
        for going_on in [job.process for job in running]:
            if going_on:  # the number of one that has ended may be another's by now
                signal_group(going_on, signal.SIGKILL)
        left = self._earlier.kill() if self._earlier else ()
        self._pool.shutdown(wait=False, cancel_futures=True)
        end = f"{listed(left)} of a killed command cannot be ended, and may go on" if left else "No job goes on"
        return f"stopped while running: {', '.join(names) or 'none'}. {end}"

    def _left_of_earlier(self) -> tuple[str, ...]:
        """Return the jobs of killed commands that have processes, once it was begun to end them."""
        return self._earlier.left_running() if self._earlier else ()

    # What stands for the service

    def _start(self, job: LocalJob) -> None:
        job.state = JobState.RUNNABLE
        if not self._stopping:
            self._pool.submit(self._run, job)

    def _run(self, job: LocalJob) -> None:
        """Run a job to its end, in a worker. Whatever happens there ends the job, or its run would wait for ever."""
        try:
            ended = self._attempt_until_done(job)
        except Exception as error:  # noqa: BLE001  the reason goes into the report of the job
            ended = Exit(NOT_STARTED, f"cannot run it on this machine: {type(error).__name__}: {error}")
        if job.begun and (ended.code == 0 or not self._stopping):  # what is stopped has not come to its own end
            with suppress(OSError):  # the journal has it soon, too
                self._record.append(job.ended(ended.code, ended.reason))
        self._end(job, ended)

    def _attempt_until_done(self, job: LocalJob) -> Exit:
        strategy = job.request.get("retryStrategy", {})
        # Where only failures of the service are retried, a failure on this machine is none of them.
        attempts = 1 if "evaluateOnExit" in strategy else strategy.get("attempts", 1)
        ended = Exit(NOT_STARTED, "not started")
        for attempt in range(1, attempts + 1):
            log = self._logs / f"{job.log_name}.{attempt}.log"
            with self._lock:
                if job.terminated is not None:
                    break
                job.state = JobState.STARTING
                job.container = {"logStreamName": str(log)}
                job.attempts.append(LocalAttempt(str(log)))
            ended = self._attempt(job, attempt, log)
            with self._lock:
                job.attempts[-1].end(ended.code, ended.reason)
            if ended.code in (0, None) or self._stopping:
                break
        return ended if job.terminated is None else Exit(None, job.terminated)

    def _attempt(self, job: LocalJob, attempt: int, log: Path) -> Exit:
        command = job.request["containerOverrides"]["command"]
        environment = environment_of(job.request, job.job_id, attempt)
        try:
            with self._lock:  # whoever interrupts sees every process that has started
                if self._stopping:
                    return Exit(NOT_STARTED, "interrupted before it started")
                gated = GatedProcess(command, folder=self._folder, environment=environment, log=log)
                job.process = gated.process
            try:
                self._record.append(job.began(attempt, gated.process.pid))
            except BaseException:
                gated.shut()
                raise
            job.begun = True
            gated.open_gate()
            with self._lock:
                job.state, job.attempts[-1].started_at = JobState.RUNNING, time.time()
                self._inbox.wake()
            return wait_for_exit(job.process, job.request.get("timeout", {}).get("attemptDurationSeconds"))
        except OSError as error:
            missing = f" ({error.filename})" if error.filename != command[0] else ""
            return Exit(NOT_STARTED, f"cannot start {command[0]!r}: {error.strerror}{missing}")
        finally:
            job.process = None

    def _end(self, job: LocalJob, ended: Exit) -> None:
        with self._lock:
            if ended.code is not None:
                job.container["exitCode"] = ended.code
            if ended.code == 0:
                job.state = JobState.SUCCEEDED
                for child_id in job.children:
                    child = self._jobs[child_id]
                    child.waits_for.discard(job.job_id)
                    if not child.waits_for and child.state is JobState.PENDING:
                        self._start(child)
            else:
                job.state = JobState.FAILED
                job.reason = ended.reason or ""  # its exit code and its log say the rest
                self._fail_below(job.children)
            self._inbox.wake()

    def _fail_below(self, ids: Sequence[JobId]) -> None:
        below = list(ids)
        while below:
            job = self._jobs[below.pop()]
            if job.state not in ENDED:
                job.state = JobState.FAILED
                job.reason = "Dependent job failed"
                below += job.children
