"""Handwritten plans in which several jobs run the same node, each with other parameters."""

import json

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change, RiskKind
from kedro_batch.review.formats import render_json
from tests.support.plans import a_job

FRANCE = a_job("train-fr", ("k", "--params=c=fr"), nodes=("train",), resources=Resources(memory_mib=2000))
LITTLE = Resources(memory_mib=1)
GERMANY = a_job("train-de", ("k", "--params=c=de"), nodes=("train",), job_queue="big", resources=LITTLE)
BOTH = Plan(jobs=(FRANCE, GERMANY))


def test_a_plan_does_not_differ_from_itself():
    diff = diff_plans(BOTH, BOTH)
    assert (diff.differ, diff.risks, diff.jobs) == (False, (), ())


def test_two_jobs_are_not_both_the_one_that_was_there():
    diff = diff_plans(Plan(jobs=(a_job("train", nodes=("train",)),)), BOTH)
    assert [(one.change, one.job) for one in diff.jobs] == [
        (Change.REMOVED, "train"),
        (Change.ADDED, "train-de"),
        (Change.ADDED, "train-fr"),
    ]
    assert RiskKind.QUEUE_CHANGED in {risk.kind for risk in diff.risks}


def test_json_shows_what_a_terminal_would_obey_as_escapes():
    told = "\x9b31m \u202e \x85 \u200b \u2066 \U000e0041 é"
    text = "".join(render_json({"told": told}))
    assert text == '{\n  "told": "\\u009b31m \\u202e \\u0085 \\u200b \\u2066 \\udb40\\udc41 é"\n}\n'
    assert json.loads(text) == {"told": told}
