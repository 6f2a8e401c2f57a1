"""Put jobs together that have failed in the same way: it is told once, with all their names. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from kedro_batch.review.run.status import FailureStatus

Alike = tuple[FailureStatus, ...]
"""Jobs that have failed in the same way, the first one first; mostly one."""

_FRAME = re.compile(r' *File "(?P<place>.*", line \d+), in ')
_FRAMES = 3
"""The last frames of tracebacks that are the same; how a node was called is no difference."""


def same_failures(failures: Iterable[FailureStatus]) -> tuple[Alike, ...]:
    """Return the failures, those together that have the same reason, the same exception and the same last frames.

    A failure without an exception is alone: nobody knows whether it is the same.
    """
    groups: dict[object, list[FailureStatus]] = {}
    for one in failures:
        groups.setdefault(_way(one), []).append(one)
    return tuple(map(tuple, groups.values()))


def _way(one: FailureStatus) -> object:
    """Return what is the same of failures that are told together."""
    if one.exception is None:
        return one.job
    frames = [found["place"] for line in one.log_tail if (found := _FRAME.match(line))]
    exceptions = (one.exception, one.exception_cause, tuple(frames[-_FRAMES:]))
    return (one.state, one.cause, one.reason, one.exit_code, *exceptions)


def told_once(alike: Alike) -> FailureStatus:
    """Return the failure that is told for all of them, with what all of them have kept from running."""
    return replace(alike[0], not_run=tuple(sorted({name for one in alike for name in one.not_run})))
