"""What earlier commands of a run have left on this machine: how their jobs ended, and processes that go on.

A command that is killed (SIGKILL, out of memory) cannot end its jobs. The next one ends them before it starts anything.
A process is only signalled if it surely is one of the run's: the first one of its group was started when the record
says so, or it has the id of the job in its environment.
"""

import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from kedro_batch.plan.submit_job import JobId
from kedro_batch.plan.variables import JOB_ID_VARIABLE
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.service.local_job import LocalAttempt, LocalJob
from kedro_batch.submitter.service.local_record import Began, Ended, read_record
from kedro_batch.submitter.service.process_table import Process, find_members, has_variable, machine

_SETTLE_S = 0.02
_KILLED_WITHIN_S = 2.0
"""How long a process may take to be gone after SIGKILL."""


class EarlierCommands:
    """What the record of a run has of the commands before this one."""

    def __init__(self, file: Path) -> None:
        """Read the record.

        Raises:
            UsageError: It cannot be read.
        """
        self.ended: dict[JobId, LocalJob] = {}
        self._going_on: dict[JobId, Began] = {}
        starts: dict[JobId, list[Began]] = {}
        for line in read_record(file):
            match line:
                case Began():
                    self._going_on[line.job_id] = line
                    starts.setdefault(line.job_id, []).append(line)
                case Ended():
                    self._going_on.pop(line.job_id, None)
                    self.ended[line.job_id] = _job(line, starts.get(line.job_id, ()))

    def left_running(self, number: signal.Signals | None = None) -> tuple[str, ...]:
        """Return the jobs that have processes, by their names in the plan, sorted; send these a signal first."""
        alive = self._processes()
        for found in alive.values() if number else ():
            for one in found:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(one.pid, number or 0)
        return tuple(sorted({LocalJob(job_id, {"jobName": self._going_on[job_id].name}).name for job_id in alive}))

    def kill(self) -> tuple[str, ...]:
        """End all that goes on at once; return the jobs of what does not end, as ``left_running``."""
        left = self.left_running(signal.SIGKILL)
        deadline = time.monotonic() + _KILLED_WITHIN_S
        while left and time.monotonic() < deadline:
            time.sleep(_SETTLE_S)
            left = self.left_running()
        return left

    def _processes(self) -> Mapping[JobId, list[Process]]:
        here = [one for one in self._going_on.values() if one.machine == machine()]
        by_group: dict[int, list[Process]] = {}
        for process in find_members({one.group for one in here}) if here else ():
            by_group.setdefault(process.group, []).append(process)
        found = {one.job_id: _own(one, by_group.get(one.group, ())) for one in here}
        return {job_id: own for job_id, own in found.items() if own}


def _own(began: Began, members: Iterable[Process]) -> list[Process]:
    """Return those processes of a group that an attempt has started."""
    members = list(members)
    if any((one.pid, one.started) == (began.group, began.started) for one in members):
        return members
    # Its first process has ended. While others of a group live, its number is given to nobody else (POSIX, 3.297), but
    # they may all have ended, and another group have the number now.
    return [one for one in members if one.pid != began.group and has_variable(one.pid, JOB_ID_VARIABLE, began.job_id)]


def _job(line: Ended, starts: Sequence[Began]) -> LocalJob:
    """Return a job that has ended; its attempts followed each other without a pause."""
    succeeded = line.code == 0
    ends = (*(one.at for one in starts[1:]), line.at)
    attempts = [LocalAttempt(None, started_at=one.at, stopped_at=end) for one, end in zip(starts, ends, strict=False)]
    if attempts:
        attempts[-1].log, attempts[-1].code = line.log, line.code
    return LocalJob(
        line.job_id,
        {"jobName": line.name},
        state=JobState.SUCCEEDED if succeeded else JobState.FAILED,
        reason=line.reason,
        container={
            **({} if line.log is None else {"logStreamName": line.log}),
            **({} if line.code is None else {"exitCode": line.code}),
        },
        attempts=attempts,
        created_at_ms=round((starts[0].at if starts else line.at) * 1000),
    )
