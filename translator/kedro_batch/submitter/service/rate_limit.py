"""How fast calls may go out: token buckets, and a rate that finds the limit of the service. Pure but for its state.

Time is given with every call, in seconds on any clock that only goes forward.

The rate of submissions grows as CUBIC does for TCP (RFC 9438): after a throttled call it falls by a fixed part, comes
back quickly to a little below the ceiling that it found, stays there for a while, and then probes beyond it, slowly at
first. The ceiling is the account's limit (50 a second for SubmitJob), less what others in the account submit.
"""

import math
from collections import deque

from kedro_batch.submitter.service.limits import SUBMIT_RATE

_START = 0.96
"""The part of the known limit at which submitting starts: the clocks of both sides are not one."""
_FALL = 0.85
"""What is left of the rate after a throttled call."""
_GROWTH = 0.006
"""Calls a second, gained per second cubed: 20 a second more within 24 s of throttling at 25."""
_LEAST = 0.5
"""Calls a second, however often they are throttled: at a lower rate, nobody would learn that it has become better."""
_BURST_S = 0.1
"""How many seconds of calls a bucket holds, so that a late wake-up does not cost throughput."""
_WINDOW_S = 1.0
_WHOLE = 1 - 1e-6
"""How much of a token is enough: after the wait for it, rounding must not ask for another wait."""


class Bucket:
    """A token bucket: ``burst`` calls at once, ``rate`` calls a second in the long run."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """Begin full."""
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at = now

    def set_rate(self, rate: float, burst: float, now: float) -> None:
        """Change the rate from now on."""
        self._refill(now)
        self.rate, self.burst = rate, burst
        self._tokens = min(self._tokens, burst)

    def try_acquire(self, now: float) -> bool:
        """Take a token; False if there is none."""
        self._refill(now)
        if self._tokens < _WHOLE:
            return False
        self._tokens -= 1
        return True

    def wait_s(self, now: float) -> float:
        """Return the seconds until there is a token."""
        self._refill(now)
        return max(0.0, (1 - self._tokens) / self.rate)

    def _refill(self, now: float) -> None:
        if math.isinf(self.rate):
            self._tokens = self.burst
        elif now > self._at:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = max(self._at, now)


class SubmitRate:
    """The rate of submissions: a token bucket whose rate follows what the service takes."""

    def __init__(self, now: float, most: float | None = None) -> None:
        """Begin near the service's limit.

        Args:
            now: The time.
            most: Calls a second at most; ``math.inf`` for no limit; None for the limit of the service.
        """
        self._most = SUBMIT_RATE if most is None else most
        self._fell_at = now
        self._sent: deque[float] = deque()
        self._first_sent: float | None = None
        self._ceiling = self._most
        self._after_fall = SUBMIT_RATE * _START if most is None else self._most
        self._bucket = Bucket(self._after_fall, _burst(self._after_fall), now)

    @property
    def ceiling(self) -> float:
        """The rate at which calls were last throttled, or else the highest allowed; calls a second."""
        return self._ceiling

    def rate(self, now: float) -> float:
        """Return the rate of this moment, in calls a second."""
        if math.isinf(self._ceiling):
            return math.inf
        plateau_s = math.cbrt((self._ceiling - self._after_fall) / _GROWTH)
        grown = self._ceiling + _GROWTH * (now - self._fell_at - plateau_s) ** 3
        return min(self._most, max(_LEAST, grown))

    def try_acquire(self, now: float) -> bool:
        """Take leave to send one call now; False if there is none."""
        self._follow(now)
        if not self._bucket.try_acquire(now):
            return False
        self._first_sent = now if self._first_sent is None else self._first_sent
        self._sent.append(now)
        while self._sent[0] < now - _WINDOW_S:
            self._sent.popleft()
        return True

    def wait_s(self, now: float) -> float:
        """Return the seconds until a call may be sent."""
        self._follow(now)
        return self._bucket.wait_s(now)

    def on_throttled(self, sent_at: float, now: float) -> bool:
        """Record that a call was throttled; True if the rate falls because of it.

        A call sent before the last fall says nothing about the rate since: the rate falls once a round trip at most.
        """
        if sent_at < self._fell_at:
            return False
        self._ceiling = max(_LEAST, min(self.rate(now), self._measured(now)))
        self._after_fall = max(_LEAST, self._ceiling * _FALL)
        self._fell_at = now
        self._follow(now)
        return True

    def _measured(self, now: float) -> float:
        """Return how many calls a second were really sent: fewer than the rate when there was nothing more to send."""
        if self._first_sent is None:
            return self._most
        recent = sum(at >= now - _WINDOW_S for at in self._sent)
        return recent / max(0.1, min(_WINDOW_S, now - self._first_sent))

    def _follow(self, now: float) -> None:
        rate = self.rate(now)
        self._bucket.set_rate(rate, _burst(rate), now)


def _burst(rate: float) -> float:
    return max(1.0, rate * _BURST_S)
