"""Plans that are made to cost time or memory: each has a clean answer. benchmarks/hostile.py measures time and memory.

The caps have tests of their own in ``checks/test_plan_size.py`` and ``files/test_yaml_reader.py``.
"""

from collections.abc import Callable

import pytest

from kedro_batch.errors import PlanError
from kedro_batch.plan.reader import read_plan

HEAD = "schema: kedro-batch/plan/v1\ndefaults: {job_queue: q, job_definition: d%s}\njobs:\n"


def diagnostics(text: str) -> list[str]:
    with pytest.raises(PlanError) as raised:
        read_plan(text.encode(), "plan.yaml")
    return [str(diagnostic) for diagnostic in raised.value.diagnostics]


def jobs(count: int, job: Callable[[int], str], defaults: str = "") -> str:
    return HEAD % defaults + "".join(f"  - {{name: j{n}, command: [x], {job(n)}}}\n" for n in range(count))


def numbered(count: int, text: str) -> str:
    return ", ".join(text.replace("%", str(n)) for n in range(count))


@pytest.mark.parametrize(
    ("text", "diagnostic"),
    [
        (jobs(1, lambda _: f"environment: {{{numbered(401, 'A%: b')}}}"), "has 401 keys, 400 are allowed"),
        (
            jobs(1, lambda _: f"submit: {{parameters: {{{numbered(2000, 'A%: 5')}}}}}"),
            "jobs[0].submit: has 2,001 values; 2,000 are read at most",
        ),
        (
            jobs(1, lambda _: f"submit: {{parameters: {{{numbered(1000, 'A%: 5')}}}}}"),
            "parameters.A4 must be text, found a whole number and 995 more",
        ),
        (jobs(1, lambda _: "x: y").replace("[x]", "[" + "x, " * 4000 + "x]"), "has 4001 items, 4000 are allowed"),
        (
            jobs(1, lambda _: "submit: {ecsPropertiesOverride: 7}"),
            "ecsPropertiesOverride must be a mapping, found a",
        ),
        (jobs(1, lambda _: f"reads: [{numbered(9, 'a%, a%')}]"), "names 'a0', 'a1', 'a2', 'a3', 'a4' and 4 more more"),
    ],
)
def test_what_is_too_much_for_a_plan_is_refused(text, diagnostic):
    assert any(diagnostic in one for one in diagnostics(text)), diagnostics(text)[:3]


@pytest.mark.parametrize(
    "text",
    [
        jobs(1100, lambda _: "surprise: 1"),
        jobs(1100, lambda _: "depends_on: [nowhere]"),
        jobs(1100, lambda _: "timeout_s: 70, attempts: 2, resources: {vcpus: 0.3}"),
        jobs(1100, lambda n: f"environment: {{PASSWORD: abc{n}}}"),
    ],
)
def test_of_thousands_of_diagnostics_a_thousand_are_told(text):
    found = diagnostics(text)
    assert len(found) == 1001
    assert found[0] == "plan.yaml: more than 1,000 things are wrong; here are 1,000 of them"
    assert "jobs[0]" in found[1]


def test_text_of_the_plan_is_shortened_in_diagnostics():
    long = '"' + "é" * 30_000 + '"'
    for text in (
        jobs(2, lambda n: f"timeout_s: {60 + n}").replace("job_queue: q", f"job_queue: {long}"),
        jobs(2, lambda _: f"depends_on: [{long}]"),
        jobs(2, lambda _: "depends_on: [j1]").replace("j", "j" * 20_000),
        jobs(1, lambda _: f"tags: {{k: {long}}}"),
        jobs(1, lambda _: f"platform: {long}"),
    ):
        assert max(map(len, diagnostics(text))) < 1000


def test_a_variable_without_a_name_among_what_is_passed_on_is_no_bug():
    containers = "[{name: m, environment: [{value: z}]}]"
    submit = f"submit: {{ecsPropertiesOverride: {{taskProperties: [{{containers: {containers}}}]}}}}"
    assert read_plan(jobs(1, lambda _: submit).encode(), "plan.yaml").jobs


@pytest.mark.parametrize("value", ["7", "x", "null", "[a]", "{a: b}"])
@pytest.mark.parametrize(
    "field",
    ["submit", "submit: {ecsPropertiesOverride", "submit: {eksPropertiesOverride", "submit: {containerOverrides"],
)
def test_a_wrong_type_of_what_is_passed_on_is_one_diagnostic(field, value):
    (diagnostic,) = diagnostics(jobs(1, lambda _: f"{field}: {value}{'}' * field.count('{')}"))
    assert diagnostic.startswith("plan.yaml:4: jobs[0].submit")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("resources", "must be a mapping, found a list"),
        ("timeout_s", "must be a whole number, found a list"),
        ("platform", "must be one word, found a list. Known here: ec2, fargate"),
        ("submit_tags", "does not belong here. It holds for all jobs"),
    ],
)
def test_a_list_where_none_is_allowed_is_one_diagnostic(field, message):
    (diagnostic,) = diagnostics(jobs(1, lambda _: f"{field}: [{numbered(1000, 'a%')}]"))
    assert f"jobs[0].{field}: {message}" in diagnostic
