"""What runs when: the rows of checks, and what stops what."""

import inspect
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan import checks
from kedro_batch.plan.checks import check_file, check_for_warnings, check_plan
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import JOB_SETTINGS, JobSettings
from tests.support.plans import a_job

ROWS = (
    checks.SHAPE,
    checks.GRAPH,
    checks.SIZE,
    checks.SUBMIT,
    checks.DEFINITIONS,
    checks.SETTINGS,
    checks.LIMITS,
    checks.REQUESTS,
    checks.WARNINGS,
)
GOOD: dict[str, Any] = {
    "schema": "kedro-batch/plan/v1",
    "defaults": {"job_queue": "q", "job_definition": "d"},
    "jobs": [{"name": "a", "command": ["x"]}],
}


def made(value) -> Plan:
    """Make a plan of its jobs' names, commands and settings alone."""
    return Plan(jobs=tuple(_job(one, value["defaults"]) for one in value["jobs"]))


def _job(one, defaults) -> Job:
    given = {name: value for name, value in {**defaults, **one}.items() if name in JOB_SETTINGS}
    return Job(name=JobName(one["name"]), command=tuple(one["command"]), settings=JobSettings.from_dict(given))


def test_every_check_of_every_module_is_in_one_row():
    listed = [check for row in ROWS for check in row]
    assert len(listed) == len(set(listed))
    written = set()
    for file in Path(inspect.getfile(checks)).parent.glob("[a-z]*.py"):
        module = getattr(checks, file.stem)
        written |= {
            one for name, one in vars(module).items() if name.startswith("check_") and one.__module__ == module.__name__
        }
    assert set(listed) == written


def test_a_good_file_becomes_a_plan():
    assert check_file(GOOD, made) == (made(GOOD), [])


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        # Whatever is wrong with the shape, names and dependencies are looked at, and there is no plan.
        ({"extra": 1, "jobs": [*GOOD["jobs"], {"name": "A", "command": ["x"]}]}, {("extra",), ("jobs", 1, "name")}),
        # Of a file that is too large, no plan is made.
        (
            {"defaults": {**GOOD["defaults"], "submit": {"parameters": {f"{n}": 5 for n in range(2001)}}}},
            {("defaults", "submit")},
        ),
    ],
)
def test_no_plan_is_made_of_what_has_another_shape_or_is_too_large(change, paths):
    plan, found = check_file({**GOOD, **change}, pytest.fail)
    assert plan is None
    assert {one.path for one in found} == paths


def test_what_can_be_found_at_once_is_found_at_once():
    job = {"name": "a", "command": ["x" * 9000], "depends_on": ["b"], "environment": {"PASSWORD": "hunter2"}}
    _, found = check_file({**GOOD, "jobs": [{**job, "retry_on": ["spot"]}]}, made)
    assert [one.path[2:] for one in found] == [
        ("depends_on", 0),
        ("environment", "PASSWORD"),
        ("retry_on",),
        ("command",),
    ]


def test_no_request_is_built_of_wrong_fields():
    job = {"name": "a", "command": ["x" * 9000], "submit": {"parameters": 5}}
    _, found = check_file({**GOOD, "jobs": [job]}, made)
    assert [one.path for one in found] == [("jobs", 0, "submit", "parameters")]


def test_a_plan_without_a_file_is_checked_as_far_as_it_can_be():
    plan = Plan(jobs=(a_job(retry_on=("spot",)), a_job("b", ("x" * 9000,))))
    assert [one.path for one in check_plan(plan)] == [("jobs", 0, "retry_on"), ("jobs", 1, "command")]


def test_no_check_says_in_which_file_something_is():
    plan = Plan(jobs=(a_job("a", writes=("x",)), a_job("b", ("x" * 9000,), reads=("x",))))
    found = [*check_plan(plan), *check_for_warnings(plan)]
    assert len(found) == 2
    assert {(one.source, one.line) for one in found} == {("", None)}
