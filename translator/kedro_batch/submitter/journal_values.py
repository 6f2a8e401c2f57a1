"""What the values in rows of a journal have to be. Pure.

Each reader takes a value as SQLite gives it, and raises ValueError or TypeError if that is no such value;
``checked`` says in which column it was.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import DataVersion, is_data_version
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JOB_NAME_PATTERN, JobId, RunId
from kedro_batch.submitter.run_id import checked_run_id
from kedro_batch.text.escaping import one_line

_T = TypeVar("_T")

_JOB = re.compile(JOB_NAME_PATTERN)
_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:/._-]{0,199}")
_DIGEST = re.compile(r"[A-Za-z0-9:]{0,100}")
_LAST_SECOND = 253_402_300_799.0
"""Of the year 9999, the last one that Python knows."""
MOST = 2**31
"""Whole numbers are smaller."""
PATH_LENGTH, _LINE, _LINES = 4096, 500, 30
"""Characters of the path of a log and of a line of it, and how many of these are read."""
_SHOWN = 60


class OddValueError(ValueError):
    """A value of a row is not what it has to be; the message says which, and what it is."""


def checked(given: Mapping[str, Any], column: str, read: Callable[[Any], _T]) -> _T:
    """Read the value of a column; OddValueError says which column has another one."""
    try:
        return read(given[column])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UsageError) as error:
        raise OddValueError(f"{column} is {shown(given[column])}") from error


def shown(value: Any) -> str:
    """Return a value for a message, cut if it is long."""
    return one_line(ascii(value), _SHOWN)


def or_none(read: Callable[[Any], _T]) -> Callable[[Any], _T | None]:
    """Read a value, or NULL."""
    return lambda value: None if value is None else read(value)


def as_text(value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def as_said(most: int = 1000) -> Callable[[Any], str]:
    """Read what a service or a log has said: one line of at most so many characters, as this program writes it.

    Another program may have written any number of either, and a line of its own could pass for one of ours.
    """
    return lambda value: " ".join(as_text(value)[:most].splitlines())


def _matching(pattern: "re.Pattern[str]") -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not pattern.fullmatch(as_text(value)):
            raise ValueError
        return str(value)

    return read


def as_one_of(words: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Read one of these words."""

    def read(value: Any) -> Any:
        if value not in words:
            raise ValueError
        return value

    return read


def as_whole(least: int) -> Callable[[Any], int]:
    """Read a whole number that is not less."""

    def read(value: Any) -> int:
        if type(value) is not int or not least <= value < MOST:
            raise ValueError
        return value

    return read


def as_time(value: Any) -> float:
    """Read a time: seconds since the epoch."""
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not 0 <= value <= _LAST_SECOND:
        raise ValueError
    return float(value)


def as_digest(value: Any) -> PlanDigest:
    """Read the digest of a plan."""
    return PlanDigest(_matching(_DIGEST)(value))


def as_content(value: Any) -> bytes:
    """Read bytes."""
    if not isinstance(value, bytes):
        raise TypeError
    return value


def as_run_id(value: Any) -> RunId:
    """Read the id of a run."""
    return checked_run_id(as_text(value))


def as_version(value: Any) -> DataVersion:
    """Read the version of a run."""
    if not is_data_version(as_text(value)):
        raise ValueError
    return DataVersion(value)


def as_json(value: Any) -> Any:
    """Read JSON."""
    return json.loads(as_text(value))


def as_location(value: Any) -> dict[str, str]:
    """Read where a run runs."""
    found = as_json(value)
    if not isinstance(found, dict):
        raise TypeError
    return {name: as_said()(where) for name, where in found.items()}


def as_job_id(value: Any) -> JobId:
    """Read the id of a job."""
    return JobId(_matching(_JOB_ID)(value))


def as_job_name(value: Any) -> JobName:
    """Read the name of a job."""
    return JobName(_matching(_JOB)(value))


def as_lines(value: Any) -> tuple[str, ...]:
    """Read the last lines of a log."""
    found = as_json(value) if value is not None else []
    if not isinstance(found, list):
        raise TypeError
    return tuple(map(as_said(_LINE), found[-_LINES:]))
