"""What goes wrong with calls, by configuration. Draws are random but for the seed; nothing sleeps."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from .config import Config, chosen, named, within
from .limits import RefusedError, client_error

_ANY = float("inf")
"""The rate of what is not throttled."""
_NEVER = _ANY
"""After how many jobs the other keys expire."""
_WHOLE = 1 - 1e-9
"""A token, but for the rounding of what tenths of it add up to."""
_ACTION = {
    "getlogevents": "logs:GetLogEvents",
    "getcalleridentity": "sts:GetCallerIdentity",
    "assumerole": "sts:AssumeRole",
    "assumerolewithwebidentity": "sts:AssumeRoleWithWebIdentity",
}


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
        if until > self.filled_at:
            self.tokens += (until - self.filled_at) * rate
            self.filled_at = until
        self.tokens = min(burst, self.tokens)


@dataclass(slots=True)
class Faults:
    """Decides the fate of calls."""

    config: Config
    random: Random
    began: float | None = None
    """The time of the first call."""
    first_submit: float | None = None
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _called: dict[str, set[str]] = field(default_factory=dict)
    """The operations that were called with each key that expires after one."""

    def before(
        self, operation: str, body: dict[str, Any], *, access_key: str | None, taken: int, now: float
    ) -> Fault | None:
        """Decide what happens to a call before it is executed.

        Args:
            operation: In lower case.
            body: The request.
            access_key: The key that it is signed with; None if it is not signed.
            taken: How many jobs were taken.
            now: The time.

        Raises:
            RefusedError: It is answered with an error.
        """
        config = self.config
        if named(operation, config.hang):
            return Fault.HANG
        known = config.renewed and operation == "getcalleridentity"
        expired = within(self._since_the_first(now), config.expired) and not known
        if expired or self._has_expired(operation, access_key or "", taken):
            raise RefusedError(403, "ExpiredTokenException", "The security token included in the request is expired")
        if refused := chosen(operation, config.refuse):
            raise RefusedError(*refused)
        if named(operation, config.absent):
            raise unknown(operation)
        self._deny(operation, body, taken)
        self._throttle(operation, now)
        if named(operation, config.faulty) and self._happens(config.error_before):
            raise RefusedError(503, "ServerException", "not taken: something went wrong before")
        return None

    def _has_expired(self, operation: str, access_key: str, taken: int) -> bool:
        until = self.config.expire_keys.get(access_key, _NEVER)
        if isinstance(until, str):
            expired = until.lower() in self._called.setdefault(access_key, set())
            self._called[access_key].add(operation)
            return expired
        return taken >= until

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
        """Tell whether connections are closed; the first time that this is asked is that of the first call."""
        return within(self._since_the_first(now), self.config.down)

    def _since_the_first(self, now: float) -> float:
        if self.began is None:
            self.began = now
        return now - self.began

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
        for refused, why in config.refuse_reasons.items():
            if named(operation, refused):
                raise client_error(why)
        if config.deny_tags and body.get("tags"):
            raise _denied("batch:TagResource")
        if submit and config.refuse_after is not None and taken >= config.refuse_after:
            raise _denied("batch:SubmitJob")

    def _throttle(self, operation: str, now: float) -> None:
        config = self.config
        if operation != "submitjob":
            if config.throttle_other and not self._passes(operation, config.throttle_other, [], now):
                raise _throttled(operation)
            return
        if self.first_submit is None:
            self.first_submit = now
        if config.throttle_first > 0:
            config.throttle_first -= 1
            raise _throttled(operation)
        schedule = [(self.first_submit + at, _ANY if rate is None else rate) for at, rate in config.throttle_schedule]
        if (config.throttle or schedule) and not self._passes(operation, config.throttle or {}, schedule, now):
            raise _throttled(operation)

    def _passes(self, operation: str, limit: dict[str, float], schedule: list[tuple[float, float]], now: float) -> bool:
        """Take a token; the schedule gives the rates from certain times on."""
        rate = limit.get("rate", _ANY)
        limited = [one for one in (rate, *(changed for _, changed in schedule)) if one != _ANY]
        burst = max(1.0, limit.get("burst", limited[0] if limited else 1.0))
        bucket = self._buckets.setdefault(operation, _Bucket(burst, now))
        for at, changed in sorted(schedule):
            if at <= now:
                bucket.fill(at, rate, burst)
                rate = changed
        bucket.fill(now, rate, burst)
        if rate == _ANY:
            return True
        if bucket.tokens < _WHOLE:
            return False
        bucket.tokens -= 1
        return True


def unknown(operation: str) -> RefusedError:
    return RefusedError(404, "UnknownOperationException", f"no operation {operation}")


def _spelled(operation: str, names: list[str]) -> str:
    return next(one for one in names if one.lower() == operation)


def _throttled(operation: str) -> RefusedError:
    if operation == "getlogevents":
        return RefusedError(400, "ThrottlingException", "Rate exceeded")
    return RefusedError(429, "TooManyRequestsException", "Too Many Requests")


def _denied(action: str) -> RefusedError:
    return RefusedError(403, "AccessDeniedException", f"not authorized to perform: {action}")
