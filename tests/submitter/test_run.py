import signal
import time
from contextlib import contextmanager

import pytest

from kedro_batch.errors import Interrupted
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.events import Event, JobChanged
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.run import Run
from kedro_batch.submitter.run_options import RunMode, RunOptions
from kedro_batch.submitter.service.limits import Pace
from tests.submitter.contexts import RUN, context_on, submit_first_job


@contextmanager
def run_on(folder, monkeypatch, parents, pace, **configuration):
    """Give a run on a stand-in, the service itself, and the list of what happens."""
    happened: list[Event] = []
    options = RunOptions(pace=pace)
    with context_on(folder, monkeypatch, parents, options=options, show=happened.append, **configuration) as given:
        context, service = given
        yield Run(context), service, happened


def test_a_job_that_vanishes_is_lost_after_a_while_and_never_asked_about_for_ever(tmp_path, monkeypatch):
    pace = Pace(shortest=0.05, calls=100, until_lookup=0.4)
    parents = {"a": "", "b": "", "c": ""}
    with run_on(tmp_path, monkeypatch, parents, pace, vanish=["a"]) as (run, service, happened):
        finished = run.to_the_end()
        searched = [one["filters"][0]["values"][0] for one in service.asked("listjobs")]
    assert (finished.outcome, finished.counts) == ("failed", {"LOST": 1, "SUCCEEDED": 2})
    (lost,) = [one for one in happened if isinstance(one, JobChanged) and one.after is JobState.LOST]
    assert lost.job == "a"
    assert "r1_a_1" in searched  # before it was given up


def test_a_job_that_may_have_been_submitted_is_looked_up_before_it_is_run_again_by_name(tmp_path, monkeypatch):
    a = JobName("a")
    options = RunOptions(mode=RunMode.RESUME, from_jobs=(a,), pace=Pace(calls=100))
    with context_on(tmp_path, monkeypatch, {"a": ""}, options=options, list_delay_s=2, run_s=2) as (context, service):
        context.journal.intend(RUN, [(a, 1)], context.calls.wall())
        lost_id = submit_first_job(context)  # and its reply was lost
        run = Run(context)
        assert run.to_the_end().outcome == "succeeded"
        assert run.run_state.record(a).job_id == lost_id
        assert service.verdict()["taken"] == 1


def test_a_wait_ends_when_somebody_calls_and_a_signal_is_looked_at_between_two_steps():
    inbox = Inbox()
    inbox.check_interrupt()
    inbox.wake()
    assert inbox.wait(100_000)
    assert not inbox.wait(0)
    inbox.on_signal(signal.SIGTERM)
    assert inbox.wait(100_000)
    with pytest.raises(Interrupted) as raised:
        inbox.check_interrupt()
    assert raised.value.exit_code == 143
    assert not inbox.impatient
    inbox.on_signal(signal.SIGINT)  # the run is at its end already: nothing is raised
    assert inbox.impatient


def test_a_run_that_is_stuck_in_a_call_is_ended_by_another_signal(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    inbox = Inbox()
    inbox.on_signal(signal.SIGINT)
    inbox.on_signal(signal.SIGINT)  # too soon to tell whether it is stuck
    clock[0] += 1.1
    with pytest.raises(Interrupted):
        inbox.on_signal(signal.SIGINT)


def test_looks_become_rarer_while_nothing_changes(tmp_path, monkeypatch):
    pace = Pace(shortest=0.05, calls=100)
    with run_on(tmp_path, monkeypatch, {"a": ""}, pace, run_s=3) as (run, service, _):
        assert run.to_the_end().outcome == "succeeded"
        # 3 s in steps of 0.05 s would be 60 looks. A tenth of the quiet time each: 10 in the first 0.5 s, then one for
        # every 10 % of the time, 19 until 3 s.
        assert len(service.asked("describejobs")) <= 40
