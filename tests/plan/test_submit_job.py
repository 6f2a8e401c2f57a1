import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import Job, JobName, JobReads, Plan, PlanDigest
from kedro_batch.plan.settings import Resources, RetryReason
from kedro_batch.plan.submit_job import JobId, RunId, batch_job_name, parsed_job_name, run_prefix, submit_request
from tests.support.plans import a_job

VERSION = DataVersion("2026-11-22T16.15.07.123Z")
NOTHING = JobReads()
SMALL = a_job(command=("kedro", "run"))
OWN = [
    {"name": "KEDRO_BATCH_JOB", "value": "a"},
    {"name": "KEDRO_BATCH_RUN_ID", "value": "r1"},
    {"name": "KEDRO_BATCH_SUBMISSION", "value": "2"},
    {"name": "KEDRO_BATCH_VERSION", "value": VERSION},
]


def request(
    job: Job,
    *parents: str,
    submit_tags: bool = True,
    env: str | None = None,
    version: DataVersion | None = VERSION,
    reads: JobReads = NOTHING,
):
    return submit_request(
        job,
        Plan(jobs=(job,), submit_tags=submit_tags, env=env),
        run_id=RunId("r1"),
        version=version,
        reads=reads,
        submission=2,
        digest=PlanDigest("sha256:0"),
        parent_ids=map(JobId, parents),
        job_definition="d:7",
    )


def test_a_job_that_says_little_leaves_the_rest_to_its_definition():
    assert request(SMALL) == {
        "jobName": "r1_a_2",
        "jobQueue": "q",
        "jobDefinition": "d:7",
        "containerOverrides": {"command": ["kedro", "run"], "environment": OWN},
        "tags": {"kedro-batch:run": "r1", "kedro-batch:job": "a", "kedro-batch:plan": "sha256:0"},
    }


def test_a_job_is_told_what_it_reads_from_its_run_unless_that_is_too_long():
    def told(*reads: str, other: tuple[str, ...] = (), version: DataVersion | None = VERSION) -> str | None:
        pairs = request(SMALL, version=version, reads=JobReads(from_run=reads, other=other))["containerOverrides"][
            "environment"
        ]
        return {one["name"]: one["value"] for one in pairs}.get("KEDRO_BATCH_READS_FROM_RUN")

    assert told("b", "über") == '["b","über"]'
    assert told() is None
    longest = "x" * (2000 - len(json.dumps(json.dumps([""]))))
    assert told(longest) == json.dumps([longest])
    assert told(longest + "x") == '{"all_but":[]}'
    assert told(*(f"input_{number}" for number in range(400)), other=("raw", "über")) == '{"all_but":["raw","über"]}'
    assert told(longest + "x", other=(longest,)) is None
    assert told(other=("raw",)) is None
    assert told("b", version=None) is None


def test_a_run_without_a_version_sends_what_older_ones_sent():
    sent = request(SMALL, version=None)
    assert sent["containerOverrides"]["environment"] == OWN[:-1]


def test_a_job_that_says_everything():
    job = a_job(
        resources=Resources(vcpus=0.5, memory_mib=2048, gpus=1),
        timeout_s=90,
        attempts=3,
        tags={"team": "flights"},
    )
    sent = request(job, "id-1", "id-2")
    assert sent["containerOverrides"]["resourceRequirements"] == [
        {"type": "VCPU", "value": "0.5"},
        {"type": "MEMORY", "value": "2048"},
        {"type": "GPU", "value": "1"},
    ]
    assert sent["timeout"] == {"attemptDurationSeconds": 90}
    assert sent["retryStrategy"] == {"attempts": 3}
    assert sent["dependsOn"] == [{"jobId": "id-1"}, {"jobId": "id-2"}]
    assert sent["tags"]["team"] == "flights"


def test_no_tags_is_no_field_of_tags_and_all_else_stays():
    with_tags = request(SMALL, "id-1")
    assert with_tags.pop("tags")
    assert request(SMALL, "id-1", submit_tags=False) == with_tags


def test_the_longest_names_fill_what_batch_allows():
    assert len(batch_job_name(RunId("r" * 24), JobName("j" * 99), 999)) == 128


RUN_IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,23}", fullmatch=True).map(RunId)
JOB_NAMES = st.one_of(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}", fullmatch=True),
    st.from_regex(r"[a-b0-1](_[a-b0-1]*){1,4}", fullmatch=True),  # what looks like a run, or like an submission
).map(JobName)
ATTEMPTS = st.integers(1, 999)


@given(RUN_IDS, JOB_NAMES, ATTEMPTS)
@example(RunId("nightly"), JobName("a_1"), 2)
@example(RunId("nightly-2"), JobName("2_a__"), 1)
@example(RunId("r" * 24), JobName("j" * 99), 999)
def test_a_name_on_batch_tells_run_job_and_submission(run_id, job, submission):
    assert parsed_job_name(batch_job_name(run_id, job, submission)) == (run_id, job, submission)


@given(RUN_IDS, RUN_IDS, JOB_NAMES, ATTEMPTS)
@example(RunId("nightly"), RunId("nightly-2"), JobName("a"), 1)
def test_the_prefix_of_a_run_finds_its_jobs_and_those_of_no_other(run_id, other, job, submission):
    assert batch_job_name(run_id, job, submission).startswith(run_prefix(run_id))
    assert batch_job_name(other, job, submission).startswith(run_prefix(run_id)) == (other == run_id)


