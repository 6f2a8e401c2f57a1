from dataclasses import replace

import pytest

from kedro_batch.errors import PlanError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JOIN_COMMAND, Job, JobName, JobReads, Plan
from kedro_batch.plan.params import differing_params
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.settings import JobSettings
from kedro_batch.plan.submit_job import RunId, submit_request
from kedro_batch.plan.writer import plan_text

SETTINGS = JobSettings(job_queue="q", job_definition="d")
TRAIN = Job(name=JobName("train"), command=("kedro", "run", "--nodes=train"), nodes=("train",), settings=SETTINGS)
JOIN = Job(name=JobName("join"), command=JOIN_COMMAND, settings=SETTINGS)


def plan_of(params, *jobs):
    return Plan(jobs=jobs or (TRAIN,), params=params)


def reasons(text):
    with pytest.raises(PlanError) as refused:
        read_plan(text.encode(), "plan.yaml")
    return [str(one) for one in refused.value.diagnostics]


EVERYTHING = {
    "numbers": [
        0,
        -1,
        10**39,
        1.0,
        -0.0,
        2.5e-07,
        1e-07,
        1e16,
        1e22,
        5e-324,
        1.7976931348623157e308,
        True,
        False,
        None,
    ],
    "texts": [
        "",
        " ",
        "1",
        "1.0",
        "1e5",
        "no",
        "a,b",
        "a: b #c",
        "\n\r\n\t\0\x7f\x85\u2028\ufeff\uffff",
        "é😀",
        "$(A)",
        "???",
    ],
    "nested": {"": {}, "a.b": [[], [[1, {"c": [2]}]], {}], "1": {"true": "~"}, "k" * 998: 1},
    "null": None,
}


def test_parameters_are_read_back_from_a_plan_with_their_types():
    plan = plan_of(EVERYTHING)
    text = plan_text(plan)
    read = read_plan(text.encode(), "plan.yaml")
    assert [*differing_params(read.params, EVERYTHING)] == []
    assert plan_text(read) == text
    assert plan_digest(read) == plan_digest(plan)


def test_the_digest_tells_values_of_different_types_apart():
    values: tuple[object, ...] = (1, 1.0, True, "1", None, [1], {}, [], -1, 0.0, -0.0, "")
    assert len({plan_digest(plan_of({"x": value})) for value in values} | {plan_digest(plan_of({}))}) == len(values) + 1


def test_only_jobs_that_run_nodes_get_the_parameters():
    plan = plan_of({"x": [1, 2]}, TRAIN, JOIN)
    commands = [
        submit_request(
            job,
            plan,
            run_id=RunId("r"),
            version=None,
            reads=JobReads(),
            submission=1,
            digest=plan_digest(plan),
            parent_ids=(),
            job_definition="d:1",
        )["containerOverrides"]["command"]
        for job in plan.jobs
    ]
    assert commands == [["kedro", "run", "--nodes=train", "--params=x=- 1\n- 2"], ["true"]]


def test_a_plan_with_parameters_in_its_commands_is_read_as_before():
    job = replace(TRAIN, command=(*TRAIN.command, "--params=a=1"))
    assert read_plan(plan_text(plan_of({}, job)).encode(), "plan.yaml").command_of(job) == job.command


def test_parameters_in_a_command_beside_those_of_the_plan_are_refused():
    job = replace(TRAIN, command=(*TRAIN.command, "--params=a=1"))
    [reason] = reasons(plan_text(plan_of({"x": 1}, job)))
    assert reason.startswith("plan.yaml:9: jobs[0].command[3]: gives --params beside the params of the plan")


def test_what_a_plan_cannot_carry_is_refused_with_its_line():
    text = plan_text(plan_of({"x": {"y": ["a", "b"]}}))
    [reason] = reasons(text.replace("- b", '- "${b}"'))
    assert reason.startswith("plan.yaml:7: params.x.y[1]: holds ${")
    [reason] = reasons(text.replace("x:", "x.z:"))
    assert reason.startswith('plan.yaml:4: params."x.z": ')
    assert any("if it is a number, write 1.0e+5" in one for one in reasons(text.replace("- b", "- 1e5")))


def test_the_order_of_keys_changes_neither_the_digest_nor_the_words():
    one = plan_of({"a": {"b": [{"x": 1, "y": 2}], "c": 1}, "d": 1})
    other = plan_of({"d": 1, "a": {"c": 1, "b": [{"y": 2, "x": 1}]}})
    assert (plan_text(other), plan_digest(other)) == (plan_text(one), plan_digest(one))
    text = plan_text(plan_of({"x": 1})).replace("  x: 1\n", "  z:\n    d: 1\n    c: 2\n  x: 1\n")
    assert read_plan(text.encode(), "plan.yaml").params_words == ('--params=x=1,z="c": 2\n"d": 1',)


def test_a_credential_among_the_parameters_is_refused_with_its_path():
    params = {"db": {"password": ["hunter2"], "passwords": 0}, "pairs": [{"name": "API_KEY", "value": "abc1", "x": 1}]}
    found = reasons(plan_text(plan_of(params)))
    assert [one.partition(": ")[2].partition(": ")[0] for one in found] == [
        "params.db.password",
        "params.db.passwords",
        "params.pairs[0].value",
    ]


def test_parameters_count_in_the_length_of_a_command():
    small = plan_of({"x": "y" * 6000})
    assert read_plan(plan_text(small).encode(), "plan.yaml") == small
    [reason] = reasons(plan_text(plan_of({"x": "," * 3000}, TRAIN, replace(TRAIN, name=JobName("other")), JOIN)))
    assert reason.startswith("plan.yaml:3: params: are too long: they take 15019 characters, and with everything else")
    assert "(jobs train, other)" in reason
    assert "the project's files" in reason


def test_a_size_that_is_refused_says_how_much_there_is_and_what_the_parameters_take():
    [reason] = reasons(plan_text(plan_of({"x": "y" * 7600})))
    assert int(reason.partition("the job has ")[2].partition(":")[0]) > 8192
    [reason] = reasons(plan_text(plan_of({"x": "y" * 3000}, replace(TRAIN, command=("x" * 5000,)))))
    assert "jobs[0].command: is too long with 5000 characters beside 3019 of params, 8" in reason


def test_very_many_parameters_are_refused_before_they_are_looked_at():
    lines = "".join(f"  p{number}: 1\n" for number in range(5000))
    text = plan_text(plan_of({"x": 1})).replace("  x: 1\n", lines)
    assert reasons(text) == ["plan.yaml:3: params: has 5,000 values, more than a command could have"]
