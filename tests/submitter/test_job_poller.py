from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_poller import Pace, Polling
from kedro_batch.submitter.run_state import JobState, Progress, Standing
from tests.submitter.contexts import desk_on, next_reply


def test_when_all_have_ended_about_whom_a_call_would_ask_it_is_not_made(tmp_path, monkeypatch):
    names = [JobName(f"n{number:03}") for number in range(101)]
    with desk_on(tmp_path, monkeypatch, dict.fromkeys(names, "")) as (desk, service):
        queued = {name: Standing(state=JobState.RUNNABLE, job_id=JobId(name)) for name in names[:100]}
        at_work = Standing(state=JobState.RUNNING, job_id=JobId("w"))
        progress = Progress(desk.plan, {**queued, names[100]: at_work})
        polling = Polling(desk, progress, Pace())
        polling.act(desk.calls.now())
        reply = next_reply(desk)  # of 100; one is left for a second call
        polling.take(reply, desk.calls.now())
        progress.seen(names[100], JobState.FAILED)
        for change in progress.give_up_what_has_not_begun(names[100]):
            polling.leave(change)
        polling.act(desk.calls.now())
        assert polling.idle
        assert polling.looks == 1
        assert [len(body["jobs"]) for body in service.asked("describejobs")] == [100]
