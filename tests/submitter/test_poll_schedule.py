import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.poll_schedule import PollSchedule
from kedro_batch.submitter.service.limits import DESCRIBE_JOBS

SWEEP_S = 300
LONGEST_S = 30 * 1.1


def names(count: int, prefix: str = "n") -> list[JobName]:
    return [JobName(f"{prefix}{index:05}") for index in range(count)]


def a_watch(*, queued: int = 0, at_work: int = 0, **more) -> tuple[PollSchedule, list[JobName], list[JobName]]:
    """Give a watch from time 0 on, the jobs that wait for capacity in it, and those at work."""
    watch, waiting, working = PollSchedule(0.0, seed=1, **more), names(queued, "q"), names(at_work, "w")
    for job in waiting:
        watch.enter(job, "q", at_work=False)
    for job in working:
        watch.enter(job, "q", at_work=True)
    return watch, waiting, working


def looked_at(watch: PollSchedule, now: float, live: list[JobName]) -> set[JobName]:
    calls = watch.poll(now, live)
    asked = [job for call in calls for job in call]
    assert len(asked) == len(set(asked))
    assert all(0 < len(call) <= 100 for call in calls)
    return set(asked)


@pytest.mark.parametrize(
    ("queued", "at_work", "calls"),
    [(0, 0, 0), (1, 0, 1), (100, 0, 1), (5000, 0, 1), (30, 70, 1), (0, 101, 2), (5000, 150, 3), (5000, 1000, 11)],
)
def test_a_look_asks_about_all_at_work_and_the_head_of_the_queue_in_as_few_calls_as_can_be(queued, at_work, calls):
    watch, waiting, working = a_watch(queued=queued, at_work=at_work)
    asked = looked_at(watch, 0.0, [*waiting, *working])
    assert set(working) <= asked
    assert set(waiting[:100]) <= asked
    assert len(watch.poll(0.0, ())) == calls
    assert DESCRIBE_JOBS == 100


def test_calls_that_are_made_anyway_are_filled_from_the_queue():
    watch, waiting, working = a_watch(queued=5000, at_work=50)
    assert looked_at(watch, 0.0, []) == {*working, *waiting[:150]}


def test_what_comes_to_work_or_ends_changes_its_place():
    watch, (first, second), (third,) = a_watch(queued=2, at_work=1)
    assert watch.any_at_work
    watch.enter(first, "q", at_work=True)
    watch.enter(third, "q", at_work=False)
    watch.leave(second)
    watch.leave(second)
    assert watch.poll(0.0, ()) == [(first, third)]
    watch.leave(first)
    assert not watch.any_at_work


def test_the_first_look_is_due_at_once_and_a_second_one_a_second_later():
    watch, *_ = a_watch(queued=1)
    assert watch.due == 0
    watch.polled(0.0, changed=True)
    assert 0.9 <= watch.due <= 1.1


def test_looks_become_rarer_up_to_30_s_and_frequent_again_when_something_moves():
    watch, *_ = a_watch(queued=1)
    intervals, now = [], 0.0
    while now < 1000:
        watch.polled(now, changed=False)
        intervals.append(watch.due - now)
        assert intervals[-1] <= max(1.0, now / 10) * 1.1 + 1e-9
        now = watch.due
    assert max(intervals) <= LONGEST_S
    assert min(intervals[-5:]) >= 30 * 0.9
    assert len(intervals) < 10 + 24 + 10 + 30  # every second, then by the tenth of the time, then every 30 s
    watch.polled(now, changed=True)
    assert watch.due - now <= 1.1


@pytest.mark.parametrize("quiet_s", [20, 60, 120, 290])
def test_after_a_long_quiet_a_look_comes_within_a_tenth_of_it(quiet_s):
    watch, *_ = a_watch(queued=1)
    watch.polled(0.0, changed=True)
    watch.polled(float(quiet_s), changed=False)
    assert 0.9 * quiet_s / 10 - 1e-6 <= watch.due - quiet_s <= 1.1 * quiet_s / 10 + 1e-6


def test_a_call_for_hurry_makes_the_next_look_due_and_those_after_it_frequent():
    watch, *_ = a_watch(queued=1)
    watch.polled(500.0, changed=False)
    watch.poll_now(501.0)
    assert watch.due == 501
    watch.poll_now(502.0)  # it stays due from then on
    assert watch.due == 501
    watch.polled(502.0, changed=False)
    assert watch.due - 502 <= 1.1


def test_the_jitter_keeps_two_processes_from_asking_at_the_same_time_for_ever():
    one, two = PollSchedule(0.0), PollSchedule(0.0)
    dues = set()
    for watch in (one, two):
        watch.polled(1000.0, changed=False)
        dues.add(watch.due)
    assert len(dues) == 2


@pytest.mark.parametrize(("queued", "at_work"), [(5000, 0), (5000, 250), (150, 20), (0, 300)])
def test_every_live_job_is_asked_about_within_the_sweep_and_its_looks(queued, at_work):
    watch, waiting, working = a_watch(queued=queued, at_work=at_work)
    hidden = names(50, "hidden")  # live, and for whatever reason not in the watch
    live = [*waiting, *working, *hidden]
    last_asked = dict.fromkeys(live, 0.0)
    now, most_calls = 0.0, 0
    while now < 6 * SWEEP_S:
        calls = watch.poll(now, live)
        most_calls = max(most_calls, len(calls))
        for call in calls:
            last_asked |= dict.fromkeys(call, now)
        # A sweep takes one call more in each look; how many looks that takes is told by how many jobs there are.
        limit_s = SWEEP_S + (len(live) // DESCRIBE_JOBS + 3) * 1.1
        assert now - min(last_asked.values()) <= limit_s
        watch.polled(now, changed=True)
        now = watch.due
    assert most_calls <= -(-(at_work + min(queued, 100)) // 100) + 1


@given(st.lists(st.tuples(st.sampled_from(names(12)), st.sampled_from(["queue", "work", "leave"])), max_size=40))
def test_whoever_has_come_and_not_gone_is_asked_about_once(moves):
    watch = PollSchedule(0.0)
    there: dict[JobName, str] = {}
    for job, move in moves:
        if move == "leave":
            watch.leave(job)
            there.pop(job, None)
        else:
            watch.enter(job, "q", at_work=move == "work")
            there[job] = move
    assert looked_at(watch, 0.0, []) == set(there)
    assert watch.any_at_work == ("work" in there.values())