@given(st.text("aZ01_-é\n", max_size=12))
def test_what_is_parsed_is_a_name_that_is_made(name):
    parsed = parsed_job_name(name)
    assert parsed is None or batch_job_name(*parsed) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "r1",
        "r1_a",
        "r1-a-1",
        "_a_1",
        "r1__1",
        "r1_a_",
        "r1_a_0",
        "r1_a_01",
        "r1_a_1000",
        "r1_a_1\n",
        "r1_a_\u0661",
        "r1_-a_1",
        "r1_a.b_1",
        "-r1_a_1",
        f"{'r' * 25}_a_1",
        f"r1_{'j' * 100}_1",
    ],
)
def test_any_other_name_is_not_parsed(name):
    assert parsed_job_name(name) is None


def test_reasons_to_try_again_become_rules_that_end_with_exit():
    sent = request(a_job(attempts=3, retry_on=tuple(RetryReason)))
    assert sent["retryStrategy"] == {
        "attempts": 3,
        "evaluateOnExit": [
            {"onStatusReason": "Host EC2*", "action": "RETRY"},
            {"onStatusReason": "Your Spot Task was interrupted*", "action": "RETRY"},
            {"onStatusReason": "Task failed to start*", "action": "RETRY"},
            {"onReason": "CannotPullContainer*", "action": "RETRY"},
            {"onReason": "*", "action": "EXIT"},
        ],
    }


def test_environment_share_and_priority_stand_where_batch_looks():
    sent = request(a_job(environment={"B": "2", "A": "1"}, share_identifier="x", scheduling_priority=0))
    pairs = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert sent["containerOverrides"] == {"command": ["x"], "environment": [*pairs, *OWN]}
    assert (sent["shareIdentifier"], sent["schedulingPriorityOverride"]) == ("x", 0)


def test_no_gpu_is_not_asked_for():
    assert "resourceRequirements" not in request(a_job(resources=Resources(gpus=0)))["containerOverrides"]


RICH: dict[str, Any] = {"environment": {"A": "1"}, "resources": Resources(vcpus=2, memory_mib=512, gpus=1)}


def test_further_fields_are_passed_on_and_those_of_the_container_are_merged():
    submit = {"parameters": {"a": "b"}, "containerOverrides": {"instanceType": "m5.large"}}
    sent = request(a_job(submit=submit))
    assert sent["parameters"] == {"a": "b"}
    assert sent["containerOverrides"] == {"command": ["x"], "environment": OWN, "instanceType": "m5.large"}


def test_a_pod_gets_the_command_in_its_first_container_without_one():
    containers = [{"name": "side", "command": ["sleep"]}, {"name": "main"}]
    submit = {"eksPropertiesOverride": {"podProperties": {"containers": containers}}}
    sent = request(a_job(submit=submit, **RICH))
    assert "containerOverrides" not in sent
    amounts = {"cpu": "2", "memory": "512Mi", "nvidia.com/gpu": "1"}
    assert sent["eksPropertiesOverride"]["podProperties"]["containers"] == [
        containers[0],
        {
            "name": "main",
            "command": ["x"],
            "env": [{"name": "A", "value": "1"}, *OWN],
            "resources": {"limits": amounts, "requests": amounts},
        },
    ]
    assert containers[1] == {"name": "main"}


def test_a_task_of_several_containers_gets_the_command_in_its_first_without_one():
    submit = {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "main"}, {"name": "log"}]}]}}
    sent = request(a_job(submit=submit, **RICH))
    assert "containerOverrides" not in sent
    main, log = sent["ecsPropertiesOverride"]["taskProperties"][0]["containers"]
    assert log == {"name": "log"}
    assert (main["name"], main["command"]) == ("main", ["x"])
    assert main["environment"] == [{"name": "A", "value": "1"}, *OWN]
    assert {"type": "MEMORY", "value": "512"} in main["resourceRequirements"]


def test_a_variable_of_the_container_s_own_wins():
    containers = [{"name": "main", "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]}]
    sent = request(a_job(submit={"eksPropertiesOverride": {"podProperties": {"containers": containers}}}, **RICH))
    (main,) = sent["eksPropertiesOverride"]["podProperties"]["containers"]
    assert main["env"] == [containers[0]["env"][0], *OWN, containers[0]["env"][1]]


PODS = {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}}
TASKS = {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "main"}]}]}}


def variables(sent: dict[str, Any], submit: dict[str, Any]) -> Any:
    if submit is PODS:
        return sent["eksPropertiesOverride"]["podProperties"]["containers"][0]["env"]
    if submit is TASKS:
        return sent["ecsPropertiesOverride"]["taskProperties"][0]["containers"][0]["environment"]
    return sent["containerOverrides"]["environment"]


@pytest.mark.parametrize("submit", [{}, PODS, TASKS])
def test_every_kind_of_container_is_told_run_job_submission_and_environment_once(submit):
    kedro_env = {"name": "KEDRO_ENV", "value": "prod"}
    assert variables(request(a_job(submit=submit), env="prod"), submit) == [*OWN, kedro_env]
    stated = a_job(submit=submit, environment={"KEDRO_ENV": "prod"})
    assert variables(request(stated, env="prod"), submit) == [*OWN, kedro_env]
    assert variables(request(stated), submit) == [*OWN, kedro_env]


def test_a_variable_that_the_container_states_as_the_plan_does_is_sent_once():
    kedro_env = {"name": "KEDRO_ENV", "value": "prod"}
    containers = [{"name": "main", "env": [kedro_env]}]
    sent = request(a_job(submit={"eksPropertiesOverride": {"podProperties": {"containers": containers}}}), env="prod")
    (main,) = sent["eksPropertiesOverride"]["podProperties"]["containers"]
    assert main["env"] == [*OWN, kedro_env]
