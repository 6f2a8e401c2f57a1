from kedro_batch.plan.model import JobName
from kedro_batch.submitter.cancel import cancel
from kedro_batch.submitter.events import JobChanged
from kedro_batch.submitter.job_state import JobState
from tests.submitter.contexts import RUN, context_on, submit_first_job


def test_a_job_that_may_have_been_submitted_is_looked_for_until_it_has_to_be_visible(tmp_path, monkeypatch):
    a = JobName("a")
    with context_on(tmp_path, monkeypatch, {"a": ""}, list_delay_s=4, run_s=600) as (context, service):
        submit_first_job(context)  # its reply was lost, and a resume that was interrupted wrote so
        context.journal.intend(RUN, [(a, 1)], context.calls.wall())
        before, after = JobState.SUBMITTING, JobState.UNCONFIRMED
        context.emit(JobChanged(job=a, job_id=None, submission=1, before=before, after=after))
        context.journal.commit()
        cancelled = cancel(context, {})
        assert (cancelled.left, cancelled.finished.outcome) == ((), "cancelled")
        assert service.jobs()["a"]["status"] == "FAILED"
        failure = cancelled.run_state.record(a).failure
        assert failure is not None
        assert failure.reason == "kedro-batch: cancelled"
