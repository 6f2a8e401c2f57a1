from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JobName
from kedro_batch.review.report.critical_path import walk_back
from kedro_batch.review.report.model import build_report
from tests.review.report.runs import S, chain, ended, history, unfinished
from tests.support.plans_of_pages import layers
from tests.support.run_histories import BEGAN, simulated


@st.composite
def graphs(draw):
    """Draw submissions with the end of most of them, and what each waited for: only what comes before it."""
    keys = [(JobName(f"j{number:02}"), 1) for number in range(draw(st.integers(0, 8)))]
    above = {
        key: tuple(draw(st.sets(st.sampled_from(keys[:at]), max_size=4)) if at else ()) for at, key in enumerate(keys)
    }
    ends = st.none() | st.integers(0, 6).map(float)
    stops = {key: stop for key in keys if (stop := draw(ends)) is not None}
    return stops, above


def every_path_down_to(key, stops, above):
    """Yield every path of what has a known end, from one without such parents down to a key."""
    known = [one for one in above[key] if one in stops]
    if not known:
        yield (key,)
    for parent in known:
        for path in every_path_down_to(parent, stops, above):
            yield (*path, key)


@given(graphs())
def test_it_is_the_path_that_ends_last_then_of_these_the_one_whose_last_but_one_ended_last_and_so_on(graph):
    stops, above = graph
    path, complete = walk_back(stops, above)
    every = [one for key in stops for one in every_path_down_to(key, stops, above)]
    best = min(every, key=lambda one: [(-stops[key], key) for key in reversed(one)], default=())
    assert path == best
    assert complete == all(parent in stops for key in path for parent in above[key])


@given(seed=st.integers(0, 50), slots=st.integers(1, 6), jobs=st.integers(1, 20))
def test_its_steps_follow_each_other_and_their_seconds_add_up_to_those_of_the_run(seed, slots, jobs):
    report = build_report(simulated(layers(jobs, 3), slots=slots, seed=seed, spot=["job_00001"]))
    steps = report.path.steps
    assert steps[0].begin == BEGAN
    assert steps[-1].end == report.last_at
    assert all(one.end == after.begin for one, after in pairwise(steps))
    for one in steps:
        parts = (one.unsubmitted_s, one.capacity_s, one.starting_s, one.retried_s, one.run_s, one.unknown_s)
        assert min(parts) >= 0
        assert sum(parts) == pytest.approx(one.seconds, abs=1e-4)
        assert one.unknown_s == pytest.approx(0, abs=1e-4)
    assert sum(one.seconds for one in steps) == pytest.approx(report.seconds, abs=1e-4)


class CountedName(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        CountedName.compared += 1
        return super().__eq__(other)


def test_a_chain_twice_as_long_takes_twice_as_long():
    keys = [(JobName(CountedName(f"j{number:04}")), 1) for number in range(1_000)]
    above = {child: (parent,) for parent, child in pairwise(keys)}
    path, complete = walk_back({key: float(at) for at, key in enumerate(keys)}, above)
    assert (list(path), complete) == (keys, True)
    assert CountedName.compared < 20 * len(keys)


def test_clocks_that_were_set_back_lead_round_in_no_circle():
    a, b = (JobName("a"), 1), (JobName("b"), 1)
    assert walk_back({a: 1.0, b: 2.0}, {a: (b,), b: (a,)}) == ((a, b), True)


def spent(report):
    return [
        (one.job, one.submission, one.unsubmitted_s, one.capacity_s, one.retried_s, one.run_s, one.unknown_s)
        for one in report.path.steps
    ]


def test_it_tells_for_what_each_of_its_jobs_waited():
    first = ended("a", 2, (10, 20), (26, 40))
    second = ended("b", 3, (50, 90), parents="a")
    report = build_report(history(chain("a", "b"), first, second))
    assert spent(report) == [("a", 1, 2, 14, 10, 14, 0), ("b", 1, 0, 10, 0, 40, 0)]


def test_until_a_resume_nothing_was_submitted():
    failed = ended("a", 1, (10, 20), state=S.FAILED)
    blocked = unfinished("b", S.NOT_RUN, 2, parents="a")
    again = ended("a/2", 500, (510, 520))
    child = ended("b/2", 501, (525, 530), parents="a")
    report = build_report(history(chain("a", "b"), failed, blocked, again, child))
    assert spent(report) == [
        ("a", 1, 1, 9, 0, 10, 0),
        ("a", 2, 480, 10, 0, 10, 0),
        ("b", 2, 0, 5, 0, 5, 0),
    ]


def test_what_is_not_recorded_is_told():
    child = ended("b", None, (30, 50), parents="a")
    report = build_report(history(chain("a", "b"), unfinished("a", S.SUCCEEDED, 0), child))
    assert spent(report) == [("b", 1, 0, 0, 0, 20, 30)]
    assert not report.path.is_complete
    assert any("another path may have been longer" in note for note in report.notes)


def test_a_run_without_times_has_none():
    report = build_report(history(chain("a"), unfinished("a", S.SUCCEEDED, 0)))
    assert report.path.steps == ()


AT = st.none() | st.integers(-20, 60).map(float)


@given(created=AT, tries=st.lists(st.tuples(AT, AT), min_size=1, max_size=3), child=st.tuples(AT, AT, AT))
def test_the_seconds_of_a_step_add_up_whatever_clocks_say(created, tries, child):
    sent, *once = child
    some = (ended("a", created, *tries), ended("b", sent, tuple(once), parents="a"))
    for one in build_report(history(chain("a", "b"), *some)).path.steps:
        parts = (one.unsubmitted_s, one.capacity_s, one.starting_s, one.retried_s, one.run_s, one.unknown_s)
        assert min(parts) >= 0
        assert sum(parts) == pytest.approx(one.seconds, abs=1e-4)


def test_a_job_that_started_before_it_was_created_by_another_clock_was_submitted_before():
    report = build_report(history(chain("a"), ended("a", 10, (5, 20))))
    assert spent(report) == [("a", 1, 5, 0, 0, 15, 0)]


def test_a_run_begins_no_later_than_its_first_job_whatever_the_clock_of_the_command():
    report = build_report(
        history(chain("a", "b"), ended("a", -50, (-40, -30)), ended("b", -49, (-25, -20), parents="a"))
    )
    assert (report.began_at - BEGAN, report.seconds) == (-50, 30)
    assert [one.seconds for one in report.path.steps] == [20, 10]
    assert report.notes[0].startswith("The clock of the command was ahead of that of AWS Batch by 50 s or more")
