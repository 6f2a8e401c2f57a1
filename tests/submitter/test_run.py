import signal
import time
from contextlib import contextmanager

import pytest

from kedro_batch.errors import Interrupted
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.request import RunId
from kedro_batch.submitter.attention import Attention
from kedro_batch.submitter.aws import AwsEngine
from kedro_batch.submitter.events import Event, JobChanged
from kedro_batch.submitter.progress import JobState
from kedro_batch.submitter.run import Pace, Run
from tests.support.plans import write_plan
from tests.support.services import standin


@contextmanager
def run_on(folder, monkeypatch, jobs, parents, pace, **configuration):
    """Give a run on a stand-in, the service itself, and the list of what happens."""
    plan = read_plan(write_plan(folder, jobs, parents).read_bytes(), "plan.yaml")
    happened: list[Event] = []
    with standin(**configuration) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        attention = Attention()
        yield (
            Run(
                plan,
                digest=plan_digest(plan),
                run_id=RunId("r1"),
                engine=AwsEngine(attention),
                attention=attention,
                emit=happened.append,
                record="nowhere",
                pace=pace,
            ),
            service,
            happened,
        )


def test_a_job_that_vanishes_is_lost_after_a_while_and_never_asked_about_for_ever(tmp_path, monkeypatch):
    pace = Pace(shortest=0.05, longest=0.2, until_lost=0.5)
    jobs, parents = {"a": ["x"], "b": ["x"], "c": ["x"]}, {"b": "a"}
    with run_on(tmp_path, monkeypatch, jobs, parents, pace, vanish=["a"]) as (run, _, happened):
        finished = run.to_the_end()
    # What is below it is known to the service, and followed there to its end.
    assert (finished.outcome, finished.counts) == ("failed", {"LOST": 1, "SUCCEEDED": 2})
    lost = next(one for one in happened if isinstance(one, JobChanged) and one.after is JobState.LOST)
    assert lost.job == "a"


def test_a_wait_ends_when_somebody_calls_and_a_signal_is_looked_at_between_two_steps():
    attention = Attention()
    began = time.monotonic()
    attention.heed()
    attention.wake()
    assert attention.wait(30)
    assert not attention.wait(0.01)
    attention.take_signal(signal.SIGTERM)
    assert attention.wait(30)
    assert time.monotonic() - began < 10
    with pytest.raises(Interrupted) as raised:
        attention.heed()
    assert raised.value.exit_code == 143
    assert not attention.impatient
    attention.take_signal(signal.SIGINT)  # the run is at its end already: nothing is raised
    assert attention.impatient


def test_a_run_that_is_stuck_in_a_call_is_ended_by_another_signal():
    attention = Attention()
    attention.take_signal(signal.SIGINT)
    attention.take_signal(signal.SIGINT)  # too soon to tell whether it is stuck
    time.sleep(1.1)
    with pytest.raises(Interrupted):
        attention.take_signal(signal.SIGINT)


def test_looks_become_rarer_while_nothing_changes(tmp_path, monkeypatch):
    pace = Pace(shortest=0.05, longest=10, growth=2)
    with run_on(tmp_path, monkeypatch, {"a": ["x"]}, {}, pace, run_s=3) as (run, service, _):
        assert run.to_the_end().outcome == "succeeded"
        # 3 s in steps of 0.05 s would be 60 looks; doubling them takes about 7, and the changes start anew.
        assert len(service.asked("describejobs")) <= 12
