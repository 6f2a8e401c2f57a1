"""What SubmitJob takes, and how soon what it has taken can be seen."""

import pytest

from kedro_batch.plan.register_definition import register_request
from kedro_batch.plan.variables import VERSION_VARIABLE
from kedro_batch.submitter.service.limits import DEFINITION_VISIBLE_S, VISIBLE_AFTER_S
from tests.aws.account import until
from tests.aws.jobs import DATA_VERSION, JOBS, busybox, request

pytestmark = pytest.mark.aws

_UNKNOWN = "00000000-0000-4000-8000-{:012}"


def names(jobs, name):
    """List the names of jobs as the program does: all states, in one query."""
    filters = [{"name": "JOB_NAME", "values": [name]}]
    reply = jobs.account.batch.list_jobs(jobQueue=jobs.stack.queue, filters=filters, maxResults=100)
    return [one["jobName"] for one in reply["jobSummaryList"]]


def test_a_new_job_is_visible_before_it_is_taken_for_lost(jobs, seen):
    name = f"{jobs.run}_visible"
    new = jobs.submit("visible")
    listed_s, _ = until(lambda: names(jobs, name), bool, within_s=2 * VISIBLE_AFTER_S, every_s=0.2)
    described_s, _ = until(lambda: jobs.account.described(new), bool, within_s=2 * VISIBLE_AFTER_S, every_s=0.2)
    seen(
        f"ListJobs has a new job {listed_s:.1f} s after SubmitJob, DescribeJobs {described_s:.1f} s after that at most",
        code="submitter/service/limits.py VISIBLE_AFTER_S",
    )
    assert listed_s + described_s <= VISIBLE_AFTER_S


def test_the_filter_of_names_ignores_case_and_takes_a_prefix(jobs, seen):
    jobs.ended("Succeeds")
    whole, prefix = f"{jobs.run}_Succeeds", f"{jobs.run}_"
    found = {one: names(jobs, one) for one in (whole, whole.lower(), f"{prefix}*", f"{prefix.lower()}*")}
    seen(
        ", ".join(f"{one!r} finds {len(some)}" for one, some in found.items()),
        code="submitter/service/aws.py list_jobs",
    )
    assert whole in found[whole]
    assert found[whole.lower()] == found[whole]
    assert set(found[f"{prefix.lower()}*"]) == set(found[f"{prefix}*"]) >= {whole, f"{jobs.run}_fails_twice"}


def test_a_job_that_is_not_known_is_left_out_of_the_description(jobs, seen):
    found = jobs.account.described(_UNKNOWN.format(1), jobs.id_of("Succeeds"))
    seen(f"of a known and an unknown id, {len(found)} is described", code="submitter/service/api.py describe_jobs")
    assert [one["jobId"] for one in found] == [jobs.id_of("Succeeds")]


def test_the_environment_of_a_job_can_be_read_from_its_description(jobs, seen):
    wanted = {"name": VERSION_VARIABLE, "value": DATA_VERSION}
    after = jobs.ended("Succeeds")["container"].get("environment")
    before = jobs.ended("below_below")["container"].get("environment")
    seen(f"of a job that has run: {after}; of one that never started: {before}", code="plan/variables.py VERSION")
    assert wanted in after
    assert wanted in before


def test_more_than_twenty_dependencies_are_refused_by_a_client_exception(jobs, seen):
    batch = jobs.account.batch
    with pytest.raises(batch.exceptions.ClientError) as refused:
        jobs.submit("after_many", *(_UNKNOWN.format(number) for number in range(21)))
    reason = refused.value.response["Error"]
    seen(f"{reason['Code']}: {reason['Message']}", code="plan/checks/batch_limits.py DEPENDENCIES")
    assert reason["Code"] == "ClientException"
    assert "20" in reason["Message"]


def test_a_new_revision_takes_jobs_soon(jobs, seen):
    account, name = jobs.account, f"{jobs.stack.name}_1_36"
    arguments = register_request(name, busybox(JOBS["on_new_revision"].image_tag, jobs.stack.declared), tags=True)
    arn = account.batch.register_job_definition(**arguments)["jobDefinitionArn"]
    refusals = []

    def submitted():
        try:
            return account.batch.submit_job(**request(jobs.run, "on_new_revision", jobs.stack.queue, arn, ()))
        except account.batch.exceptions.ClientException as error:
            refusals.append(str(error))
            return None

    taken_s, _ = until(submitted, bool, within_s=2 * DEFINITION_VISIBLE_S, every_s=0.5)
    shown_s, _ = until(
        lambda: account.batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")["jobDefinitions"],
        bool,
        within_s=2 * DEFINITION_VISIBLE_S,
        every_s=0.5,
    )
    seen(
        f"SubmitJob takes a new revision after {taken_s:.1f} s, refused before: {refusals[:1] or 'never'}; "
        f"DescribeJobDefinitions has it {shown_s:.1f} s later",
        code="submitter/service/limits.py DEFINITION_VISIBLE_S",
    )
    assert taken_s + shown_s <= DEFINITION_VISIBLE_S
    assert all("job" in one.lower() and "definition" in one.lower() for one in refusals)


def test_a_refusal_of_an_unknown_revision_names_the_definition(jobs, seen):
    batch, unknown = jobs.account.batch, f"{jobs.stack.name}_stable:9999"
    arguments = request(jobs.run, "visible", jobs.stack.queue, unknown, ())
    with pytest.raises(batch.exceptions.ClientError) as refused:
        # If it is taken after all, it does not stay in the queue.
        batch.terminate_job(jobId=batch.submit_job(**arguments)["jobId"], reason="it was to be refused")
    reason = refused.value.response["Error"]
    seen(f"{reason['Code']}: {reason['Message']}", code="submitter/definitions/late.py definition")
    assert reason["Code"] == "ClientException"
    assert "definition" in reason["Message"].lower()
