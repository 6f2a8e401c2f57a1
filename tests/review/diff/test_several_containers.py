"""Jobs with containers beside that of their command: what these get and run counts like that of the first."""

from dataclasses import replace

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.resource_hours import add_up_resources
from kedro_batch.plan.settings import Resources
from kedro_batch.review.diff.cost import CostVerdict, judge_cost
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.facts import answer_questions
from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.job_sets import JobSets
from tests.support.containers import MAIN, SIDE, on_pod, pod
from tests.support.plans import a_job

OWN = Resources(vcpus=1, memory_mib=1024)


def with_side(cpu="1", memory="1Gi", gpus="0", submit=(), image="side:1"):
    """Return a plan of two jobs with a container beside theirs; ``submit`` says more of that of the first."""
    limits = {"cpu": cpu, "memory": memory, "nvidia.com/gpu": gpus}
    declared = pod({**MAIN, "image": "main:1"}, {**SIDE, "image": image, "resources": {"limits": limits}})
    jobs = (
        a_job("a", submit=on_pod(MAIN, *submit), resources=OWN, timeout_s=3600),
        a_job("b", submit=on_pod(MAIN), resources=OWN, timeout_s=3600),
    )
    return Plan(jobs=jobs, job_definitions={"d": declared})


def side(**fields):
    return {**SIDE, "command": ["x"], **fields}


def amounts_of(diff):
    return [one for one in diff.risks if one.kind not in (RiskKind.DEFINITION_CHANGED, RiskKind.SUBMIT_CHANGED)]


def test_totals_and_hours_have_all_containers():
    totals = diff_plans(Plan(jobs=()), with_side(cpu="500m", gpus="1")).totals_after
    assert (totals.summed.vcpus, totals.summed.memory_mib, totals.summed.gpus) == (3, 4096, 2)
    assert (totals.peak.vcpus, totals.peak.memory_mib, totals.peak.gpus) == (3, 4096, 2)
    use = add_up_resources(with_side(cpu="500m", gpus="1"))
    assert (use.amounts["vcpus"], use.amounts["memory_mib"], use.unknown) == (3, 4096, {})
    assert (use.hours["vcpus"], use.hours["gpus"]) == (3, 2)


def test_a_declared_container_that_gets_more_or_less_is_told_of_its_definition():
    old, new = with_side(), with_side(cpu="4", memory="512Mi", gpus="1")
    diff = diff_plans(old, new)
    assert amounts_of(diff) == [
        Risk(kind=RiskKind.MEMORY_LOWERED, definition="d", jobs=2, before=2048, after=1536),
        Risk(kind=RiskKind.GPUS_RAISED, definition="d", jobs=2, before=0, after=1),
        Risk(kind=RiskKind.VCPUS_RAISED, definition="d", jobs=2, before=2, after=5),
    ]
    assert judge_cost(diff, add_up_resources(old), add_up_resources(new)) is CostVerdict.MIXED
    facts = [one.text for one in answer_questions(diff, old, new, JobSets(new.jobs))]
    assert "2 GiB -> 1.5 GiB: all 2 jobs" in facts
    assert "2 GPUs: all 2 jobs" in facts


def test_a_container_that_gets_more_by_submit_is_told_of_its_job():
    more = side(resources={"limits": {"memory": "8Gi"}})
    diff = diff_plans(with_side(), with_side(submit=(more,)))
    assert amounts_of(diff) == [Risk(kind=RiskKind.MEMORY_RAISED, job="a", before=2048, after=9216)]


def test_less_memory_is_seen_although_not_all_is_known():
    old = with_side(memory="many")
    fewer = replace(OWN, memory_mib=512)
    new = replace(old, jobs=tuple(replace(one, settings=replace(one.settings, resources=fewer)) for one in old.jobs))
    assert {one.kind for one in diff_plans(old, new).risks} == {RiskKind.MEMORY_LOWERED}
    assert add_up_resources(old).unknown["d", "memory_mib"] == 2


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ((), (side(image="evil"),), "side:1", "evil"),
        ((side(image="evil"),), (), "evil", "side:1"),
        ((side(image="x:1"),), (side(image="x:2"),), "x:1", "x:2"),
    ],
)
def test_an_image_that_submit_puts_in_is_another_image(old, new, before, after):
    diff = diff_plans(with_side(submit=old), with_side(submit=new))
    assert [one for one in diff.risks if one.kind is RiskKind.IMAGE_CHANGED] == [
        Risk(kind=RiskKind.IMAGE_CHANGED, job="a", before=before, after=after)
    ]


def test_where_the_definition_is_only_named_its_image_is_not_known():
    def plan(**fields):
        return Plan(jobs=(a_job(submit=on_pod({**MAIN, **fields})),))

    assert diff_plans(plan(), plan(image="x")).risks[0] == Risk(kind=RiskKind.IMAGE_CHANGED, job="a", after="x")
    assert diff_plans(plan(image="x"), plan()).risks[0] == Risk(kind=RiskKind.IMAGE_CHANGED, job="a", before="x")


def test_an_added_job_has_another_image_if_no_job_ran_it_before():
    old = with_side(submit=(side(image="x:1"),))

    def kinds(image):
        added = a_job("new", submit=on_pod(MAIN, side(image=image)), resources=OWN)
        return {one.kind for one in diff_plans(old, replace(old, jobs=(*old.jobs, added))).risks}

    assert RiskKind.IMAGE_CHANGED in kinds("x:2")
    assert RiskKind.IMAGE_CHANGED not in kinds("x:1")
    assert RiskKind.IMAGE_CHANGED not in kinds("main:1")
