"""The verdict on cost, and the facts that a comment always has."""

from dataclasses import replace
from typing import Any

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.resource_hours import add_up_resources
from kedro_batch.plan.settings import JobDefinition, Resources, RetryReason
from kedro_batch.review.diff.cost import CostVerdict, judge_cost, list_costs, spell_verdict
from kedro_batch.review.diff.diff_plans import diff_plans
from tests.support.plans import a_job

_STATED: dict[str, Any] = {"resources": Resources(vcpus=1, memory_mib=1024), "timeout_s": 3600, "attempts": 2}
_DECLARED = {"d": JobDefinition(image="i", resources=Resources(vcpus=1, memory_mib=512))}


def plan_with(*jobs, **given):
    return Plan(jobs=jobs or (a_job("a", **{**_STATED, **given}),), job_definitions=_DECLARED)


def only_named(*jobs, **given):
    """Return a plan that does not declare its job definition."""
    return replace(plan_with(*jobs, **given), job_definitions={})


def costs(*plans):
    return {one.label: one for one in list_costs(*map(add_up_resources, plans))}


def verdict(old, new):
    return judge_cost(diff_plans(old, new), add_up_resources(old), add_up_resources(new))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, CostVerdict.SAME),
        ({"environment": {"A": "b"}}, CostVerdict.SAME),
        ({"attempts": 3}, CostVerdict.MORE),
        ({"attempts": None}, CostVerdict.LESS),
        ({"timeout_s": 7200}, CostVerdict.MORE),
        ({"timeout_s": None}, CostVerdict.MORE),
        ({"timeout_s": 60}, CostVerdict.LESS),
        ({"resources": Resources(vcpus=1, memory_mib=1025)}, CostVerdict.MORE),
        ({"resources": Resources(vcpus=1, memory_mib=1024, gpus=1)}, CostVerdict.MORE),
        ({"resources": Resources(vcpus=2, memory_mib=512)}, CostVerdict.MIXED),
        ({"resources": Resources(vcpus=1)}, CostVerdict.LESS),
        ({"retry_on": (RetryReason.SPOT,)}, CostVerdict.LESS),
        ({"job_queue": "other"}, CostVerdict.ELSEWHERE),
        ({"job_queue": "other", "attempts": 3}, CostVerdict.MORE),
    ],
)
def test_more_of_anything_is_more_cost_and_what_is_not_known_is_said(settings, expected):
    assert verdict(plan_with(), plan_with(**settings)) is expected


@pytest.mark.parametrize(
    ("settings", "expected", "words"),
    [
        ({}, CostVerdict.SAME, "same cost"),
        ({"attempts": 3}, CostVerdict.MORE, "more cost"),
        ({"resources": Resources(vcpus=1, memory_mib=2048)}, CostVerdict.MORE, "more cost"),
        ({"job_definition": "d:9"}, CostVerdict.UNKNOWN, "cost not known: GPUs set by the job definition"),
        ({"attempts": None}, CostVerdict.UNKNOWN, "cost not known: attempts set by the job definition"),
        ({"timeout_s": None}, CostVerdict.UNKNOWN, "cost not known: timeout set by the job definition"),
        (
            {"resources": Resources(vcpus=1), "attempts": 3},
            CostVerdict.UNKNOWN,
            "cost not known: memory set by the job definition",
        ),
        ({"job_definition": "d:9", "attempts": 3, "timeout_s": 60}, CostVerdict.MIXED, "more and less cost"),
    ],
)
def test_what_a_definition_that_is_only_named_sets_is_never_compared(settings, expected, words):
    plans = only_named(), only_named(**settings)
    assert verdict(*plans) is expected
    assert spell_verdict(expected, *map(add_up_resources, plans)) == words


def test_a_definition_that_is_not_declared_any_more_may_set_anything():
    assert verdict(plan_with(), only_named()) is CostVerdict.UNKNOWN
    assert verdict(only_named(), plan_with()) is CostVerdict.UNKNOWN


def test_a_table_says_what_is_not_known():
    lines = costs(only_named(), only_named(timeout_s=None, attempts=None))
    assert {label: (one.before, one.after, one.direction) for label, one in lines.items()} == {
        "vCPUs": ("1", "1", ""),
        "memory": ("1 GiB", "1 GiB", ""),
        "GPUs": ("set by the job definition", "set by the job definition", ""),
        "attempts": ("2", "at least 1", ""),
        "vCPU-hours": ("2", "set by the job definition", ""),
        "GiB-hours": ("2", "set by the job definition", ""),
        "GPU-hours": ("set by the job definition", "set by the job definition", ""),
        "set by the job definition": ("GPUs of 1 job", "GPUs of 1 job, timeout of 1 job, attempts of 1 job", ""),
    }
    assert costs(only_named(), only_named(job_definition="d:9"))["set by the job definition"].after == (
        "GPUs of 1 job, by other definitions"
    )


