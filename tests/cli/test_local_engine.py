"""Where the jobs of a plan run on this machine, and what they find in their environment."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from kedro_batch.cli.local_engine import find_local_folder
from kedro_batch.errors import UsageError
from kedro_batch.plan.model import Plan
from kedro_batch.submitter.journal_view import read_journal
from tests.support.command_line import run
from tests.support.forked import kedro_batch
from tests.support.plans import a_job, write_plan
from tests.support.projects import json_catalog, write_project

KEDRO_RUN = ("kedro", "run", "--nodes=a")
FOR_A_PROJECT = [KEDRO_RUN, ("uv", "run", "kedro", "run"), ("python", "-m", "kedro", "run"), ("/venv/bin/kedro", "run")]
FOR_ANYWHERE = [("python", "-m", "a_project", "--nodes=a"), ("sh", "-c", "true"), ("true",), ("kedro", "--version")]


def a_plan(*commands: tuple[str, ...], project: str | None = "a_project") -> Plan:
    jobs = tuple(a_job(f"j{number}", command) for number, command in enumerate(commands))
    return Plan(jobs=jobs, project=project)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A project of another name."""
    write_project(tmp_path / "other")
    file = tmp_path / "other" / "pyproject.toml"
    file.write_text(file.read_text().replace("a_project", "another"))
    return tmp_path / "other"


@pytest.mark.parametrize("command", FOR_A_PROJECT)
def test_kedro_runs_in_the_folder_of_its_project_wherever_in_it_one_is(project, command):
    plan = a_plan(("true",), command)
    assert find_local_folder(plan, project) == project
    assert find_local_folder(plan, project / "src" / "a_project") == project


@pytest.mark.parametrize("command", FOR_A_PROJECT)
def test_kedro_does_not_run_outside_the_project(tmp_path, other, command):
    for folder in (tmp_path, other, other / "conf"):
        with pytest.raises(UsageError, match="the plan is of the project a_project") as refused:
            find_local_folder(a_plan(command), folder)
        assert "name it with --project DIR" in str(refused.value)
        where = f"{tmp_path} is in no Kedro project" if folder == tmp_path else f"{other} is the project another"
        assert str(refused.value).startswith(where)


@pytest.mark.parametrize("command", FOR_ANYWHERE)
def test_other_commands_run_anywhere_but_in_another_project(tmp_path, project, other, command):
    for folder in (tmp_path, project, project / "src", other / "src"):
        assert find_local_folder(a_plan(command), folder) == folder
    with pytest.raises(UsageError, match="is the project another, and the plan is of the project a_project"):
        find_local_folder(a_plan(command), other)


def test_a_plan_of_no_project_runs_anywhere(tmp_path, other):
    for folder in (tmp_path, other):
        assert find_local_folder(a_plan(KEDRO_RUN, project=None), folder) == folder


def test_a_run_in_the_wrong_place_is_refused_and_leaves_nothing_there(tmp_path, other):
    plan = json.loads(write_plan(tmp_path, {"a": ["kedro", "run"]}).read_text())
    (tmp_path / "plan.yaml").write_text(json.dumps({**plan, "project": "a_project"}))
    refused = kedro_batch("apply", "../plan.yaml", "--local", cwd=other)
    assert refused.code == 2
    assert refused.err.startswith(f"Error: {other} is the project another, and the plan is of the project a_project:")
    assert not (other / ".kedro-batch").exists()
    named = kedro_batch("apply", "plan.yaml", "--local", "--project", "other", cwd=tmp_path)
    assert (named.code, named.err) == (refused.code, refused.err)


def test_a_run_is_not_resumed_in_another_project(tmp_path, project, other):
    plan = json.loads(write_plan(tmp_path, {"a": ["false"]}).read_text())
    (tmp_path / "plan.yaml").write_text(json.dumps({**plan, "project": "a_project"}))
    words = ("apply", "plan.yaml", "--local", "-q", "--run-id=r1", f"--project={project}")
    assert kedro_batch(*words, cwd=tmp_path).code == 6
    assert kedro_batch("resume", "r1", "-q", f"--project={other}", cwd=tmp_path).code == 2
    assert kedro_batch("resume", "r1", "-q", cwd=tmp_path).code == 6


