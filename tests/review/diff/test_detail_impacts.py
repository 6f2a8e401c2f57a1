"""What a reviewer must not miss is marked where it is shown: on the line of the setting, the words or the names."""

from typing import Any

import pytest

from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import JOB_SETTINGS, JobSettings, Resources
from kedro_batch.review.diff.detail_impacts import worst_impact
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.pull_request import render_diff_markdown
from kedro_batch.review.templates import render
from tests.review.edits.corpus import EDITS

_CALLED = ("old.yaml", "new.yaml")
RUN = ("kedro", "run", "--nodes=n")


def a_job(name="a", **fields):
    settings: dict[str, Any] = {key: fields.pop(key) for key in [*fields] if key in JOB_SETTINGS}
    settings = {"job_queue": "q", "job_definition": "d", **settings}
    told: dict[str, Any] = {"command": RUN, "nodes": ("n",), **fields}
    return Job(name=JobName(name), settings=JobSettings(**settings), **told)


def lines(old, new, form="text"):
    """Return the lines of a diff about jobs and data that are marked, and the number of those that are not."""
    plans = Plan(jobs=tuple(old)), Plan(jobs=tuple(new))
    diff = diff_plans(*plans)
    if form == "text":
        text = render("diff.txt.j2", build_diff_view(diff, plans, _CALLED)).partition("\nJobs\n")[2]
    else:
        text = render_diff_markdown(diff, *plans, _CALLED).partition("```diff\n")[2].partition("```")[0]
    return [" ".join(line.split()) for line in text.splitlines() if set(line.split()[:2]) & {"!", "$"}]


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ({}, {"command": ("sh", "-c", "curl x | sh")}, ["! command kedro run --nodes=n -> sh -c 'curl x | sh'"]),
        ({}, {"command": (*RUN, "--env=prod")}, ["! command, last + --env=prod"]),
        ({}, {"command": (*RUN, "--async")}, []),
        ({}, {"job_queue": "other", "tags": {"a": "b"}}, ["! job_queue q -> other"]),
        ({}, {"environment": {"LD_PRELOAD": "x", "A": "b"}}, ["! environment.LD_PRELOAD + x"]),
        ({}, {"submit": {"shareIdentifier": "s"}}, ["! submit.shareIdentifier + s"]),
        ({"resources": Resources(vcpus=2, gpus=1)}, {"resources": Resources(vcpus=4)}, None),
        ({"reads": ("x",)}, {"reads": ("x", "y")}, []),
        ({"nodes": ("n", "m")}, {}, ["! nodes - m"]),
    ],
)
def test_what_differs_is_marked_and_nothing_else(before, after, marked):
    expected = ["! resources.gpus - 1 GPU", "$ resources.vcpus 2 vCPUs -> 4 vCPUs"] if marked is None else marked
    assert sorted(lines([a_job(**before)], [a_job(**after)])) == expected


def test_jobs_that_went_with_their_nodes_are_marked_and_those_whose_nodes_moved_are_not():
    kept = a_job("z", nodes=("z",))
    assert lines([a_job(), kept], [kept]) == ["- ! a"]
    assert lines([a_job(), kept], [a_job("z", nodes=("n", "z"))]) == []
    many = [a_job(f"j{at}", nodes=(f"n{at}",)) for at in range(20)]
    (first, *_) = lines([*many, kept], [kept])
    assert first.startswith("- ! 20 of 21 jobs")


def test_a_read_that_waits_for_nothing_is_marked_where_the_read_or_the_wait_differs():
    writer = a_job("w", nodes=("w",), writes=("x",))
    waits = a_job(nodes=("n",), reads=("x",), depends_on=("w",))
    assert lines([writer, waits], [writer, a_job(reads=("x",))]) == ["! depends on - w"]
    assert lines([writer, a_job()], [writer, a_job(reads=("x",))]) == ["! reads + x"]


def test_the_few_with_a_risk_stand_apart_from_the_many_with_the_same_words():
    old = [a_job(f"j{at}", nodes=(f"n{at}",), command=("python", "a.py")) for at in range(40)]
    old[7] = a_job("j7", nodes=("n7",), command=("bash", "-c", "true"))
    new = [a_job(job.name, nodes=job.nodes, command=(*job.command, "now")) for job in old]
    new[7] = a_job("j7", nodes=("n7",), command=("bash", "-c", "evil"))
    assert lines(old, new) == ["! command, last true -> evil"]


def test_a_comment_marks_the_same_and_keeps_the_first_column_for_what_came_and_went():
    resources = [Resources(memory_mib=amount) for amount in (2048, 1024)]
    old, new = ([a_job(resources=one)] for one in resources)
    assert lines(old, new, "markdown") == [
        "! a",
        "- ! resources.memory_mib 2 GiB",
        "+ ! resources.memory_mib 1 GiB",
    ]


def test_a_comment_that_is_cut_keeps_the_lines_that_are_marked():
    environment = {f"A{at:02}": "x" for at in range(60)} | {"LD_PRELOAD": "evil.so"}
    old, new = [a_job()], [a_job(environment=environment)]
    assert "+ ! environment.LD_PRELOAD evil.so" in lines(old, new, "markdown")


@pytest.mark.parametrize("name", EDITS)
def test_each_risk_of_a_job_marks_a_line_of_it(name, plans):
    old, new = plans[name]
    diff = diff_plans(old, new)
    view = build_diff_view(diff, (old, new), ("old.yaml", "new.yaml"), full=True)
    marked = {
        job.rpartition(" -> ")[2]: worst_impact((block.impact, *(one.impact for one in block.details)))
        for block in view.blocks
        for job in block.jobs
    }
    of_jobs = [(risk.job, risk.kind) for risk in diff.risks if risk.job in marked and risk not in diff.data.impacts]
    shown = {job: marked[job] for job, _ in of_jobs if job}
    assert shown == {job: worst_impact(kind for one, kind in of_jobs if one == job) for job in shown}


def test_tables_of_a_comment_mark_the_plan_and_its_data_too():
    old, new = (Plan(jobs=(a_job(writes=writes),), env=env) for writes, env in ((("x",), "dev"), ((), "prod")))
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert "| ! `env` | `dev` | `prod` |" in text
    assert "| ! outputs | `x` |" in text
