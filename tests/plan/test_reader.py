import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_batch.errors import PlanError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.settings import Resources
from kedro_batch.plan.writer import plan_text

HEAD = "schema: kedro-batch/plan/v1\ndefaults: {job_queue: q, job_definition: d}\n"


def diagnostics(text: str) -> list[str]:
    with pytest.raises(PlanError) as raised:
        read_plan(text.encode(), "plan.yaml")
    return [str(diagnostic) for diagnostic in raised.value.diagnostics]


def job(name: str, *parents: str, more: str = "") -> str:
    depends_on = "".join(f"\n      - {parent}" for parent in parents)
    waits = f"    depends_on:{depends_on}\n" if parents else ""
    return f"  - name: {name}\n    command: ['true']\n{waits}{more}"


def test_defaults_fill_in_what_a_job_does_not_say():
    plan = read_plan(
        b"schema: kedro-batch/plan/v1\n"
        b"defaults: {job_queue: q, job_definition: d, resources: {vcpus: 1.0, memory_mib: 8},\n"
        b"  tags: {a: v}}\n"
        b"jobs:\n  - {name: one, command: [a], resources: {memory_mib: 16},\n"
        b"     tags: {b: w}, job_queue: other}\n",
        "plan.yaml",
    )
    assert plan.jobs[0].settings.resources == Resources(vcpus=1, memory_mib=16)
    assert plan.jobs[0].settings.tags == {"a": "v", "b": "w"}
    assert (plan.jobs[0].settings.job_queue, plan.jobs[0].settings.job_definition) == ("other", "d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["plan.yaml: is empty"]),
        ("[]", ["plan.yaml:1: must be a mapping, found a list. Every job of one run on AWS Batch"]),
        (HEAD, ["plan.yaml:1: 'jobs' is missing."]),
        (HEAD + "jobs: []\n", ["plan.yaml:3: jobs: must have 1 or more items."]),
        (HEAD + "jobs:\n" + job("a") + "extra: 1\n", ["plan.yaml:6: extra: unknown field. Known here: schema,"]),
        (HEAD + "jobs:\n  - command: [a]\n", ["plan.yaml:4: jobs[0]: 'name' is missing. A job's name in this plan"]),
        (HEAD + "jobs:\n" + job("a") + job("a"), ["plan.yaml:6: jobs[1].name: 'a' is the name of jobs[0]"]),
        (HEAD + "jobs:\n" + job("a", "b") + job("b", "a"), ["plan.yaml:6: jobs[0].depends_on: the jobs wait for each"]),
        (
            "schema: kedro-batch/plan/v1\njobs:\n" + job("a"),
            [
                "plan.yaml:3: jobs[0]: has no job_definition: name it here or in defaults",
                "plan.yaml:3: jobs[0]: has no job_queue: name it here or in defaults",
            ],
        ),
        (
            HEAD + "jobs:\n" + job("a", more="    timeout_s: 10\n    attempts: 11\n"),
            ["plan.yaml:6: jobs[0].timeout_s: must be at least 60, found 10", "plan.yaml:7: jobs[0].attempts"],
        ),
        (HEAD + "jobs:\n  - {name: no, command: [a]}\n", ["jobs[0].name: YAML versions disagree about 'no'"]),
        (HEAD + "submit_tags: no\njobs:\n" + job("a"), ["plan.yaml:3: submit_tags: YAML versions disagree about 'no'"]),
        (
            HEAD.replace("d}", "d, tags: {k: v}}")
            + "submit_tags: false\njobs:\n"
            + job("a", more="    tags: {k: w}\n")
            + job("b", more="    tags: {}\n"),
            [
                "plan.yaml:2: defaults.tags: no tags would be sent, since submit_tags is false: leave out tags or",
                "plan.yaml:7: jobs[0].tags: no tags would be sent",
            ],
        ),
        (
            HEAD + "jobs: &x\n" + job("a"),
            ["plan.yaml:3: jobs: anchors are not allowed: write out the value without &x"],
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_path(text, expected):
    found = diagnostics(text)
    assert len(found) == len(expected), found
    for diagnostic, part in zip(found, expected, strict=True):
        assert part in diagnostic


def test_everything_that_is_wrong_is_reported_at_once():
    found = diagnostics(
        HEAD
        + "jobs:\n"
        + job("a", "nowhere", more="    surprise: 1\n    attempts: 0\n")
        + job("b b", more="    timeout_s: soon\n    timeout_s: later\n")
    )
    assert [diagnostic.split(": ")[1] for diagnostic in found] == [
        "jobs[0].depends_on[0]",
        "jobs[0].surprise",
        "jobs[0].attempts",
        "jobs[1].name",
        "jobs[1].timeout_s",
    ]


def test_a_command_without_a_place_is_reported_beside_other_faults():
    submit = "{containerOverrides: {instanceType: x}, %s: {taskProperties: []}}"
    text = HEAD.replace("d}", f"d, submit: {submit % 'ecsPropertiesOverride'}}}") + "jobs:\n" + job("a", "b")
    assert len(diagnostics(text)) == 2


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: "# hi\n" + t])
def test_byte_order_mark_line_ends_and_comments_do_not_matter(change):
    text = HEAD + "jobs:\n" + job("a") + job("b", "a")
    assert read_plan(change(text).encode(), "x") == read_plan(text.encode(), "x")


VALID: Any = {
    "schema": "kedro-batch/plan/v1",
    "project": "p",
    "pipelines": ["a"],
    "selection": {"tags": ["t"]},
    "submit_tags": True,
    "exclusive": False,
    "not_secret": ["N"],
    "defaults": {"job_queue": "q", "job_definition": "d", "resources": {"vcpus": 1}, "tags": {"k": "v"}},
    "jobs": [
        {"name": "one", "command": ["x"], "nodes": ["n"], "reads": ["r"], "writes": ["w"]},
        {"name": "two", "command": ["x"], "depends_on": ["one"], "resources": {"gpus": 1}, "timeout_s": 60},
    ],
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 100) | st.floats() | st.text(max_size=5) | st.just("one"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, one in inner for place in places(one, (*here, key)))]


@settings(max_examples=500)
@given(st.lists(st.tuples(st.sampled_from(places(VALID)[1:]), ANYTHING), min_size=1, max_size=3))
def test_whatever_stands_anywhere_in_a_plan_is_read_or_refused(changes):
    plan = copy.deepcopy(VALID)
    for (*above, last), value in changes:
        inner = plan
        for key in above:
            inner = (
                inner[key]
                if isinstance(inner, list) and isinstance(key, int) and key < len(inner)
                else (inner.get(key) if isinstance(inner, dict) else None)
            )
        if isinstance(inner, dict) or (isinstance(inner, list) and isinstance(last, int) and last < len(inner)):
            inner[last] = value
    content = json.dumps(plan).encode()
    try:
        read = read_plan(content, "plan.yaml")
    except PlanError:
        return
    assert plan_digest(read) == plan_digest(read_plan(plan_text(read).encode(), "plan.yaml"))
