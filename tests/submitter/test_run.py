from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.request import RunId
from kedro_batch.submitter.aws import AwsEngine
from kedro_batch.submitter.events import Event, JobChanged
from kedro_batch.submitter.run import Pace, Run
from tests.support.plans import write_plan
from tests.support.services import standin


def test_a_job_that_vanishes_is_lost_after_a_while_and_never_asked_about_for_ever(tmp_path, monkeypatch):
    plan = read_plan(write_plan(tmp_path, {"a": ["x"], "b": ["x"], "c": ["x"]}, {"b": "a"}).read_bytes(), "plan.yaml")
    happened: list[Event] = []
    with standin(vanish=["a"]) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        run = Run(
            plan,
            digest=plan_digest(plan),
            run_id=RunId("r1"),
            engine=AwsEngine(),
            emit=happened.append,
            record="nowhere",
            pace=Pace(shortest=0.05, longest=0.2, until_lost=0.5),
        )
        finished = run.to_the_end()
    assert (finished.outcome, finished.counts) == ("failed", {"LOST": 1, "NOT_RUN": 1, "SUCCEEDED": 1})
    changes = {one.job: one for one in happened if isinstance(one, JobChanged)}
    assert changes[plan.jobs[1].name].because == "a"
