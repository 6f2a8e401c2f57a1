"""How much a job gets, whoever states it: the job, the definition that the plan declares, or a container beside."""

import pytest

from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.policy.job_containers import amount_of, commands_of
from kedro_batch.plan.policy.model import Unknown
from kedro_batch.plan.settings import JobDefinition, JobSettings, Resources

UNDECLARED, MISSING, BESIDE = Unknown.BY_DEFINITION, Unknown.NOT_STATED, Unknown.OTHER_CONTAINER
ODD = Unknown.NOT_UNDERSTOOD
PLAIN = JobDefinition(image="i", resources=Resources(vcpus=2, memory_mib=4096))


def pod(*containers):
    return JobDefinition(register={"eksProperties": {"podProperties": {"containers": list(containers)}}})


def task(*containers):
    return JobDefinition(register={"ecsProperties": {"taskProperties": [{"containers": list(containers)}]}})


def on_pod(*containers):
    return {"eksPropertiesOverride": {"podProperties": {"containers": list(containers)}}}


def on_task(*containers):
    return {"ecsPropertiesOverride": {"taskProperties": [{"containers": list(containers)}]}}


def amounts(resources, definition=None, submit=None):
    settings = JobSettings(job_definition="d", resources=Resources.from_dict(resources), submit=submit or {})
    plan = Plan(jobs=(), job_definitions={"d": definition} if definition else {})
    found = (amount_of(name, settings, plan) for name in ("vcpus", "memory_mib", "gpus"))
    return tuple(one.unknown or one.value for one in found)


@pytest.mark.parametrize(
    ("resources", "definition", "expected"),
    [
        ({}, None, (UNDECLARED, UNDECLARED, UNDECLARED)),
        ({"vcpus": 1, "memory_mib": 512}, None, (1, 512, UNDECLARED)),
        ({"gpus": 0}, None, (UNDECLARED, UNDECLARED, UNDECLARED)),
        ({"gpus": 1}, None, (UNDECLARED, UNDECLARED, 1)),
        ({}, PLAIN, (2, 4096, 0)),
        ({"vcpus": 0.5}, PLAIN, (0.5, 4096, 0)),
        ({"gpus": 0}, JobDefinition(resources=Resources(vcpus=1, memory_mib=4, gpus=8)), (1, 4, 8)),
        ({}, JobDefinition(image="i"), (MISSING, MISSING, 0)),
    ],
)
def test_a_job_with_one_container_gets_what_it_states_or_its_definition_declares(resources, definition, expected):
    assert amounts(resources, definition) == expected


MAIN, SIDE = {"name": "main"}, {"name": "side"}
LARGE = {"limits": {"cpu": "1500m", "memory": "2Gi", "nvidia.com/gpu": "1"}}
REQUIRED = [{"type": "VCPU", "value": "4"}, {"type": "MEMORY", "value": "1024"}, {"type": "GPU", "value": "2"}]
STATED = {"vcpus": 1, "memory_mib": 1024}


@pytest.mark.parametrize(
    ("definition", "submit", "expected"),
    [
        (pod(MAIN), on_pod(MAIN), (1, 1024, 0)),
        (pod(MAIN, {**SIDE, "resources": LARGE}), on_pod(MAIN), (2.5, 3072, 1)),
        (pod(MAIN, {**SIDE, "resources": {"requests": LARGE["limits"]}}), on_pod(MAIN), (2.5, 3072, 1)),
        (pod(MAIN, SIDE), on_pod(MAIN), (BESIDE, BESIDE, 0)),
        (pod({**MAIN, "resources": LARGE}), on_pod(MAIN), (1, 1024, 1)),
        (pod({"image": "i"}), on_pod({}), (1, 1024, 0)),
        (pod(MAIN, {**SIDE, "resources": {"limits": {"cpu": "1e3", "memory": "many"}}}), on_pod(MAIN), (ODD,) * 2),
        (task(MAIN, {**SIDE, "resourceRequirements": REQUIRED}), on_task(MAIN), (5, 2048, 2)),
        (task(MAIN, SIDE), on_task(MAIN, {**SIDE, "command": ["x"], "resourceRequirements": REQUIRED}), (5, 2048, 2)),
        (None, on_task(MAIN), (1, 1024, UNDECLARED)),
        (None, on_task(MAIN, {**SIDE, "command": ["x"]}), (UNDECLARED,) * 3),
    ],
)
def test_all_containers_of_a_job_count(definition, submit, expected):
    assert amounts(STATED, definition, submit)[: len(expected)] == expected


def test_the_commands_of_all_containers_are_seen():
    submit = on_pod(MAIN, {"name": "given", "command": ["a"], "args": ["b"]})
    declared = pod({**MAIN, "command": ["replaced"]}, {"name": "given", "command": ["x"]}, {**SIDE, "args": ["c"]})
    own = Job(name=JobName("j"), command=("run",), settings=JobSettings(job_definition="d", submit=submit))
    plan = Plan(jobs=(own,), job_definitions={"d": declared})
    assert list(commands_of(own, plan)) == [(True, ("run",)), (False, ("a", "b")), (False, ("c",))]
    assert list(commands_of(own, Plan(jobs=(own,)))) == [(True, ("run",)), (False, ("a", "b"))]
