"""The durations, moments and rates that users write."""

import math
import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Number = click.ParamType[float]
else:
    _Number = click.ParamType  # older versions of click, which some versions of Kedro ask for, know no type in brackets

_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class Duration(_Number):
    """A duration such as ``90s``, ``15m``, ``1h``; a bare number is in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?", str(value).strip())
        if not found:
            self.fail(f"{value!r} is not a duration: write 90s, 15m, 1h or 1d", param, ctx)
        return float(found[1]) * _UNITS[found[2] or ""]


class Moment(_Number):
    """A time: so long ago, such as ``10m``, or an ISO time; without an offset, that of this machine's clock."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds since the epoch."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        if re.fullmatch(r"\d+(?:\.\d+)?\s*(s|m|min|h|d)?", text):
            return max(0.0, time.time() - Duration().convert(text, param, ctx))
        try:
            return max(0.0, datetime.fromisoformat(text).timestamp())
        except (ValueError, OverflowError, OSError):
            self.fail(f"{value!r} is no time: write 10m, 2h or 1d, or 2026-11-30T06:00, perhaps with Z", param, ctx)


class Rate(_Number):
    """Submissions a second, or ``unlimited``."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; infinity for ``unlimited``."""
        if value == "unlimited":
            return math.inf
        try:
            rate = float(value)
        except ValueError:
            rate = math.nan
        if not 0 < rate < math.inf:
            self.fail(
                f"{value!r} is not a rate: write a number of submissions a second above 0, or unlimited", param, ctx
            )
        return rate
