"""The durations and rates that users write."""

import math
import re
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
