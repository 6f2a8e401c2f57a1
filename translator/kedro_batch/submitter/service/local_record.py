"""The record of a run on this machine: every process that it has started, and how every job has ended.

    runs/RUN/processes.jsonl

A line is written before a command starts, and another one before anything that waits for the job starts, each with one
call: so a command that is killed leaves nothing running that is not in here, and nothing done. The next command takes
the run up from it (``local_earlier``). A kill can tear the last line only: what cannot be read is ignored. Nothing is
synced to the disk: a power cut ends the processes as well, and jobs whose ends it takes away run again.
"""

import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro_batch.errors import UsageError
from kedro_batch.files.private_files import make_inner_folder, open_without_following
from kedro_batch.plan.submit_job import JobId

RECORD = "processes.jsonl"
_LAST_S = 1e11
"""No time is later: the year 5138."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """An attempt of a job is about to start.

    Attributes:
        job_id: The job.
        name: Its name, as AWS Batch would have it.
        attempt: Counted from 1.
        group: The process group of the attempt, which is the number of its first process.
        started: When that was started, as ``process_table`` tells it.
        machine: Where that number means something.
        at: When; seconds since the epoch.
    """

    job_id: JobId
    name: str
    attempt: int
    group: int
    started: str
    machine: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A job has ended, after its last attempt.

    Attributes:
        job_id: The job.
        name: Its name, as AWS Batch would have it.
        code: Its exit code; None if it was ended.
        reason: Why it failed; empty if nothing but its exit code tells.
        log: The file with the output of its last attempt; None if it has none.
        at: When; seconds since the epoch.
    """

    job_id: JobId
    name: str
    code: int | None
    reason: str
    log: str | None
    at: float


_KINDS: Mapping[str, type[Began] | type[Ended]] = {"began": Began, "ended": Ended}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "job_id": (str,),
    "name": (str,),
    "attempt": (int,),
    "group": (int,),
    "started": (str,),
    "machine": (str,),
    "at": (int, float),
    "code": (int, type(None)),
    "reason": (str,),
    "log": (str, type(None)),
}


class LocalRecord:
    """The file, to which the workers of one command append. Another command does so only after this one has ended."""

    def __init__(self, file: Path) -> None:
        """Name the file; it is made with its first line."""
        self.file = file
        self._lock = threading.Lock()
        self._descriptor: int | None = None

    def append(self, line: Began | Ended) -> None:
        """Write a line: when this returns, a kill of this process does not lose it.

        Raises:
            OSError: It cannot be written.
        """
        kind = next(name for name, one in _KINDS.items() if isinstance(line, one))
        fields = {name: getattr(line, name) for name in line.__dataclass_fields__}
        text = json.dumps({"event": kind, **fields}, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            if self._descriptor is None:
                self._descriptor = _open(self.file)
            written = os.write(self._descriptor, text)
            if written < len(text):  # a full disk: the next line begins anew, and this one does not count
                os.close(self._descriptor)
                self._descriptor = None
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.file))


def read_record(file: Path) -> Iterator[Began | Ended]:
    """Yield the lines of a record, the oldest first; what cannot be read of it is left out.

    Raises:
        UsageError: The file cannot be read: nobody knows what earlier commands have left running.
    """
    try:
        descriptor = open_without_following(file, os.O_RDONLY)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(
            f"cannot read {file}: {error.strerror}. It says what earlier commands of the run may have left running. "
            "Make it a file that you can read, or begin another run"
        ) from error
    with os.fdopen(descriptor, "rb") as stream:
        for line in stream:
            with suppress(ValueError, TypeError, RecursionError):
                yield _parsed(json.loads(line))


def _parsed(fields: Any) -> Began | Ended:
    """Return one line.

    Raises:
        TypeError, ValueError: It is none.
    """
    if not isinstance(fields, dict) or fields.get("event") not in _KINDS:
        raise ValueError("unknown")
    kind = _KINDS[fields.pop("event")]
    if not all(isinstance(value, _TYPES[name]) for name, value in fields.items() if name in _TYPES):
        raise ValueError("of another type")
    if not abs(fields.get("at", 0.0)) < _LAST_S:  # also what is not a number, which JSON of Python may hold
        raise ValueError("no time")
    return kind(**fields)


def _open(file: Path) -> int:
    """Open the file behind its last whole line."""
    make_inner_folder(file.parent)
    descriptor = open_without_following(file, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            os.write(descriptor, b"\n")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
