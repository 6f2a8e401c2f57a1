"""Every format of a plan and of a diff."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.formats import DiffFormat, OverviewFormat, render_diff, render_overview
from tests.support.plans import a_job

SCHEMAS = Path(__file__).parents[2] / "schemas"
PLAN = Plan(jobs=(a_job("a", writes=("x",)), a_job("b", reads=("x",), depends_on=("a",))))
EMPTY = Plan(jobs=())
SIX_MINUTES: dict[str, Any] = {"timeout_s": 360, "attempts": 1}


def assert_follows_schema(text: str, name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    assert [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(text))] == []


@pytest.mark.parametrize("output_format", DiffFormat)
@pytest.mark.parametrize(("old", "new", "summary"), [(EMPTY, PLAN, "new plan: 2"), (PLAN, EMPTY, "plan removed: 2")])
def test_a_diff_with_an_empty_plan_has_every_format(output_format, old, new, summary):
    text = "".join(render_diff(diff_plans(old, new), (old, new), ("old.yaml", "new.yaml"), output_format))
    if output_format is DiffFormat.JSON:
        assert_follows_schema(text, "diff")
        assert json.loads(text)["differ"]
    elif output_format is DiffFormat.HTML:
        assert f"<small>{'New' if new is PLAN else 'Removed'} plan</small>" in text
        assert "2 jobs, 0 nodes" in text
    elif output_format is DiffFormat.MARKDOWN:
        assert f"### Plan: {'new, 2 jobs' if new is PLAN else 'removed, with 2 jobs'} · " in text
    else:
        assert summary in text
        assert output_format is DiffFormat.MARKDOWN or text.count("sha256:") == 1


BEGINNINGS = {
    OverviewFormat.TEXT: "plan.yaml: 2 jobs",
    OverviewFormat.MARKDOWN: "<!-- kedro-batch show plan.yaml -->\n### `plan.yaml`: 2 jobs",
    OverviewFormat.JSON: '{\n  "schema": "kedro-batch/overview/v1"',
    OverviewFormat.MERMAID: 'flowchart LR\n  j0["a"]\n  j1["b"]\n  j0 --> j1\n',
    OverviewFormat.HTML: "<!doctype html>",
}


@pytest.mark.parametrize("output_format", OverviewFormat)
def test_an_overview_has_every_format(output_format):
    text = "".join(render_overview(PLAN, "plan.yaml", output_format))
    assert text.startswith(BEGINNINGS[output_format])
    if output_format is OverviewFormat.JSON:
        assert_follows_schema(text, "overview")


@pytest.mark.parametrize(
    ("asked", "vcpus"),
    [
        ([1, 2], "3 in total, 3 at peak, at most 0.3 vCPU-hours"),
        (
            [1, None],
            "at least 1 in total, 1 at peak, at least 0.1 vCPU-hours; 1 job may get more by the job definition",
        ),
        ([None, None], "set by the job definition (all 2 jobs)"),
        ([None], "set by the job definition (1 job)"),
    ],
)
def test_amounts_that_the_job_definition_sets_are_counted(asked, vcpus):
    jobs = tuple(a_job(f"j{n}", resources=Resources(vcpus=one), **SIX_MINUTES) for n, one in enumerate(asked))
    text = "".join(render_overview(Plan(jobs=jobs), "plan.yaml", OverviewFormat.TEXT))
    assert f" vCPUs {vcpus} memory " in " ".join(text.split())


def test_a_plan_names_the_images_the_account_and_the_region_beside_its_target():
    pod = {"eksProperties": {"podProperties": {"containers": [{"image": "pod:1"}]}}}
    plan = Plan(
        jobs=(a_job(), a_job("b", job_definition="pod")),
        account="123456789012",
        region="eu-west-1",
        job_definitions={"d": JobDefinition(image="repo:1"), "pod": JobDefinition(register=pod)},
    )
    text = "".join(render_overview(plan, "plan.yaml", OverviewFormat.TEXT))
    assert (
        "  definitions     d (1 job), pod (1 job)\n"
        "  images          repo:1 in a\n"
        "                  pod:1 in b\n"
        "  account         123456789012\n"
        "  region          eu-west-1\n"
    ) in text
    page = "".join(render_overview(plan, "plan.yaml", OverviewFormat.HTML))
    assert "<dt>images</dt><dd>repo:1 in a; pod:1 in b</dd>" in page


def test_a_timeout_and_attempts_that_most_jobs_do_not_have_are_shown():
    amounts = Resources(vcpus=1, memory_mib=4096)
    jobs = (
        *(a_job(name, timeout_s=300, attempts=2, resources=amounts) for name in ("a", "b")),
        a_job("c", timeout_s=5400, resources=amounts),
    )
    text = "".join(render_overview(Plan(jobs=jobs), "plan.yaml", OverviewFormat.TEXT))
    assert [line.split("  ")[-1] for line in text.splitlines() if line.startswith(("  a ", "  b ", "  c "))] == [
        *["1 vCPU, 4 GiB"] * 2,
        "1 vCPU, 4 GiB, timeout 1 h 30 min, attempts not set",
    ]
