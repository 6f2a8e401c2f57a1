"""``kedro run --runner=kedro_batch.AWSBatchRunner``, on every supported Kedro: real programs, against the stand-in."""

import re
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from kedro_batch.errors import ConfigError, JobsFailed, ProjectError, Refused, ServiceError, UsageError
from kedro_batch.plan.variables import RUN_ID_VARIABLE
from kedro_batch.submitter.journal_view import read_journal
from tests.support import forked
from tests.support.command_line import BIN, environment, run
from tests.support.projects import DIAMOND, KEDRO_VERSION, TARGET, json_catalog, write_project
from tests.support.runs import JOURNAL, interrupted, states, wait_until
from tests.support.services import standin

DEFINITION = "arn:aws:batch:us-east-1:123456789012:job-definition/"
RUNNER = "--runner=kedro_batch.AWSBatchRunner"
HOOKS = """
from kedro.framework.hooks import hook_impl


class Listening:
    @hook_impl
    def on_pipeline_error(self, error, run_params):
        print(f"on_pipeline_error: {type(error).__name__}")

    @hook_impl
    def after_pipeline_run(self, run_result):
        print(f"after_pipeline_run: {run_result}")

    @hook_impl
    def after_dataset_loaded(self):
        print("a dataset was loaded here")


HOOKS = (Listening(),)
"""
takes_runner_params = pytest.mark.skipif(
    tuple(map(int, KEDRO_VERSION.split(".")[:2])) < (1, 6), reason="kedro run has --runner-params since 1.6"
)


AT_ONCE = {"start_s": 0.0, "run_s": 0.0}
"""Jobs that have ended when somebody asks: what a run waits for is tested elsewhere."""


def kedro_run(service, project, *words, env=None):
    ended = forked.kedro(service, "run", RUNNER, *words, cwd=project, env=env)
    assert "Traceback" not in ended.text + ended.err
    return ended


