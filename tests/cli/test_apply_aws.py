"""Through boto3 and real HTTP: against moto's server, and against a stand-in where jobs take time and fail."""

import json
import re
import signal
import time

import pytest

from kedro_batch.plan.data_version import is_data_version
from kedro_batch.plan.submit_job import TAG_JOB, TAG_PLAN, TAG_RUN, JobId
from kedro_batch.submitter.service.aws import AwsEngine
from kedro_batch.submitter.service.aws_session import AwsSession
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan
from tests.support.runs import end_of, interrupted, read_until, started, states, wait_until
from tests.support.services import standin

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

DIAMOND = {"d": "b c", "b": "a", "c": "a"}
COMMANDS = {name: ["echo", name] for name in "abcd"}


def test_the_requests_are_as_the_plan_says(tmp_path, moto_server):
    moto_server.prepare("a_queue", "a_definition")
    write_plan(
        tmp_path,
        COMMANDS,
        DIAMOND,
        defaults={
            "resources": {"vcpus": 2, "memory_mib": 512},
            "timeout_s": 120,
            "attempts": 2,
            "tags": {"team": "flights"},
        },
    )
    digest = kedro_batch("validate", "plan.yaml", cwd=tmp_path).text.split()[1]
    ended = kedro_batch("apply", "plan.yaml", "--json", cwd=tmp_path, env=moto_server.environment)
    assert ended.code == 0, ended.err
    run_id = ended.events[0]["run"]
    ids = {event["job"]: event["job_id"] for event in ended.events if event["event"] == "job_submitted"}
    sent = moto_server.asked("submitjob")
    # b and c are sent side by side.
    assert sorted(request["tags"][TAG_JOB] for request in sent) == ["a", "b", "c", "d"]
    parents = {request["tags"][TAG_JOB]: [one["jobId"] for one in request.get("dependsOn", ())] for request in sent}
    assert parents["a"] == []
    # What is known to have succeeded is left out, and moto's jobs succeed at once.
    assert all(set(parents[name]) <= {ids[parent] for parent in DIAMOND[name].split()} for name in "bcd")
    for request in sent:
        name = request["tags"][TAG_JOB]
        assert request["jobName"] == f"{run_id}_{name}_1"
        assert request["jobQueue"] == "a_queue"
        # Two revisions are registered: the newest is resolved once, and used for every job.
        assert request["jobDefinition"].endswith(":job-definition/a_definition:2")
        assert request["containerOverrides"] == {
            "command": ["echo", name],
            "environment": [
                {"name": "KEDRO_BATCH_JOB", "value": name},
                {"name": "KEDRO_BATCH_RUN_ID", "value": run_id},
                {"name": "KEDRO_BATCH_SUBMISSION", "value": "1"},
                {"name": "KEDRO_BATCH_VERSION", "value": ended.events[0]["version"]},
            ],
            "resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "512"}],
        }
        assert request["timeout"] == {"attemptDurationSeconds": 120}
        assert request["retryStrategy"] == {"attempts": 2}
        assert request["tags"] == {"team": "flights", TAG_RUN: run_id, TAG_JOB: name, TAG_PLAN: digest}
    described = moto_server.client("batch").describe_jobs(jobs=list(ids.values()))["jobs"]
    assert {job["jobName"].split("_")[1]: job["status"] for job in described} == dict.fromkeys("abcd", "SUCCEEDED")


@pytest.mark.parametrize(
    ("defaults", "part"),
    [
        ({"job_queue": "nowhere"}, "job queue 'nowhere' does not exist"),
        ({"job_definition": "nothing"}, "job definition 'nothing' does not exist or has no active revision"),
        ({"job_definition": "a_definition:9"}, "job definition 'a_definition:9' does not exist"),
    ],
)
def test_a_missing_target_stops_the_run_before_anything_is_submitted(tmp_path, moto_server, defaults, part):
    moto_server.prepare("a_queue", "a_definition")
    write_plan(tmp_path, COMMANDS, DIAMOND, defaults=defaults)
    ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=moto_server.environment)
    assert ended.code == 5
    assert f"nothing was submitted, because the plan's targets cannot be used:\n  {part}" in ended.err
    assert moto_server.asked("submitjob") == []
    assert "Traceback" not in ended.err