def test_what_one_job_gains_and_another_one_loses_is_the_same_in_total():
    def two(*memory, **given):
        resources = (Resources(vcpus=1, memory_mib=one) for one in memory)
        both = zip("ab", resources, strict=True)
        return plan_with(*(a_job(name, **{**_STATED, **given, "resources": one}) for name, one in both))

    assert verdict(two(512, 1024), two(1024, 512)) is CostVerdict.SHIFTED
    assert verdict(two(512, 1024), two(512, 1024, job_queue="other")) is CostVerdict.ELSEWHERE


def test_amounts_that_move_between_queues_may_cost_anything():
    def two(*vcpus):
        jobs = (
            a_job(queue, **{**_STATED, "job_queue": queue, "resources": Resources(vcpus=one, memory_mib=512)})
            for queue, one in zip(("small", "large"), vcpus, strict=True)
        )
        return plan_with(*jobs)

    assert verdict(two(1, 8), two(8, 1)) is CostVerdict.ELSEWHERE


def test_vcpus_that_move_into_a_job_without_a_limit_are_more_cost():
    def two(limited, endless):
        jobs = [a_job("a", **{**_STATED, "resources": Resources(vcpus=limited, memory_mib=512)})]
        endless_one = {**_STATED, "resources": Resources(vcpus=endless, memory_mib=512), "timeout_s": None}
        return Plan(jobs=(*jobs, a_job("b", **endless_one)), job_definitions=_DECLARED)

    assert verdict(two(8, 1), two(1, 8)) is CostVerdict.MORE
    undeclared = (replace(one, job_definitions={}) for one in (two(8, 1), two(1, 8)))
    assert verdict(*undeclared) is CostVerdict.UNKNOWN


def test_a_limit_that_goes_is_more_cost_though_fewer_hours_can_be_counted():
    unlimited = plan_with(timeout_s=None)
    assert verdict(unlimited, plan_with()) is CostVerdict.LESS
    lines = {label: (one.before, one.after) for label, one in costs(plan_with(), unlimited).items()}
    assert lines["vCPU-hours"] == ("2", "no limit")
    assert lines["GPU-hours"] == ("0", "0")
    assert lines["jobs without a time limit"] == ("0", "1")
    both = plan_with(a_job("a", **_STATED), a_job("b", **{**_STATED, "timeout_s": None}))
    assert costs(plan_with(), both)["vCPU-hours"].after == "2, and no limit for 1 job"


def test_each_amount_says_whether_it_is_more_or_less():
    lines = costs(plan_with(attempts=1), plan_with(timeout_s=60))
    assert {one.label: one.direction for one in lines.values() if one.differs} == {
        "attempts": "more",
        "vCPU-hours": "less",
        "GiB-hours": "less",
    }


def test_amounts_that_differ_are_not_told_as_equal():
    line = costs(*(plan_with(resources=Resources(memory_mib=mib)) for mib in (200_001, 200_002)))["memory"]
    assert (line.before, line.after, line.differs) == ("200,001 MiB", "200,002 MiB", True)


def test_minutes_are_not_rounded_to_no_hours():
    assert costs(plan_with(), plan_with(timeout_s=72))["vCPU-hours"].after == "0.04"


@pytest.mark.parametrize("plan", [plan_with, only_named])
def test_jobs_that_come_or_go_count_whatever_their_definition_sets(plan):
    one, two = a_job("a", **_STATED), a_job("b", **_STATED)
    assert verdict(plan(one), plan(one, two)) is CostVerdict.MORE
    assert verdict(plan(one, two), plan(one)) is CostVerdict.LESS


def test_a_declared_definition_with_more_is_more_cost():
    def declared(memory_mib):
        resources = Resources(vcpus=1, memory_mib=memory_mib)
        return replace(plan_with(resources=Resources()), job_definitions={"d": JobDefinition(resources=resources)})

    assert verdict(declared(512), declared(1024)) is CostVerdict.MORE


def test_sums_of_fractions_do_not_depend_on_the_order_of_jobs():
    jobs = [
        a_job(name, resources=Resources(vcpus=v, memory_mib=512), timeout_s=7)
        for name, v in zip("abc", (0.25, 16, 0.5), strict=True)
    ]
    assert verdict(plan_with(*jobs), plan_with(*reversed(jobs))) is CostVerdict.SAME
