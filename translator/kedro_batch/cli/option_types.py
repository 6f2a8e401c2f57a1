"""The durations, moments, rates and kinds of risks that users write."""

import math
import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    _Number = click.ParamType[float]
    _Words = click.ParamType[tuple[str, ...]]
else:  # older versions of click, which some versions of Kedro ask for, know no type in brackets
    _Number = _Words = click.ParamType

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


ANY_RISK = "any"


class RiskKinds(_Words):
    """Kinds of risks with commas between them, or ``any``."""

    name = "kinds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the kinds, each once; ``any`` stands for all of them."""
        from kedro_batch.text.wording import did_you_mean  # noqa: PLC0415  the command line's --help does without

        if isinstance(value, tuple):
            return value
        known, asked = _risk_kinds(), [word.strip() for word in str(value).split(",")]
        for word in asked:
            if word not in (*known, ANY_RISK):
                hint = did_you_mean(word, known)
                every = ", ".join((ANY_RISK, *known))
                self.fail(f"{word[:_SHOWN]!r} is no kind of risk.{hint} Known here: {every}", param, ctx)
        return known if ANY_RISK in asked else tuple(dict.fromkeys(asked))


class RiskKindsOption(click.Option):
    """The option that takes them; its help names all."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help."""
        record = super().get_help_record(ctx)
        return record and (record[0], f"{record[1]} Kinds: {', '.join(_risk_kinds())}.")


def complete_risk_kinds(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the last of the kinds with commas between them."""
    before, comma, begun = incomplete.rpartition(",")
    return [f"{before}{comma}{word}" for word in (ANY_RISK, *_risk_kinds()) if word.startswith(begun)]


_SHOWN = 80  # characters of a word in a message


def _risk_kinds() -> tuple[str, ...]:
    from kedro_batch.review.diff.model import RiskKind  # noqa: PLC0415  loaded only if they are asked for

    return tuple(map(str, RiskKind))


def complete_files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete the name of a file."""
    return [CompletionItem(incomplete, type="file")]
