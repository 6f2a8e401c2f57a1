from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_poller import JobPoller
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.run_state import RunState
from tests.submitter.contexts import context_on, next_reply


def test_when_all_have_ended_about_whom_a_call_would_ask_it_is_not_made(tmp_path, monkeypatch):
    names = [JobName(f"n{number:03}") for number in range(101)]
    with context_on(tmp_path, monkeypatch, dict.fromkeys(names, "")) as (context, service):
        queued = {name: JobRecord(state=JobState.RUNNABLE, job_id=JobId(name)) for name in names[:100]}
        at_work = JobRecord(state=JobState.RUNNING, job_id=JobId("w"))
        run_state = RunState(context.parents, {**queued, names[100]: at_work})
        poller = JobPoller(context, run_state)
        poller.act(context.calls.now())
        reply = next_reply(context)  # of 100; one is left for a second call
        poller.on_reply(reply, context.calls.now())
        run_state.seen(names[100], JobState.FAILED)
        for transition in run_state.give_up_what_has_not_begun(names[100]):
            poller.leave(transition)
        poller.act(context.calls.now())
        assert poller.idle
        assert poller.polls == 1
        assert [len(body["jobs"]) for body in service.asked("describejobs")] == [100]
