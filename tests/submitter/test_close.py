"""What becomes of the jobs of a run that ends early."""

import signal

import pytest

from kedro_batch.errors import Interrupted
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import TAG_PLAN, JobId, RunId
from kedro_batch.submitter.events import JobSubmitted, RunFinished
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.run_options import RunMode, RunOptions
from tests.support.simulation import InProcess, Simulation, plan_of

RUN = RunId("simulated")


@pytest.mark.parametrize("recorded", [True, False], ids=["in the journal", "found by its name"])
@pytest.mark.parametrize(
    ("name", "tags"), [("payroll", {}), ("simulated_a_1", {TAG_PLAN: "sha256:another"})], ids=["a name", "a plan"]
)
def test_an_interrupt_before_the_journal_was_checked_ends_no_job_of_others(tmp_path, name, tags, *, recorded):
    options = RunOptions(mode=RunMode.RESUME, terminate_on_interrupt=True)
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": ""}), options=options, run_s=1000.0)
    engine = InProcess(simulation.service)

    def submit(name: str, **more: object) -> JobId:
        asked = {"jobName": name, "jobQueue": "a_queue", "jobDefinition": "a_definition", **more}
        return engine.submit_job(asked)

    foreign = submit(name, tags=tags)
    ours = submit("simulated_b_1")
    simulation.journal.intend(RUN, [(JobName("a"), 1), (JobName("b"), 1)], 1.0)
    for job, job_id in {"a": foreign if recorded else None, "b": ours}.items():
        if job_id:
            event = JobSubmitted(job=JobName(job), job_id=job_id, submission=1)
            simulation.journal.record(RUN, event, 1.0)
    simulation.journal.commit()
    simulation.calls.at(0.45, lambda: simulation.inbox.on_signal(signal.SIGINT))
    with pytest.raises(Interrupted):
        simulation.to_the_end()
    simulation.calls.wait(100.0)
    states = {one.job_id: one.state for one in engine.describe_jobs([foreign, ours])}
    assert (states[foreign], states[ours]) == (JobState.RUNNING, JobState.CANCELLED)
    (finished,) = [one.event for one in simulation.happened if isinstance(one.event, RunFinished)]
    assert "Terminating 1 job" in str(finished.note)