PRINT = ["python", "-c", "import os; print(sorted(one for one in os.environ.items() if one[0].startswith('KEDRO_')))"]


def logs(folder: Path) -> dict[str, str]:
    return {log.name: log.read_text().strip() for log in (folder / ".kedro-batch" / "runs" / "r1" / "logs").iterdir()}


def own(folder: Path, job: str, submission: int = 1) -> list[tuple[str, str]]:
    with read_journal(folder / ".kedro-batch" / "journal.db") as journal:
        (entry,) = journal.runs()
    return [
        ("KEDRO_BATCH_JOB", job),
        ("KEDRO_BATCH_RUN_ID", "r1"),
        ("KEDRO_BATCH_SUBMISSION", str(submission)),
        ("KEDRO_BATCH_VERSION", str(entry.version)),
    ]


def test_each_job_is_told_run_job_and_submission(tmp_path):
    pods = {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}}
    write_plan(tmp_path, {"a": PRINT, "b": PRINT}, {"b": "a"}, b={"submit": pods})
    assert kedro_batch("apply", "plan.yaml", "--local", "-q", "--run-id=r1", cwd=tmp_path).code == 0
    assert kedro_batch("resume", "r1", "--only=b", "-q", cwd=tmp_path).code == 0
    assert logs(tmp_path) == {
        "a.1.1.log": f"{own(tmp_path, 'a')}",
        "b.1.1.log": f"{own(tmp_path, 'b')}",
        "b.2.1.log": f"{own(tmp_path, 'b', 2)}",
    }


@pytest.mark.parametrize(
    "submit",
    [
        {
            "ecsPropertiesOverride": {
                "taskProperties": [
                    {
                        "containers": [
                            {"name": "side", "command": ["x"], "environment": [{"name": "KEDRO_B", "value": "no"}]},
                            {"name": "main", "environment": [{"name": "KEDRO_B", "value": "yes"}, {"name": "KEDRO_C"}]},
                        ]
                    }
                ]
            }
        },
        {
            "eksPropertiesOverride": {
                "podProperties": {"containers": [{"name": "main", "env": [{"name": "KEDRO_B", "value": "yes"}]}]}
            }
        },
    ],
)
def test_variables_of_the_container_in_submit_reach_the_job(tmp_path, submit):
    environment = {"KEDRO_A": "a", "KEDRO_B": "b"}
    write_plan(tmp_path, {"a": PRINT}, a={"submit": submit, "environment": environment})
    assert kedro_batch("apply", "plan.yaml", "--local", "-q", "--run-id=r1", cwd=tmp_path).code == 0
    assert logs(tmp_path) == {"a.1.1.log": f"{[('KEDRO_A', 'a'), ('KEDRO_B', 'yes'), *own(tmp_path, 'a')]}"}


@pytest.mark.parametrize("words", [[], ["-q"]])
def test_an_environment_of_this_process_does_not_reach_the_jobs(tmp_path, words):
    write_plan(tmp_path, {"a": PRINT})
    env = {"KEDRO_ENV": "prod"}
    ended = kedro_batch("apply", "plan.yaml", "--local", "--run-id=r1", *words, cwd=tmp_path, env=env)
    note = (
        "Note: the jobs run without KEDRO_ENV=prod, as on AWS Batch, because the plan has no env. To run them with it, "
        "compile the plan with --env=prod\n"
    )
    assert ended.code == 0
    assert ended.err.count(note) == (not words)
    assert logs(tmp_path) == {"a.1.1.log": f"{own(tmp_path, 'a')}"}


POD = {"podProperties": {"containers": [{"name": "main", "env": [{"name": "KEDRO_ENV", "value": "base"}]}]}}


@pytest.mark.parametrize(
    "head",
    [
        {"env": "base"},
        {"defaults": {"environment": {"KEDRO_ENV": "base"}}},
        {"defaults": {"submit": {"eksPropertiesOverride": POD}}},
    ],
)
def test_an_environment_of_the_plan_comes_before_that_of_this_process(tmp_path, head):
    plan = json.loads(write_plan(tmp_path, {"a": PRINT}, defaults=head.pop("defaults", {})).read_text())
    (tmp_path / "plan.yaml").write_text(json.dumps({**plan, **head}))
    env = {"KEDRO_ENV": "prod"}
    ended = kedro_batch("apply", "plan.yaml", "--local", "--run-id=r1", cwd=tmp_path, env=env)
    assert ended.code == 0
    assert "Note:" not in ended.err
    assert logs(tmp_path) == {"a.1.1.log": f"{[*own(tmp_path, 'a'), ('KEDRO_ENV', 'base')]}"}


