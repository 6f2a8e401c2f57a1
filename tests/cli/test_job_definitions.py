"""The job definitions that a plan declares are registered once, and a run keeps the revisions that it has used."""

import json
import signal
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan.register_definition import CONTENT_PARAMETER, CONTENT_TAG
from tests.support.command_line import Ended
from tests.support.forked import kedro_batch, on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, as_of_version_2, end_of, recorded, started, states, wait_until
from tests.support.services import StandIn, standin

JOBS = {"a": ["x"], "b": ["y"]}
PARENTS = {"b": "a"}
DECLARED: dict[str, Any] = {"image": "repo:1", "resources": {"vcpus": 1, "memory_mib": 2048}}
ARN = "arn:aws:batch:us-east-1:123456789012:job-definition"


def write_declaring(folder: Path, **changed: Any) -> None:
    """Write a plan that declares the definition of its jobs."""
    folder.mkdir(exist_ok=True)
    tags = changed.pop("submit_tags", True)
    header = {"job_definitions": {"kedro_run": {**DECLARED, **changed}}}
    write_plan(folder, JOBS, PARENTS, submit_tags=tags, header=header, defaults={"job_definition": "kedro_run"})


def a_service(**configuration: Any) -> AbstractContextManager[StandIn]:
    """Start a service whose jobs take no time."""
    return standin(**{"run_s": 0.0, "start_s": 0.0, **configuration})


def apply(service: StandIn, folder: Path, *words: str) -> Ended:
    return on(service, "apply", "plan.yaml", *words, cwd=folder)


def used(service: StandIn) -> list[str]:
    """Give the revisions that jobs were submitted with, in order."""
    return [one["jobDefinition"].rpartition("/")[2] for one in service.asked("submitjob")]


# Registering


@pytest.mark.parametrize("submit_tags", [True, False])
def test_a_definition_is_registered_once_and_an_image_is_one_more_revision(tmp_path, submit_tags):
    write_declaring(tmp_path, submit_tags=submit_tags)
    with a_service() as service:
        first = apply(service, tmp_path)
        assert first.code == 0, first.err
        assert "job definition kedro_run:1 is registered\n" in first.err
        again = apply(service, tmp_path)
        assert again.code == 0, again.err
        assert "registered" not in again.err
        write_declaring(tmp_path, submit_tags=submit_tags, image="repo:2")
        assert apply(service, tmp_path).code == 0
        requests = service.asked("registerjobdefinition")
        assert used(service) == ["kedro_run:1"] * 4 + ["kedro_run:2"] * 2
    assert [one["containerProperties"]["image"] for one in requests] == ["repo:1", "repo:2"]
    field, key = ("tags", CONTENT_TAG) if submit_tags else ("parameters", CONTENT_PARAMETER)
    assert all(one[field][key].startswith("sha256:") for one in requests)
    assert submit_tags or not any("tags" in one for one in requests)


@pytest.mark.xdist_group("aws")
def test_moto_knows_a_registered_definition_again(tmp_path, moto_server):
    moto_server.prepare("a_queue", "a_definition")
    for image in ("one", "two", "one"):
        role = "arn:aws:iam::123456789012:role/start"
        more = {"log_group": "/group", "secrets": {"A": "arn:a"}, "execution_role": role}
        write_declaring(tmp_path, image=image, platform="ec2", **more)
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=moto_server.environment)
        assert ended.code == 0, ended.err
    assert len(moto_server.asked("registerjobdefinition")) == 2
    revisions = [one["jobDefinition"].rpartition(":")[2] for one in moto_server.asked("submitjob")]
    assert revisions == ["1"] * 2 + ["2"] * 2 + ["1"] * 2


def test_a_revision_that_was_changed_by_hand_is_passed_over(tmp_path):
    write_declaring(tmp_path)
    with a_service() as service:
        assert apply(service, tmp_path).code == 0
        (request,) = service.asked("registerjobdefinition")
        by_hand = {**request["containerProperties"], "command": ["sh"], "image": "other"}
        service.client().register_job_definition(**{**request, "containerProperties": by_hand})
        service.configure(deregistered=["kedro_run:1"])
        assert apply(service, tmp_path).code == 0
        assert used(service) == ["kedro_run:1"] * 2 + ["kedro_run:3"] * 2


