"""Show a run while it happens, on standard error: one screen on a terminal, lines elsewhere, or only warnings."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TextIO

from kedro_batch.cli.background_view import BackgroundView, Estimator
from kedro_batch.cli.options import Verbosity
from kedro_batch.cli.plain_view import PlainView, QuietView
from kedro_batch.cli.stream_writer import Noted, StreamWriter, no_signal
from kedro_batch.cli.terminal_view import TerminalView
from kedro_batch.cli.view_console import ViewConsole
from kedro_batch.cli.view_lines import WaitingLines
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import RunHead
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Event, PlanChanged
from kedro_batch.submitter.job_state import MAY_BE_WORKING, JobRecord
from kedro_batch.submitter.run_options import RunMode
from kedro_batch.text.wording import listed

_PIPELINES = 2


class View(Protocol):
    """Shows a run; where that fails, the run goes on."""

    def begin(self, progress: Progress, head: RunHead, read_estimator: Callable[[], Estimator | None]) -> None:
        """Show a run from now on; the view changes its progress.

        Args:
            progress: How far it is, before the first event.
            head: What it is.
            read_estimator: Reads what earlier runs tell of it. Another thread calls it, and its result.
        """

    def show(self, event: Event) -> None:
        """Show an event."""

    def began(self, name: JobName, at: float) -> None:
        """Show when a job that runs began."""

    def answered(self, at: float) -> None:
        """Know when the service has told how jobs stand."""


class NoView:
    """Shows nothing."""

    def begin(self, progress: Progress, head: RunHead, read_estimator: Callable[[], Estimator | None]) -> None:
        """Show nothing."""

    def show(self, event: Event) -> None:
        """Show nothing."""

    def began(self, name: JobName, at: float) -> None:
        """Show nothing."""

    def answered(self, at: float) -> None:
        """Show nothing."""


@contextmanager
def run_view(
    verbosity: Verbosity,
    describe: Callable[[PlanChanged], str],
    stream: TextIO | None = None,
    noted: Noted = no_signal,
) -> Iterator[View]:
    """Yield what shows a run. At the end it waits until all has been read; a signal ends that.

    Args:
        verbosity: How much is shown: if quiet, warnings; events as JSON on standard output leave standard error to
            errors.
        describe: Returns what differs in a plan that the run goes on with.
        stream: Where it is shown; None for standard error.
        noted: Returns a signal that came in the block, which the block has not raised.

    Raises:
        Interrupted: A signal came, and nobody reads.
    """
    if verbosity.as_json:
        yield NoView()
        return
    writer = StreamWriter(stream or sys.stderr)
    console = ViewConsole(writer.stream, no_color=verbosity.no_color)
    waiting = WaitingLines()
    kind = QuietView if verbosity.quiet else PlainView
    lines = partial(kind, console, describe, waiting, verbose=verbosity.verbose)
    draws = console.draws and not verbosity.quiet
    renderer = TerminalView(console, describe, waiting, verbose=verbosity.verbose) if draws else lines()
    with BackgroundView(writer, renderer, lines, noted) as view:
        yield view


def progress_of(context: RunContext, records: Mapping[JobName, JobRecord]) -> Progress:
    """Return how far a run is, as the journal has it."""
    at_work = any(one.state in MAY_BE_WORKING for one in records.values())
    began = context.journal.began(context.run_id) if at_work else {}
    return Progress(context.parents, records, began, submits=context.options.mode is not RunMode.FOLLOW)


def plan_words(plan: Plan) -> str:
    """Return the project and the pipelines of a plan, as far as it names them."""
    return " ".join(filter(None, (plan.project, listed(plan.pipelines, _PIPELINES))))


def head_of(context: RunContext, doing: str, location: Mapping[str, str]) -> RunHead:
    """Return what a reader recognises a run by.

    Args:
        context: The run.
        doing: What the command does with it, if it is not the usual.
        location: Where an earlier command applied it; nothing if there was none.
    """
    plan = context.plan
    return RunHead(
        run=context.run_id,
        plan=plan_words(plan),
        plan_digest=context.digest,
        queues=context.plan_queues if context.engine.name == "aws" else (),
        began_at=context.began_at,
        doing=doing,
        location=location,
    )
