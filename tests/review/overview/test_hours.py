"""Hours in words, where jobs have no limit, or definitions set more."""

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.overview.build_overview import build_overview
from kedro_batch.review.overview.view import build_overview_view
from tests.support.plans import a_job

LIMITED = {"timeout_s": 1800, "attempts": 2}
BARE, GPU = {"vcpus": 1, "memory_mib": 1536}, {"vcpus": 1, "memory_mib": 1536, "gpus": 2}


def amounts(*jobs, declared=True):
    """Return the facts of amounts of jobs with such resources and settings."""
    made = tuple(a_job(f"j{n}", resources=Resources(**one), **given) for n, (one, given) in enumerate(jobs))
    plan = Plan(jobs=made, job_definitions={"d": JobDefinition(image="i")} if declared else {})
    facts = build_overview_view(build_overview(plan), plan, "plan.yaml").facts
    return {one.label: one.text for one in facts if one.label in ("vCPUs", "memory", "GPUs")}


@pytest.mark.parametrize(
    ("jobs", "label", "text"),
    [
        ([(BARE, LIMITED)], "vCPUs", "1 in total, 1 at peak, at most 1 vCPU-hour"),
        ([(BARE, LIMITED)], "memory", "1.5 GiB in total, 1.5 GiB at peak, at most 1.5 GiB-hours"),
        ([(BARE, LIMITED)], "GPUs", "none"),
        ([(BARE, {})], "vCPUs", "1 in total, 1 at peak, no limit of vCPU-hours"),
        ([(BARE, {}), (GPU, LIMITED)], "vCPUs", "2 in total, 2 at peak, at most 1 vCPU-hour and no limit for 1 job"),
        ([(BARE, {}), (GPU, LIMITED)], "GPUs", "2 in total, 2 at peak, at most 2 GPU-hours"),
        ([(BARE, {"timeout_s": 1})], "vCPUs", "1 in total, 1 at peak, at most 0.000278 vCPU-hours"),
    ],
)
def test_amounts_say_how_many_hours_of_them_there_may_be(jobs, label, text):
    assert amounts(*jobs)[label] == text


@pytest.mark.parametrize(
    ("jobs", "label", "text"),
    [
        ([(BARE, {})], "vCPUs", "1 in total, 1 at peak, vCPU-hours set by the job definition"),
        ([(BARE, LIMITED)], "vCPUs", "1 in total, 1 at peak, at most 1 vCPU-hour"),
        ([(BARE, LIMITED)], "GPUs", "set by the job definition (1 job)"),
        ([(BARE, LIMITED), ({**BARE, "gpus": 0}, LIMITED)], "GPUs", "set by the job definition (all 2 jobs)"),
        (
            [(BARE, LIMITED), (GPU, LIMITED)],
            "GPUs",
            "at least 2 in total, 2 at peak, at least 2 GPU-hours; 1 job may get more by the job definition",
        ),
    ],
)
def test_what_a_definition_sets_that_is_only_named_is_never_taken_for_none(jobs, label, text):
    assert amounts(*jobs, declared=False)[label] == text


def test_jobs_whose_definition_may_give_gpus_are_counted_beside_those_that_have_none():
    jobs = (a_job("a"), a_job("b"), a_job("c", job_definition="named:1"))
    plan = Plan(jobs=jobs, job_definitions={"d": JobDefinition(image="i")})
    facts = [(one.label, one.text) for one in build_overview_view(build_overview(plan), plan, "plan.yaml").facts]
    assert ("GPUs", "set by the job definition (1 of 3 jobs)") in facts
    assert ("jobs with GPUs", "set by the job definition: c") in facts
