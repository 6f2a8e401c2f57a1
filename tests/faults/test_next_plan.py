"""The commands that let a run go on with changed settings name the file of its plan, wherever they are pasted."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.faults.test_reasons import NOT_THERE
from tests.support.command_line import environment
from tests.support.forked import kedro_batch, on
from tests.support.plans import write_plan
from tests.support.projects import write_project
from tests.support.runs import JOURNAL
from tests.support.services import StandIn, standin

OUT_OF_MEMORY = {"go_left": {"statusReason": "x", "reason": "OutOfMemoryError: Container killed due to memory usage"}}
KILLED = {"fail": {"go_left": 137}, "fail_reasons": OUT_OF_MEMORY}
ADVICE = re.compile(
    r"^ +(kedro-batch resume .* --new-plan .*?)  +submit it .*, after (kedro-batch compile .*)$", re.MULTILINE
)


def advised(text: str) -> tuple[str, str]:
    """Return the command that compiles and the one that resumes, as they were printed."""
    found = ADVICE.search(text)
    assert found, text
    return found[2], found[1].rstrip()


def paste(command: str, service: StandIn, folder: Path) -> "subprocess.CompletedProcess[str]":
    env = environment(service.environment)
    return subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False)


def more_memory(project: Path) -> None:
    with (project / "conf" / "base" / "aws_batch.yml").open("a") as settings:
        settings.write("resources: {memory_mib: 9000}\n")


@pytest.mark.parametrize("command", ["apply", "wait", "resume", "status"])
def test_the_commands_work_when_they_are_pasted(tmp_path, command):
    project = write_project(tmp_path / "a project")
    plans = project / "plans of mine"
    plans.mkdir()
    with standin(**KILLED) as service:
        plan = "plans of mine/it's nightly.yaml"
        assert kedro_batch("compile", "-q", "--pipelines=half", "-o", plan, cwd=project).code == 0
        seen = on(service, "apply", plan, "--run-id", "r", cwd=project)
        folder = project
        if command != "apply":  # in another folder, from which the project is not found
            folder = tmp_path
            seen = on(service, command, "r", "--journal", str(project / JOURNAL), cwd=folder)
        compiles, resumes = advised(seen.text)
        more_memory(project)
        service.configure(fail={}, fail_reasons={})
        assert (compiled := paste(compiles, service, folder)).returncode == 0, compiled.stderr
        resumed = paste(resumes, service, folder)
        assert resumed.returncode == 0, resumed.stderr
        last = service.asked("submitjob")[-1]
        assert {"type": "MEMORY", "value": "9000"} in last["containerOverrides"]["resourceRequirements"]
    assert [one.name for one in plans.iterdir()] == ["it's nightly.yaml"]


def test_a_plan_from_standard_input_gets_a_new_file(tmp_path):
    project = write_project(tmp_path / "project")
    with standin(**KILLED) as service:
        plan = kedro_batch("compile", "-q", cwd=project).out
        words = ("apply", "-", "--run-id", "r")
        seen = kedro_batch(*words, cwd=project, env=service.environment, stdin=plan, impatient=True)
        (project / "plan.yaml").write_text("another one")
        compiles, resumes = advised(seen.text)
        assert shlex.split(compiles)[-1] == "plan-r.yaml"
        more_memory(project)
        service.configure(fail={}, fail_reasons={})
        assert paste(compiles, service, project).returncode == 0
        resumed = paste(resumes, service, project)
        assert resumed.returncode == 0, resumed.stderr
    assert (project / "plan.yaml").read_text() == "another one"


def test_after_a_new_plan_its_file_is_named_and_one_that_is_not_here_gets_a_new_name(tmp_path):
    out_of_memory = {"a": OUT_OF_MEMORY["go_left"]}
    write_plan(tmp_path, {"a": ["x"]})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with standin(fail={"a": 137}, fail_reasons=out_of_memory) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        write_plan(elsewhere, {"a": ["x"]}, a={"resources": {"memory_mib": 9000, "vcpus": 1}})
        seen = on(service, "resume", "r", "--new-plan", "elsewhere/plan.yaml", cwd=tmp_path)
        assert advised(seen.text)[0] == "kedro-batch compile -o elsewhere/plan.yaml"
        (elsewhere / "plan.yaml").rename(tmp_path / "-moved.yaml")
        elsewhere.rmdir()
        seen = kedro_batch("status", "r", cwd=tmp_path)
        assert advised(seen.text)[0] == "kedro-batch compile -o plan-r.yaml"
        # Whoever names the plan of the run says where it is now.
        seen = on(service, "resume", "r", "--plan", "-moved.yaml", cwd=tmp_path)
        assert advised(seen.text)[0] == "kedro-batch compile -o ./-moved.yaml"
    told = kedro_batch("status", "r", "--json", cwd=tmp_path).text
    assert "then kedro-batch compile -o ./-moved.yaml, and kedro-batch resume r --new-plan ./-moved.yaml" in told


def trouble_of(job: str, reason: str) -> dict[str, object]:
    return {"fail": {job: 1}, "fail_reasons": {job: {"statusReason": reason, "reason": reason}}}


TROUBLES: dict[str, dict[str, object]] = {
    "timeout": trouble_of("go_left", "Job attempt duration exceeded timeout"),
    "image pull": trouble_of("go_left", "CannotPullContainerError: pull access denied"),
    "refused": {"refuse_jobs": {"go_left": "Container Overrides length must be at most 8192"}},
    "stuck": {"stuck": {"go_left": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too large"}},
}
MENDED: dict[str, object] = {"fail": {}, "fail_reasons": {}, "refuse_jobs": {}, "stuck": {}}


@pytest.mark.parametrize("what", TROUBLES)
def test_what_other_failures_advise_works_when_it_is_pasted(tmp_path, what):
    project = write_project(tmp_path / "a project")
    with standin(**TROUBLES[what]) as service:
        assert kedro_batch("compile", "-q", "-o", "it's nightly.yaml", cwd=project).code == 0
        seen = on(service, "apply", "it's nightly.yaml", "--run-id", "r", "--stuck-after", "1s", cwd=project)
        assert seen.code == 6, seen.err
        compiles, resumes = advised(seen.text)
        more_memory(project)
        service.configure(**MENDED)
        assert (compiled := paste(compiles, service, project)).returncode == 0, compiled.stderr
        resumed = paste(resumes, service, project)
        assert resumed.returncode == 0, resumed.stderr


def test_what_is_advised_after_data_were_lost_works_when_it_is_pasted_elsewhere(tmp_path):
    folder = tmp_path / "it's mine"
    folder.mkdir()
    write_plan(
        folder,
        {"prepare": ["x"], "train": ["x"]},
        {"train": "prepare"},
        prepare={"writes": ["shuttles_table"]},
        train={"reads": ["shuttles_table"]},
    )
    with standin(fail={"train": 1}, logs={"train": NOT_THERE}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=folder).code == 6
        seen = on(service, "status", "r", "--journal", str(folder / JOURNAL), cwd=tmp_path)
        found = re.search(r"^ +(kedro-batch resume r .*?--from prepare.*?)(?:  .*)?$", seen.text, re.MULTILINE)
        assert found, seen.text
        service.configure(fail={}, logs={})
        resumed = paste(found[1], service, tmp_path)
        assert resumed.returncode == 0, resumed.stderr
        assert [body["jobName"] for body in service.asked("submitjob")][2:] == ["r_prepare_2", "r_train_2"]
