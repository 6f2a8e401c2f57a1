import pytest

from kedro_batch.errors import Fault, Interrupted, ServiceError
from kedro_batch.submitter.service.call_pool import Lane
from tests.simulation.process import Process
from tests.simulation.world import World


@pytest.fixture
def world():
    return World(1)


def begin(world, work, latency_s=1.0):
    process = Process(world, "A", work, latency_s)
    world.at(0.0, process.begin)
    return process


def a_call(process, seen):
    """Make one call and give its replies once they come."""
    process.start(Lane.SUBMIT, "about", lambda: seen.append(process.now()) or "value")
    while not (replies := process.wait(1000.0)):
        pass
    return replies


def test_a_call_takes_virtual_time_and_is_executed_on_the_way(world):
    seen: list[float] = []

    def work(process):
        replies = a_call(process, seen)
        return 0, f"{[one.value for one in replies]} {seen[0] < process.now()}"

    process = begin(world, work)
    world.run()
    assert process.ended.said == "['value'] True"
    assert 0.2 <= process.ended.at <= 1.8


def test_nothing_of_a_killed_process_is_executed_after_the_kill(world):
    went_on = []

    def work(process):
        process.wait(10.0)
        went_on.append(process)
        return 0, "went on"

    process = begin(world, work)
    world.at(5.0, process.kill)
    world.run()
    assert (process.ended.code, process.ended.at, went_on) == (-9, 5.0, [])


def test_the_monotonic_clock_stands_still_while_the_machine_sleeps_and_goes_on_while_a_process_is_stopped(world):
    waited = {}

    def work(process):
        process.wait(10.0)
        waited[process] = process.now(), process.wall() - 1_750_000_000
        return 0, ""

    sleeper, stopped = begin(world, work), begin(world, work)
    world.at(4.0, lambda: sleeper.suspend("asleep", 100.0))
    world.at(4.0, lambda: stopped.suspend("stopped", 100.0))
    world.run()
    assert waited[sleeper] == (10.0, 110.0)
    assert waited[stopped] == (104.0, 104.0)


def test_a_call_under_way_when_the_machine_falls_asleep_may_be_taken_and_break_or_be_taken_later_or_not(world):
    fates = set()
    for number in range(20):
        seen: list[float] = []

        def work(process, seen=seen):
            (reply,) = a_call(process, seen)
            return 0, f"{reply.error.fault if reply.error else 'answered'} {len(seen)}"

        process = Process(world, f"{number}", work, 1.0)
        at = world.time
        world.at(at, process.begin)
        world.at(at + 0.05, lambda process=process: process.suspend("asleep", 50.0))
        world.run()
        fates.add(process.ended and process.ended.said)
    assert fates == {"answered 1", f"{Fault.AMBIGUOUS} 1", f"{Fault.AMBIGUOUS} 0"}


def test_a_signal_ends_a_wait(world):
    def work(process):
        process.wait(1000.0)
        with pytest.raises(Interrupted):
            process.inbox.check_interrupt()
        return 130, "interrupted"

    process = begin(world, work)
    world.at(3.0, process.interrupt)
    world.run()
    assert (process.ended.code, process.ended.at) == (130, 3.0)


def test_a_process_can_be_killed_between_writing_an_intent_and_sending(world):
    seen: list[float] = []
    process = begin(world, lambda process: (0, f"{a_call(process, seen)}"))
    process.at_step[1] = process.die
    world.run()
    assert (process.ended.code, seen) == (-9, [])


def test_a_bug_is_told_with_its_class(world):
    def work(process):
        raise ServiceError("refused") if process.steps else KeyError("x")

    process = begin(world, work)
    world.run()
    assert (process.ended.code, process.ended.said) == (-1, "KeyError: 'x'")
