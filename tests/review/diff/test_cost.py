"""The verdict on cost, and the facts that a comment always has."""

from dataclasses import replace
from typing import Any

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.resource_hours import add_up_resources
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.diff.cost import CostVerdict, judge_cost, list_costs
from kedro_batch.review.diff.diff_plans import diff_plans
from tests.support.plans import a_job

_STATED: dict[str, Any] = {"resources": Resources(vcpus=1, memory_mib=1024), "timeout_s": 3600, "attempts": 2}


def plan_with(*jobs, **given):
    return Plan(jobs=jobs or (a_job("a", **{**_STATED, **given}),))


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
        ({"resources": Resources(vcpus=1)}, CostVerdict.UNKNOWN),
        ({"job_queue": "other"}, CostVerdict.ELSEWHERE),
        ({"job_queue": "other", "attempts": 3}, CostVerdict.MORE),
    ],
)
def test_more_of_anything_is_more_cost_and_what_is_not_known_is_said(settings, expected):
    assert verdict(plan_with(), plan_with(**settings)) is expected


def test_a_limit_that_goes_is_more_cost_though_fewer_hours_can_be_counted():
    unlimited = plan_with(timeout_s=None)
    assert verdict(unlimited, plan_with()) is CostVerdict.LESS
    lines = {one.label: (one.before, one.after) for one in list_costs(*map(add_up_resources, (plan_with(), unlimited)))}
    assert lines["vCPU-hours"] == ("2", "0 + no limit")
    assert lines["GPU-hours"] == ("0", "0")
    assert lines["jobs without a time limit"] == ("0", "1")


def test_amounts_that_differ_are_not_told_as_equal():
    plans = (Plan(jobs=(a_job("a", resources=Resources(memory_mib=mib)),)) for mib in (200_001, 200_002))
    (line,) = (one for one in list_costs(*map(add_up_resources, plans)) if one.label == "memory")
    assert (line.before, line.after, line.differs) == ("200,001 MiB", "200,002 MiB", True)


def test_minutes_are_not_rounded_to_no_hours():
    lines = {one.label: one for one in list_costs(*map(add_up_resources, (plan_with(), plan_with(timeout_s=72))))}
    assert lines["vCPU-hours"].after == "0.04"


def test_jobs_that_come_or_go_count():
    one, two = a_job("a", **_STATED), a_job("b", **_STATED)
    assert verdict(plan_with(one), plan_with(one, two)) is CostVerdict.MORE
    assert verdict(plan_with(one, two), plan_with(one)) is CostVerdict.LESS


def test_a_declared_definition_with_more_is_more_cost():
    def declared(memory_mib):
        resources = Resources(vcpus=1, memory_mib=memory_mib)
        return replace(plan_with(resources=Resources()), job_definitions={"d": JobDefinition(resources=resources)})

    assert verdict(declared(512), declared(1024)) is CostVerdict.MORE


def test_another_definition_that_sets_the_amounts_may_cost_anything():
    one, other = plan_with(resources=Resources()), plan_with(resources=Resources(), job_definition="e")
    assert verdict(one, other) is CostVerdict.UNKNOWN
    assert verdict(plan_with(), plan_with(job_definition="e")) is CostVerdict.SAME


def test_sums_of_fractions_do_not_depend_on_the_order_of_jobs():
    jobs = [
        a_job(name, resources=Resources(vcpus=v, memory_mib=512), timeout_s=7)
        for name, v in zip("abc", (0.25, 16, 0.5), strict=True)
    ]
    assert verdict(plan_with(*jobs), plan_with(*reversed(jobs))) is CostVerdict.SAME
