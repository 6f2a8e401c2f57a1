from kedro_batch.plan.model import Plan
from kedro_batch.plan.resource_hours import ResourceUse, add_up_resources
from kedro_batch.plan.settings import JobDefinition, Resources
from tests.support.plans import a_job


def test_hours_are_those_of_all_attempts_with_all_their_time():
    big = a_job("a", resources=Resources(vcpus=4, memory_mib=2048, gpus=2), timeout_s=7200, attempts=3)
    small = a_job("b", resources=Resources(vcpus=0.25, memory_mib=512), timeout_s=1800)
    assert add_up_resources(Plan(jobs=(big, small))) == ResourceUse(
        vcpus=4.25,
        memory_mib=2560,
        gpus=2,
        starts=4,
        vcpu_hours=24.125,
        memory_gib_hours=12.25,
        gpu_hours=12,
        unlimited=0,
        unlimited_with_gpus=0,
        unknown={},
    )


def test_what_a_job_does_not_state_is_taken_from_the_definition_that_the_plan_declares():
    declared = {"d": JobDefinition(image="i", resources=Resources(vcpus=2, memory_mib=1024, gpus=1))}
    plan = Plan(jobs=(a_job("a", resources=Resources(gpus=4)), a_job("b", timeout_s=3600)), job_definitions=declared)
    use = add_up_resources(plan)
    assert (use.vcpus, use.memory_mib, use.gpus, use.gpu_hours) == (4, 2048, 5, 1)
    assert (use.unlimited, use.unknown) == (1, {})


def test_jobs_whose_amounts_are_not_known_are_counted_by_their_definition():
    known = Resources(vcpus=1, memory_mib=512)
    jobs = (a_job("a"), a_job("b", resources=Resources(vcpus=1)), a_job("c", job_definition="e"))
    assert add_up_resources(Plan(jobs=(*jobs, a_job("f", resources=known)))).unknown == {"d": 2, "e": 1}


def test_no_gpus_asked_for_leaves_those_of_the_definition():
    declared = {"d": JobDefinition(image="i", resources=Resources(gpus=1))}
    assert add_up_resources(Plan(jobs=(a_job("a", resources=Resources(gpus=0)),), job_definitions=declared)).gpus == 1
