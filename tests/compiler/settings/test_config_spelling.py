import pytest

from kedro_batch.compiler.settings.config_checks import check_config
from kedro_batch.compiler.settings.config_spelling import find_meaning, find_meant_settings
from kedro_batch.diagnostics import path_text

TARGET = {"job_queue": "q", "job_definition": "d"}


def find(given):
    return [f"{path_text(path)}: {message}" for path, message, _ in check_config(TARGET | given)]


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("queue", "job_queue"),
        ("jobQueue", "job_queue"),
        ("JOB-QUEUE", "job_queue"),
        ("definition", "job_definition"),
        ("jobDefinition", "job_definition"),
        ("cpu", "vcpus"),
        ("vcpu", "vcpus"),
        ("gpu", "gpus"),
        ("ram", "memory_mib"),
        ("memory_mb", "memory_mib"),
        ("MemoryGiB", "memory_mib"),
        ("timeout", "timeout_s"),
        ("timeout_seconds", "timeout_s"),
        ("attemptDurationSeconds", "timeout_s"),
        ("retry", "attempts"),
        ("max_attempts", "attempts"),
        ("env", "environment"),
        ("groups", "group_by"),
    ],
)
def test_a_setting_is_known_by_other_names(name, setting):
    meaning = find_meaning(name, None)
    assert (meaning and meaning.setting) == setting


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("memory", "2GB", "2048"),
        ("memory", "2 GiB", "2048"),
        ("memory", "512m", "512"),
        ("memory", "1.5g", "1536"),
        ("memory", "2048", "2048"),
        ("memory", 2048, "2048"),
        ("memory_gb", 2, "2048"),
        ("memory_gb", "2048m", "2048"),
        ("memory", 2, ""),  # AWS Batch takes no less than 4 MiB, and it may be 2 GiB that is meant
        ("memory", "much", ""),
        ("memory", True, ""),
        ("memory", None, ""),
        ("memory", "9" * 400, ""),
        ("memory", ["2GB"], ""),
        ("vcpus", "0.5", "0.5"),
        ("vcpus", "1 vCPU", "1"),
        ("vcpus", "500m", "0.5"),
        ("gpus", "1", "1"),
        ("gpus", "0.5", ""),
        ("timeout_s", "30m", "1800"),
        ("timeout_s", "1h", "3600"),
        ("timeout_s", "1h 30 min", "5400"),
        ("timeout_s", "01:30:00", "5400"),
        ("timeout_s", "2 hours", "7200"),
        ("timeout_minutes", 30, "1800"),
        ("timeout", 600, "600"),
        ("timeout", "30s", ""),
        ("timeout", "1" * 40 + "x", ""),
        ("attempts", "3", "3"),
        ("retries", 2, "3, which counts the first start too"),
        ("retries", 10, ""),
        ("queue", "q", ""),
    ],
)
def test_a_value_is_spelled_as_a_number_of_the_right_unit(name, value, text):
    meaning = find_meaning(name, value)
    assert meaning
    assert meaning.text == text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"memory": "2GB"}, "memory: unknown field. Did you mean 'memory_mib'? Write memory_mib: 2048"),
        ({"memory_mib": "2GB"}, "memory_mib: must be a whole number, found '2GB': write memory_mib: 2048. Memory in"),
        ({"resources": {"vcpus": "2"}}, "resources.vcpus: must be a number, found '2': write vcpus: 2. Number of"),
        ({"resources": {"timeout": 5}}, "resources.timeout: unknown field. Known here: vcpus, memory_mib, gpus."),
        ({"platform": "FARGATE"}, "platform: 'FARGATE' is unknown. Did you mean 'fargate'? Known here"),
        ({"retry_on": ["SPOT"]}, "retry_on[0]: 'SPOT' is unknown. Did you mean 'spot'? Known here"),
        ({"retry_on": "SPOT"}, "retry_on: must be a list, found 'SPOT': write [spot]."),
        ({"env": {"KEY": "hunter2"}}, "env: unknown field. Did you mean 'environment'?"),
    ],
)
def test_a_message_says_what_to_write_outside_of_rules_and_in_them(given, message):
    (found,) = find(given)
    assert found.startswith(message)
    rule = {"match": {"nodes": ["a"]}, "attempts": 2, **given}
    (found,) = find({"rules": [rule]})
    assert found.startswith(f"rules[0].{message}")


@pytest.mark.parametrize("name", ["queue", "job-queue", "jobQueue", "job_queu", "JOB_QUEUE"])
def test_a_misspelt_setting_is_meant(name):
    assert find_meant_settings({name: "q"}) == {"job_queue"}
    assert find_meant_settings({"aws_batch": {name: "q"}}) >= {"job_queue"}