def test_every_missing_target_is_named_at_once(tmp_path):
    write_plan(
        tmp_path,
        {"a": ["x"], "b": ["x"], "c": ["x"]},
        a={"job_queue": "q1"},
        b={"job_queue": "off"},
        c={"job_definition": "d1"},
    )
    with standin(queues=["a_queue", "off"], disabled_queues=["off"]) as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=service.environment)
        assert service.asked("submitjob") == []
    assert ended.code == 5
    for part in (
        "job queue 'off' is DISABLED",
        "job queue 'q1' does not exist",
        "job definition 'd1' does not exist",
    ):
        assert part in ended.err


@pytest.mark.parametrize(
    ("definition", "revision"),
    [
        ("a_definition", 3),
        ("a_definition:2", 2),
        ("arn:aws:batch:us-east-1:123456789012:job-definition/a_definition:2", 2),
        ("arn:aws:batch:us-east-1:123456789012:job-definition/a_definition", 3),
    ],
)
def test_the_revision_is_resolved_once_however_the_definition_is_named(tmp_path, definition, revision):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, defaults={"job_definition": definition})
    with standin() as service:
        ended = kedro_batch("apply", "plan.yaml", "-q", cwd=tmp_path, env=service.environment)
        assert ended.code == 0, ended.err
        assert {one["jobDefinition"].rpartition(":")[2] for one in service.asked("submitjob")} == {str(revision)}
        asked = service.asked("describejobdefinitions")
        assert len({json.dumps({**one, "nextToken": None}, sort_keys=True) for one in asked}) == 1


def test_an_inactive_revision_is_refused(tmp_path):
    write_plan(tmp_path, {"a": ["x"]}, defaults={"job_definition": "a_definition:1"})
    with standin() as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=service.environment)
    assert ended.code == 5
    assert "has no active revision" in ended.err


def test_a_failing_job_its_descendants_and_the_independent_branches(tmp_path):
    parents = {"below": "bad", "further": "below", "after": "beside"}
    write_plan(tmp_path, {name: ["x"] for name in ("bad", "below", "further", "beside", "after")}, parents)
    with standin(fail={"bad": 3}) as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=service.environment)
        states = {name: job["status"] for name, job in service.jobs().items()}
    assert ended.code == 6
    assert states == {
        "bad": "FAILED",
        "below": "FAILED",
        "further": "FAILED",
        "beside": "SUCCEEDED",
        "after": "SUCCEEDED",
    }
    assert "5 jobs, 2 succeeded, 1 failed, 2 will not run\n" in ended.text
    assert "bad failed: exit code 3\n  job: https://us-east-1.console.aws.amazon.com/batch/" in ended.text
    assert "  not run because of it (2): below, further\n" in ended.text


def test_nothing_waits_for_a_parent_to_finish(tmp_path):
    names = [f"n{n}" for n in range(6)]
    write_plan(tmp_path, {name: ["x"] for name in names}, dict(zip(names[1:], names, strict=False)))
    words = ("apply", "plan.yaml", "--json", "-q")
    with standin(durations={"n0": 3600}) as service, started(*words, cwd=tmp_path, service=service) as process:
        wait_until(lambda: sorted(states(service).values()) == ["PENDING"] * 5 + ["RUNNING"])
        service.finish("n0")
        ended = end_of(process)
    submitted = [number for number, event in enumerate(ended.events) if event["event"] == "job_submitted"]
    succeeded = [number for number, event in enumerate(ended.events) if event.get("after") == "SUCCEEDED"]
    assert max(submitted) < min(succeeded)
    assert ended.code == 0


