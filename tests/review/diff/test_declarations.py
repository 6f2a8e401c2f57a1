"""Job definitions that a plan begins to declare, or no longer declares: each amount once, one edit as one risk."""

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.formats import DiffFormat, render_diff
from tests.support.plans import a_job

ROLE = "arn:aws:iam::123456789012:role/r"
AMOUNTS = Resources(vcpus=2, memory_mib=4096, gpus=1)
DECLARED = JobDefinition(image="img:1", job_role=ROLE, resources=AMOUNTS)
JOBS = tuple(a_job(name, timeout_s=60, attempts=1) for name in "ab")


def rendered(old, new, output_format=DiffFormat.TEXT):
    return "".join(render_diff(diff_plans(old, new), (old, new), ("main:plan.yaml", "plan.yaml"), output_format))


def risks_of(text):
    """Return the lines of risks of a text."""
    return [line.strip() for line in text.split("\n\n")[1].splitlines() if line.startswith("  ! ")]


def test_amounts_of_a_definition_that_is_no_longer_declared_are_told_once():
    old, new = Plan(jobs=JOBS, job_definitions={"d": DECLARED}), Plan(jobs=JOBS)
    assert risks_of(rendered(old, new)) == [
        f"! definition changed: - {ROLE}",
        "! image changed: - img:1",
        "! vCPUs no longer stated: 2 vCPUs -> set by the job definition",
        "! memory no longer stated: 4 GiB -> set by the job definition",
        "! GPUs no longer stated: 1 GPU -> set by the job definition",
    ]


def test_a_definition_that_is_no_longer_declared_is_a_risk_though_its_jobs_state_their_amounts():
    jobs = tuple(a_job(name, resources=AMOUNTS, timeout_s=60, attempts=1) for name in "ab")
    old = Plan(jobs=jobs, job_definitions={"d": JobDefinition(resources=AMOUNTS)})
    kinds = {risk.kind for risk in diff_plans(old, Plan(jobs=jobs)).risks}
    assert kinds == {"definition_changed"}


ADDED = a_job("c", job_definition="e")
PRELOAD = {"containerProperties": {"environment": [{"name": "LD_PRELOAD", "value": "x.so"}]}}
OTHER = JobDefinition(image="img:2", resources=AMOUNTS)


@pytest.mark.parametrize(
    ("old", "new", "risks"),
    [
        (Plan(jobs=JOBS, job_definitions={"d": DECLARED}), Plan(jobs=JOBS), "1 risk"),
        (Plan(jobs=JOBS), Plan(jobs=JOBS, job_definitions={"d": DECLARED}), "1 risk"),
        (
            Plan(jobs=JOBS, job_definitions={"d": DECLARED}),
            Plan(jobs=(*JOBS, ADDED), job_definitions={"d": DECLARED, "e": OTHER}),
            "1 risk",
        ),
        (
            Plan(jobs=JOBS, job_definitions={"d": DECLARED}),
            Plan(
                jobs=(*JOBS, ADDED),
                job_definitions={"d": DECLARED, "e": JobDefinition(image="i", register=PRELOAD)},
            ),
            "2 risks",
        ),
        (
            Plan(jobs=JOBS, job_definitions={"d": DECLARED}),
            Plan(jobs=JOBS, job_definitions={"d": JobDefinition(image="img:2", resources=AMOUNTS)}),
            "2 risks",
        ),
    ],
    ids=["no longer declared", "declared now", "of an added job", "with a variable", "role and image of one"],
)
def test_a_definition_with_its_image_is_one_edit(old, new, risks):
    assert f" \u00b7 {risks} \u00b7 " in rendered(old, new, DiffFormat.MARKDOWN).splitlines()[1]


def test_totals_that_only_definitions_know_are_not_told_to_be_none():
    old, new = Plan(jobs=JOBS, job_definitions={"d": DECLARED}), Plan(jobs=JOBS)
    text = " ".join(rendered(old, new).split())
    for label, before in (("GPUs", "2"), ("memory", "8 GiB"), ("vCPUs", "4")):
        assert f"{label} in total {before} -> set by the job definition" in text
        assert f"{label} at peak {before} -> set by the job definition" in text
    some = Plan(jobs=(*JOBS, a_job("c", resources=AMOUNTS)))
    text = " ".join(rendered(old, some).split())
    assert "GPUs in total 2 -> at least 1" in text
    assert "memory at peak 8 GiB -> at least 4 GiB" in text
