"""The page as text: its data, its escapes, the same bytes every time."""

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import JobDefinition, JobSettings, Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change
from kedro_batch.review.page.page import render_diff_page, render_overview_page
from kedro_batch.text.escaping import for_review
from tests.support.containers import MAIN, SIDE, on_pod, pod
from tests.support.plans import a_job
from tests.support.plans_of_pages import HOSTILE, before_and_after, hostile, layers, plan_of

ROOT = Path(__file__).parents[3]


def page_of(plan, title="plan.yaml"):
    return render_overview_page(plan, title)


def diff_of(old, new, names=("main:plan.yaml", "plan.yaml")):
    return render_diff_page(diff_plans(old, new), (old, new), names)


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="plan">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def test_the_page_says_what_a_job_is():
    data = data_of(page_of(layers(10, 3)))
    job = next(job for job in data["jobs"] if job["name"] == "job_00004")
    assert job["level"] == 2
    assert job["command"] == ["kedro", "run", "--nodes=job_00004_node"]
    assert job["nodes"] == ["job_00004_node"]
    assert [data["jobs"][parent]["name"] + "_data" for parent in job["parents"]] == job["reads"]
    rows = data["settings"][job["settings"]]["rows"]
    assert dict(data["rows"][number] for number in rows)["resources.memory_mib"] == "4 GiB"


def test_a_long_default_of_many_jobs_is_there_once():
    defaults = JobSettings(job_queue="q", job_definition="d", environment={"LONG": "x" * 1000})
    own = (replace(defaults, timeout_s=60 + number) for number in range(20))
    jobs = (Job(name=JobName(f"j{number}"), command=("x",), settings=one) for number, one in enumerate(own))
    plan = Plan(defaults=defaults, jobs=tuple(jobs))
    assert page_of(plan).count("x" * 1000) == 1
    shorter = [replace(job, settings=replace(job.settings, environment={"LONG": "y"})) for job in plan.jobs]
    plans = plan, replace(plan, jobs=tuple(shorter))
    assert render_diff_page(diff_plans(*plans), plans, ("a", "b")).count("x" * 1000) == 1


def test_foreign_text_never_becomes_html():
    old, new = layers(3, 1), hostile()
    for page in (page_of(new, HOSTILE[1]), diff_of(old, new, HOSTILE[:2]), diff_of(new, old, HOSTILE[:2])):
        assert page.count("<script") == 2
        assert page.count("</script>") == 2
        assert not re.search(r"<(img|svg)", page)
        assert "<!--" not in page
        text = page.replace("\n", "")
        assert text.isprintable()
        data_of(page)


def test_what_nobody_can_see_is_shown_as_an_escape():
    told = json.dumps(data_of(page_of(hostile())), ensure_ascii=False)
    assert "turned\\\\u202earound\\\\u2066" in told
    assert "red\\\\x1b[31m\\\\x00\\\\x07" in told
    assert for_review("a\u00ad\u061c\U000e0041\u3164\xa0é😀") == "a\\xad\\u061c\\U000e0041\\u3164\\xa0é😀"
    jobs = {job["name"]: job for job in data_of(page_of(hostile()))["jobs"]}
    assert jobs["evil"]["escaped"]
    assert "escaped" not in jobs["victim"]


def test_every_kind_of_change_has_a_sign_in_the_page_and_a_colour_in_the_graphs():
    signs = (ROOT / "templates" / "page" / "jobs.js").read_text().partition("const SIGNS = {")[2].partition("}")[0]
    styles = (ROOT / "templates" / "page" / "page.css").read_text()
    classes = (ROOT / "templates" / "graph.mmd.j2").read_text()
    for change in Change:
        assert f'{change}: "' in signs
        assert f".{change}" in styles
        assert f"classDef {change} " in classes


def test_its_policy_allows_its_own_script_and_style_alone():
    page = page_of(hostile())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
    allowed = {
        kind: f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for kind, text in (("script-src", script), ("style-src", style))
    }
    assert rules == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", **allowed}


