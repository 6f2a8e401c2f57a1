from kedro_batch.plan.model import JobName
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.revisions import Revisions
from kedro_batch.submitter.events import Event, Notice, NoticeKind
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.job_submitter import JobSubmitter
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.terminate import JobTerminator
from tests.submitter.contexts import RUN, context_on, next_reply

A, B = JobName("a"), JobName("b")


def revisions_of(context: RunContext) -> Revisions:
    revisions = Revisions(context)
    revisions.choose(context.plan.jobs, {"a_definition": "a_definition"}, may_ask=False)
    return revisions


def test_a_job_that_is_accepted_after_its_parent_has_failed_is_terminated_and_not_waited_for(tmp_path, monkeypatch):
    told: list[Event] = []
    with context_on(tmp_path, monkeypatch, {"a": "", "b": "a"}, run_s=60, show=told.append) as (context, service):
        run_state = RunState(context.parents, {})
        terminator = JobTerminator(context)
        submitter = JobSubmitter(context, run_state, terminator, revisions_of(context))
        submitter.open((), stopped=False)
        for _ in range(2):
            submitter.act(context.calls.now())
            reply = next_reply(context)
            if reply.about == B:  # meanwhile a poll has shown what became of its parent
                run_state.seen(A, JobState.FAILED)
            submitter.on_reply(reply, context.calls.now())
        assert run_state.ended
        assert submitter.idle
        terminator.act(context.calls.now())
        terminator.on_reply(next_reply(context), context.calls.now())
        assert terminator.idle
        assert len(service.asked("terminatejobs")) == 1
        (notice,) = (one for one in told if isinstance(one, Notice))
        assert (notice.kind, notice.job) == (NoticeKind.TERMINATED, B)
        assert notice.message == "terminating b, which was being submitted when a failed"
        assert service.jobs()["b"]["status"] == "FAILED"
        context.journal.commit()
        one = context.journal.records(RUN)[B]
        assert (one.state, one.job_id, one.blocked_by) == (JobState.NOT_RUN, run_state.record(B).job_id, A)


def test_intents_that_were_surely_not_sent_are_taken_back(tmp_path, monkeypatch):
    with context_on(tmp_path, monkeypatch, {"a": "", "b": ""}, hang="submitjob") as (context, _):
        run_state = RunState(context.parents, {})
        submitter = JobSubmitter(context, run_state, JobTerminator(context), revisions_of(context))
        submitter.open((), stopped=False)
        run_state.pop_ready()  # a is not offered: only the intent of b is written
        submitter.act(context.calls.now())
        submitter.stop()
        submitter.withdraw()
        context.journal.commit()
        states = {job: one.state for job, one in context.journal.records(RUN).items()}
        assert states == {B: JobState.SUBMITTING}  # it is under way
        assert submitter.unconfirmed == (B,)
