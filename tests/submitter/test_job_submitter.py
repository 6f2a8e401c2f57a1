from kedro_batch.plan.model import JobName
from kedro_batch.submitter.job_submitter import Submission
from kedro_batch.submitter.run_state import JobState, Progress, Standing
from tests.submitter.contexts import RUN, desk_on, next_reply

A, B = JobName("a"), JobName("b")


def test_a_job_that_is_accepted_after_its_parent_has_failed_is_terminated_and_not_waited_for(tmp_path, monkeypatch):
    with desk_on(tmp_path, monkeypatch, {"a": "", "b": "a"}, run_s=60) as (desk, service):
        progress = Progress(desk.plan)
        submission = Submission(desk, progress, {"a_definition": "a_definition"})
        for _ in range(2):
            submission.act(desk.calls.now())
            reply = next_reply(desk)
            if reply.about == B:  # meanwhile a look has shown what became of its parent
                progress.seen(A, JobState.FAILED)
            submission.take(reply, desk.calls.now())
        assert progress.ended
        assert submission.idle
        assert len(service.asked("terminatejobs")) == 1
        assert service.jobs()["b"]["status"] == "FAILED"
        desk.journal.commit()
        recorded = desk.journal.recorded(RUN)[B].standing
        assert recorded == Standing(state=JobState.NOT_RUN, job_id=progress.job_id(B), because=A)