def test_it_names_no_address_and_no_handler_of_its_own():
    page = page_of(layers(10, 3))
    assert set(re.findall(r"\w+://[^\s\"']*", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\s(src|href|srcset|style|on\w+)=", page.partition('<script type="module">')[0])
    script = page.partition('<script type="module">')[2]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|import\(|XMLHttp", script)


IMPORTS = """
import sys
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.formats import DiffFormat, OverviewFormat, render_diff, render_overview
from tests.support.plans_of_pages import before_and_after, layers
"""
SAME = f"""{IMPORTS}
plans = before_and_after()
sys.stdout.write("".join(render_overview(layers(200, 15), "plan.yaml", OverviewFormat.HTML)))
sys.stdout.write("".join(render_diff(diff_plans(*plans), plans, ("old.yaml", "new.yaml"), DiffFormat.HTML)))
"""


def test_the_same_plan_is_the_same_page_for_every_hash_seed():
    pages = {
        subprocess.run(
            [sys.executable, "-c", SAME],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "17")
    }
    assert len(pages) == 1


def test_pages_stay_small():
    assert len(page_of(layers(800, 30))) < 1_500_000
    assert len(page_of(layers(10, 3))) < 180_000  # 50,000 of them are dagre


def test_a_diff_holds_the_jobs_of_both_plans():
    data = data_of(diff_of(*before_and_after()))
    jobs = {job["name"]: job for job in data["jobs"]}
    assert {name: job.get("change", {}).get("kind") for name, job in jobs.items()} == {
        "load": "changed",
        "train": "changed",
        "tell": "renamed",
        "extra": "added",
        "clean": "removed",
    }
    names = [job["name"] for job in data["jobs"]]
    assert {name: [names[parent] for parent in job.get("lost", ())] for name, job in jobs.items()} == {
        "load": [],
        "train": ["clean"],
        "tell": [],
        "extra": [],
        "clean": ["load"],
    }
    assert jobs["tell"]["change"]["before"] == "report"
    assert jobs["load"]["change"]["command"] == [["kept", ["kedro", "run"]], ["added", ["--async"]]]
    fields = [data["rows"][number] for number in jobs["load"]["change"]["fields"]]
    assert ["resources.memory_mib", None, "512 MiB"] in fields


def test_the_header_of_a_diff_names_risks_first():
    page = diff_of(*before_and_after())
    data = data_of(page)
    number = {job["name"]: index for index, job in enumerate(data["jobs"])}
    told = {one["what"]: (one["before"], one["after"], list(map(tuple, one["about"]))) for one in data["risks"]}
    assert list(told) == ["queue changed", "job removed", "dataset not written"]
    assert told["queue changed"] == ("q", "other", [("load", number["load"])])
    assert told["job removed"] == (None, None, [("clean", number["clean"])])
    assert told["dataset not written"][2][0][0].startswith("table")
    assert page.index("<summary>3 risks</summary>") < page.index("<dt>longest path</dt>")
    assert "+ 1 added" in page
    assert "- 1 removed" in page


def test_what_became_of_data_is_told_as_it_is():
    before = [a_job("a", writes=("x", "old")), a_job("b", reads=("y",))]
    after = [a_job("a", writes=("y", "old")), a_job("b", reads=("x", "y"), depends_on=("a",))]
    data = data_of(diff_of(Plan(jobs=tuple(before)), Plan(jobs=tuple(after))))["data"]
    assert data["changes"] == [
        ["-", "y", "no longer an input"],
        ["-", "x", "no longer an output"],
        ["-", "x", "no longer a final output"],
        ["+", "x", "now an input"],
        ["+", "y", "now an output"],
    ]


def test_a_group_says_how_much_its_jobs_ask_for_and_what_changed_in_it():
    some = Resources(vcpus=2, memory_mib=51_300, gpus=1)
    old = Plan(
        jobs=(
            *(a_job(f"a{n}", nodes=(f"a.{n}",), resources=some) for n in range(3)),
            *(a_job(f"b{n}", nodes=(f"b.{n}",), resources=some if n else Resources(vcpus=1)) for n in range(2)),
            *(a_job(f"c{n}", nodes=(f"c.{n}",)) for n in range(2)),
        )
    )
    new = replace(old, jobs=(replace(old.jobs[0], command=("other",)), *old.jobs[1:]))
    groups = {one["name"]: one for one in data_of(diff_of(old, new))["groups"]}
    assert {name: one["words"] for name, one in groups.items()} == {
        "a": ["3 jobs", "6 vCPUs, 150.3 GiB, 3 GPUs"],
        "b": ["2 jobs", "at least 3 vCPUs, 51,300 MiB, 1 GPU"],
        "c": ["2 jobs", "set by the job definition"],
    }
    assert {name: one["changes"] for name, one in groups.items()} == {"a": {"changed": 1}, "b": {}, "c": {}}


def test_cards_and_groups_say_what_all_containers_get_and_what_definitions_give():
    declared = {"d": JobDefinition(image="i", resources=Resources(vcpus=4, memory_mib=2048, gpus=1))}
    side = {**SIDE, "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    declared |= {"pod": pod(MAIN, side)}
    jobs = (
        a_job("a1", nodes=("a.1",)),
        a_job("a2", nodes=("a.2",), job_definition="pod", submit=on_pod(MAIN), resources=Resources(vcpus=1)),
        a_job("b1", nodes=("b.1",)),
    )
    data = data_of(page_of(Plan(jobs=jobs, job_definitions=declared)))
    cards = [data["settings"][job["settings"]] for job in data["jobs"]]
    assert [one["words"] for one in cards[:2]] == ["4 vCPUs, 2 GiB, 1 GPU", "at least 2 vCPUs, 1 GiB"]
    assert [one["words"][1] for one in data["groups"]] == ["at least 6 vCPUs, 3 GiB, 1 GPU"]
    assert [(one["vcpus"], one["memory"], one["gpus"]) for one in cards[:2]] == [(4, "2 GiB", 1), (2, "1 GiB", None)]


def test_what_changed_in_a_large_plan_is_drawn_with_its_neighbours():
    old = layers(2_000, 100)
    changed = old.jobs[150]
    new = replace(old, jobs=tuple(replace(job, command=("other",)) if job is changed else job for job in old.jobs))
    data = data_of(diff_of(old, new))
    drawn = {data["jobs"][job]["name"] for job in data["shown"]}
    children = {job.name for job in old.jobs if changed.name in job.depends_on}
    assert drawn == {changed.name, *changed.depends_on} | children


def test_what_changes_for_all_jobs_is_no_change_of_each():
    old = layers(10, 3)
    later = [replace(job, settings=replace(job.settings, attempts=3)) for job in old.jobs]
    later[4] = replace(later[4], settings=replace(later[4].settings, timeout_s=60))
    data = data_of(diff_of(old, Plan(jobs=tuple(later))))
    assert [job["name"] for job in data["jobs"] if not job["change"].get("common")] == [old.jobs[4].name]
    near = {
        old.jobs[4].name,
        *old.jobs[4].depends_on,
        *(one.name for one in old.jobs if old.jobs[4].name in one.depends_on),
    }
    assert {data["jobs"][job]["name"] for job in data["shown"]} == near


def test_a_changed_default_is_no_change_of_the_jobs_that_have_it():
    old = layers(10, 3)
    stays = replace(old.jobs[0], settings=replace(old.jobs[0].settings, attempts=5))
    others = [[replace(job, settings=replace(job.settings, attempts=most)) for job in old.jobs[1:]] for most in (2, 3)]
    plans = Plan(jobs=(stays, *others[0])), Plan(jobs=(stays, *others[1]))
    for by_default, kinds in (True, {True}), (False, {None}):
        stated = [
            replace(plan, defaults=JobSettings(attempts=most if by_default else None))
            for plan, most in zip(plans, (2, 3), strict=True)
        ]
        data = data_of(diff_of(*stated))
        assert {job["change"].get("common") for job in data["jobs"] if "change" in job} == kinds


def test_the_longest_path_is_one_of_jobs_that_wait_for_each_other():
    data = data_of(page_of(layers(800, 30)))
    path = [data["jobs"][number] for number in data["path"]]
    assert [job["level"] for job in path] == list(range(1, 28))
    assert all(above in job["parents"] for above, job in zip(data["path"], path[1:], strict=False))


def test_a_plan_that_did_not_change_is_a_page_as_well():
    plan = layers(5, 2)
    data = data_of(diff_of(plan, plan))
    assert data["shown"] is None
    assert not any("change" in job for job in data["jobs"])


def test_the_header_folds_what_says_where_a_plan_comes_from_and_shortens_its_digest():
    plan = layers(10, 3)
    page = page_of(plan)
    digest = plan_digest(plan)
    assert '<span class="size">10 jobs, 10 nodes</span>' in page
    assert f'data-copy="{digest}"' in page
    assert page.index("<dt>vCPUs</dt>") < page.index("more facts</summary>") < page.index("<dt>project</dt>")


def test_the_peaks_of_each_queue_are_folded_also_where_they_differ():
    old = plan_of(a_job("a", job_queue="one"), a_job("b", job_queue="other"))
    new = plan_of(*old.jobs, a_job("c", job_queue="one"))
    for page in (page_of(new), diff_of(old, new)):
        assert page.index("<dt>queues</dt>") < page.index("more facts</summary>") < page.index("<dt>peak by queue</dt>")


def test_a_plan_that_is_not_there_has_no_digest():
    plan = layers(3, 1)
    gone = diff_of(plan, Plan(jobs=()))
    assert gone.count('class="digest"') == 1
    assert plan_digest(plan) in gone
    assert "<ins></ins>" not in gone  # nothing is written as "-"
    assert diff_of(plan, plan).count('class="digest"') == 1


def with_attempts(plan, attempts):
    """State the attempts of all jobs by the default of the plan."""
    jobs = tuple(replace(job, settings=replace(job.settings, attempts=attempts)) for job in plan.jobs)
    return replace(plan, jobs=jobs, defaults=replace(plan.defaults, attempts=attempts))


def test_a_changed_default_is_told_once_and_no_job_is_drawn_as_changed_by_it():
    old, new = (with_attempts(layers(10, 3), attempts) for attempts in (2, 3))
    other = replace(new.jobs[4], command=("other",))
    page = diff_of(old, replace(new, jobs=(*new.jobs[:4], other, *new.jobs[5:])))
    assert page.count("<dt>default of attempts</dt><dd><del>2</del> &rarr; <ins>3</ins>: all 10 jobs</dd>") == 1
    assert "~ 1 changed" in page
    assert "9 changed in common" in page
    data = data_of(page)
    assert [job["name"] for job in data["jobs"] if not job["change"].get("common")] == [other.name]
    (raised,) = [one for one in data["risks"] if one["what"] == "attempts raised"]
    assert (raised["before"], raised["after"], raised["who"], len(raised["about"])) == ("2", "3", "all 10 jobs", 10)


def test_a_group_that_is_gone_says_what_it_asked_for():
    jobs = [a_job(f"j{n}", nodes=(f"{'ab'[n % 2]}.n{n}",), resources=Resources(vcpus=2)) for n in range(8)]
    old, new = plan_of(*jobs), plan_of(*jobs[::2])
    words = {group["name"]: group["words"] for group in data_of(diff_of(old, new))["groups"]}
    assert words == {"a": ["4 jobs", "at least 8 vCPUs"], "b": ["4 jobs", "at least 8 vCPUs"]}
