"""``kedro-batch wait``."""

from pathlib import Path
from typing import Any

import click

from kedro_batch.cli.base import BatchCommand, read_input, talk_options
from kedro_batch.cli.options import following_options, journal_option, json_option, plan_option, take_options
from kedro_batch.errors import UsageError


@click.command(cls=BatchCommand, short_help="Follow a run to its end, and submit nothing.")
@click.argument("run")
@click.option("--once", is_flag=True, help="Look once, say how it stands, and end: with 7 if it has not ended.")
@plan_option
@following_options
@journal_option
@json_option("Print every event as a line of JSON.")
@talk_options
def wait(run: str, *, plan: str | None, journal: Path, **given: Any) -> None:
    """Follow RUN on AWS Batch until nothing in it goes on. Ctrl-C stops following; the jobs go on."""
    from kedro_batch.cli.run_session import engine_for, run_folder, subject_of, work_on
    from kedro_batch.submitter.inbox import Inbox
    from kedro_batch.submitter.journal import Journal
    from kedro_batch.submitter.run_id import checked_run_id
    from kedro_batch.submitter.run_mode import Purpose, RunMode

    options, talk, local = take_options(given)
    book = Journal(journal)
    subject = subject_of(checked_run_id(run), book, read_input(plan) if plan else None)
    if subject.entry and subject.entry.engine == "local":
        raise UsageError(f"run {run} is on this machine and ends with its command: see kedro-batch status {run}")
    inbox = Inbox()
    name = subject.entry.engine if subject.entry else "aws"
    engine = engine_for(name, inbox, local, run_folder(journal, subject.run_id), subject.entry)
    work_on(
        subject,
        Purpose(mode=RunMode.FOLLOW, known=True, expected=subject.entry is None),
        book,
        engine,
        inbox,
        options=options,
        talk=talk,
    )
