"""What a plan was compiled from is read from its first lines, as ``compile`` writes them, or not at all."""

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.origin import BEGINNING, PlanOrigin, origin_of, read_origin
from kedro_batch.plan.writer import plan_text
from tests.support.plans import a_job


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"project": "flights"},
        {"project": "no", "pipelines": ("reporting", "__default__"), "env": "1e3"},
        {"project": "flights", "env": "prod", "params": {"project": "other", "many": ["x" * 1000] * 100}},
    ],
)
def test_the_beginning_of_a_plan_tells_what_the_whole_plan_does(head):
    plan = Plan(jobs=(a_job("a"), a_job("b")), **head)
    assert read_origin(plan_text(plan).encode()[:BEGINNING]) == origin_of(plan)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b'{"project": "a"}', b"jobs: []\nproject: a\n", b"# only a comment\n", b"project: [\n", b"\xff: \n"],
)
def test_what_is_written_otherwise_tells_nothing(content):
    assert read_origin(content) is None


@pytest.mark.parametrize(
    ("content", "origin"),
    [
        (b"project: 7\nenv: [prod]\n", PlanOrigin()),
        (b"project: a\npipelines: [b, 7]\n", None),
        (b"project: a\npipelines: b\n", None),
        (b"project: a\npipelines:\n  - b\n", None),
        (b"project: &x a\nenv: *x\n", None),
    ],
)
def test_values_of_another_type_are_no_names(content, origin):
    assert read_origin(content) == origin
