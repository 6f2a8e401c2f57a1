"""What goes wrong with calls, by configuration. Draws are random but for the seed; nothing sleeps."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from .config import Config, named, within
from .limits import RefusedError

_ACTION = {"getlogevents": "logs:GetLogEvents"}


class Fault(StrEnum):
    """What happens to a reply on its way."""

    LOST = "lost"
    """The call was executed, and nothing comes back: the connection is closed."""
    CUT = "cut"
    """The call was executed, and half of the reply's body comes back."""
    HANG = "hang"
    """Nothing was executed, and nothing ever comes back."""
    DOWN = "down"
    """Nothing was executed: the connection is closed."""


@dataclass(slots=True)
class _Bucket:
    """A token bucket that begins full."""

    tokens: float
    filled_at: float

    def fill(self, until: float, rate: float, burst: float) -> None:
        self.tokens = min(burst, self.tokens + (until - self.filled_at) * rate)
        self.filled_at = until


@dataclass(slots=True)
class Faults:
    """Decides the fate of calls."""

    config: Config
    random: Random
    began: float | None = None
    """The time of the first call."""
    first_submit: float | None = None
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def before(self, operation: str, body: dict[str, Any], *, taken: int, now: float) -> Fault | None:
        """Decide what happens to a call before it is executed.

        Raises:
            RefusedError: It is answered with an error.
        """
        config = self.config
        if self.began is None:
            self.began = now
        if self.down(now):
            return Fault.DOWN
        if named(operation, config.hang):
            return Fault.HANG
        if within(now - self.began, config.expired):
            raise RefusedError(403, "ExpiredTokenException", "The security token included in the request is expired")
        if named(operation, config.absent):
            raise unknown(operation)
        self._deny(operation, body, taken)
        self._throttle(operation, now)
        if named(operation, config.faulty) and self._happens(config.error_before):
            raise RefusedError(503, "ServerException", "not taken: something went wrong before")
        return None

    def after(self, operation: str) -> Fault | None:
        """Decide what happens to the reply of a call that was executed.

        Raises:
            RefusedError: The reply says that there was an error.
        """
        config = self.config
        always = config.submit_fault if operation == "submitjob" else None
        faulty = named(operation, config.faulty)
        if always == "error_after" or (faulty and self._happens(config.error_after)):
            raise RefusedError(503, "ServerException", "taken, but something went wrong then")
        if always == "reply_lost" or (faulty and self._happens(config.lost_replies)):
            return Fault.LOST
        return Fault.CUT if faulty and self._happens(config.cut_replies) else None

    def down(self, now: float) -> bool:
        return within(now - (now if self.began is None else self.began), self.config.down)

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self.random.random() < probability

    def _deny(self, operation: str, body: dict[str, Any], taken: int) -> None:
        config = self.config
        submit = operation == "submitjob"
        if operation == "describejobs" and config.refuse_looks > 0:
            config.refuse_looks -= 1
            raise _denied("batch:DescribeJobs")
        if named(operation, config.deny):
            raise _denied(_ACTION.get(operation, f"batch:{_spelled(operation, config.deny)}"))
        if submit and config.deny_tags and body.get("tags"):
            raise _denied("batch:TagResource")
        if submit and config.refuse_after is not None and taken >= config.refuse_after:
            raise _denied("batch:SubmitJob")

    def _throttle(self, operation: str, now: float) -> None:
        config = self.config
        if operation != "submitjob":
            if config.throttle_other and not self._passes(operation, config.throttle_other, [], now):
                raise _throttled()
            return
        if self.first_submit is None:
            self.first_submit = now
        if config.throttle_first > 0:
            config.throttle_first -= 1
            raise _throttled()
        schedule = [(self.first_submit + at, rate) for at, rate in config.throttle_schedule]
        if (config.throttle or schedule) and not self._passes(operation, config.throttle or {}, schedule, now):
            raise _throttled()

    def _passes(self, operation: str, limit: dict[str, float], schedule: list[tuple[float, float]], now: float) -> bool:
        """Take a token; the schedule gives the rates from certain times on."""
        rate = limit.get("rate", float("inf"))
        burst = limit.get("burst", min(rate, schedule[0][1] if schedule else rate))
        bucket = self._buckets.setdefault(operation, _Bucket(max(burst, 1.0), now))
        for at, changed in sorted(schedule):
            if at > now:
                break
            if at > bucket.filled_at:
                bucket.fill(at, rate, max(burst, 1.0))
            rate = changed
        bucket.fill(now, rate, max(burst, 1.0))
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


def unknown(operation: str) -> RefusedError:
    return RefusedError(404, "UnknownOperationException", f"no operation {operation}")


def _spelled(operation: str, names: list[str]) -> str:
    return next(one for one in names if one.lower() == operation)


def _throttled() -> RefusedError:
    return RefusedError(429, "TooManyRequestsException", "Too Many Requests")


def _denied(action: str) -> RefusedError:
    return RefusedError(403, "AccessDeniedException", f"not authorized to perform: {action}")