@pytest.mark.parametrize("fault", [{"error_after": 1.0}, {"lost_replies": 1.0, "definition_describe_delay_s": 0.5}])
def test_after_a_lost_reply_the_revision_is_looked_for_and_not_registered_again(tmp_path, fault):
    write_declaring(tmp_path)
    with a_service(faulty=["RegisterJobDefinition"], **fault) as service:
        ended = apply(service, tmp_path)
        assert ended.code == 0, ended.err
        assert len(service.asked("registerjobdefinition")) == 1
        assert used(service) == ["kedro_run:1"] * 2
    (said,) = [line for line in ended.err.splitlines() if "RegisterJobDefinition" in line]
    assert "It is not known whether the revision was registered: looking for it" in said
    for word in ("refused", "..", "Trying again", "meanwhile"):
        assert word not in said


def test_a_revision_that_never_came_to_be_is_registered_again(tmp_path):
    write_declaring(tmp_path)
    with a_service(faulty=["RegisterJobDefinition"], error_before=1.0) as service:
        with started("apply", "plan.yaml", cwd=tmp_path, service=service) as process:
            wait_until(lambda: service.asked("registerjobdefinition"), process)
            service.configure(error_before=0.0)
            ended = end_of(process)
        assert ended.code == 0, ended.err
        assert len(service.asked("registerjobdefinition")) == 2
        assert used(service) == ["kedro_run:1"] * 2


def test_two_processes_that_register_at_once_each_use_a_revision_and_leave_at_most_one_to_spare(tmp_path):
    folders = [tmp_path / name for name in ("here", "there")]
    for folder in folders:
        write_declaring(folder)
    # Neither ever sees what the other one has registered: the worst of all races.
    with a_service(definition_describe_delay_s=3600.0) as service:
        with (
            started("apply", "plan.yaml", "--run-id", "one", cwd=folders[0], service=service) as first,
            started("apply", "plan.yaml", "--run-id", "two", cwd=folders[1], service=service) as second,
        ):
            ended = [end_of(process) for process in (first, second)]
        assert [one.code for one in ended] == [0, 0], ended
        assert sorted(used(service)) == ["kedro_run:1"] * 2 + ["kedro_run:2"] * 2
        service.configure(definition_describe_delay_s=0.0)
        assert apply(service, folders[0]).code == 0
        assert len(service.asked("registerjobdefinition")) == 2


def test_submitjob_may_not_know_a_new_revision_yet(tmp_path):
    write_declaring(tmp_path)
    with a_service(definition_submit_delay_s=1.0) as service:
        ended = apply(service, tmp_path)
        assert ended.code == 0, ended.err
        assert service.verdict()["taken"] == 2
    assert ended.err.count("AWS Batch does not know the new revision of kedro_run yet: trying again") == 1


NAME_ONE = "or, in aws_batch.yml, name a definition that exists in the account. Then compile again"
NO_TAGS = "if the account forbids tagging, set `submit_tags: false` in aws_batch.yml"


@pytest.mark.parametrize(
    ("denied", "said"),
    [
        ({"deny": ["RegisterJobDefinition"]}, f"batch:RegisterJobDefinition and batch:TagResource; {NO_TAGS}; "),
        ({"deny_tags": True}, "Allow batch:RegisterJobDefinition and batch:TagResource; "),
        ({"deny": ["DescribeJobDefinitions"]}, "Allow batch:DescribeJobDefinitions; "),
    ],
)
def test_without_the_permission_nothing_is_submitted_and_no_run_is_left(tmp_path, denied, said):
    write_declaring(tmp_path)
    with a_service(**denied) as service:
        ended = apply(service, tmp_path)
        assert service.asked("submitjob") == []
    assert (ended.code, ended.text) == (5, "")
    assert f"{said}{NAME_ONE}" in ended.err
    assert ended.err.count("submit_tags") == ("Describe" not in said)
    assert "othing was submitted" in ended.err
    assert recorded(tmp_path) == ()
    assert not list(tmp_path.glob(".kedro-batch/runs/*"))


def test_a_definition_that_aws_batch_refuses_is_said_to_be_the_plan_s(tmp_path):
    write_declaring(tmp_path, register={"containerProperties": {"linuxParameters": {"swappiness": 101}}})
    with a_service() as service:
        ended = apply(service, tmp_path)
        assert service.asked("submitjob") == []
    assert ended.code == 5
    assert "The plan declares the job definition kedro_run, which is registered before anything" in ended.err


