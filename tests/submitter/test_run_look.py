from kedro_batch.plan.model import JobName
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.run_look import look_at_recorded_run
from tests.standin.simulated import Simulated
from tests.submitter.simulated_logs import asked
from tests.support.plans import write_plan

RUN, A = RunId("r"), JobName("a")


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
