"""``kedro-batch apply``."""

import re
import secrets
import shlex
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from kedro_batch.cli.base import BatchCommand, print_plainly, verbosity_options
from kedro_batch.cli.options import (
    check_follows,
    command_options,
    data_version_option,
    events_option,
    following_options,
    journal_option,
    json_option,
    local_options,
    only_on_aws,
    stuck_option,
    submitting_options,
)
from kedro_batch.cli.standard_input import saving_first, with_files
from kedro_batch.cli.streams import read_input, refuse_closed_output
from kedro_batch.errors import PlanError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedro_batch.cli.run_handle import RunHandle
    from kedro_batch.cli.run_session import RunSession
    from kedro_batch.plan.model import Plan, PlanDigest
    from kedro_batch.submitter.events import EngineName


def refuse_short_digest(text: str | None, plan: str) -> None:
    """Refuse what is no whole digest: of a short one, somebody finds another plan within minutes.

    Raises:
        BadParameter: It is not ``sha256:`` and 64 hexadecimal digits.
    """
    if text is not None and not re.fullmatch("sha256:[0-9a-f]{64}", text):
        printing = f"kedro-batch validate {'PLAN' if plan == '-' else shlex.quote(plan)}"
        raise click.BadParameter(
            f"{text!r} is not a whole digest, which is sha256: and 64 hexadecimal digits. To print it: {printing}",
            param_hint="'--expect-digest'",
        )


expect_digest_option = click.option(
    "--expect-digest",
    default=None,
    metavar="DIGEST",
    help="Refuse any plan but the one with this digest, as show, diff and validate print it.",
)


def check_expected(digest: str, expected: str | None, name: str) -> None:
    """Refuse a plan that is not the one that was reviewed.

    Raises:
        PlanError: It has another digest.
    """
    if expected is not None and digest != expected:
        raise PlanError(f"{name} is not the plan that was reviewed: its digest is {digest}, not {expected}")


@click.command(cls=BatchCommand, short_help="Run a plan, on AWS Batch or on this machine.")
@click.argument("plan")
@click.option("--local", "on_this_machine", is_flag=True, help="Run on this machine instead of AWS Batch.")
@click.option("--dry-run", is_flag=True, help="Print the requests as JSON lines and submit nothing.")
@click.option(
    "--run-id",
    default=None,
    metavar="ID",
    help="The name of this run; the same name again continues it. Default: a new one, made of the time.",
)
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
def apply(  # noqa: PLR0913  click hands over every option
    plan: str,
    *,
    on_this_machine: bool,
    dry_run: bool,
    run_id: str | None,
    expect_digest: str | None,
    journal: Path,
    **given: Any,
) -> None:
    """Run PLAN (- is standard input) and follow it to the end.

    Every job is submitted at once, with the ids of the jobs that it waits for: AWS Batch runs them without this
    command. Ctrl-C stops following; resume, wait and cancel take the run up again. Account, region and endpoint come
    from boto3's usual places (AWS_PROFILE, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_BATCH). If the plan names an account or
    a region, others are refused. Job definitions that the plan declares are registered first, if they are not yet.
    """
    if on_this_machine:
        only_on_aws(given, "detach", "no_reconcile", "rate", "no_adopt", "stuck_after")
    elif given["project"] or given["max_workers"]:
        raise click.UsageError("--project and --max-workers go with --local")
    check_follows(given)
    if dry_run and (on_this_machine or given["as_json"] or given["events"]):
        raise click.UsageError("--dry-run only prints requests to AWS Batch: leave --local, --json and --events out")
    if given["data_version"] and run_id is None:
        raise click.UsageError("--data-version goes with --run-id: a new run gets a version of its own")
    refuse_short_digest(expect_digest, plan)
    from kedro_batch.plan.digest import plan_digest
    from kedro_batch.plan.reader import read_plan

    content, name = read_input(plan)
    ready = read_plan(content, name)
    digest = plan_digest(ready)
    check_expected(digest, expect_digest, name)
    if dry_run:
        _print_requests(ready, digest)
        return
    source = (content, name)
    with start_run(ready, digest, source, journal, run_id=run_id, on_this_machine=on_this_machine, given=given) as run:
        run.follow()