READS_ENV = """
import os

from kedro.pipeline import Pipeline, node

ENV = os.environ["KEDRO_ENV"]


def number(x):
    return [*x, ENV]


def record(x):
    return {name: value for name, value in os.environ.items() if name.startswith("KEDRO_")}


def register_pipelines():
    some = [node(number, "raw", "numbers", name=f"for_{ENV}"), node(record, "numbers", "total", name="record")]
    return {"__default__": Pipeline(some)}
"""


def test_a_registry_that_reads_the_environment_gives_what_kedro_run_gives(tmp_path):
    write_project(tmp_path, registry=READS_ENV, conf={"prod/parameters.yml": "a: 1\n"})
    data = tmp_path / "data"
    data.mkdir()
    (data / "raw.json").write_text("[1]")
    assert run(["kedro", "run", "--env=prod"], cwd=tmp_path, env={"KEDRO_ENV": "prod"}).code == 0
    expected = (data / "numbers.json").read_text()
    (data / "numbers.json").unlink()
    assert kedro_batch("compile", "--env=prod", "-q", "-o", "plan.yaml", cwd=tmp_path).code == 0
    env = {"KEDRO_BATCH_OPEN_SESSIONS": "3"}  # as in a node of a job
    ended = kedro_batch("apply", "plan.yaml", "--local", "-q", "--run-id=r1", cwd=tmp_path, env=env)
    assert ended.code == 0, ended.text
    assert json.loads(expected) == json.loads((data / "numbers.json").read_text()) == [1, "prod"]
    assert json.loads((data / "total.json").read_text()) == {
        **dict(own(tmp_path, "record")),
        "KEDRO_BATCH_READS_FROM_RUN": '["numbers"]',
        "KEDRO_BATCH_OPEN_SESSIONS": "1",
        "KEDRO_ENV": "prod",
    }


FAILING = """
job_queue: a_queue
job_definition: a_definition
shared_paths: [data, elsewhere]
command_prefix: [python, -c, "import sys; sys.exit(3)"]
"""


def failed(folder: Path, *words: str) -> str:
    """Apply a plan whose jobs fail at once, and return what is said of the plan."""
    ended = kedro_batch(*(words or ("apply", "plan.yaml", "--local", "-q", "--run-id=r1")), cwd=folder)
    assert ended.code == 6, ended.err
    return "".join(line for line in ended.err.splitlines(keepends=True) if "out of date" in line)


STALE = "The plan is out of date: its project gives another one now. Compile it again: kedro-batch compile "


def test_a_plan_that_fails_and_is_out_of_date_is_said_to_be_so(tmp_path):
    write_project(tmp_path, conf={"base/aws_batch.yml": FAILING})
    assert kedro_batch("compile", "-q", "--pipelines=half", "-o", "my plan.yaml", cwd=tmp_path).code == 0
    apply = ("apply", "my plan.yaml", "--local", "-q", "--run-id=r1")
    assert failed(tmp_path, *apply) == ""
    registry = tmp_path / "src" / "a_project" / "pipeline_registry.py"
    registry.write_text(registry.read_text().replace("go_left", "go_west"))
    assert failed(tmp_path, "resume", "r1", "-q") == f"{STALE}--pipelines=half -o 'my plan.yaml'\n"
    assert failed(tmp_path, *apply[:-1]) == f"{STALE}--pipelines=half -o 'my plan.yaml'\n"


REFUSED = "The plan is out of date: its project does not compile any more with the plan's options: "


