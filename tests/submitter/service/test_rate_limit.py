"""The rate of submissions against a service with a token bucket, on a clock that the test moves."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.submitter.service.rate_limit import Bucket, SubmitRate

LANES = 32
BURST = 5.0
LATENCY_S = 0.1
UNENDING = 10**9


@dataclass
class Simulated:
    """What became of the calls: seconds at which they were sent, accepted and refused, and the rate fell."""

    sent: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    falls: list[float] = field(default_factory=list)

    @property
    def throttled(self) -> float:
        return len(self.refused) / len(self.sent)

    def accepted_between(self, start: float, end: float) -> int:
        return sum(start <= at < end for at in self.accepted)


class Service:
    """A token bucket, as AWS throttles; its rate may change at certain times."""

    def __init__(self, limits: Sequence[tuple[float, float]]) -> None:
        self._limits = limits
        self._tokens = BURST
        self._at = 0.0

    def accepts(self, at: float) -> bool:
        ends = [*(start for start, _ in self._limits[1:]), math.inf]
        for (start, rate), end in zip(self._limits, ends, strict=True):
            seconds = min(at, end) - max(self._at, start)
            if seconds > 0 and rate:
                self._tokens = min(BURST, self._tokens + seconds * rate)
        self._at = at
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def simulated(
    rate: SubmitRate,
    limits: Sequence[tuple[float, float]],
    *,
    calls: int = 2000,
    latency_s: float = LATENCY_S,
    until_s: float = math.inf,
) -> Simulated:
    """Send calls as a run does: in 32 lanes, as soon as the rate allows it, again when they are refused."""
    result, service = Simulated(), Service(limits)
    on_the_way: list[tuple[float, bool, float, bool]] = []  # when, is it a reply, when it was sent, was it accepted
    now, left = 0.0, calls
    while (left or on_the_way) and now < until_s:
        while left and len(on_the_way) < LANES and rate.try_acquire(now):
            left -= 1
            result.sent.append(now)
            heapq.heappush(on_the_way, (now + latency_s / 2, False, now, False))
        wakes = [on_the_way[0][0]] if on_the_way else []
        if left and len(on_the_way) < LANES:
            wakes.append(now + rate.wait_s(now))
        now = min(wakes)
        while on_the_way and on_the_way[0][0] <= now:
            at, is_reply, sent_at, accepted = heapq.heappop(on_the_way)
            if not is_reply:
                heapq.heappush(on_the_way, (at + latency_s / 2, True, sent_at, service.accepts(at)))
            elif accepted:
                result.accepted.append(now)
            else:
                left += 1
                result.refused.append(now)
                result.falls += [now] if rate.on_throttled(sent_at, now) else []
    return result


@pytest.mark.parametrize(
    ("limit", "reached", "throttled"), [(50, 0.9, 0.02), (25, 0.8, 0.05), (10, 0.8, 0.05), (40, 0.8, 0.05)]
)
@pytest.mark.parametrize("latency_s", [0.03, 0.1, 0.3])
def test_the_limit_of_the_service_is_found_and_kept(limit, reached, throttled, latency_s):
    result = simulated(SubmitRate(0.0), [(0, limit)], latency_s=latency_s)
    assert len(result.accepted) == 2000
    assert 2000 / result.accepted[-1] >= reached * limit
    assert result.throttled <= throttled


@pytest.mark.parametrize(("low_from_s", "high_from_s"), [(10, 30), (5, 20), (10, 45)])
def test_a_limit_that_falls_and_rises_again_is_followed(low_from_s, high_from_s):
    limits = [(0, 50), (low_from_s, 25), (high_from_s, 50)]
    result = simulated(SubmitRate(0.0), limits, calls=UNENDING, until_s=high_from_s + 45)
    assert result.accepted_between(high_from_s + 30, high_from_s + 40) >= 0.9 * 50 * 10
    assert result.accepted_between(low_from_s + 5, high_from_s) >= 0.8 * 25 * (high_from_s - low_from_s - 5)
    first = sorted([*result.accepted, *result.refused])[:2000]
    assert sum(at in set(result.refused) for at in first) <= 0.05 * 2000


@pytest.mark.parametrize("latency_s", [0.03, 0.1, 0.5])
@pytest.mark.parametrize("limit", [0, 5, 25, 45])
def test_the_rate_falls_once_a_round_trip_at_most(limit, latency_s):
    result = simulated(SubmitRate(0.0), [(0, limit)], calls=500, latency_s=latency_s, until_s=200)
    assert result.falls
    assert all(later - earlier >= latency_s - 1e-9 for earlier, later in pairwise(result.falls))


def test_what_was_sent_before_the_rate_fell_says_nothing_about_it():
    rate = SubmitRate(0.0)
    assert all(rate.try_acquire(at / 50) for at in range(5))
    assert rate.on_throttled(sent_at=0.05, now=0.2)
    after = rate.rate(0.2)
    assert not rate.on_throttled(sent_at=0.1, now=0.3)
    assert rate.rate(0.3) >= after
    assert rate.on_throttled(sent_at=0.25, now=0.4)


def test_unlimited_is_unlimited_until_the_first_refusal():
    rate = SubmitRate(0.0, math.inf)
    assert all(rate.try_acquire(0.0) for _ in range(10_000))
    assert rate.wait_s(0.0) == 0
    assert math.isinf(rate.rate(5.0))
    assert math.isinf(rate.ceiling)
    rate = SubmitRate(0.0, math.inf)
    for call in range(80):  # 80 a second
        assert rate.try_acquire(call / 80)
    assert rate.on_throttled(sent_at=0.9, now=1.0)
    assert rate.ceiling == pytest.approx(80, rel=0.05)
    assert rate.rate(1.0) == pytest.approx(0.85 * rate.ceiling)
    result = simulated(SubmitRate(0.0, math.inf), [(0, 100)], latency_s=0.03)
    assert 2000 / result.accepted[-1] >= 0.8 * 100


@pytest.mark.parametrize("most", [0.2, 1, 10, 49])
@pytest.mark.parametrize("limit", [50, 5])
def test_a_rate_of_the_user_s_is_never_exceeded_in_any_second(most, limit):
    result = simulated(SubmitRate(0.0, most), [(0, limit)], calls=300, until_s=120)
    burst = max(1.0, most / 10)
    for start in result.sent:
        assert sum(start <= at < start + 1 for at in result.sent) <= most + burst + 1e-6


def test_a_rate_of_the_user_s_is_reached():
    result = simulated(SubmitRate(0.0, 10), [(0, 50)], calls=300)
    assert (len(result.sent), result.refused) == (300, [])
    assert 299 / result.sent[-1] == pytest.approx(10, rel=0.01)


def test_a_service_that_refuses_everything_is_still_tried_every_other_second():
    result = simulated(SubmitRate(0.0), [(0, 0)], calls=UNENDING, until_s=200)
    late = [at for at in result.sent if at >= 100]
    assert 0.45 <= len(late) / 100 <= 0.55


def test_it_comes_back_after_everything_was_refused():
    result = simulated(SubmitRate(0.0), [(0, 0), (60, 50)], calls=UNENDING, until_s=110)
    assert result.accepted_between(90, 100) >= 0.9 * 50 * 10


@given(st.floats(0.1, 100), st.floats(1, 50), st.lists(st.floats(0, 10), min_size=1, max_size=50))
def test_a_bucket_never_gives_more_than_burst_and_rate_and_keeps_its_word(rate, burst, pauses):
    bucket, now, taken = Bucket(rate, burst, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        while bucket.try_acquire(now):
            taken += 1
        assert taken <= burst + rate * now + 1e-5
        assert bucket.wait_s(now) > 0
        now += bucket.wait_s(now)
        assert bucket.try_acquire(now)
        taken += 1


def test_a_clock_that_stands_still_or_a_late_call_does_no_harm():
    bucket = Bucket(1.0, 1.0, 10.0)
    assert bucket.try_acquire(10.0)
    assert not bucket.try_acquire(9.0)
    assert not bucket.try_acquire(10.5)
    assert bucket.try_acquire(11.0)
