from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.review.report.model import build_report
from tests.review.report.runs import A, B, S, chain, ended, timeline, told, unfinished
from tests.support.plans_of_pages import layers
from tests.support.run_histories import BEGAN, simulated

PARENT = ended("a", 0, (10, 20))


def of_child(child):
    """Give what the attempts of b did, whose parent a ended at 20."""
    return [told(one) for one in timeline(chain("a", "b"), PARENT, child) if one.job == B]


@pytest.mark.parametrize(
    ("child", "phases"),
    [
        (ended("b", 1, (30, 50), parents="a"), [["parents 1-20", "capacity 20-30", "running 30-50"]]),
        # Resumed: its parent had ended long before.
        (ended("b", 25, (30, 50), parents="a"), [["capacity 25-30", "running 30-50"]]),
        # STARTING was seen: the middle is split there.
        (
            ended("b", 1, (30, 50), parents="a", seen={22: S.RUNNABLE, 26: S.STARTING, 31: S.RUNNING}),
            [["parents 1-20", "capacity 20-26", "starting 26-30", "running 30-50"]],
        ),
        # Seen before the last parent ended, or after it ran, by a clock that differs: not split.
        (
            ended("b", 1, (30, 50), parents="a", seen={15: S.STARTING, 31: S.STARTING}),
            [["parents 1-20", "capacity 20-30", "running 30-50"]],
        ),
        # Its second attempt waited since the first one had ended; STARTING was seen again.
        (
            ended("b", 1, (30, 40), (60, 70), parents="a", seen={26: S.STARTING, 45: S.RUNNABLE, 55: S.STARTING}),
            [
                ["parents 1-20", "capacity 20-26", "starting 26-30", "running 30-40"],
                ["capacity 40-55", "starting 55-60", "running 60-70"],
            ],
        ),
        # Its container never started.
        (ended("b", 1, (None, 35), parents="a", state=S.FAILED), [["parents 1-20", "capacity 20-35"]]),
        # What is not known is not drawn.
        (ended("b", None, (30, 50), parents="a"), [["running 30-50"]]),
        (ended("b", 1, (30, None), parents="a"), [["parents 1-20", "capacity 20-30"]]),
        (ended("b", 1, parents="a", state=S.CANCELLED), [[]]),
        (unfinished("b", S.SUCCEEDED, 1, parents="a"), [[]]),
        (unfinished("b", S.NOT_RUN, 1, parents="a"), [[]]),
        # It ran for less than a millisecond.
        (ended("b", 1, (30, 30), parents="a"), [["parents 1-20", "capacity 20-30", "running 30-30"]]),
        # By the clock of the service it started before its parent ended.
        (ended("b", 1, (19, 50), parents="a"), [["parents 1-19", "running 19-50"]]),
        # Not ended: until the newest time that is recorded.
        (unfinished("b", S.RUNNABLE, 1, parents="a"), [["parents 1-20", "capacity 20-..."]]),
        (
            unfinished("b", S.STARTING, 1, parents="a", seen={35: S.STARTING}),
            [["parents 1-20", "capacity 20-35", "starting 35-..."]],
        ),
        (unfinished("b", S.RUNNING, 1, parents="a", seen={40: S.RUNNING}), [["parents 1-20", "running 40-..."]]),
        (
            unfinished("b", S.RUNNING, 1, parents="a", seen={35: S.STARTING, 40: S.RUNNING}),
            [["parents 1-20", "capacity 20-35", "starting 35-40", "running 40-..."]],
        ),
        # Not ended, and AWS Batch has told when it started: nobody has followed it.
        (
            ended("b", 1, (30, None), parents="a", state=S.RUNNING),
            [["parents 1-20", "capacity 20-30", "running 30-..."]],
        ),
        (
            ended("b", 1, (30, 40), (60, None), parents="a", state=S.RUNNING),
            [["parents 1-20", "capacity 20-30", "running 30-40"], ["capacity 40-60", "running 60-..."]],
        ),
        (
            ended("b", 1, (30, 40), parents="a", state=S.RUNNABLE),
            [["parents 1-20", "capacity 20-30", "running 30-40"], ["capacity 40-..."]],
        ),
        (ended("b", 1, parents="a", state=S.PENDING), [["parents 1-20", "capacity 20-..."]]),
    ],
)
def test_each_attempt_is_told_by_what_it_waited_for_and_when_it_ran(child, phases):
    assert of_child(child) == phases


@pytest.mark.parametrize(
    ("child", "phases"),
    [
        (ended("b", 1, (30, 50), parents="a"), ["waiting 1-30", "running 30-50"]),
        (unfinished("b", S.PENDING, 1, parents="a"), ["parents 1-..."]),
        (unfinished("b", S.SUBMITTED, 1, parents="a"), ["waiting 1-..."]),
        (unfinished("b", S.RUNNING, 1, parents="a", seen={40: S.RUNNING}), ["running 40-..."]),
    ],
)
def test_where_the_end_of_a_parent_is_not_recorded_nobody_knows_what_a_job_waited_for(child, phases):
    parent = unfinished("a", S.SUCCEEDED, 0)
    assert [told(one) for one in timeline(chain("a", "b"), parent, child)] == [[], phases]


def test_a_job_waited_for_the_submission_of_its_parent_that_was_sent_before_it():
    first = ended("a", 0, (10, 20), state=S.FAILED)
    blocked = unfinished("b", S.NOT_RUN, 1, parents="a", blocked_by=A)
    again = ended("a/2", 50, (55, 60))
    child = ended("b/2", 51, (70, 80), parents="a")
    found = timeline(chain("a", "b"), first, blocked, again, child)
    assert [(one.job, one.submission, told(one)) for one in found] == [
        ("a", 1, ["capacity 0-10", "running 10-20"]),
        ("a", 2, ["capacity 50-55", "running 55-60"]),
        ("b", 1, []),
        ("b", 2, ["parents 51-60", "capacity 60-70", "running 70-80"]),
    ]
    assert [one.outcome for one in found] == ["failed", "succeeded", None, "succeeded"]


@given(seed=st.integers(0, 30), until=st.none() | st.integers(0, 400))
def test_intervals_follow_each_other_and_only_the_last_one_goes_on(seed, until):
    report = build_report(simulated(layers(15, 4), slots=3, seed=seed, spot=["job_00002"], until=until))
    for one in report.attempts:
        for interval, after in pairwise(one.intervals):
            assert interval.stop <= after.start
            assert not interval.is_open
        assert all(interval.start <= interval.stop <= report.last_at for interval in one.intervals)
        assert not any(interval.is_open for interval in one.intervals) or one.stopped_at is None


def test_every_job_of_the_plan_is_there_also_if_it_was_never_submitted():
    (a, b) = timeline(chain("a", "b"), PARENT)
    assert (a.attempt, a.state, a.created_at, a.stopped_at) == (1, S.SUCCEEDED, BEGAN, BEGAN + 20)
    assert (b.job, b.attempt, b.state, b.intervals) == (B, None, S.NOT_SUBMITTED, ())
