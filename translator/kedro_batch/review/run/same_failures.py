"""Put jobs together that have failed in the same way: it is told once, with all their names. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from kedro_batch.review.run.status import FailureStatus
from kedro_batch.submitter.failures import SAYS_NOTHING
from kedro_batch.submitter.job_state import JobState

Alike = tuple[FailureStatus, ...]
"""Jobs that have failed in the same way, the first one first; mostly one."""

_FRAME = re.compile(r' *File "(?P<place>.*", line \d+), in ')
_FRAMES = 3
"""The last frames of tracebacks that are the same; how a node was called is no difference."""


_MACHINE = re.compile(r"\bi-[0-9a-f]+\b")
"""The id of an instance: which machine it was is no difference."""


def same_failures(failures: Iterable[FailureStatus]) -> tuple[Alike, ...]:
    """Return the failures, those together that are told in the same words: reason, exception and its last frames.

    Without an exception the last line of the log is among these words, unless the kind of failure says what happened.
    Those of which nobody knows why are alone.
    """
    groups: dict[object, list[FailureStatus]] = {}
    for one in failures:
        groups.setdefault(_way(one), []).append(one)
    return tuple(map(tuple, groups.values()))


def _way(one: FailureStatus) -> object:
    """Return what is the same of failures that are told together."""
    same = (one.state, one.cause, one.exit_code, one.reason and _MACHINE.sub("", one.reason))
    if one.exception is None:
        if one.reason is None and one.exit_code is None and one.state != JobState.LOST:
            return one.job  # nobody knows why
        last = one.log_tail[-1:] if one.cause in SAYS_NOTHING else ()
        return (*same, one.memory_mib, one.timeout_s, one.not_found, last)
    frames = [found["place"] for line in one.log_tail if (found := _FRAME.match(line))]
    return (*same, one.exception, one.exception_cause, tuple(frames[-_FRAMES:]))


def told_once(alike: Alike) -> FailureStatus:
    """Return the failure that is told for all of them, with what all of them have kept from running."""
    return replace(alike[0], not_run=tuple(sorted({name for one in alike for name in one.not_run})))