@contextmanager
def started(project, service, *words):
    """Start ``kedro run`` with the runner in a process of its own; it is killed if the block leaves it running."""
    pipe, env = subprocess.PIPE, environment(service.environment)
    command = [str(BIN / "kedro"), "run", RUNNER, *words]
    with subprocess.Popen(command, cwd=project, env=env, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def the_run(project):
    with read_journal(project / JOURNAL) as journal:
        (entry,) = journal.runs()
        return entry


def commands(service):
    return [one["containerOverrides"]["command"] for one in service.asked("submitjob")]


def test_it_runs_what_kedro_hands_over_as_apply_runs_a_plan(tmp_path):
    project = write_project(tmp_path, settings=HOOKS, conf={"prod/catalog.yml": ""})
    words = ("--env=prod", "--pipeline=half", "--tags=", "--params=a=1,b.c=x", "--load-versions=raw:2026-01-01")
    with standin(**AT_ONCE) as service:
        ended = kedro_run(service, project, *words)
        assert ended.code == 0, ended.err
        entry = the_run(project)
        assert [one["jobDefinition"] for one in service.asked("submitjob")] == [DEFINITION + "a_definition:2"] * 2
        sent = commands(service)
    pipeline = "--pipelines=half" if tuple(map(int, KEDRO_VERSION.split(".")[:2])) >= (1, 2) else "--pipeline=half"
    params = '--params=a=1,b="c": "x"'
    assert [one[1:] for one in sent] == [
        ["run", pipeline, "--env=prod", "--nodes=read_numbers", "--load-versions=raw:2026-01-01", params],
        ["run", pipeline, "--env=prod", "--nodes=go_left", params],
    ]
    assert (entry.outcome, entry.jobs) == ("succeeded", 2)
    assert f"run {entry.run} succeeded after" in ended.text
    assert "2 jobs on AWS Batch (account 123456789012, us-east-1)" in ended.err
    # The session ends as it does with any runner, and no data was touched on this machine.
    assert "after_pipeline_run: {}" in ended.text
    assert "a dataset was loaded here" not in ended.text


def test_a_failing_node_ends_it_with_the_reasons_of_batch_and_both_ways_to_go_on(tmp_path):
    project = write_project(tmp_path, settings=HOOKS)
    with standin(**AT_ONCE, fail={"go_left": 3}) as service:
        ended = kedro_run(service, project)
        assert ended.code == JobsFailed.exit_code
        entry = the_run(project)
        resume = f"kedro-batch resume {entry.run}"
        # The report of apply; then Kedro's suggestion; then, for who reads no more than the exception, both in short.
        assert "\ngo_left failed: exit code 3\n  job: https://" in ended.text
        assert "not run because of it (1): add_up" in ended.text
        assert re.search(r'--from-nodes "(go_left|go_left,add_up|add_up,go_left)"', ended.text)
        assert "on_pipeline_error: AWSBatchRunnerError" in ended.text
        assert ended.err.endswith(
            f"Error: run {entry.run} failed: 2 succeeded, 1 failed, 1 will not run\n"
            "  go_left failed: exit code 3\n"
            f"To submit what has not succeeded: {resume}\n"
        )
        service.configure(fail={})
        assert forked.on(service, *resume.split()[1:], "-q", cwd=project).code == 0
        assert set(states(service).values()) == {"SUCCEEDED"}
        assert service.verdict()["taken"] == 6


def test_the_environment_that_has_a_queue_is_named_in_a_command_that_runs_the_same_nodes(tmp_path):
    project = write_project(tmp_path, conf={"base/aws_batch.yml": None, "prod/aws_batch.yml": TARGET})
    with standin(**AT_ONCE) as service:
        ended = kedro_run(service, project, "--nodes=go_left", "--env=local", "--params=a=b c")
        assert ended.code == ConfigError.exit_code
        advice = f"kedro run --env=prod {RUNNER} --nodes=go_left '--params=a=b c'"
        assert f"The environment 'prod' has a queue and a definition:\n\n    {advice}\n" in ended.err
        assert forked.kedro(service, *shlex.split(advice)[1:], cwd=project).code == 0
        assert commands(service) == [["kedro", "run", "--env=prod", "--nodes=go_left", '--params=a="b c"']]


def test_datasets_that_are_not_in_the_catalog_are_all_named_before_anything_is_sent(tmp_path):
    project = write_project(tmp_path, conf={"base/catalog.yml": json_catalog("raw", "numbers", "left")})
    with standin(**AT_ONCE) as service:
        ended = kedro_run(service, project)
        assert ended.code == ProjectError.exit_code
        assert service.verdict()["calls"] == {}
    assert "error ephemeral_boundary: right" in ended.err
    assert "Or run these nodes in one job: group_by: [memory] in aws_batch.yml\n" in ended.err
    assert "error unstored_output: total" in ended.err
    assert not (project / JOURNAL).exists()
    (project / "conf/base/catalog.yml").write_text(json_catalog("raw", "numbers", "left", "right"))
    (project / "conf/base/aws_batch.yml").write_text(f"{TARGET}accept: {{unstored_output: [total]}}\n")
    with standin(**AT_ONCE) as service:
        assert kedro_run(service, project, "--to-outputs=total", "--from-nodes=add_up").code == 0


def test_ctrl_c_says_what_goes_on_and_submits_nothing_that_is_held_back(tmp_path):
    project = write_project(tmp_path, conf={"base/aws_batch.yml": f"{TARGET}max_workers: 1\n"})
    with standin(run_s=600) as service, started(project, service) as process:
        wait_until(lambda: states(service).get("read_numbers") == "RUNNING", process)
        ended = interrupted(process)
        assert ended.code == 128 + signal.SIGINT
        entry = the_run(project)
        assert list(states(service)) == ["read_numbers"]
    name = entry.run
    assert re.search(rf"run {name} interrupted after .*: 4 jobs, 3 not submitted, 1 not finished\n", ended.text)
    assert "Stopped following. 1 job goes on running on AWS Batch (us-east-1)" in ended.text
    for command in ("wait", "resume", "cancel"):
        assert f"kedro-batch {command} {name} " in ended.text
    assert ended.err.endswith("Stopped following. 1 job goes on running on AWS Batch (us-east-1).\n")
    assert "Traceback" not in ended.text + ended.err


STOPPED = """
import os, signal

from kedro_batch import AWSBatchRunner


class Runner(AWSBatchRunner):
    def run(self, *args, **kwargs):
        os.environ["STOP"] = "1"
        return super().run(*args, **kwargs)


def stop_if_asked():
    if os.environ.pop("STOP", None):
        os.kill(os.getpid(), signal.SIGINT)
"""
STOPPING = f"from a_project.stopped import stop_if_asked\n{DIAMOND}".replace(
    "def register_pipelines():", "def register_pipelines():\n    stop_if_asked()"
)


def test_ctrl_c_while_it_compiles_says_that_nothing_was_submitted(tmp_path):
    project = write_project(tmp_path, registry=STOPPING, stopped=STOPPED)
    with standin(**AT_ONCE) as service:
        ended = forked.kedro(service, "run", "--runner=a_project.stopped.Runner", cwd=project)
        assert service.verdict()["calls"] == {}
    assert ended.code == 128 + signal.SIGINT
    assert ended.err == "Nothing was submitted.\nStopped by SIGINT.\n"
    assert not (project / JOURNAL).exists()


@pytest.mark.skipif(KEDRO_VERSION < "1", reason="kedro run has --only-missing-outputs since 1.0")
def test_the_nodes_that_kedro_leaves_out_become_no_jobs(project):
    (project / "data").mkdir()
    for name in ("numbers", "left", "right"):
        (project / "data" / f"{name}.json").write_text("[1]")
    with standin(**AT_ONCE) as service:
        ended = kedro_run(service, project, "--only-missing-outputs")
        assert ended.code == 0, ended.err
        assert [words[-1] for words in commands(service)] == ["--nodes=add_up"]
        (project / "data" / "total.json").write_text("[1]")
        ended = kedro_run(service, project, "--only-missing-outputs")
        assert (ended.code, ended.err) == (0, "Nothing was submitted: all outputs exist\n")
        assert service.verdict()["taken"] == 1


@takes_runner_params
def test_runner_params_win_over_the_files(tmp_path):
    project = write_project(tmp_path, conf={"base/aws_batch.yml": f"{TARGET}max_workers: 4\n"})
    words = "--runner-params=job_queue=other,job_definition=another:7,max_workers=1"
    with standin(queues=["other"], definitions={"another": 8}, run_s=0.3) as service:
        ended = kedro_run(service, project, "--pipeline=half", words)
        assert ended.code == 0, ended.err
        assert "max_workers" not in ended.err  # it has its effect
        sent = {(one["jobQueue"], one["jobDefinition"]) for one in service.asked("submitjob")}
        assert service.verdict(times=True)["most_unfinished"] == 1
        missing = kedro_run(service, project, "--nodes=go_left", "--runner-params=job_queue=othr")
        assert missing.code == ServiceError.exit_code
    assert sent == {("other", DEFINITION + "another:7")}
    assert "Set job_queue in aws_batch.yml to a queue of this account and region, and compile again\n" in missing.err
    assert missing.err.endswith(
        "\nTo compile again, repeat kedro run. AWSBatchRunner was given job_queue, which wins over aws_batch.yml: "
        "change it there\n"
    )


@takes_runner_params
@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (
            "queue=q,max_workers=two,job_queue=7",
            [
                "Error: AWSBatchRunner:\n  there is no setting 'queue'. Did you mean 'job_queue'? There are job_queue,",
                "\n  job_queue must be text, found 7\n",
                "\n  max_workers must be a whole number, 1 or more, found 'two'\n",
            ],
        ),
        ("max_workers=0", ["max_workers must be a whole number, 1 or more, found 0"]),
        ("job_queue=no queue", ["--runner-params: job_queue: "]),
    ],
)
def test_wrong_runner_params_are_refused_with_what_there_is(project, words, parts):
    with standin(**AT_ONCE) as service:
        ended = kedro_run(service, project, f"--runner-params={words}")
        assert ended.code in (UsageError.exit_code, Refused.exit_code)
        assert service.verdict()["calls"] == {}
    for part in parts:
        assert part in ended.err


