"""``kedro-batch resume``."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from kedro_batch.cli.apply_command import check_expected, expect_digest_option, refuse_short_digest
from kedro_batch.cli.base import BatchCommand, command_with, print_plainly, verbosity_options
from kedro_batch.cli.options import (
    check_follows,
    command_options,
    data_version_option,
    events_option,
    following_options,
    journal_option,
    json_option,
    local_options,
    named_jobs,
    plan_option,
    stuck_option,
    submitting_options,
)
from kedro_batch.cli.run_choice import complete_run
from kedro_batch.cli.standard_input import saving_first
from kedro_batch.cli.streams import read_input
from kedro_batch.errors import UsageError


@click.command(cls=BatchCommand, short_help="Submit what has not succeeded in a run, and follow it.")
@click.argument("run", shell_complete=complete_run)
@click.option(
    "--from", "from_jobs", multiple=True, metavar="JOB", help="Run JOB and all below it again, even if they succeeded."
)
@click.option("--only", "only_jobs", multiple=True, metavar="JOB", help="Run JOB again, and nothing else.")
@click.option(
    "--assume-done",
    metavar="FILE",
    default=None,
    help="Names of jobs that have succeeded, one a line: for a run so old that AWS Batch has forgotten it.",
)
@click.option(
    "--same-definitions",
    is_flag=True,
    help="Where newer revisions of job definitions are active: keep those that the run has used until now.",
)
@click.option("--new-definitions", is_flag=True, help="Or take the newest ones, as for a new image.")
@click.option(
    "--new-plan",
    metavar="NEW",
    default=None,
    help="Go on with the plan NEW, after settings had to change: what has succeeded has to be the same in it.",
)
@plan_option
@expect_digest_option
@data_version_option
@submitting_options
@following_options
@stuck_option
@local_options
@journal_option
@json_option("Print every event as a line of JSON.")
@events_option
@verbosity_options
def resume(  # noqa: PLR0913  click hands over every option
    run: str,
    *,
    from_jobs: tuple[str, ...],
    only_jobs: tuple[str, ...],
    assume_done: str | None,
    same_definitions: bool,
    new_definitions: bool,
    new_plan: str | None,
    plan: str | None,
    expect_digest: str | None,
    journal: Path,
    **given: Any,
) -> None:
    """Take up RUN again: submit what failed, was not run, was lost or never submitted, and follow it to the end.

    What has succeeded is not run again. What still runs is left to run.

    With --new-plan, what is submitted from now on is that of another plan: with more memory, another image or queue.
    """
    check_follows(given)
    if from_jobs and only_jobs:
        raise click.UsageError("--from and --only exclude each other")
    if same_definitions and new_definitions:
        raise click.UsageError("--same-definitions and --new-definitions exclude each other")
    if (plan, new_plan, assume_done).count("-") > 1:
        raise click.UsageError("only one of --plan, --new-plan and --assume-done can be standard input")
    from kedro_batch.cli.named_plan import read_named_plan
    from kedro_batch.cli.plan_contradicted import offering_reruns
    from kedro_batch.cli.revision_choice import NEW, SAME, offering_revisions
    from kedro_batch.cli.run_handle import open_named_run, with_new_plan
    from kedro_batch.cli.run_session import open_run
    from kedro_batch.plan.model import JobName
    from kedro_batch.submitter.journal_view import journal_words
    from kedro_batch.submitter.reconcile.named_jobs import check_names
    from kedro_batch.submitter.run_options import DefinitionChoice, RunMode
    from kedro_batch.submitter.run_plans import jobs_in_any

    choice = DefinitionChoice.SAME if same_definitions else DefinitionChoice.NEW if new_definitions else None
    options = command_options(
        given,
        RunMode.RESUME,
        from_jobs=tuple(map(JobName, from_jobs)),
        only_jobs=tuple(map(JobName, only_jobs)),
        assume_done=named_jobs(assume_done, read_input),
        definitions=choice,
    )
    refuse_short_digest(expect_digest, new_plan or "PLAN")
    first = saving_first(plan=plan, new_plan=new_plan, assume_done=assume_done)
    named = read_named_plan(*read_input(plan)) if plan else None
    new = read_named_plan(*read_input(new_plan)) if new_plan else None
    handle, book = open_named_run(run, journal, named, quiet=not options.verbosity.notes, in_use=new is None)
    if new:
        handle = with_new_plan(handle, new)
    check_expected(handle.digest, expect_digest, handle.source)
    if new and not handle.is_new and options.verbosity.notes:
        print_plainly(f"{handle.source} is the plan that run {handle.run_id} has already: nothing differs")
    known = [job.name for job in handle.plan.jobs]
    check_names(known, (*options.run.from_jobs, *options.run.only_jobs))
    check_names(jobs_in_any([handle.plan, *handle.earlier.values()]), (), options.run.assume_done or ())
    if choice and handle.engine_name == "local":
        raise UsageError(
            f"run {handle.run_id} is a local run, which has no job definitions: leave --{choice}-definitions out"
        )
    with (
        offering_revisions(partial(command_with, instead_of=(SAME, NEW)), first),
        offering_reruns(command_with, handle.run_id, journal_words(journal), first),
        open_run(handle, book, options) as session,
    ):
        session.follow()
