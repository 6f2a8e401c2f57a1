import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.resource_hours import add_up_resources
from kedro_batch.plan.settings import JobDefinition, Resources
from tests.support.plans import a_job

DECLARED = {"d": JobDefinition(image="i", resources=Resources(vcpus=2, memory_mib=1024, gpus=1))}


def test_hours_are_those_of_all_attempts_with_all_their_time():
    big = a_job("a", resources=Resources(vcpus=4, memory_mib=2048, gpus=2), timeout_s=7200, attempts=3)
    small = a_job("b", resources=Resources(vcpus=0.25, memory_mib=512), timeout_s=1800, attempts=1)
    use = add_up_resources(Plan(jobs=(big, small)))
    assert use.amounts == {"vcpus": 4.25, "memory_mib": 2560, "gpus": 2, "attempts": 4, "retry_on": 4}
    assert use.hours == {"vcpus": 24.125, "memory_mib": 12.25 * 1024, "gpus": 12}
    assert use.jobs_without_limit == {}


def test_what_a_job_does_not_state_is_taken_from_the_definition_that_the_plan_declares():
    jobs = (a_job("a", resources=Resources(gpus=4)), a_job("b", timeout_s=3600))
    use = add_up_resources(Plan(jobs=jobs, job_definitions=DECLARED))
    assert use.amounts == {"vcpus": 4, "memory_mib": 2048, "gpus": 5, "attempts": 2, "retry_on": 0}
    assert (use.hours["gpus"], use.no_limit["gpus"], use.unknown) == (1, 4, {})
    assert use.jobs_without_limit == {"jobs": 1, "vcpus": 1, "memory_mib": 1, "gpus": 1}


@pytest.mark.parametrize(
    ("settings", "unknown"),
    [
        ({"resources": Resources(vcpus=1, memory_mib=512, gpus=1), "timeout_s": 60, "attempts": 1}, {}),
        ({"resources": Resources(vcpus=1, memory_mib=512), "timeout_s": 60, "attempts": 1}, {"gpus": 1}),
        ({"resources": Resources(vcpus=1, gpus=1), "attempts": 1}, {"memory_mib": 1, "timeout_s": 1}),
        ({"resources": Resources(vcpus=1, memory_mib=512, gpus=1), "timeout_s": 60}, {"attempts": 1}),
    ],
)
def test_what_a_definition_that_is_only_named_sets_is_counted_and_no_time_limit_is_claimed(settings, unknown):
    use = add_up_resources(Plan(jobs=(a_job("a", **settings),)))
    counts = {what: number for (_, what), number in use.unknown.items() if "hours" not in what}
    assert (counts, use.jobs_without_limit) == (unknown, {})


def test_no_gpus_asked_for_leaves_those_of_the_definition():
    plan = Plan(jobs=(a_job("a", resources=Resources(gpus=0)),), job_definitions=DECLARED)
    assert add_up_resources(plan).amounts["gpus"] == 1
