"""``kedro-batch apply``."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_batch.cli.commands import BatchCommand, lead_nowhere, on_signals, read_input, talk_options, tell
from kedro_batch.errors import Interrupted, JobsFailed, ServiceError

if TYPE_CHECKING:
    from kedro_batch.plan.model import Plan, PlanDigest
    from kedro_batch.submitter.attention import Attention
    from kedro_batch.submitter.engine import Engine
    from kedro_batch.submitter.record import RunRecord


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@click.command(cls=BatchCommand, short_help="Run a plan, on AWS Batch or on this machine.")
@click.argument("plan")
@click.option("--local", is_flag=True, help="Run on this machine instead of AWS Batch.")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    metavar="DIR",
    help="With --local: the working directory of the jobs. Default: the present one.",
)
@click.option(
    "--max-workers",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="With --local: how many jobs run at once. Default: the number of processors.",
)
@click.option("--dry-run", is_flag=True, help="Print the requests as JSON lines and submit nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print every event as a line of JSON.")
@talk_options
def apply(  # noqa: PLR0913  click hands over every option
    plan: str,
    *,
    local: bool,
    project: Path | None,
    max_workers: int | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> None:
    """Run PLAN (- is standard input) and follow it to the end.

    Every job is submitted at once, with the ids of the jobs that it waits for. Account, region and endpoint
    come from boto3's usual places (AWS_PROFILE, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_BATCH).
    """
    if not local and (project or max_workers):
        raise click.UsageError("--project and --max-workers go with --local")
    if dry_run and (local or as_json):
        raise click.UsageError("--dry-run prints what AWS Batch would be sent: it goes without --local and --json")
    from kedro_batch.plan.digest import plan_digest
    from kedro_batch.plan.reader import read_plan

    content, name = read_input(plan)
    ready = read_plan(content, name)
    digest = plan_digest(ready)
    if dry_run:
        _print_requests(ready, digest)
        return
    import secrets

    from kedro_batch.submitter.attention import Attention
    from kedro_batch.submitter.record import RunRecord
    from kedro_batch.submitter.run_id import make_run_id

    if local and ready.project and not ((project or Path()) / "pyproject.toml").is_file():
        tell(f"Warning: {(project or Path()).resolve()} is no Kedro project: name that of the plan with --project DIR")
    if local:
        from kedro_batch.submitter.local import for_this_machine

        ready = for_this_machine(ready)
    run_id = make_run_id(datetime.now(UTC), secrets.token_bytes(4))
    attention = Attention()
    aws = None if local else _aws_engine(attention)
    record = RunRecord(Path.cwd(), run_id, content)
    engine = aws or _local_engine(attention, record, project, max_workers)
    with on_signals(attention.take_signal):
        _follow(
            ready,
            digest,
            engine,
            attention,
            record,
            as_json=as_json,
            quiet=quiet,
            verbose=verbose,
            no_color=no_color,
        )


def _print_requests(plan: "Plan", digest: "PlanDigest") -> None:
    from kedro_batch.submitter.dry_run import dry_requests

    for request in dry_requests(plan, digest):
        click.echo(json.dumps(request, ensure_ascii=False))


def _aws_engine(attention: "Attention") -> "Engine":
    from kedro_batch.submitter.aws import AwsEngine

    return AwsEngine(attention)


def _local_engine(
    attention: "Attention", record: "RunRecord", project: Path | None, max_workers: int | None
) -> "Engine":
    from kedro_batch.submitter.local import LocalEngine

    return LocalEngine(
        attention,
        max_workers=max_workers or _processors(),
        folder=(project or Path()).resolve(),
        logs=record.logs,
    )


def _follow(  # noqa: PLR0913  how the user wants to see it
    plan: "Plan",
    digest: "PlanDigest",
    engine: "Engine",
    attention: "Attention",
    record: "RunRecord",
    *,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> None:
    from kedro_batch.cli.following import JsonLines, follower
    from kedro_batch.review.outcome import outcome_text
    from kedro_batch.submitter.events import Event
    from kedro_batch.submitter.run import Run

    happened: list[Event] = []
    json_lines = JsonLines() if as_json else None
    with follower(quiet=quiet, verbose=verbose, no_color=no_color) as show:

        def emit(event: Event) -> None:
            happened.append(event)
            record.take(event)
            show(event)
            if json_lines:
                json_lines.take(event)

        run = Run(
            plan,
            digest=digest,
            run_id=record.run_id,
            engine=engine,
            attention=attention,
            emit=emit,
            record=os.path.relpath(record.folder),
        )
        failure: ServiceError | Interrupted | None = None
        try:
            finished = run.to_the_end()
        except (ServiceError, Interrupted) as error:
            failure = error
    if record.failure:
        tell(f"Warning: the record of the run in {record.folder} is not complete: {record.failure}")
    if not as_json:
        try:
            click.echo(outcome_text(happened), nl=False)
        except OSError as error:  # when the outcome cannot be told, the exit code still tells it
            lead_nowhere(sys.stdout)
            if not isinstance(error, BrokenPipeError):
                tell(f"Warning: cannot write the outcome: {error.strerror}")
    if failure:
        raise failure
    if finished.outcome == "failed":
        raise JobsFailed("")
