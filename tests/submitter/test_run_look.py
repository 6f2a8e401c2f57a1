import pytest

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.run_look import RunLook, look_at_listed_run, look_at_recorded_run
from tests.standin.simulated import Simulated
from tests.submitter.simulated_logs import asked
from tests.support.plans import write_plan

RUN, A = RunId("r"), JobName("a")
S = JobState


def test_a_job_whose_reply_was_lost_is_found_in_the_queue_of_an_earlier_plan(tmp_path):
    plan = read_plan(write_plan(tmp_path, {"a": ["x"]}).read_bytes(), "plan.yaml")
    service = Simulated(run_s=600, queues=["a_queue", "before"])
    service.ask("SubmitJob", jobName="r_a_1", jobQueue="before", jobDefinition="a_definition")
    service.now += 10
    recorded = {A: JobRecord(state=JobState.UNCONFIRMED, submission=1)}
    seen = [
        look_at_recorded_run(RUN, plan, recorded, asked(service)[0], queues).records[A].state
        for queues in ((), {"before"})
    ]
    assert seen == [JobState.UNCONFIRMED, JobState.RUNNING]


CHAIN = {"b": "a", "c": "b", "d": "c"}


def submit(service: Simulated, job: str, above: str | None = None) -> None:
    parents = {"dependsOn": [{"jobId": service.ids[above]}]} if above else {}
    named = {"jobName": f"r_{job}_1", "tags": {"kedro-batch:job": job}}
    reply = service.ask("SubmitJob", **named, jobQueue="a_queue", jobDefinition="a_definition", **parents)
    service.ids[job] = reply["jobId"]


def test_of_what_aws_batch_does_not_list_a_look_says_what_a_report_does(tmp_path):
    plan = read_plan(write_plan(tmp_path, {job: ["x"] for job in "abcd"}, CHAIN).read_bytes(), "plan.yaml")
    service = Simulated(run_s=600)
    seen = look_at_listed_run(RUN, plan, asked(service)[0])
    assert seen.records == {}
    submit(service, "a")
    submit(service, "b", "a")
    service.states(at=300)
    young = look_at_listed_run(RUN, plan, asked(service)[0])
    assert young.account == "123456789012"
    assert states(young) == {
        "a": S.RUNNING,
        "b": S.PENDING,
        "c": S.NOT_SUBMITTED,
        "d": S.NOT_SUBMITTED,
    }
    service.states(at=900)
    service.service.forget(["a"])
    forgotten = look_at_listed_run(RUN, plan, asked(service)[0])
    assert states(forgotten) == {
        "a": S.SUCCEEDED,
        "b": S.RUNNING,
        "c": S.EXPIRED,
        "d": S.EXPIRED,
    }


def states(look: RunLook) -> dict[str, JobState]:
    return {job: one.state for job, one in sorted(look.records.items())}


def test_a_plan_that_is_none_of_the_runs_is_refused(tmp_path):
    plan = read_plan(write_plan(tmp_path, {"a": ["x"]}).read_bytes(), "plan.yaml")
    service = Simulated(run_s=600)
    tags = {"kedro-batch:job": "a", "kedro-batch:plan": "sha256:another"}
    service.ask("SubmitJob", jobName="r_a_1", jobQueue="a_queue", jobDefinition="a_definition", tags=tags)
    with pytest.raises(UsageError, match=r"^run r is of another plan: r_a_1 was submitted from sha256:another, and"):
        look_at_listed_run(RUN, plan, asked(service)[0])
