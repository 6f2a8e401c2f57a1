import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.review.report.model import build_report
from kedro_batch.review.report.phases import Interval, Phase
from kedro_batch.review.report.usage import build_slots, namespace_of
from tests.review.report.runs import S, chain, ended, history
from tests.support.plans import a_job
from tests.support.plans_of_pages import plan_of


@pytest.mark.parametrize(
    ("nodes", "namespace"),
    [
        (("clean",), "(none)"),
        (("prep.clean",), "prep"),
        (("prep.eu.clean", "prep.eu.join"), "prep.eu"),
        (("prep.clean", "train.fit"), "(several)"),
        (("prep.clean", "fit"), "(several)"),
        (("prep.f([prep.a]) -> [prep.b]",), "prep"),
        (("f([prep.a]) -> [prep.b]",), "(none)"),
        ((), "(none)"),
    ],
)
def test_the_namespace_of_a_job_is_that_of_its_nodes(nodes, namespace):
    assert namespace_of(a_job(nodes=nodes)) == namespace


def test_hours_are_what_jobs_asked_for_as_long_as_they_ran():
    submissions = (
        ended("a", 0, (0, 900), (1000, 2800), vcpus=4, memory_mib=2048, gpus=2),
        ended("b", 0, (10, 3610), vcpus=0.5, state=S.FAILED),
        ended("c", 0, (3610, 3620)),
    )
    plan = plan_of(
        a_job("a", nodes=("p.x",), tags={"team": "blue"}),
        a_job("b", nodes=("p.y", "p.z"), tags={"team": "blue", "cost": "1"}),
        a_job("c", nodes=("w",), job_queue="other"),
    )
    usage = build_report(history(plan, *submissions)).usage
    assert usage.total.vcpu_hours == pytest.approx(4 * 0.75 + 0.5)
    assert usage.total.gib_hours == pytest.approx(2 * 0.75)
    assert usage.total.gpu_hours == pytest.approx(2 * 0.75)
    assert (usage.total.jobs, usage.total.attempts, usage.total.failed) == (3, 4, 2)
    assert usage.total.ran_s == 2700 + 3600 + 10
    assert (usage.without_sizes, usage.several_nodes) == (2, 1)
    # A job with several nodes counts under its own name, and one with several tags under each.
    assert [(one.name, one.amount.ran_s) for one in usage.by_node] == [("b", 3600), ("p.x", 2700), ("w", 10)]
    assert [(one.name, one.amount.ran_s) for one in usage.by_tag] == [("team=blue", 6300), ("cost=1", 3600)]
    assert [(one.name, one.amount.ran_s) for one in usage.by_namespace] == [("p", 6300), ("(none)", 10)]
    assert [(one.name, one.amount.ran_s) for one in usage.by_queue] == [("q", 6300), ("other", 10)]


def test_join_jobs_count_together():
    plan = plan_of(a_job("x", command=("true",)), a_job("y", command=("true",)))
    usage = build_report(history(plan, ended("x", 0, (0, 1)), ended("y", 0, (0, 2)))).usage
    assert [(one.name, one.amount.jobs) for one in usage.by_node] == [("(join jobs)", 2)]


INTERVALS = st.tuples(
    st.sampled_from([Phase.RUNNING, Phase.CAPACITY, Phase.PARENTS]), st.integers(0, 9), st.integers(1, 9)
).map(lambda one: Interval(phase=one[0], start=float(one[1]), stop=float(one[1] + one[2])))


@given(st.lists(INTERVALS, max_size=12))
def test_slots_are_the_intervals_that_go_on_at_each_moment(intervals):
    slots = build_slots(intervals)
    for moment in range(20):
        at = sum(1 for time in slots.times if time <= moment) - 1
        for phase, numbers in ((Phase.RUNNING, slots.running), (Phase.CAPACITY, slots.waiting)):
            expected = sum(1 for one in intervals if one.phase is phase and one.start <= moment < one.stop)
            assert (numbers[at] if at >= 0 else 0) == expected
    assert slots.most_running == max(slots.running, default=0)
    ran = [one for one in intervals if one.phase is Phase.RUNNING]
    if ran:
        span = max(one.stop for one in ran) - min(one.start for one in ran)
        assert slots.mean_running == pytest.approx(sum(one.seconds for one in ran) / span)


def test_a_run_of_one_job_has_one_slot():
    slots = build_report(history(chain("a"), ended("a", 0, (10, 20)))).usage.slots
    assert (slots.most_running, slots.mean_running) == (1, 1)