def break_registry(project: Path, old: str, new: str) -> None:
    file = project / "src" / "a_project" / "pipeline_registry.py"
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("words", "change", "reason"),
    [
        (["--nodes=go_left"], lambda root: break_registry(root, "go_left", "go_west"), "the selection does not match"),
        (["--pipelines=half"], lambda root: break_registry(root, '"half"', '"third"'), "no pipeline is named 'half'"),
        (["--env=prod"], lambda root: shutil.rmtree(root / "conf" / "prod"), "no environment is named 'prod'"),
        (["--group-by=chain"], lambda root: break_registry(root, "def double", "def f(:"), "SyntaxError: "),
        (
            [],
            lambda root: (root / "conf" / "base" / "catalog.yml").unlink(),
            "error ephemeral_boundary: 3 datasets between jobs are only in memory: left, numbers, right.",
        ),
    ],
)
def test_a_plan_whose_project_does_not_compile_any_more_is_said_to_be_so(tmp_path, words, change, reason):
    write_project(tmp_path, conf={"base/aws_batch.yml": FAILING, "prod/parameters.yml": "a: 1\n"})
    assert kedro_batch("compile", "-q", *words, "-o", "plan.yaml", cwd=tmp_path).code == 0
    change(tmp_path)
    said = failed(tmp_path, "apply", "plan.yaml", "--local", "-q")
    assert said.startswith(REFUSED)
    assert reason in said
    assert said.endswith(f". To see more: {shlex.join(['kedro-batch', 'compile', *words, '-o', 'plan.yaml'])}\n")


def test_of_a_project_that_cannot_be_compiled_here_nothing_is_said(tmp_path):
    write_project(tmp_path, conf={"base/aws_batch.yml": FAILING})
    assert kedro_batch("compile", "-q", "-o", "plan.yaml", cwd=tmp_path).code == 0
    (tmp_path / "kedro.py").write_text("raise ImportError('there is no Kedro here')\n")
    apply = ("apply", "plan.yaml", "--local", "-q")
    ended = kedro_batch(*apply, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert (ended.code, "out of date" in ended.err) == (6, False)


def test_what_compiles_only_with_the_grouping_of_the_plan_is_not_out_of_date(tmp_path):
    write_project(tmp_path, conf={"base/aws_batch.yml": FAILING, "base/catalog.yml": json_catalog("raw", "total")})
    assert kedro_batch("compile", "-q", "--group-by=memory", "-o", "plan.yaml", cwd=tmp_path).code == 0
    assert failed(tmp_path) == ""


def test_a_plan_with_parameters_of_a_file_is_not_out_of_date(tmp_path):
    write_project(tmp_path, conf={"base/aws_batch.yml": FAILING + "params: {a: {b: 1.0}}\n"})
    (tmp_path / "p.json").write_text('{"a": {"c": ["x, y", 1e-07, "\\u00e9"]}}')
    assert kedro_batch("compile", "-q", "--params-file=p.json", "-o", "plan.yaml", cwd=tmp_path).code == 0
    assert failed(tmp_path) == ""


@pytest.mark.parametrize(
    "words",
    [
        ["--pipelines=half", "--params=a=1,b=2", "--to-nodes=go_left", "--env=prod", "--load-versions=raw:1"],
        ["--group-by=none"],
        ["--conf-source=other", "--group-by=chain,memory"],
    ],
)
def test_a_plan_is_compared_with_what_the_same_options_give(tmp_path, words):
    """A plan keeps some of its options in its head and some in its commands, and not those that the settings give."""
    conf = {"base/aws_batch.yml": f"{FAILING}group_by: chain\n", "prod/parameters.yml": "a: 1\n"}
    write_project(tmp_path, conf=conf)
    shutil.copytree(tmp_path / "conf", tmp_path / "other")
    catalog = tmp_path / "other" / "base" / "catalog.yml"
    catalog.write_text(catalog.read_text().replace("data/", "elsewhere/"))
    assert kedro_batch("compile", "-q", *words, "-o", "plan.yaml", cwd=tmp_path).code == 0
    assert failed(tmp_path) == ""
    for place in ("conf", "other"):
        (tmp_path / place / "base" / "aws_batch.yml").write_text(f"{FAILING}group_by: chain\nattempts: 2\n")
    said = failed(tmp_path, "apply", "plan.yaml", "--local", "-q")
    command = shlex.split(said.removeprefix(STALE))
    assert command[-2:] == ["-o", "plan.yaml"]
    assert sorted(command[:-2]) == sorted(words)
