"""The version under which all jobs of a run save versioned datasets: a time, in the format of Kedro's own versions.

Kedro takes the largest version for the newest, so only a time sorts where it belongs: ``run-x`` would be the newest for
ever. Source: ``kedro.io.core.generate_timestamp``.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NewType

DataVersion = NewType("DataVersion", str)
"""Such as ``2026-11-22T16.15.07.123Z``: UTC, to the millisecond."""

_FORMAT = "%Y-%m-%dT%H.%M.%S"
_PATTERN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d)\.\d{3}Z", re.ASCII)  # other digits sort after these


def make_data_version(now: datetime) -> DataVersion:
    """Return the version of a time with a time zone."""
    now = now.astimezone(UTC)
    return DataVersion(f"{now:{_FORMAT}}.{now.microsecond // 1000:03}Z")


def time_of_version(version: DataVersion) -> datetime:
    """Return the time that a version is."""
    return datetime.strptime(version, f"{_FORMAT}.%fZ").replace(tzinfo=UTC)


def next_data_version(version: DataVersion) -> DataVersion:
    """Return the version of the next millisecond."""
    return make_data_version(time_of_version(version) + timedelta(milliseconds=1))


def is_data_version(text: str) -> bool:
    """True if a text is a version as ``make_data_version`` makes them."""
    found = _PATTERN.fullmatch(text)
    try:
        return found is not None and bool(datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC))
    except ValueError:
        return False
