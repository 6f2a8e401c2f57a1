from kedro_batch.plan.model import JobName
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.run_state import JobRecord, JobState, RunState
from tests.submitter.contexts import RUN, context_on, next_reply

A, B = JobName("a"), JobName("b")


def test_a_job_that_is_accepted_after_its_parent_has_failed_is_terminated_and_not_waited_for(tmp_path, monkeypatch):
    with context_on(tmp_path, monkeypatch, {"a": "", "b": "a"}, run_s=60) as (context, service):
        run_state = RunState(context.plan)
        submission = JobSubmitter(context, run_state, {"a_definition": "a_definition"})
        for _ in range(2):
            submission.act(context.calls.now())
            reply = next_reply(context)
            if reply.about == B:  # meanwhile a look has shown what became of its parent
                run_state.seen(A, JobState.FAILED)
            submission.take(reply, context.calls.now())
        assert run_state.ended
        assert submission.idle
        assert len(service.asked("terminatejobs")) == 1
        assert service.jobs()["b"]["status"] == "FAILED"
        context.journal.commit()
        recorded = context.journal.recorded(RUN)[B].standing
        assert recorded == JobRecord(state=JobState.NOT_RUN, job_id=run_state.job_id(B), blocked_by=A)