def test_describing_goes_by_the_hundred_and_asks_only_about_what_can_change(tmp_path):
    names = [f"n{n:03}" for n in range(230)]
    write_plan(tmp_path, {**{name: ["x"] for name in names}, "end": ["x"]}, {"end": " ".join(names[:20])})
    with standin(run_s=3600) as service:

        def asked() -> list[set[str]]:
            return [set(one["jobs"]) for one in service.asked("describejobs")]

        def full() -> list[set[str]]:
            return [ids for ids in asked() if len(ids) == 100]

        with started("apply", "plan.yaml", "-q", "--rate", "unlimited", cwd=tmp_path, service=service) as process:
            wait_until(lambda: len(full()) >= 2)
            end = service.jobs()["end"]["id"]
            assert not any(end in ids for ids in full())
            service.configure(run_s=0.1)
            service.finish(*names)
            assert end_of(process).code == 0
        assert max(map(len, asked())) == 100


def test_throttling_is_waited_out_and_no_job_is_submitted_twice(tmp_path):
    write_plan(tmp_path, COMMANDS, DIAMOND)
    with standin(throttle_first=2) as service:
        ended = kedro_batch("apply", "plan.yaml", "-q", cwd=tmp_path, env=service.environment)
        assert len(service.asked("submitjob")) == 6
        assert len(service.jobs()) == 4
    assert ended.code == 0, ended.err


def test_a_refusal_in_the_middle_says_what_goes_on(tmp_path):
    write_plan(tmp_path, COMMANDS, DIAMOND)
    with standin(refuse_after=2, run_s=60) as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=service.environment)
        ids = {name: job["id"] for name, job in service.jobs().items()}
    assert ended.code == 5
    assert "stopped after" in ended.text
    assert "2 not submitted, 2 not finished" in ended.text
    assert "  Stopped following. 2 jobs go on running on AWS Batch (us-east-1)\n" in ended.text
    assert "jobs that go on:\n    a " in ended.text
    assert all(f" {job_id}\n" in ended.text for job_id in ids.values())
    assert "AWS Batch refused SubmitJob for " in ended.err
    assert "AccessDeniedException: not authorized to perform: batch:SubmitJob" in ended.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_its_jobs_on_batch(tmp_path, number, code):
    write_plan(tmp_path, COMMANDS, DIAMOND)
    with standin(run_s=600) as service:
        with started("apply", "plan.yaml", "-v", cwd=tmp_path, service=service) as process:
            read_until(process, "a RUNNING")
            wait_until(lambda: sorted(states(service).values()) == ["PENDING"] * 3 + ["RUNNING"])
            ended = interrupted(process, number)
        assert {job["status"] for job in service.jobs().values()} == {"RUNNING", "PENDING"}
    assert ended.code == code
    assert "4 not finished\n  Stopped following. 4 jobs go on running on AWS Batch (us-east-1)\n" in ended.text
    assert ended.text.startswith("jobs that go on:\n    a ")
    assert ended.err.endswith("Stopped following. 4 jobs go on running on AWS Batch (us-east-1).\n")
    assert "Traceback" not in ended.err


def test_the_dry_run_prints_what_a_run_would_send_and_sends_nothing(tmp_path):
    write_plan(tmp_path, COMMANDS, DIAMOND)
    with standin() as service:
        dry = kedro_batch("apply", "plan.yaml", "--dry-run", cwd=tmp_path, env=service.environment)
        assert service.asked("submitjob") == service.asked("describejobqueues") == []
        assert kedro_batch("apply", "plan.yaml", "-q", cwd=tmp_path, env=service.environment).code == 0
        sent = service.asked("submitjob")
        names = {job["id"]: name for name, job in service.jobs().items()}
    run_id = sent[0]["tags"][TAG_RUN]
    sent.sort(key=lambda request: request["jobName"])  # b and c are sent side by side
    for request in sent:
        request["jobName"] = request["jobName"].replace(run_id, "RUN")
        request["tags"][TAG_RUN] = "RUN"
        request["jobDefinition"] = "a_definition"
        for variable in request["containerOverrides"]["environment"]:
            variable["value"] = variable["value"].replace(run_id, "RUN")
            if variable["name"] == "KEDRO_BATCH_VERSION":
                assert is_data_version(variable["value"])
                variable["value"] = "VERSION"
        for one in request.get("dependsOn", ()):
            one["jobId"] = f"<id of {names[one['jobId']]}>"
    assert [json.loads(line) for line in dry.text.splitlines()] == sent