def test_a_process_that_was_killed_after_registering_leaves_what_the_next_one_finds(tmp_path):
    write_declaring(tmp_path)
    with a_service(hang="submitjob") as service:
        with started("apply", "plan.yaml", cwd=tmp_path, service=service) as process:
            wait_until(lambda: service.asked("submitjob"), process)
            process.send_signal(signal.SIGKILL)
            process.wait()
        service.configure(hang=None)
        assert apply(service, tmp_path).code == 0
        assert len(service.asked("registerjobdefinition")) == 1


def test_a_dry_run_prints_what_would_be_registered_first_and_a_local_run_registers_nothing(tmp_path):
    write_declaring(tmp_path)
    lines = [
        json.loads(line) for line in kedro_batch("apply", "plan.yaml", "--dry-run", cwd=tmp_path).text.splitlines()
    ]
    assert [one.get("operation") for one in lines] == ["RegisterJobDefinition", None, None]
    assert lines[0]["request"]["containerProperties"]["image"] == "repo:1"
    assert [one["jobDefinition"] for one in lines[1:]] == ["kedro_run", "kedro_run"]
    write_plan(
        tmp_path,
        {"a": ["true"]},
        header={"job_definitions": {"kedro_run": DECLARED}, "account": "999999999999", "region": "eu-west-1"},
        defaults={"job_definition": "kedro_run"},
    )
    local = kedro_batch("apply", "plan.yaml", "--local", "--json", cwd=tmp_path)
    assert local.code == 0, local.err
    assert {"definition_pinned"}.isdisjoint(one["event"] for one in local.events)


# A run keeps its revisions


@pytest.fixture
def failed(tmp_path):
    """Give a run of a named definition that has failed, after which a newer revision was registered."""
    write_plan(tmp_path, JOBS, PARENTS)
    with a_service(fail_attempts={"a": 1}) as service:
        # A run that is looked at submits its first job alone: it has failed before the second one is submitted.
        ended = apply(service, tmp_path, "--run-id", "r", "--no-reconcile", "--json")
        assert ended.code == 6
        pinned = next(one for one in ended.events if one["event"] == "definition_pinned")
        assert (pinned["revision"], pinned["how"]) == (f"{ARN}/a_definition:3", "newest")
        service.configure(definitions={"a_definition": 5})
        yield service


@pytest.mark.parametrize("journal", ["kept", "version 2", "lost"])
def test_a_run_is_not_resumed_with_other_revisions_unless_it_is_said_which(tmp_path, failed, journal):
    words = ["resume", "r", "--rate", "5", "--retry-for=90s"]
    if journal == "lost":
        (tmp_path / JOURNAL).unlink()
        words += ["--plan", "plan.yaml"]
    elif journal == "version 2":
        as_of_version_2(tmp_path / JOURNAL)
    before = recorded(tmp_path) if journal == "kept" else None
    refused = on(failed, *words, cwd=tmp_path)
    assert (refused.code, refused.text) == (2, "")
    assert "run r has used a_definition:3 until now, and a_definition:5 is active. Nothing was submitted" in refused.err
    for choice in ("same", "new"):
        assert f"resume {' '.join(words[1:])} --{choice}-definitions " in refused.err
    assert before in (None, recorded(tmp_path))
    assert used(failed) == ["a_definition:3"] * 2
    same = on(failed, *words, "--same-definitions", "--json", cwd=tmp_path)
    assert same.code == 0, same.err
    assert used(failed)[2:] == ["a_definition:3"] * 2
    (pinned,) = [one for one in same.events if one["event"] == "definition_pinned"]
    assert (pinned["how"], pinned["newer"]) == ("kept", f"{ARN}/a_definition:5")


