"""All of a run, for a report: from the journal, or as far as AWS Batch still knows it, if that is elsewhere."""

from kedro_batch.cli.aws_access import no_job_listed, open_for_reading, tell_notices
from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.shown_run import ShownRun
from kedro_batch.cli.signals import noting_signals
from kedro_batch.cli.standard_input import file_word
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal_view import journal_words, read_journal
from kedro_batch.submitter.run_history import RunHistory, read_history
from kedro_batch.submitter.service.limits import LOG_PATIENCE_S


def history_of(run: ShownRun, plan_file: str | None) -> RunHistory:
    """Return the history of a run.

    Args:
        run: The run.
        plan_file: The plan that the user has named.

    Raises:
        RunUnknown: Neither the journal nor AWS Batch knows it.
        UsageError: The journal cannot be read, or the plan is none of the run's.
        PlanError: A plan of the run cannot be read.
        ServiceError: The journal does not have it, and AWS Batch could not be asked.
        Interrupted: A signal came.
    """
    if run.entry is not None:
        with read_journal(run.journal, print_plainly) as view:
            return read_history(view, run.run_id)
    from kedro_batch.submitter.listed_history import HistoryRequest, ask_history  # noqa: PLC0415  only where AWS is asked

    named = file_word("--plan", plan_file or "-")
    inbox = Inbox()
    with noting_signals(inbox):
        service = open_for_reading(run, inbox, tell_notices, LOG_PATIENCE_S)
        location = {"region": service.engine.location.get("region"), "account": run.account}
        asked = HistoryRequest(
            run_id=run.run_id,
            plan=run.plan,
            location={name: value for name, value in location.items() if value},
            logs_command=f"kedro-batch logs --run {run.run_id} --plan {named}{journal_words(run.journal)}",
        )
        history = ask_history(asked, service)
    if history is None:
        raise no_job_listed(run)
    return history
