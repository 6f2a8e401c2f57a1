"""ListJobs: which jobs of a queue a request is about, newest first, a page at a time."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from .jobs import Job, Queue
from .limits import LISTED_AT_ONCE, client_error

_FEW = 1000
"""So many jobs with a prefix are sorted; among more, the newest are found by walking back."""


def page(queue: Queue, body: dict[str, Any], visible: Callable[[Job], bool]) -> tuple[list[Job], str | None]:
    """Give the jobs of a page, and the token of the next one.

    Raises:
        RefusedError: The request is not one that AWS answers.
    """
    most = body.get("maxResults", LISTED_AT_ONCE)
    if not 1 <= most <= LISTED_AT_ONCE:
        raise client_error(f"maxResults must be between 1 and {LISTED_AT_ONCE}")
    before = _position(body.get("nextToken"), len(queue.jobs))
    positions = _with_name(queue, body["filters"], before) if body.get("filters") else _with_status(queue, body, before)
    found = list(islice((one for one in positions if visible(queue.jobs[one])), most + 1))
    token = str(found[most - 1]) if len(found) > most else None
    return [queue.jobs[one] for one in found[:most]], token


def _position(token: str | None, end: int) -> int:
    if token is None:
        return end
    if not token.isdecimal():
        raise client_error("nextToken is not valid")
    return min(int(token), end)


def _with_status(queue: Queue, body: dict[str, Any], before: int) -> Iterator[int]:
    """Find the jobs of one status: the only question whose cost grows with the jobs of the queue."""
    status = body.get("jobStatus", "RUNNING")
    return (one for one in reversed(range(before)) if queue.jobs[one].status == status)


def _with_name(queue: Queue, filters: list[dict[str, Any]], before: int) -> Iterator[int]:
    """Find the jobs of every status by their name or its beginning, in any case."""
    if len(filters) != 1 or len(filters[0].get("values", ())) != 1:
        raise client_error("exactly one filter with one value is supported")
    if filters[0].get("name") != "JOB_NAME":
        raise client_error(f"filter {filters[0].get('name')} is not supported here")
    value = str(filters[0]["values"][0]).lower()
    prefix = value.removesuffix("*")
    is_prefix = value.endswith("*")
    start = bisect_left(queue.names, (prefix, 0))
    end = bisect_left(queue.names, (prefix + ("\U0010ffff" if is_prefix else ""), len(queue.jobs)))
    if end - start <= _FEW:
        return iter(sorted((at for _, at in queue.names[start:end] if at < before), reverse=True))
    return (
        one
        for one in reversed(range(before))
        if (name := queue.jobs[one].name.lower()) == value or (is_prefix and name.startswith(prefix))
    )
