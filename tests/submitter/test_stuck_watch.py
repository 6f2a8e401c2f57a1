"""Jobs that get no machine, from the poll to the termination, on a real service."""

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.events import JobSubmitted
from kedro_batch.submitter.job_poller import JobPoller
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal_schema import VERSION
from kedro_batch.submitter.run_options import RunOptions
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.terminate import JobTerminator
from tests.submitter.contexts import RUN, context_on, next_reply, submit_first_job
from tests.support.runs import states, wait_until

A = JobName("a")
REASON = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none"


@pytest.fixture
def followed(tmp_path, monkeypatch):
    """A job that is stuck, and was seen so twice."""
    options = RunOptions(stuck_after_s=0.001)
    with context_on(tmp_path, monkeypatch, {"a": ""}, options=options, stuck={"a": REASON}, run_s=3600) as both:
        context, _ = both
        job_id = submit_first_job(context)
        run_state = RunState(context.parents, {})
        run_state.intend(A)
        run_state.submitted(A, job_id)
        context.journal.intend(RUN, [(A, 1)], 1.0)
        poller = JobPoller(context, run_state)
        for _ in range(2):
            poll(poller, context)
        yield *both, run_state, poller, job_id


def poll(poller, context):
    poller.poll_now()
    poller.act(context.calls.now())
    poller.on_reply(next_reply(context), context.calls.now())


def test_a_job_that_waits_in_vain_even_now_is_ended_with_what_aws_batch_said(followed):
    context, service, run_state, poller, job_id = followed
    terminator = JobTerminator(context)
    terminator.end_stuck(poller.stuck.pop_to_end())
    assert poller.stuck.pop_to_end() == {}
    terminator.act(context.calls.now())
    terminator.on_reply(next_reply(context), context.calls.now())
    assert terminator.idle
    (asked,) = service.asked("terminatejobs")
    assert asked["jobs"] == [job_id]
    assert asked["reason"] == f"kedro-batch: stuck: RUNNABLE for more than 0.0 s: {REASON}"
    poll(poller, context)
    failure = run_state.record(A).failure
    assert (run_state.state(A), failure and failure.cause) == (JobState.FAILED, "stuck")


def test_a_job_that_is_called_off_while_it_is_let_run_is_ended_all_the_same(followed):
    context, service, _, poller, job_id = followed
    terminator = JobTerminator(context)
    terminator.end_stuck(poller.stuck.pop_to_end())
    service.configure(stuck={})
    wait_until(lambda: states(service)["a"] == "RUNNING")
    terminator.act(context.calls.now())
    terminator.terminate([job_id], "kedro-batch: not run")
    terminator.on_reply(next_reply(context), context.calls.now())
    assert (terminator.idle, service.asked("terminatejobs")) == (False, [])
    terminator.act(context.calls.now())
    terminator.on_reply(next_reply(context), context.calls.now())
    assert terminator.idle
    assert [one["jobs"] for one in service.asked("terminatejobs")] == [[job_id]]


def test_a_job_that_has_got_its_machine_just_before_is_let_run(followed):
    context, service, run_state, poller, _ = followed
    terminator = JobTerminator(context)
    terminator.end_stuck(poller.stuck.pop_to_end())
    service.configure(stuck={})
    terminator.act(context.calls.now())
    terminator.on_reply(next_reply(context), context.calls.now())
    assert terminator.idle
    assert service.asked("terminatejobs") == []
    poll(poller, context)
    assert run_state.state(A) in (JobState.STARTING, JobState.RUNNING)


def test_the_first_sight_is_in_the_journal_until_the_job_gets_its_machine(followed):
    context, service, _, poller, job_id = followed
    context.journal.commit()
    sight = context.journal.first_sights(RUN)[A]
    assert (sight.job_id, sight.attempts) == (job_id, 0)
    assert abs(sight.since - context.calls.wall()) < 3600
    service.configure(stuck={})
    poll(poller, context)
    context.journal.commit()
    assert context.journal.first_sights(RUN) == {}


def test_the_first_sight_of_another_job_of_the_node_does_not_count(followed):
    context, *_ = followed
    context.journal.record(RUN, JobSubmitted(job=A, job_id=JobId("another"), submission=1, adopted=True), 1.0)
    context.journal.commit()
    assert context.journal.first_sights(RUN) == {}


@pytest.mark.parametrize(
    ("column", "value"),
    [("stuck_since", "soon"), ("attempts", -1), ("attempts", None), ("job_id", "\x1b"), ("job", "")],
)
def test_an_odd_first_sight_counts_anew(followed, column, value):
    context, *_ = followed
    context.journal.commit()
    assert VERSION >= 5  # older ones had no such column, and are converted
    # Writes past the journal's code, as a tool of others may.
    context.journal._connection.execute(f"UPDATE submissions SET {column} = ?", (value,))  # noqa: S608, SLF001
    assert context.journal.first_sights(RUN) == {}
