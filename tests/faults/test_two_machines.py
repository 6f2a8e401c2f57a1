"""Two processes work on one run: from two machines, each with a journal of its own, or from one folder."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kedro_batch.plan.data_version import make_data_version
from tests.support.plans import write_plan
from tests.support.runs import end_of, on, started, states, wait_until
from tests.support.services import StandIn, standin

_APPLY = ("apply", "plan.yaml", "--run-id", "shared")
_JOBS = {name: ["x"] for name in "abcd"}
_DIAMOND = {"b": "a", "c": "a", "d": "b c"}
_OTHER_JOBS = {name: ["x"] for name in "abce"}


def _folder(folder: Path, jobs=_JOBS, parents=_DIAMOND, **extra) -> Path:
    folder.mkdir()
    write_plan(folder, jobs, parents, **extra)
    return folder


def _counts(service: StandIn) -> Counter[str]:
    """Count the jobs of each node that run it, or have run it."""
    client = service.client()
    listed = client.list_jobs(jobQueue="a_queue", filters=[{"name": "JOB_NAME", "values": ["shared_*"]}])
    return Counter(one["jobName"].split("_")[1] for one in listed["jobSummaryList"] if one["status"] != "FAILED")


def _versions(service: StandIn) -> set[str]:
    """Give the versions under which those jobs save data."""
    client = service.client()
    listed = client.list_jobs(jobQueue="a_queue", filters=[{"name": "JOB_NAME", "values": ["shared_*"]}])
    ids = [one["jobId"] for one in listed["jobSummaryList"] if one["status"] != "FAILED"]
    variables = (one["container"]["environment"] for one in client.describe_jobs(jobs=ids)["jobs"])
    return {one["value"] for pairs in variables for one in pairs if one["name"] == "KEDRO_BATCH_VERSION"}


def test_a_run_that_is_applied_from_two_machines_at_once_is_left_with_one_job_for_each_node(tmp_path):
    here, there = (_folder(tmp_path / name) for name in ("here", "there"))
    # The service takes no job before both have looked whether there are any. The first job runs until they have looked
    # again: no node is done twice by then.
    with standin(durations={"a": 3600.0}, throttle_first=1_000_000) as service:
        with started(*_APPLY, cwd=here, service=service) as first:
            wait_until(lambda: service.asked("submitjob"))
            looks = service.verdict()["calls"]["listjobs"]
            with started(*_APPLY, cwd=there, service=service) as second:
                wait_until(lambda: service.verdict()["calls"]["listjobs"] >= 2 * looks)
                service.configure(throttle_first=0)
                wait_until(lambda: "a" in service.verdict()["duplicates"])
                wait_until(lambda: _counts(service) == dict.fromkeys(_JOBS, 1))
                service.finish("a")
                ended = [end_of(process) for process in (first, second)]
        verdict = service.verdict()
        counts, versions = _counts(service), _versions(service)
    for one in ended:
        assert one.code == 0, one.err + one.text
        assert "Traceback" not in one.err
    assert len(versions) == 1
    assert verdict["labels"] == len(_JOBS)
    assert counts == dict.fromkeys(_JOBS, 1)
    assert "was submitted twice" in "".join(one.err for one in ended)


def test_a_second_repeated_submission_that_has_started_makes_the_job_run_again(tmp_path):
    """It has removed what the first one had saved, and was to save it again."""
    folder = _folder(tmp_path / "here", {"a": ["x"], "b": ["x"]}, {"b": "a"})
    version = [{"name": "KEDRO_BATCH_VERSION", "value": make_data_version(datetime.now(UTC))}]
    with standin(durations={"a": 3600.0}) as service:
        for submission in (1, 2, 2):  # as two machines do that resume at once
            reply = service.client().submit_job(
                jobName=f"shared_a_{submission}",
                jobQueue="a_queue",
                jobDefinition="a_definition",
                containerOverrides={"command": ["x"], "environment": version},
            )
            if submission == 1:
                service.client().terminate_job(jobId=reply["jobId"], reason="it was wrong")
        wait_until(lambda: states(service)["a"] == "RUNNING")
        with started(*_APPLY, cwd=folder, service=service) as process:
            wait_until(lambda: "b" in states(service), process)
            service.finish("a")
            ended = end_of(process)
        submitted = [body["jobName"] for body in service.asked("submitjob")]
    assert ended.code == 0, ended.err
    assert submitted == ["shared_a_1", "shared_a_2", "shared_a_2", "shared_a_3", "shared_b_1"]
    assert re.search("a was submitted twice, and .* may have removed data .*: none of them counts", ended.err)


def test_a_second_process_in_the_same_folder_is_refused_with_the_name_of_the_first(tmp_path):
    folder = _folder(tmp_path / "here")
    with standin(durations={"a": 3600.0}) as service:
        with started(*_APPLY, cwd=folder, service=service) as first:
            wait_until(lambda: len(states(service)) == len(_JOBS))
            second = on(service, *_APPLY, cwd=folder)
            again = on(service, "resume", "shared", cwd=folder)
            service.finish("a")
            assert end_of(first).code == 0
        assert service.verdict()["taken"] == len(_JOBS)
    for refused in (second, again):
        assert refused.code == 2
        assert re.search(rf"run shared is being worked on by process {first.pid} of \S+ on \S+, since ", refused.err)


def test_a_run_that_has_succeeded_is_applied_again_on_another_machine_and_nothing_is_submitted(tmp_path):
    here, there = (_folder(tmp_path / name) for name in ("here", "there"))
    with standin() as service:
        for folder in (here, there):
            ended = on(service, *_APPLY, cwd=folder)
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
        assert on(service, *_APPLY, cwd=here).code == 0
        refused = on(service, *_APPLY, cwd=there)
        assert len(service.asked("submitjob")) == len(_JOBS)
    assert refused.code == 2
    assert "run shared is of another plan: " in refused.err
    assert ("sha256:" if submit_tags else "it has shared_d_1, which this plan") in refused.err