@pytest.mark.parametrize("key", ["aws_batch", "aws-batch", "awsBatch", "batch", "defaults"])
def test_a_key_around_the_settings_is_named_and_what_is_in_it_is_checked(key):
    todo = f"take out {key}:, and write job_queue, timeout_s at the beginning of the line"
    assert find({key: {"job_queue": "q", "timeout": "1h"}}) == [
        f"{key}: the file has no such level: {todo}",
        f"{key}.timeout: unknown field. Did you mean 'timeout_s'? Write timeout_s: 3600",
    ]


def test_a_key_without_settings_is_just_unknown():
    assert find({"submit": {"tags": {"a": "b"}}, "environment": {"queue": "x"}, "datasets": {"queue": "shared"}}) == []
    todo = "take out aws_batch:, and write the settings at the beginning of the line"
    assert find({"aws_batch": None}) == [f"aws_batch: the file has no such level: {todo}"]
    (found,) = find({"sagemaker": {"image": "x"}})
    assert found.startswith("sagemaker: unknown field. Known here: ")


def test_keys_within_keys_are_taken_out_together():
    todo = "take out aws: and batch:, and write memory_mib at the beginning of the line"
    assert find({"aws": {"batch": {"memory": "2GB"}}}) == [
        f"aws.batch: the file has no such levels: {todo}",
        "aws.batch.memory: unknown field. Did you mean 'memory_mib'? Write memory_mib: 2048",
    ]
    outer, inner = find({"kedro": {"gpus": 1, "aws_batch": {"vcpus": 1}}})
    assert outer.endswith("take out kedro:, and write gpus at the beginning of the line")
    assert inner.endswith("take out kedro: and aws_batch:, and write vcpus at the beginning of the line")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"platform": "FARGATE_SPOT"}, "platform: 'FARGATE_SPOT' is unknown. Spot belongs to the compute environment"),
        ({"spot": True}, "spot: unknown field. Spot belongs to the compute environment"),
        ({"launch_type": "EC2_SPOT"}, "launch_type: unknown field. Spot belongs to the compute environment"),
        ({"instanceTypes": ["m5"]}, "instanceTypes: unknown field. It belongs to the compute environment"),
        ({"compute_environment": "x"}, "compute_environment: unknown field. It belongs to the compute environment"),
        ({"image": "x:1"}, "image: unknown field. It belongs to the job definition"),
        ({"jobRoleArn": "x"}, "jobRoleArn: unknown field. It belongs to the job definition"),
        ({"job_name": "x"}, "job_name: unknown field. It is made from the pipeline"),
        ({"region": "x"}, "region: 'x' is not allowed. The AWS region that"),
        ({"launch_type": "FARGATE"}, "launch_type: unknown field. Did you mean 'platform'? Write platform: fargate"),
        ({"platform": ["fargate"]}, "platform: must be one word, found a list. Known here: ec2, fargate"),
        (
            {"timeout": {"attemptDurationSeconds": 600}},
            "timeout: unknown field. Did you mean 'timeout_s'? Write timeout",
        ),
        (
            {"resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "2048"}]},
            "resourceRequirements: unknown field. Did you mean 'resources'? Write resources: {vcpus: 2, memory_mib: 20",
        ),
        (
            {"resources": [{"type": "GPU", "value": "1"}]},
            "resources: must be a mapping, found a list: write resources: {gpus: 1}.",
        ),
        (
            {"cpu": 512},
            "cpu: unknown field. Did you mean 'vcpus'? If these are CPU units of ECS, 1024 to a vCPU, write vcpus: 0.5",
        ),
        (
            {"memory": 2_000_000_000},
            "memory: unknown field. Did you mean 'memory_mib'? If these are bytes, write memory_mib: 1908",
        ),
    ],
)
def test_words_of_aws_lead_to_where_they_belong(given, message):
    (found,) = find(given)
    assert found.startswith(message)


@pytest.mark.parametrize("names", ["nodes", "node"])
def test_selectors_outside_of_match_are_put_into_it(names):
    (found,) = find({"rules": [{names: ["a", "b_*"], "gpus": 1}]})
    assert found == f"rules[0].{names}: unknown field. Did you mean 'match'? Write match: {{nodes: [a, b_*]}}"
    assert find({"rules": [{names: ["a: b"], "gpus": 1}]})[0].startswith("rules[0]: 'match' is missing.")


def test_an_amount_is_set_once_in_one_place():
    here = "vcpus: it is set twice, here and as resources.vcpus: write it in one way, in all environments"
    there = "resources.vcpus: it is set twice, here and as vcpus: write it in one way, in all environments"
    given = {"resources": {"vcpus": 1, "gpus": 1}, "vcpus": 1, "memory_mib": 2048}
    assert find(given) == [here, there]
    assert find({"rules": [{"match": {"nodes": ["a"]}, **given}]}) == [f"rules[0].{here}", f"rules[0].{there}"]
    assert find({"vcpus": 1, "rules": [{"match": {"nodes": ["a"]}, "resources": {"vcpus": 2}}]}) == []
