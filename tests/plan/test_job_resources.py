"""How much a job gets, whoever states it: the job, the definition that the plan declares, or a container beside."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_batch.plan.job_resources import JobResources, PlanResources, Unknown
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import AMOUNTS, JobDefinition, JobSettings, Resources
from tests.support.containers import MAIN, SIDE, on_pod, on_task, pod, task

UNDECLARED, MISSING, BESIDE = Unknown.BY_DEFINITION, Unknown.NOT_STATED, Unknown.OTHER_CONTAINER
ODD, FURTHER = Unknown.NOT_UNDERSTOOD, Unknown.FURTHER_CONTAINERS
PLAIN = JobDefinition(image="i", resources=Resources(vcpus=2, memory_mib=4096))


def amounts(resources, definition=None, submit=None):
    stated = JobSettings(job_definition="d", resources=Resources.from_dict(resources), submit=submit or {})
    plan = Plan(jobs=(), job_definitions={"d": definition} if definition else {})
    found = PlanResources(plan).of(stated)
    return tuple(found.unknown.get(name, getattr(found.known, name) or 0) for name in AMOUNTS)


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
        (None, on_task(MAIN), (FURTHER,) * 3),
        (None, on_task(MAIN, {**SIDE, "command": ["x"]}), (FURTHER,) * 3),
    ],
)
def test_all_containers_of_a_job_count(definition, submit, expected):
    assert amounts(STATED, definition, submit)[: len(expected)] == expected


def test_what_is_known_of_a_job_counts_although_there_may_be_more():
    stated = JobSettings(job_definition="d", resources=Resources.from_dict(STATED), submit=on_task(MAIN))
    declared = Plan(jobs=(), job_definitions={"d": task(MAIN, SIDE, {"name": "z", "resourceRequirements": REQUIRED})})
    assert PlanResources(declared).of(stated) == JobResources(
        known=Resources(vcpus=5, memory_mib=2048, gpus=2),
        unknown={"vcpus": BESIDE, "memory_mib": BESIDE},
        several=True,
    )
    assert PlanResources(Plan(jobs=())).of(stated) == JobResources(
        known=Resources(vcpus=1, memory_mib=1024), unknown=dict.fromkeys(AMOUNTS, FURTHER), several=True
    )


def test_containers_that_run_before_the_others_give_back_what_they_had():
    small = {"name": "a", "resources": {"limits": {"cpu": "1", "memory": "512Mi"}}}
    large = {"name": "b", "resources": {"limits": {"cpu": "2", "memory": "100M", "nvidia.com/gpu": "1"}}}
    assert amounts(STATED, pod(MAIN, first=(small, large)), on_pod(MAIN)) == (2, 1024, 1)
    assert amounts({"vcpus": 4, "memory_mib": 64}, pod(MAIN, first=(large,)), on_pod(MAIN)) == (4, 96, 1)


@st.composite
def several_containers(draw):
    """Return containers of a pod by name, those of them that ``submit`` names, and what it gives these."""
    amount = st.sampled_from([None, "1", "2500m", "8", "many"])
    cpus = draw(st.lists(amount, max_size=6))
    given_by_submit = draw(st.dictionaries(st.integers(0, 8), amount, max_size=3))  # some are not declared
    return {f"c{number}": cpu for number, cpu in enumerate(cpus)}, {f"c{n}": cpu for n, cpu in given_by_submit.items()}


@given(several_containers(), several_containers())
@settings(max_examples=200)
def test_containers_that_are_looked_at_once_for_all_jobs_give_what_each_job_gets(first, beside):
    def container(name, cpu):
        return {"name": name, "command": ["x"], **({"resources": {"limits": {"cpu": cpu}}} if cpu else {})}

    (declared_first, named_first), (declared, named) = first, beside
    definition = pod(
        MAIN,
        *(container(name, cpu) for name, cpu in declared.items()),
        first=[container(name, cpu) for name, cpu in declared_first.items()],
    )
    submit = on_pod(MAIN, *(container(name, cpu) for name, cpu in named.items()))
    submit["eksPropertiesOverride"]["podProperties"]["initContainers"] = [
        container(name, cpu) for name, cpu in named_first.items()
    ]
    groups = (declared_first, named_first), (declared, named)
    effective = [{**below, **{name: cpu or below.get(name) for name, cpu in over.items()}} for below, over in groups]
    amounts = [[{"1": 1, "2500m": 2.5, "8": 8}.get(cpu) for cpu in group.values()] for group in effective]
    known = max([1 + sum(one or 0 for one in amounts[1]), *(one or 0 for one in amounts[0])])
    plan = Plan(jobs=(), job_definitions={"d": definition})
    found = PlanResources(plan)
    own = JobSettings(job_definition="d", resources=Resources(vcpus=1), submit=submit)
    found.of(replace(own, submit=on_pod(MAIN)))
    assert found.of(own).known.vcpus == known
    assert ("vcpus" in found.of(own).unknown) == any(one is None for group in amounts for one in group)
