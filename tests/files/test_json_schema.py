from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kedro_batch.files.json_schema import check, whole
from kedro_batch.files.resources import schema

TARGET = {"job_queue": "q", "job_definition": "d"}


def plan(*jobs: Any, **more: Any) -> dict[str, Any]:
    return {"schema": "kedro-batch/plan/v1", "defaults": TARGET, "jobs": list(jobs), **more}


def job(**more: Any) -> dict[str, Any]:
    return {"name": "a", "command": ["x"], **more}


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        (None, (), "must be a mapping, found nothing. Every job of one run on AWS Batch"),
        ([], (), "must be a mapping, found a list. Every job"),
        ("just text", (), "must be a mapping, found 'just text'. Every job"),
        ({"schema": "kedro-batch/plan/v1"}, (), "'jobs' is missing. The jobs."),
        (plan(job(), schema="v2"), ("schema",), "found 'v2'; this version of kedro-batch reads 'kedro-batch/plan/v1'"),
        (plan(), ("jobs",), "must have 1 or more items. The jobs."),
        (plan(*[job()] * 25_001), ("jobs",), "has 25001 items, 25000 are allowed. The jobs."),
        (plan(job(), extra=1), ("extra",), "unknown field. Known here: schema, "),
        (plan(job(dependson=["b"])), ("jobs", 0, "dependson"), "unknown field. Did you mean 'depends_on'?"),
        (plan({"command": ["x"]}), ("jobs", 0), "'name' is missing. A job's name in this plan"),
        (plan(job(name="a.b")), ("jobs", 0, "name"), "'a.b' is not allowed. A job's name"),
        (plan(job(name="a\n")), ("jobs", 0, "name"), r"'a\n' is not allowed. A job's name"),
        (plan(job(name="a" * 100)), ("jobs", 0, "name"), "has 100 characters, 99 are allowed. A job's name"),
        (plan(job(command=[""])), ("jobs", 0, "command", 0), "must have 1 or more characters. One word"),
        (plan(job(command=True)), ("jobs", 0, "command"), "must be a list, found true. "),
        (plan(job(nodes="load")), ("jobs", 0, "nodes"), "must be a list, found 'load': write [load]. "),
        (plan(job(nodes="n")), ("jobs", 0, "nodes"), "must be a list, found 'n': write [\"n\"]. "),
        (plan(job(timeout_s=10)), ("jobs", 0, "timeout_s"), "must be at least 60, found 10. Seconds"),
        (plan(job(timeout_s="90")), ("jobs", 0, "timeout_s"), "must be a whole number, found '90': write it without"),
        (plan(job(attempts=11)), ("jobs", 0, "attempts"), "must be at most 10, found 11. "),
        (plan(job(platform="ec3")), ("jobs", 0, "platform"), "'ec3' is unknown. Did you mean 'ec2'? Known here: ec2, "),
        (plan(job(tags={"k": 5})), ("jobs", 0, "tags", "k"), "must be text: put it in quotes. "),
        (plan(job(tags={"aws:x": "v"})), ("jobs", 0, "tags", "aws:x"), "'aws:x' is not allowed. A tag's"),
        (plan(job(depends_on=["b"] * 21)), ("jobs", 0, "depends_on"), "has 21 items, 20 are allowed. "),
        (plan(job(depends_on=["b", "b"])), ("jobs", 0, "depends_on"), "names 'b' more than once. "),
        (plan(job(reads=["r", 1] * 2)), ("jobs", 0, "reads"), "names 'r' more than once. "),
        (
            plan(job(), submit_tags="no"),
            ("submit_tags",),
            "must be true or false, found 'no'. true to submit",
        ),
        (
            plan(job(submit_tags=False)),
            ("jobs", 0, "submit_tags"),
            "does not belong here. It holds for all jobs",
        ),
        (plan(job(submit={"a": float("inf")})), (), ""),  # what is passed on is not ours
        (plan(job(command=["\ud800"])), (), ""),  # the YAML reader reports it
        (
            plan(job(resources={"vcpus": float("inf")})),
            ("jobs", 0, "resources", "vcpus"),
            "must be a number, found the number inf. ",
        ),
    ],
)
def test_what_a_schema_does_not_allow_is_worded_with_its_description(value, path, message):
    found = list(check(value, "plan"))
    if not message:
        assert not found
        return
    assert any(where == path and text.startswith(message) for where, text in found), found
    assert {where for where, _ in found} <= {path, (*path, 1), (*path, 3)}


def test_values_that_may_be_secrets_are_not_shown():
    (found,) = check(plan(job(environment={"A": 12345})), "plan")
    assert "12345" not in found[1]


def test_a_list_of_many_has_one_message_for_each_that_is_wrong():
    found = list(check(plan(*[job()] * 50, job(attempts=0), *[job()] * 50, job(x=1)), "plan"))
    assert [path for path, _ in found] == [("jobs", 50, "attempts"), ("jobs", 101, "x")]


@pytest.mark.parametrize(("number", "expected"), [(2.0, 2), (2.5, 2.5), (3, 3), ("2.0", "2.0"), (None, None)])
def test_a_whole_number_is_an_integer_however_it_is_written(number, expected):
    assert whole(number) == expected
    assert type(whole(number)) is type(expected)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 100) | st.sampled_from([0.5, 60.0]) | st.sampled_from(["", "a", "a.b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "name", "vcpus", "memory_mib", "nodes"]), inner, max_size=3)
    ),
    max_leaves=4,
)
FIELDS = ["name", "command", "depends_on", "resources", "timeout_s", "tags", "submit", "reads", "platform", "x"]


@given(st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=4))
def test_it_finds_something_exactly_where_jsonschema_does(fields):
    value = plan(job(**fields))
    assert bool(list(check(value, "plan"))) is not Draft202012Validator(schema("plan")).is_valid(value)
