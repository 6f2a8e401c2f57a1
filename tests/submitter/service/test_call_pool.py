import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.service.call_pool import LANES, Calls, InlineCalls, Lane, Reply, ThreadedCalls
from tests.support.command_line import GENEROUS_S

FOR_EVER_S = 100_000
"""A wait that goes on so long ends by the time-out of the test."""


def replies(calls: Calls, count: int) -> list[Reply]:
    """Wait for so many replies."""
    found: list[Reply] = []
    while len(found) < count:
        found += calls.wait(1.0)
    return found


def refuse() -> None:
    raise ServiceError("no", fault=Fault.DENIED)


@pytest.mark.parametrize("kind", [ThreadedCalls, InlineCalls])
def test_a_reply_tells_what_it_is_about_and_what_came_of_it(kind):
    calls = kind(Inbox())
    before = calls.now()
    calls.start(Lane.SUBMIT, "a", lambda: 42)
    calls.start(Lane.LIST, "b", refuse)
    by_lane = {reply.lane: reply for reply in replies(calls, 2)}
    given, refused = by_lane[Lane.SUBMIT], by_lane[Lane.LIST]
    assert (given.about, given.value, given.error) == ("a", 42, None)
    assert (refused.about, refused.value) == ("b", None)
    assert refused.error is not None
    assert refused.error.fault is Fault.DENIED
    assert before <= given.sent_at <= calls.now()
    assert calls.wait(0) == []


def test_lanes_do_not_wait_for_each_other():
    calls = ThreadedCalls(Inbox())
    hold = threading.Event()
    calls.start(Lane.DESCRIBE, "slow", lambda: hold.wait(GENEROUS_S))
    calls.start(Lane.DESCRIBE, "behind it", lambda: None)
    calls.start(Lane.LIST, "quick", lambda: None)
    assert [reply.about for reply in replies(calls, 1)] == ["quick"]
    hold.set()
    assert [reply.about for reply in replies(calls, 2)] == ["slow", "behind it"]


def test_a_lane_makes_as_many_calls_at_once_as_it_has_room_for_and_no_more():
    calls = ThreadedCalls(Inbox(), {**LANES, Lane.SUBMIT: 3})
    together, running, most = threading.Barrier(3, timeout=GENEROUS_S), [0], [0]
    lock = threading.Lock()

    def call() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait()
        with lock:
            running[0] -= 1

    assert calls.free(Lane.SUBMIT) == 3
    for number in range(6):
        calls.start(Lane.SUBMIT, number, call)
    assert calls.free(Lane.SUBMIT) == -3
    assert sorted(reply.about for reply in replies(calls, 6)) == list(range(6))
    assert (calls.free(Lane.SUBMIT), calls.free(Lane.LIST), most[0]) == (3, 1, 3)


def test_a_call_that_begins_late_says_when_it_was_really_sent():
    calls = ThreadedCalls(Inbox())
    hold = threading.Event()
    calls.start(Lane.LIST, 1, lambda: hold.wait(GENEROUS_S))
    calls.start(Lane.LIST, 2, lambda: None)
    before = calls.now()
    hold.set()
    _, second = replies(calls, 2)
    assert second.sent_at >= before


@pytest.mark.parametrize("kind", [ThreadedCalls, InlineCalls])
def test_a_bug_in_a_call_is_raised_in_the_run(kind):
    def make() -> None:
        calls = kind(Inbox())
        calls.start(Lane.SUBMIT, "a", partial({"a": 1}.__getitem__, "missing"))
        replies(calls, 1)

    with pytest.raises(KeyError, match="missing"):
        make()


def test_a_reply_ends_a_wait_and_so_does_whoever_calls():
    inbox = Inbox()
    calls = ThreadedCalls(inbox)
    calls.start(Lane.LOG, "a", lambda: None)
    assert len(calls.wait(FOR_EVER_S)) == 1
    inbox.wake()
    assert calls.wait(FOR_EVER_S) == []
    assert calls.wait(0) == []


def test_no_reply_is_lost_among_many():
    calls = ThreadedCalls(Inbox())
    before = threading.active_count()
    for number in range(500):
        calls.start(Lane.SUBMIT, number, partial(abs, -number))
    assert sorted(reply.value for reply in replies(calls, 500)) == list(range(500))
    assert threading.active_count() <= before + LANES[Lane.SUBMIT]


def test_a_call_that_is_never_answered_keeps_no_program_from_ending():
    program = (
        "import threading, time\n"
        "from kedro_batch.submitter.inbox import Inbox\n"
        "from kedro_batch.submitter.service.call_pool import Lane, ThreadedCalls\n"
        "calls = ThreadedCalls(Inbox())\n"
        "begun = threading.Event()\n"
        "calls.start(Lane.SUBMIT, 1, lambda: (begun.set(), time.sleep(3600)))\n"
        "begun.wait()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, timeout=GENEROUS_S, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("kind", [ThreadedCalls, InlineCalls])
def test_the_wall_clock_is_that_of_the_machine(kind):
    before = time.time()
    assert before <= kind(Inbox()).wall() <= time.time()