def test_a_credential_among_the_parameters_is_refused_until_its_name_is_said_to_be_none(tmp_path):
    project = write_project(tmp_path)
    words = ("--pipeline=half", "--params=db.password=hunter2-Zx81,url=postgres://u:pw-9x41@h/db")
    with standin(**AT_ONCE) as service:
        refused = kedro_run(service, project, *words)
        assert refused.code == ConfigError.exit_code
        assert service.verdict()["calls"] == {}
        assert not (project / JOURNAL).exists()
        assert "error credential: --params: db.password: looks like a credential, by its name, and a" in refused.err
        assert "write not_secret: [db.password] into aws_batch.yml" in refused.err
        assert "error credential: --params: url: looks like a credential, by its form" in refused.err
        assert not re.search("hunter2|pw-9x41", refused.err)
        settings = project / "conf" / "base" / "aws_batch.yml"
        settings.write_text(f"{settings.read_text()}not_secret: [db.password]\n")
        assert kedro_run(service, project, "--pipeline=half", "--params=db.password=hunter2-Zx81").code == 0


@pytest.mark.parametrize(
    ("settings", "env", "part"),
    [
        ('DISABLE_HOOKS_FOR_PLUGINS = ("kedro-batch",)', {}, "take kedro-batch out of DISABLE_HOOKS_FOR_PLUGINS"),
        (
            "",
            {RUN_ID_VARIABLE: "r1"},
            "this is a job of run r1 already: AWSBatchRunner would submit it again, for ever",
        ),
    ],
    ids=["without its hook", "in a job"],
)
def test_it_refuses_to_run_where_it_cannot_or_would_not_end(tmp_path, settings, env, part):
    project = write_project(tmp_path, settings=settings)
    with standin(**AT_ONCE) as service:
        ended = kedro_run(service, project, env=env)
        assert ended.code == UsageError.exit_code
        assert service.verdict()["calls"] == {}
    assert part in ended.err


