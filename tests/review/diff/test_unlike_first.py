"""Bulk edits in which each job has values of its own must not hide one that is unlike the others, in any format."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.unlike_first import sort_unlike_first
from kedro_batch.review.formats import DiffFormat, render_diff
from tests.support.plans import a_job

JOBS = 60
ODD = JOBS - 7
LONG = "echo something; " * 100
BULKS: Mapping[str, Callable[[str, int], dict[str, Any]]] = {
    "scripts": lambda text, number: {"command": ("sh", "-c", f"run {text}-{number}")},
    "long scripts": lambda text, number: {"command": ("sh", "-c", f"run {text[0]}; {LONG}; {text} {number}")},
    "programs": lambda text, number: {"command": (f"/opt/{text}/{number}",)},
    "configuration": lambda text, number: {"command": ("kedro", "run", f"--conf-source=/{text}/{number}")},
    "parameters": lambda text, number: {"command": ("kedro", "run", f"--params=a={text}{number}")},
    "variables": lambda text, number: {"environment": {"PATH": f"/{text}/{number}"}},
    "long variables": lambda text, number: {
        "environment": {"PATH": f"{number}{':/opt/bin' * 99}:/{text}/x{':/bin' * 99}"}
    },
    "other variables": lambda text, number: {"environment": {f"AWS_{text}_{number}": "x"}},
    "harmless variables": lambda text, number: {"environment": {"DAY": f"{text}{number}"}},
    "submit": lambda text, number: {"submit": {"parameters": {"day": f"{text}{number}"}}},
    "queues": lambda text, number: {"job_queue": f"{text}{number}"},
    "tags": lambda text, number: {"tags": {"team": f"{text}{number}"}},
    "datasets": lambda text, number: {"writes": (f"{text}_{number}",), "reads": (f"{text}_in_{number}",)},
    "datasets that are named like their node": lambda text, number: {
        "writes": (f"{text}_table" if text == "evil" else f"n{number}_{text}",)
    },
    "further datasets": lambda text, number: {
        "reads": () if text == "before" else ("evil_table" if text == "evil" else f"d_{number}",),
        "writes": () if text == "before" else ("evil_table" if text == "evil" else f"d_{number}",),
    },
    "more datasets of each": lambda text, number: {
        "writes": () if text == "before" else tuple(f"{text}_{number}_{one}" for one in "abcdefgh")
    },
}


@pytest.mark.parametrize("bulk", BULKS)
@pytest.mark.parametrize("output_format", [DiffFormat.TEXT, DiffFormat.MARKDOWN])
def test_a_bulk_edit_shows_what_is_unlike_the_others(bulk, output_format):
    def plan(text, odd):
        return Plan(
            jobs=tuple(
                a_job(f"n{number}", nodes=(f"n{number}",), **BULKS[bulk](odd if number == ODD else text, number))
                for number in range(JOBS)
            )
        )

    plans = plan("before", "before"), plan("after", "evil")
    assert "evil" in "".join(render_diff(diff_plans(*plans), plans, ("a", "b"), output_format))


@pytest.mark.parametrize("output_format", [DiffFormat.TEXT, DiffFormat.MARKDOWN])
def test_a_bulk_edit_of_parents_nodes_or_names_shows_what_is_unlike_the_others(output_format):
    def plan(change):
        first = (a_job("evil_parent"), *(a_job(f"p{number}") for number in range(JOBS)))
        return Plan(jobs=(*first, *(change(number, number == ODD) for number in range(JOBS))))

    def before(number, _):
        return a_job(f"n{number}", nodes=(f"n{number}",), writes=(f"d{number}",))

    changes = (
        lambda number, odd: replace(before(number, odd), depends_on=("evil_parent" if odd else f"p{number}",)),
        lambda number, odd: replace(before(number, odd), nodes=(f"n{number}", "evil" if odd else f"m{number}")),
        lambda number, odd: replace(before(number, odd), name="evil" if odd else f"m{number}"),
    )
    for change in changes:
        plans = plan(before), plan(change)
        shown = "".join(render_diff(diff_plans(*plans), plans, ("a", "b"), output_format))
        jobs = shown.partition("Totals")[0] if output_format is DiffFormat.TEXT else shown
        assert "evil" in jobs


def test_an_odd_dataset_is_named_with_its_job_in_the_jobs_and_first_in_the_data_of_the_plan():
    jobs = [a_job(f"n{number}", nodes=(f"n{number}",)) for number in range(JOBS)]
    names = ["evil_table" if number == ODD else f"d_{number}" for number in range(JOBS)]
    changed = [replace(job, writes=(name,)) for job, name in zip(jobs, names, strict=True)]
    plans = Plan(jobs=tuple(jobs)), Plan(jobs=tuple(changed))
    text = "".join(render_diff(diff_plans(*plans), plans, ("a", "b"), DiffFormat.TEXT))
    first = text.partition("Jobs\n")[2].partition("\n~ ")[0]
    assert "evil_table" in first
    assert f"n{ODD}" in first
    assert re.search(r"outputs +\+ evil_table, d_0, ", text)


def test_a_new_image_among_many_new_tags_comes_first():
    def plan(tag, odd):
        images = {f"d{number}": f"{odd if number == ODD else 'repo'}/x{number}:{tag}" for number in range(JOBS)}
        jobs = tuple(a_job(f"n{number}", job_definition=f"d{number}") for number in range(JOBS))
        return Plan(jobs=jobs, job_definitions={name: JobDefinition(image=image) for name, image in images.items()})

    plans = plan("1", "repo"), plan("2", "evil")
    text = "".join(render_diff(diff_plans(*plans), plans, ("a", "b"), DiffFormat.TEXT))
    assert next(line for line in text.splitlines() if line.startswith("  ! image changed")).count("evil") == 1
    assert "  ! image changed: repo/VALUE:1 -> repo/VALUE:2: 59 values\n      x0: job definition d0 (1 job)\n" in text
    assert len(re.findall(r"^      x\d+: job definition", text, re.MULTILINE)) == JOBS - 1


def test_one_of_each_shape_comes_first_the_rarest_before():
    pairs = [
        ("a 1", "b 1"),
        ("a 2", "b 2"),
        ("a 3", "c 3"),
        ("a b 4", "b a 4"),
        ("a 5", "b 5"),
        (None, "b"),
        ("x", None),
    ]
    found = sort_unlike_first(pairs, lambda one: one)
    assert found == [pairs[2], pairs[3], pairs[5], pairs[6], pairs[0], pairs[1], pairs[4]]


def test_where_each_value_has_a_name_of_its_own_the_shape_is_told_by_the_other_words():
    names = "abcdefghijklmnopqrstuvwxyz"
    values = [(None, f"s3://good/{name}{name}/in") for name in names]
    values[7] = (None, "s3://bad/hh/in")
    assert sort_unlike_first(values, lambda one: one)[:2] == [values[7], values[0]]


def test_a_name_that_begins_as_no_other_does_is_unlike_them():
    names = [f"{first}{second}-load" for first in "abcdefgh" for second in "abcdefgh"]
    values = [(None, f"ok-{name}") for name in names]
    values[7] = (None, f"bad-{names[7]}")
    values[9] = (None, "ok-ab-cd-ef-load")
    assert sort_unlike_first(values, lambda one: one)[:3] == [values[7], values[9], values[0]]