def test_a_plan_without_tags_is_submitted_without_them_and_all_else_is_the_same(tmp_path):
    sent, dry = {}, {}
    for submit_tags in (True, False):
        write_plan(tmp_path, COMMANDS, DIAMOND, submit_tags=submit_tags)
        with standin() as service:
            printed = kedro_batch("apply", "plan.yaml", "--dry-run", cwd=tmp_path, env=service.environment)
            assert kedro_batch("apply", "plan.yaml", "-q", cwd=tmp_path, env=service.environment).code == 0
            sent[submit_tags] = service.asked("submitjob")
        dry[submit_tags] = [json.loads(line) for line in printed.text.splitlines()]
    assert all(request.pop("tags") for request in (*sent[True], *dry[True]))
    assert dry[False] == dry[True]
    assert [request.keys() for request in sent[False]] == [request.keys() for request in sent[True]]


@pytest.mark.parametrize(
    ("env", "part"),
    [
        ({}, "there is no region. Set AWS_DEFAULT_REGION"),
        (
            {"AWS_DEFAULT_REGION": "us-east-1"},
            "Unable to locate credentials. Log in (aws sso login, aws login), or set AWS_PROFILE",
        ),
        ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
        (
            {
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
                "AWS_ENDPOINT_URL_BATCH": "http://127.0.0.1:9",
                "AWS_MAX_ATTEMPTS": "1",
            },
            'Could not connect to the endpoint URL: "http://127.0.0.1:9/v1/describejobqueues"',
        ),
    ],
)
def test_aws_out_of_reach(tmp_path, env, part):
    write_plan(tmp_path, COMMANDS)
    ended = kedro_batch("apply", "plan.yaml", "--retry-for", "1s", cwd=tmp_path, env=env)
    assert ended.code == (2 if "region" in part or "profile" in part else 5)
    assert part in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("env", "part"),
    [
        ({"AWS_ENDPOINT_URL_BATCH": "127.0.0.1:9"}, "cannot set up the client: ValueError: Invalid endpoint"),
        ({"AWS_MAX_ATTEMPTS": "x"}, "cannot set up the client: "),
    ],
)
def test_settings_that_boto3_stumbles_over(tmp_path, env, part):
    write_plan(tmp_path, COMMANDS)
    with standin() as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env={**service.environment, **env})
    assert ended.code == 2
    assert part in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("answer", ["<html>log in</html>", "{}", '{"jobQueues": [{}]}', "[]"])
def test_an_endpoint_that_is_not_aws_batch(tmp_path, answer):
    write_plan(tmp_path, COMMANDS)
    with standin(answer_always=answer) as service:
        ended = kedro_batch("apply", "plan.yaml", "--retry-for", "1s", cwd=tmp_path, env=service.environment)
    assert ended.code == 5
    assert "the endpoint is really that of AWS Batch" in ended.err
    assert ended.text == ""
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("fault", ["reply_lost", "error_after"])
def test_a_job_whose_reply_is_lost_is_found_by_its_name_and_never_sent_again(tmp_path, fault):
    write_plan(tmp_path, COMMANDS, DIAMOND)
    with standin(submit_fault=fault) as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=service.environment)
        assert len(service.asked("submitjob")) == 4
        assert service.verdict()["double_taken"] == {}
    assert ended.code == 0
    assert "submitted 4 jobs (4 found there)\n" in ended.err