@contextmanager
def start_run(  # noqa: PLR0913  what was read of the plan, and what was asked for
    plan: "Plan",
    digest: "PlanDigest",
    source: tuple[bytes, str],
    journal: Path,
    *,
    run_id: str | None,
    on_this_machine: bool,
    given: dict[str, Any],
) -> "Iterator[RunSession]":
    """Start a run of a plan, or continue it: it is locked and recorded while the block works on it.

    Args:
        plan: The plan.
        digest: Its digest.
        source: The plan byte for byte, and where it comes from, for messages.
        journal: The file with the record of all runs.
        run_id: The name of the run; None for a new one.
        on_this_machine: Run it here, not on AWS Batch.
        given: The options, by their names.

    Raises:
        KedroBatchError: As ``open_run``; or the run that has this name is another one.
    """
    from kedro_batch.cli.aws_access import aws_engine
    from kedro_batch.cli.named_plan import NamedPlan
    from kedro_batch.cli.plan_contradicted import offering_reruns
    from kedro_batch.cli.revision_choice import offering_revisions
    from kedro_batch.cli.run_handle import RunHandle, check_plan_in_use, find_run
    from kedro_batch.cli.run_session import open_run
    from kedro_batch.submitter.journal import Journal
    from kedro_batch.submitter.journal_view import journal_words
    from kedro_batch.submitter.run_id import checked_new_run_id, make_run_id
    from kedro_batch.submitter.run_options import RunMode

    content, name = source
    chosen = checked_new_run_id(run_id) if run_id else make_run_id(datetime.now(UTC), secrets.token_bytes(4))
    engine = None if on_this_machine else aws_engine(plan, new_run=run_id is None)
    book = Journal(journal, print_plainly, at_once=False)
    entry = book.run(chosen)
    check_plan_in_use(entry, digest, name, journal)
    engine_name: EngineName = "local" if on_this_machine else "aws"
    if entry and entry.engine != engine_name:
        raise UsageError(f"run {chosen} runs on {entry.engine}: choose another --run-id")
    others_may_know = run_id is not None and not on_this_machine and not given["no_adopt"]
    mode = RunMode.CONTINUE if entry or others_may_know else RunMode.START
    if entry:
        named = NamedPlan(plan=plan, digest=digest, content=content, source=name)
        handle = find_run(chosen, book, named)
    else:
        handle = RunHandle(
            run_id=chosen, plan=plan, digest=digest, content=content, source=name, engine_name=engine_name, entry=None
        )
    ctx = click.get_current_context(silent=True)  # a program may have a session of Kedro, and no command line
    first = saving_first(plan=ctx.params.get("plan")) if ctx and handle.entry is None else ""
    with (
        offering_revisions(lambda option: _resume_with(handle, journal, option), first),
        offering_reruns(partial(_resume_with, handle, journal), chosen, journal_words(journal), first),
        open_run(handle, book, command_options(given, mode), engine=engine) as session,
    ):
        yield session


def _resume_with(handle: "RunHandle", journal: Path, *options: str) -> str:
    """Return the command that resumes a run with more options, found as this command found it."""
    ctx = click.get_current_context()
    words = ["resume", handle.run_id]
    if handle.entry is None:
        words += with_files(["--plan", ctx.params["plan"]])
    if ctx.get_parameter_source("journal") is ParameterSource.COMMANDLINE:
        words += ["--journal", str(journal)]
    program = ctx.command_path.removesuffix(f" {ctx.info_name}")
    return f"{program} {shlex.join([*words, *options])}"


def _print_requests(plan: "Plan", digest: "PlanDigest") -> None:
    from kedro_batch.files.json_text import encoded
    from kedro_batch.submitter.service.dry_run import dry_registrations, dry_requests

    refuse_closed_output()
    for request in (*dry_registrations(plan), *dry_requests(plan, digest)):
        click.echo(encoded(request))
