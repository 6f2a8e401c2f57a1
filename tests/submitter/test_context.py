"""What is told before it is known whether a command may work on its run."""

from kedro_batch.submitter.events import Event, Notice, NoticeKind
from tests.submitter.contexts import RUN, context_on

TROUBLE = Notice(kind=NoticeKind.TROUBLE, message="AWS Batch does not answer")


def test_trouble_is_shown_and_changes_nothing_while_a_new_plan_may_be_refused(tmp_path, monkeypatch):
    shown: list[Event] = []
    with context_on(tmp_path, monkeypatch, {"a": ""}, show=shown.append) as (context, _):
        context.begun, context.new_plan = False, b"plan"
        shown.clear()
        context.emit(TROUBLE)
        assert (context.begun, shown) == (False, [TROUBLE])
        context.emit_started(continued=True)
        assert [one.event for one in shown] == [TROUBLE.event, "run_started"]
        context.journal.commit()
        told = [one["event"] for one in context.journal.events(RUN)]
        assert told[-2:] == ["run_started", TROUBLE.event]