def test_the_newest_revisions_are_taken_where_that_is_asked_for_and_stay(tmp_path, failed):
    ended = on(failed, "resume", "r", "--new-definitions", "--json", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert used(failed)[2:] == ["a_definition:5"] * 2
    (pinned,) = [one for one in ended.events if one["event"] == "definition_pinned"]
    assert (pinned["how"], pinned["before"]) == ("newest", f"{ARN}/a_definition:3")
    shown = kedro_batch("status", "r", cwd=tmp_path)
    version = ended.events[0]["version"]
    assert f"  account 123456789012, us-east-1; version {version}; job definition a_definition:5\n" in shown.text
    document = json.loads(kedro_batch("status", "r", "--json", cwd=tmp_path).text)
    assert document["definitions"] == {"a_definition": f"{ARN}/a_definition:5"}
    assert on(failed, "resume", "r", "--only", "b", cwd=tmp_path).code == 0
    assert used(failed)[4:] == ["a_definition:5"]


def test_the_newest_revisions_of_a_lost_journal_are_those_of_the_newest_jobs(tmp_path, failed):
    assert on(failed, "resume", "r", "--new-definitions", cwd=tmp_path).code == 0
    failed.configure(definitions={"a_definition": 6})
    (tmp_path / JOURNAL).unlink()
    refused = on(failed, "resume", "r", "--plan", "plan.yaml", "--only", "b", cwd=tmp_path)
    assert "run r has used a_definition:5 until now, and a_definition:6 is active" in refused.err


@pytest.mark.parametrize("words", [["resume", "r"], ["resume", "r", "--same-definitions"]])
def test_a_revision_that_is_not_active_any_more_cannot_be_kept(tmp_path, failed, words):
    failed.configure(deregistered=["a_definition:3"])
    refused = on(failed, *words, cwd=tmp_path)
    assert (refused.code, refused.text) == (2, "")
    assert "has used a_definition:3 until now, which cannot be kept: AWS Batch has deregistered it" in refused.err
    assert refused.err.endswith("To go on with a_definition:5:\n  kedro-batch resume r --new-definitions\n")
    assert on(failed, "resume", "r", "--new-definitions", cwd=tmp_path).code == 0


@pytest.mark.parametrize("journal", ["kept", "lost"])
def test_a_run_that_is_continued_keeps_its_revisions_and_says_so(tmp_path, journal):
    write_plan(tmp_path, JOBS)
    with a_service(refuse_after=1, run_s=0.1) as service:
        assert apply(service, tmp_path, "--run-id", "r").code == 5
        service.configure(refuse_after=None, definitions={"a_definition": 4})
        if journal == "lost":
            (tmp_path / JOURNAL).unlink()
        continued = apply(service, tmp_path, "--run-id", "r")
        assert continued.code == 0, continued.err
        assert service.verdict()["taken"] == 2
        assert set(used(service)) == {"a_definition:3"}
    assert "job definition a_definition:3, as until now; a_definition:4 is newer" in continued.err


def test_a_fixed_revision_never_asks(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS, defaults={"job_definition": "a_definition:2"})
    with a_service(fail_attempts={"a": 1}) as service:
        assert apply(service, tmp_path, "--run-id", "r").code == 6
        service.configure(definitions={"a_definition": 5})
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert set(used(service)) == {"a_definition:2"}


def test_a_declared_definition_never_asks(tmp_path):
    write_declaring(tmp_path)
    with a_service(fail_attempts={"a": 1}) as service:
        assert apply(service, tmp_path, "--run-id", "r").code == 6
        (request,) = service.asked("registerjobdefinition")
        service.client().register_job_definition(**request)  # an equal one, of a race
        resumed = on(service, "resume", "r", cwd=tmp_path)
        assert resumed.code == 0, resumed.err
        assert set(used(service)) == {"kedro_run:1"}


def test_jobs_that_do_not_tell_let_the_newest_be_taken(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with a_service(fail_attempts={"a": 1}) as service:
        assert apply(service, tmp_path, "--run-id", "r", "--no-reconcile").code == 6
        as_of_version_2(tmp_path / JOURNAL)
        service.configure(definitions={"a_definition": 5})
        service.forget("a", "b")
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert used(service)[2:] == ["a_definition:5"] * 2


def test_the_choice_is_not_for_runs_on_this_machine(tmp_path):
    write_plan(tmp_path, {"a": ["false"]})
    assert kedro_batch("apply", "plan.yaml", "--local", "--run-id", "r", cwd=tmp_path).code == 6
    refused = kedro_batch("resume", "r", "--new-definitions", cwd=tmp_path)
    assert refused.code == 2
    assert "run r is a local run, which has no job definitions: leave --new-definitions out" in refused.err


def test_a_run_of_an_older_journal_is_followed_and_cancelled_as_before(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with a_service(run_s=600) as service:
        assert apply(service, tmp_path, "--run-id", "r", "--detach").code == 0
        as_of_version_2(tmp_path / JOURNAL)
        for words in (["status", "r"], ["runs"]):
            assert kedro_batch(*words, cwd=tmp_path).code == 0
        assert on(service, "wait", "r", "--once", cwd=tmp_path).code == 7
        assert on(service, "cancel", "r", cwd=tmp_path).code == 0
        assert set(states(service).values()) == {"FAILED"}
