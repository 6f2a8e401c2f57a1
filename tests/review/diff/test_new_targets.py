"""Added jobs on a queue, or with a job definition, that no job had before."""

from dataclasses import replace

from kedro_batch.plan.model import Plan
from kedro_batch.plan.resource_hours import add_up_resources
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.diff.cost import CostVerdict, judge_cost
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Risk, RiskKind
from tests.support.plans import a_job

OLD = Plan(jobs=(a_job("a"), a_job("b", job_definition="e:1")))


def risks(*added, old=OLD, **fields):
    return diff_plans(old, replace(old, jobs=(*old.jobs, *added), **fields)).risks


def test_a_queue_or_a_definition_that_no_job_had_before_is_told():
    assert risks(a_job("new", job_queue="gpu", job_definition="e:2")) == (
        Risk(kind=RiskKind.QUEUE_CHANGED, job="new", after="gpu"),
        Risk(kind=RiskKind.DEFINITION_CHANGED, job="new", after="e:2"),
    )
    assert risks(a_job("new", job_definition="e:1")) == ()


def test_a_first_plan_has_nothing_new():
    assert diff_plans(Plan(jobs=()), OLD).risks == ()


def test_a_declared_definition_with_another_name_is_none_that_is_new():
    one, other = JobDefinition(image="x"), JobDefinition(image="x", job_role="arn:aws:iam::123456789012:role/admin")
    old = replace(OLD, job_definitions={"d": one})
    assert risks(a_job("new", job_definition="f"), old=old, job_definitions={"d": one, "f": one}) == ()
    assert risks(a_job("new", job_definition="f"), old=old, job_definitions={"d": one, "f": other}) == (
        Risk(kind=RiskKind.DEFINITION_CHANGED, job="new", after="f"),
    )


def test_a_node_that_moved_to_another_queue_is_told_once():
    old = Plan(jobs=(a_job("both", nodes=("m", "n")),))
    new = Plan(jobs=(a_job("one", nodes=("m",), job_queue="gpu"), a_job("two", nodes=("n",), job_queue="gpu")))
    moved = [one.before for one in diff_plans(old, new).risks if one.kind is RiskKind.QUEUE_CHANGED]
    assert moved == ["q", "q"]


def test_what_an_added_job_costs_is_known_whatever_its_definition():
    stated = Resources(vcpus=1, memory_mib=512)
    new = replace(OLD, jobs=(*OLD.jobs, a_job("new", job_definition="f", resources=stated)))
    assert judge_cost(diff_plans(OLD, new), add_up_resources(OLD), add_up_resources(new)) is CostVerdict.MORE
