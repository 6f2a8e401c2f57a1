"""Two processes work on one run: from two machines, each with a journal of its own, or from one folder."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import PROGRAM, environment, kedro_batch
from tests.support.plans import write_plan
from tests.support.services import StandIn, standin

_APPLY = ("apply", "plan.yaml", "--run-id", "shared")
_JOBS = {name: ["x"] for name in "abcd"}
_DIAMOND = {"b": "a", "c": "a", "d": "b c"}
_OTHER_JOBS = {name: ["x"] for name in "abce"}


def _started(folder: Path, service: StandIn) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*PROGRAM, *_APPLY], cwd=folder, env=environment(service.environment), stdout=pipe, stderr=pipe, text=True
    )


def _folder(folder: Path, jobs=_JOBS, parents=_DIAMOND, **extra) -> Path:
    folder.mkdir()
    write_plan(folder, jobs, parents, **extra)
    return folder


def _standing(service: StandIn) -> dict[str, list[str]]:
    """Give the ids of the jobs of each label that run their node or have run it."""
    client = service.client()
    listed = client.list_jobs(jobQueue="a_queue", filters=[{"name": "JOB_NAME", "values": ["shared_*"]}])
    standing: dict[str, list[str]] = {}
    for one in listed["jobSummaryList"]:
        if one["status"] != "FAILED":
            standing.setdefault(one["jobName"].split("_")[1], []).append(one["jobId"])
    return standing


def test_a_run_that_is_applied_from_two_machines_at_once_is_left_with_one_job_for_each_node(tmp_path):
    folders = [_folder(tmp_path / name) for name in ("here", "there")]
    # Neither sees the other when it begins. The first job outlasts the time after which they look again for others:
    # no node is done twice by then.
    with standin(durations={"a": 30.0}, run_s=2.0, list_delay_s=8.0) as service:
        processes = [_started(folder, service) for folder in folders]
        ended = [process.communicate(timeout=200) for process in processes]
        verdict = service.verdict()
        standing = _standing(service)
    for process, (out, err) in zip(processes, ended, strict=True):
        assert process.returncode == 0, err + out
    assert verdict["labels"] == 4
    assert verdict["duplicates"], "both were to submit: nothing was tested"
    assert {label: len(ids) for label, ids in standing.items()} == dict.fromkeys("abcd", 1)
    assert "was submitted twice" in "".join(err for _, err in ended)
    for _, err in ended:
        assert "Traceback" not in err


def test_a_second_process_in_the_same_folder_is_refused_with_the_name_of_the_first(tmp_path):
    folder = _folder(tmp_path / "here")
    with standin(run_s=5.0) as service:
        with _started(folder, service) as first:
            while len(service.jobs()) < len(_JOBS):
                assert first.poll() is None
            second = kedro_batch(*_APPLY, cwd=folder, env=service.environment)
            again = kedro_batch("resume", "shared", cwd=folder, env=service.environment)
            first.communicate(timeout=60)
        assert service.verdict()["taken"] == len(_JOBS)
    assert first.returncode == 0
    for refused in (second, again):
        assert refused.code == 2
        assert re.search(rf"run shared is being worked on by process {first.pid} of \S+ on \S+, since ", refused.err)


def test_a_run_that_has_succeeded_is_applied_again_on_another_machine_and_nothing_is_submitted(tmp_path):
    here, there = (_folder(tmp_path / name) for name in ("here", "there"))
    with standin() as service:
        for folder in (here, there):
            ended = kedro_batch(*_APPLY, cwd=folder, env=service.environment)
            assert ended.code == 0, ended.err
        assert "run shared succeeded" in ended.text
        assert len(service.asked("submitjob")) == len(_JOBS)


@pytest.mark.parametrize("submit_tags", [True, False])
def test_a_run_of_another_plan_is_refused_and_nothing_is_submitted(tmp_path, submit_tags):
    here = _folder(tmp_path / "here", submit_tags=submit_tags)
    # With tags the digest tells, without only names that the plan does not have.
    jobs = {**_JOBS, "a": ["y"]} if submit_tags else _OTHER_JOBS
    parents = _DIAMOND if submit_tags else {}
    there = _folder(tmp_path / "there", jobs, parents, submit_tags=submit_tags)
    with standin() as service:
        assert kedro_batch(*_APPLY, cwd=here, env=service.environment).code == 0
        refused = kedro_batch(*_APPLY, cwd=there, env=service.environment)
        assert len(service.asked("submitjob")) == len(_JOBS)
    assert refused.code == 2
    assert "run shared is of another plan: " in refused.err
    assert ("sha256:" if submit_tags else "it has shared_d_1, which this plan") in refused.err