def test_without_adoption_a_lost_reply_ends_the_command_and_says_which_job_is_in_doubt(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(submit_fault="reply_lost", deny=["ListJobs"]) as service:
        ended = kedro_batch("apply", "plan.yaml", "--no-adopt", cwd=tmp_path, env=service.environment)
        assert len(service.asked("submitjob")) == 1
    assert ended.code == 5
    name = r"\d{6}-\d{6}-[a-z0-9]{4}_a_1"
    assert re.search(
        f"It is not known whether {name} was submitted, and with --no-adopt it is not looked up", ended.err
    )
    assert "Traceback" not in ended.err


def test_a_queue_that_cannot_take_jobs_is_refused_with_its_reason(tmp_path):
    write_plan(tmp_path, COMMANDS)
    with standin(invalid_queues={"a_queue": "its compute environment is gone"}) as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=service.environment)
        assert service.asked("submitjob") == []
    assert ended.code == 5
    assert "job queue 'a_queue' is INVALID: its compute environment is gone" in ended.err


def test_an_arn_of_another_account_is_not_taken_for_a_name(tmp_path):
    arn = "arn:aws:batch:eu-west-1:999999999999:job-definition/a_definition"
    write_plan(tmp_path, COMMANDS, defaults={"job_definition": arn})
    with standin() as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=service.environment)
        assert service.asked("submitjob") == []
    assert ended.code == 5
    assert f"job definition '{arn}' " in ended.err
    assert "eu-west-1" in ended.err


def test_a_look_that_fails_while_jobs_are_submitted_does_not_stop_the_submission(tmp_path):
    names = [f"n{n:02}" for n in range(30)]
    write_plan(tmp_path, {name: ["x"] for name in names})
    with standin(refuse_looks=1, latency_s=0.1) as service:
        ended = kedro_batch("apply", "plan.yaml", "-q", cwd=tmp_path, env=service.environment)
        assert len(service.jobs()) == 30
    assert ended.code == 0, ended.err


def test_a_run_without_a_region_leaves_no_record(tmp_path):
    write_plan(tmp_path, COMMANDS)
    assert kedro_batch("apply", "plan.yaml", cwd=tmp_path).code == 2
    assert not (tmp_path / ".kedro-batch").exists()


@pytest.mark.parametrize("signals", [1, 4])
@pytest.mark.parametrize(("hang", "submitted"), [("describejobqueues", 0), ("describejobs", 4)])
def test_a_service_that_does_not_answer_does_not_keep_a_signal_waiting(tmp_path, hang, submitted, signals):
    write_plan(tmp_path, COMMANDS, DIAMOND)
    with standin(hang=hang) as service:
        with started("apply", "plan.yaml", cwd=tmp_path, service=service) as process:
            wait_until(lambda: service.asked(hang) and len(service.asked("submitjob")) == submitted)
            for _ in range(signals - 1):
                process.send_signal(signal.SIGINT)
                time.sleep(0.002)
            ended = interrupted(process)
        assert len(service.asked("submitjob")) == submitted
        assert len(service.asked(hang)) == 1, "it waited until the call was given up"
    assert ended.code == 130, ended.err
    said, part = (ended.text, "jobs that go on:\n    a ") if submitted else (ended.err, "Nothing was")
    assert part in said
    assert "Traceback" not in ended.err


@pytest.mark.xdist_group("aws")
def test_where_nothing_is_at_the_path_of_terminate_jobs_jobs_are_terminated_one_by_one(moto_server, monkeypatch):
    moto_server.prepare("a_queue", "a_definition")
    for name, value in moto_server.environment.items():
        monkeypatch.setenv(name, value)
    batch = moto_server.client("batch")
    job_id = batch.submit_job(jobName="a", jobQueue="a_queue", jobDefinition="a_definition")["jobId"]
    assert AwsEngine(AwsSession()).terminate_jobs([JobId(job_id)], "because").done == (job_id,)


def test_the_first_line_of_a_run_has_the_whole_digest(tmp_path):
    write_plan(tmp_path, COMMANDS)
    with standin() as service:
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=service.environment)
    digest = kedro_batch("validate", "-q", "plan.yaml", cwd=tmp_path).text.split()[1]
    assert f", plan {digest}\n" in ended.err
