"""Parameters as reviewers see them: value by value, each with its type."""

import json

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.formats import render_json
from kedro_batch.review.overview.build_overview import build_overview
from kedro_batch.review.overview.view import build_overview_view
from kedro_batch.review.page.page import render_diff_page, render_overview_page
from kedro_batch.review.templates import render
from tests.support.plans import a_job


def plan_of(params):
    return Plan(jobs=(a_job(),), params=params)


def changes(old, new):
    plans = plan_of(old), plan_of(new)
    diff = diff_plans(*plans)
    assert diff.differ == bool(diff.origin)
    return [(one.label, one.before, one.after) for one in build_diff_view(diff, plans, ("old", "new")).origin]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"x": 1}, {"x": 1.0}, [("params.x", "1", "1.0")]),
        ({"x": 1}, {"x": True}, [("params.x", "1", "true")]),
        ({"x": 1}, {"x": "1"}, [("params.x", "1", '"1"')]),
        ({}, {"x": None}, [("params.x", None, "null")]),
        ({"x": ""}, {}, [("params.x", '""', None)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("params.a.c", "2", "3")]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("params.a", "[1, 2]", "[1, 3]")]),
        ({"a": {}}, {"a": {"b": 1}}, [("params.a", "{}", None), ("params.a.b", None, "1")]),
        ({"a": {"b": 1, "c": [{"d": 1, "e": 2}]}}, {"a": {"c": [{"e": 2, "d": 1}], "b": 1}}, []),
    ],
)
def test_parameters_are_compared_one_by_one(old, new, expected):
    assert changes(old, new) == expected


def test_a_diff_in_json_has_the_json_of_each_parameter():
    diff = diff_plans(plan_of({"x": 1}), plan_of({"x": None}))
    [change] = json.loads("".join(render_json(diff)))["origin"]
    assert change == {"path": ["params", "x"], "before": "1", "after": "null", "impact": None}


def test_an_overview_shows_parameters_and_shortens_long_ones():
    plan = plan_of({"a": {"b": "x, y"}, "long": "z" * 300})
    text = render("show.txt.j2", build_overview_view(build_overview(plan), plan, "plan.yaml"))
    assert '  params.a.b      "x, y"\n' in text
    assert f'  params.long     "{"z" * 99}... (202 more characters)\n' in text


def test_the_page_shows_parameters_and_what_differs_far_behind_in_a_long_one():
    old, new = plan_of({"long": "z" * 300}), plan_of({"long": "z" * 299})
    assert "params.long" in render_overview_page(old, "plan.yaml")
    page = render_diff_page(diff_plans(old, new), (old, new), ("old", "new"))
    assert "z" * 300 in page