PROGRAM = """
import logging, os, signal, sys, threading
from pathlib import Path

from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline, node

from kedro_batch import AWSBatchRunner
from kedro_batch.runner import remember_run

bootstrap_project(Path.cwd())
from a_project.stopped import Runner


def run(runner=AWSBatchRunner, **selection):
    with KedroSession.create(env="prod") as session:
        return session.run(runner=runner(), **selection)


def process():
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)]
    return os.environ.get("KEDRO_ENV"), logging.root.manager.disable, handlers


before = process()
results = []
thread = threading.Thread(target=lambda: results.append(run(from_nodes=["go_left"], to_nodes=["go_left"])))
thread.start()
thread.join()
unknown = Pipeline([node(len, "raw", "total", name="nobody_registers_this")])


def run_unknown():
    remember_run({"project_path": str(Path.cwd()), "env": "prod"}, unknown)
    AWSBatchRunner().run(unknown, None)


def run_elsewhere():
    remember_run({"project_path": "/"}, unknown)
    AWSBatchRunner().run(unknown, None)


def run_without_env():
    with KedroSession.create() as session:
        return session.run(runner=AWSBatchRunner())


for attempt in (lambda: run(node_names=["add_up"]), run_unknown, run_elsewhere, run_without_env, lambda: run(Runner)):
    try:
        attempt()
    except (Exception, KeyboardInterrupt) as error:
        print(type(error).__name__, error)
assert process() == before, process()
print(results)
"""


def test_a_program_that_makes_sessions_gets_an_exception_and_stays_as_it_was(tmp_path):
    project = write_project(
        tmp_path, registry=STOPPING, stopped=STOPPED, conf={"base/aws_batch.yml": None, "prod/aws_batch.yml": TARGET}
    )
    with standin(**AT_ONCE, fail={"add_up": 1}) as service:
        ended = run([sys.executable, "-c", PROGRAM], cwd=project, env=service.environment)
        assert [words[-1] for words in commands(service)] == ["--nodes=go_left", "--nodes=add_up"]
    assert ended.code == 0, ended.err
    text = ended.text
    assert text.endswith("\nKeyboardInterrupt \n[{}]\n")
    assert "\nAWSBatchRunnerError run " in text
    assert "\nAWSBatchRunnerError / is not the project: it has no pyproject.toml with a [tool.kedro] section" in text
    assert "has a queue and a definition: choose it with --env, or with KedroSession.create(env='prod')\n" in text
    assert "\nAWSBatchRunnerError these nodes are not in the registered pipelines, so no container could find" in text
    assert "  add_up failed: exit code 1 (an error, usually an exception in Python)\n" in text


def test_the_package_is_light_until_the_runner_is_asked_for(tmp_path):
    code = "import sys, kedro_batch; assert 'kedro' not in sys.modules; print(hasattr(kedro_batch, 'NoRunner'))"
    ended = run([sys.executable, "-c", code], cwd=tmp_path)
    assert (ended.text, ended.err) == ("False\n", "")
