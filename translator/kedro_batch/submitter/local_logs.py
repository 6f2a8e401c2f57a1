"""The logs of a run on this machine: the files that its attempts have written, ``JOB.SUBMISSION.ATTEMPT.log``.

The record of the run (``local_record``) says which job has begun and which has ended. Nothing is written or locked.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from kedro_batch.files.private_files import open_without_following
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import parsed_job_name
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.log_following import LogAtWork
from kedro_batch.submitter.log_places import LogPlace
from kedro_batch.submitter.service.local_record import Began, Ended, read_record
from kedro_batch.submitter.service.log_cursor import LogEvent

_FILE = re.compile(r"(?P<job>[^.]+)\.(?P<submission>[1-9]\d{0,5})\.(?P<attempt>[1-9]\d{0,5})\.log")
_Attempt = tuple[int, int]
"""A submission of a job, and its attempt."""
_READ_BYTES = 1 << 20
_LONGEST_BYTES = 1 << 16
"""Of a line without an end: a progress bar is kept from its last carriage return on."""


class FileLog:
    """A file that is read. ``Log``."""

    newest_at = 0.0
    idle = False

    def __init__(self, file: Path) -> None:
        """Read a file from its beginning."""
        self.at_end = False
        self.problem: str | None = None
        self._file = file
        self._read_bytes = 0
        self._line = b""
        """The beginning of a line that has no end yet."""
        self._ended = False

    def read(self) -> Sequence[LogEvent]:
        """Return the next lines; the last one without its end only if no more comes."""
        try:
            with os.fdopen(open_without_following(self._file, os.O_RDONLY), "rb") as stream:
                content = os.pread(stream.fileno(), _READ_BYTES, self._read_bytes)
        except OSError as error:
            self.problem, self.at_end = f"its log cannot be read: {error.strerror}", True
            return ()
        self._read_bytes += len(content)
        self.at_end = not content
        *lines, self._line = (self._line + content).split(b"\n")
        if len(self._line) > _LONGEST_BYTES:
            self._line = self._line[self._line.rstrip(b"\r").rfind(b"\r") + 1 :]
        if self._line and (len(self._line) > _LONGEST_BYTES or (self.at_end and self._ended)):
            lines.append(self._line)
            self._line = b""
        return tuple(LogEvent(line.decode("utf-8", errors="replace")) for line in lines)

    def begin_again(self) -> None:
        """Do nothing: a file has its lines in their order."""

    def end(self) -> None:
        """Learn that its process has ended: a line without an end is one, too."""
        self._ended = True


class LocalLogs:
    """The logs of some jobs of a run on this machine. ``RunLogs``.

    What it says of single jobs is what the last look, or the last question about states, has found.
    """

    def __init__(
        self,
        folder: Path,
        record: Path,
        is_alive: Callable[[], bool],
        *,
        submission: int | None = None,
        attempt: int | None = None,
    ) -> None:
        """Read what is there.

        Args:
            folder: Where the files are.
            record: The record of the run.
            is_alive: True if a process of the run goes on.
            submission: The submission that is wanted; None for the latest one of each job.
            attempt: Its attempt; None for the latest one, and those that follow.
        """
        self.over = False
        self.wanted: Sequence[JobName] = ()
        self._folder = folder
        self._record = record
        self._is_alive = is_alive
        self._submission = submission
        self._attempt = attempt
        self._followed = False
        self._first_attempts: dict[tuple[JobName, int], int] = {}
        self._ends: Mapping[JobName, Ended | None] = {}
        self._files: Mapping[JobName, Collection[_Attempt]] = {}
        self._left = set[tuple[JobName, _Attempt]]()

    def _read_again(self) -> bool:
        """Read the record and the names of the files, once for all jobs; return True if the run goes on."""
        alive = self._is_alive()  # first: all that it has written is then seen
        self._ends = self._latest()
        self._files = _files_in(self._folder)
        return alive

    def states(self) -> dict[JobName, JobState]:
        """Return the states of the jobs that were started, as far as the record tells them."""
        alive = self._read_again()
        states = {}
        for job, ended in self._ends.items():
            if ended is None:
                states[job] = JobState.RUNNING if alive else JobState.LOST
            else:
                states[job] = JobState.SUCCEEDED if ended.code == 0 else JobState.FAILED
        return states

    def look(self) -> list[LogAtWork]:
        """Look which jobs have ended, and return the files that there are."""
        alive = self._read_again()
        self.over = not alive or (bool(self.wanted) and all(self._ends.get(job) for job in self.wanted))
        found = [
            one
            for job in self.wanted
            for one in self.logs_of(job, ended=not alive or bool(self._ends.get(job)))
            if _numbered(one.place) not in self._left
        ]
        self._followed = True  # what starts later is shown from its first attempt on
        return found

    def leave(self, place: LogPlace) -> None:
        """Learn that nothing more is read of a log."""
        self._left.add(_numbered(place))

    def open(self, place: LogPlace) -> FileLog:
        """Begin to read a file."""
        assert isinstance(place.where, Path)  # noqa: S101  tells mypy what kind it is: there are no others here
        return FileLog(place.where)

    def logs_of(self, job: JobName, *, ended: bool = True) -> Iterator[LogAtWork]:
        """Yield the files of the attempts of a job that are wanted."""
        found = self._latest_attempt(job)
        if not found:
            return
        submission, latest = found
        first = self._first_attempts.setdefault((job, submission), 1 if self._followed else latest)
        numbers = range(first, latest + 1) if self._attempt is None else [self._attempt]
        for number in numbers:
            if (submission, number) in self._files[job]:
                file = self._folder / f"{job}.{submission}.{number}.log"
                place = LogPlace(job=job, submission=submission, attempt=number, where=file)
                yield LogAtWork(place=place, ended=ended or number < latest, ended_at=0.0)

    def attempts_begun(self, job: JobName) -> int:
        """Return how many attempts of a job have begun."""
        found = self._latest_attempt(job)
        return found[1] if found else 0

    def _latest_attempt(self, job: JobName) -> _Attempt | None:
        """Return the submission of a job that is wanted, and its latest attempt; None if there is no file of it."""
        return max((one for one in self._files.get(job, ()) if self._submission in (None, one[0])), default=None)

    def why_none(self, job: JobName) -> str:
        """Return why there is no log of a job."""
        if found := self._latest_attempt(job):
            return f"it has no attempt {self._attempt}: it has {found[1]}"
        which = f" as submission {self._submission}" if self._submission else ""
        return f"it was not started{which}: {self._folder} has no file of it"

    def _latest(self) -> dict[JobName, Ended | None]:
        """Return how the submission that is wanted has ended, of each job that was started; None if it has not."""
        found: dict[JobName, tuple[int, Ended | None]] = {}
        for line in read_record(self._record):
            parsed = parsed_job_name(line.name)
            if parsed is None or self._submission not in (None, parsed[2]):
                continue
            _, job, submission = parsed
            if submission >= found.get(job, (0, None))[0]:
                match line:
                    case Began():
                        found[job] = (submission, None)
                    case Ended():
                        found[job] = (submission, line)
        return {job: ended for job, (_, ended) in found.items()}


def _files_in(folder: Path) -> Mapping[JobName, Collection[_Attempt]]:
    """Return the attempts of which there are files, job by job."""
    found = defaultdict[JobName, set[_Attempt]](set)
    with suppress(OSError), os.scandir(folder) as files:
        for file in files:
            if one := _FILE.fullmatch(file.name):
                found[JobName(one["job"])].add((int(one["submission"]), int(one["attempt"])))
    return found


def _numbered(place: LogPlace) -> tuple[JobName, _Attempt]:
    return place.job, (place.submission, place.attempt)
