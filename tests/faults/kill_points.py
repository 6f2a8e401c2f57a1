"""Enumerates where a run can be killed: every executable line of what submits, remembers, follows and adopts.

The lines are those of the compiled code, so that a line which is added is a point as well.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import kedro_batch

SUBMITTER = Path(kedro_batch.__file__).parent / "submitter"
_WHOLE = (
    "job_submitter.py",
    "intents.py",
    "sender.py",
    "unconfirmed.py",
    "submit_pace.py",
    "journal.py",
    "journal_busy.py",
    "journal_commit.py",
    "journal_place.py",
    "journal_rows.py",
    "journal_schema.py",
    "journal_statements.py",
    "submission_rows.py",
    "run.py",
    "loop.py",
    "look_again.py",
    "stock_taking.py",
    "close.py",
    "definitions/pins.py",
    "definitions/registered.py",
    "reconcile/reconcile.py",
    "reconcile/ask_service.py",
    "reconcile/check_journal.py",
    "reconcile/belief.py",
    "reconcile/belongs.py",
    "reconcile/standing.py",
    "reconcile/families.py",
    "reconcile/copies.py",
    "reconcile/duplicates.py",
    "reconcile/merge.py",
    "reconcile/rerun.py",
    "reconcile/settle.py",
    "reconcile/job_versions.py",
    "service/job_lookup.py",
    "terminate.py",
    "service/call_pool.py",
    "job_poller.py",
    "missing_jobs.py",
)
_LOCAL = (
    "service/local.py",
    "service/local_plan.py",
    "service/local_process.py",
    "service/local_record.py",
    "service/local_earlier.py",
    "service/local_job.py",
    "service/process_table.py",
    "terminate.py",
)
"""What starts, records and ends the jobs of a run on this machine."""
_OF_AWS = ("AwsEngine.submit_job", "AwsEngine.list_jobs")
"""The calls that submit and look up; the engine's others change nothing, or end what is duplicates."""


@dataclass(frozen=True, slots=True, order=True)
class KillPoint:
    """One line.

    Attributes:
        file: The module's file, from the submitter's folder.
        line: Counted from 1.
        importing: It is executed when the module is imported, before there is a run.
    """

    file: str
    line: int
    importing: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def kill_points() -> tuple[KillPoint, ...]:
    """Give every point, in the order of the files."""
    points = [point for name in _WHOLE for point in _points(name, lambda _: True)]
    return (*points, *_points("service/aws.py", lambda code: code.co_qualname.startswith(_OF_AWS)))


def local_kill_points() -> tuple[KillPoint, ...]:
    """Give every point of a run on this machine, in the order of the files."""
    return tuple(point for name in _LOCAL for point in _points(name, lambda _: True))


def first_point_in(file: str, function: str) -> KillPoint:
    """Give the first line of a function, such as ``JobSubmitter.take``."""
    code = next(one for one in _codes(file) if one.co_qualname == function)
    return KillPoint(file, min(_lines(code)), importing=False)


def _points(file: str, wanted: Callable[[CodeType], bool]) -> list[KillPoint]:
    codes = [code for code in _codes(file) if wanted(code)]
    in_functions = {line for code in codes if _is_function(code) for line in _lines(code)}
    importing = {line for code in codes if not _is_function(code) for line in _lines(code)} - in_functions
    return sorted(KillPoint(file, line, line in importing) for line in in_functions | importing)


def _codes(file: str) -> Iterator[CodeType]:
    path = SUBMITTER / file
    to_visit = [compile(path.read_bytes(), str(path), "exec")]
    while to_visit:
        code = to_visit.pop()
        yield code
        to_visit += [one for one in code.co_consts if isinstance(one, CodeType)]


def _is_function(code: CodeType) -> bool:
    """Tell a function, a lambda or a comprehension from the bodies of modules and classes."""
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _lines(code: CodeType) -> set[int]:
    """Give the lines of a code object; that of its own ``def`` belongs to what is around it."""
    lines = {line for _, _, line in code.co_lines() if line}
    return lines - {code.co_firstlineno} if len(lines) > 1 and _is_function(code) else lines
