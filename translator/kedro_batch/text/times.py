"""Words times: for people, by the clock of the reader or in UTC, which is then said; for programs, in ISO 8601. Pure.

All times come in as seconds since the epoch. A time zone of None is that of this machine.
"""

from datetime import UTC, datetime, tzinfo
from typing import Literal

S_IN_MIN, S_IN_H = 60, 3600
_DATE, _MINUTE, _SECOND = "%Y-%m-%d", "%H:%M", "%H:%M:%S"


def clock_time(seconds: float, zone: tzinfo | None = None) -> str:
    """Spell the time of day: ``14:32:07``."""
    return datetime.fromtimestamp(seconds, zone).strftime(_SECOND)


def date_and_time(seconds: float, zone: tzinfo | None = None, *, to_the_second: bool = False) -> str:
    """Spell a time: ``2026-11-22 14:32``, or ``2026-11-22 14:32:07``."""
    return datetime.fromtimestamp(seconds, zone).strftime(f"{_DATE} {_SECOND if to_the_second else _MINUTE}")


def near_time(seconds: float, now: float, zone: tzinfo | None = None, *, to_the_second: bool = False) -> str:
    """Spell a time, such as ``14:32``, or ``14:32:07``, with its date if that is not the day of ``now``."""
    then, today = datetime.fromtimestamp(seconds, zone), datetime.fromtimestamp(now, zone)
    if then.date() != today.date():
        return date_and_time(seconds, zone, to_the_second=to_the_second)
    return then.strftime(_SECOND if to_the_second else _MINUTE)


def utc_time(seconds: float) -> str:
    """Spell a time for readers in any time zone: ``2026-11-22 14:32:07 UTC``."""
    return f"{date_and_time(seconds, UTC, to_the_second=True)} UTC"


def iso_time(seconds: float, to_the: Literal["seconds", "milliseconds"] = "milliseconds") -> str:
    """Spell a time for programs: ``2026-11-22T14:32:07.123+00:00``, or ``2026-11-22T14:32:07+00:00``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=to_the)
