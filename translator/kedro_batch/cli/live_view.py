"""Show a run while it happens: a live view on a terminal, plain lines elsewhere, JSON lines on request."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import assert_never

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kedro_batch.cli.options import Verbosity
from kedro_batch.cli.streams import redirect_to_null
from kedro_batch.cli.terminal_prompt import drawing
from kedro_batch.review.run.failure_words import failure_words
from kedro_batch.submitter.events import (
    DefinitionPinned,
    Event,
    JobChanged,
    JobExecuted,
    JobLog,
    JobSubmitted,
    Notice,
    NoticeKind,
    PinnedAs,
    PlanChanged,
    RunFinished,
    RunStarted,
    Sink,
    event_json,
)
from kedro_batch.submitter.job_state import ENDED, FAILURES, MAY_BE_WORKING, JobState
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, listed

_ROWS = 12
_NAMED = 20
_WARNINGS = (NoticeKind.WARNING, NoticeKind.TROUBLE, NoticeKind.STUCK, NoticeKind.DUPLICATE)
_STYLES = {
    JobState.SUCCEEDED: "green",
    **dict.fromkeys(FAILURES, "bold red"),
    **dict.fromkeys((JobState.CANCELLED, JobState.NOT_RUN), "yellow"),
    JobState.RUNNING: "cyan",
}


class JsonLines:
    """Write every event to standard output; where that fails, the run goes on."""

    def __init__(self) -> None:
        """Begin with a reader."""
        self._read = True

    def show(self, event: Event) -> None:
        """Write one event."""
        if not self._read:
            return
        try:
            line = event_json(event, datetime.now(UTC)) + "\n"
            sys.stdout.buffer.write(line.encode("utf-8", errors="backslashreplace"))
            sys.stdout.buffer.flush()
        except OSError:  # nobody reads, or the disk is full
            self._read = False
            redirect_to_null(sys.stdout)


@contextmanager
def follower(verbosity: Verbosity, describe: Callable[[PlanChanged], str], *, verb: str = "") -> Iterator[Sink]:
    """Yield a sink that shows each event on standard error; where that fails, the run goes on.

    Args:
        verbosity: How much is shown.
        describe: Returns what differs in a plan that the run goes on with.
        verb: What the command does with the run, such as ``cancelling``; empty if it may submit jobs.
    """
    console = _Console(stderr=True, no_color=verbosity.no_color or None, highlight=False, markup=False, emoji=False)
    if verbosity.quiet:
        yield lambda _: None
    elif console.is_terminal and not console.is_dumb_terminal:
        view = _LiveView()
        live = Live(view, console=console, refresh_per_second=4, transient=True)
        with live, drawing(lambda: _paused(live)):

            def show(event: Event) -> None:
                view.on_event(event)
                if isinstance(event, PlanChanged) and (text := describe(event)):
                    console.show(Text(text))
                if (line := _line(event, verbose=verbosity.verbose, verb=verb)) is not None and _stays(event):
                    console.show(line)

            yield show
    else:

        def write(event: Event) -> None:
            if isinstance(event, PlanChanged) and (text := describe(event)):
                console.show(Text(text))
            if (line := _line(event, verbose=verbosity.verbose, verb=verb)) is not None:
                console.show(line)

        yield write


@contextmanager
def _paused(live: Live) -> Iterator[None]:
    """Clear the terminal of the view, and draw it again afterwards."""
    live.stop()
    try:
        yield
    finally:
        live.start()


class _Console(Console):
    """A console that falls silent when it cannot write, where rich would end the program."""

    def show(self, line: Text) -> None:
        try:
            self.print(line, soft_wrap=True)
        except OSError:
            self.quiet = True

    def on_broken_pipe(self) -> None:
        self.quiet = True


def _stays(event: Event) -> bool:
    """True if a line stays on the screen above the live view: a job has ended, or there is a notice."""
    return isinstance(event, RunStarted | PlanChanged | DefinitionPinned | Notice) or (
        isinstance(event, JobChanged) and event.after in ENDED
    )


def _line(event: Event, *, verbose: bool, verb: str) -> Text | None:  # noqa: PLR0911  one for each kind of event
    now = datetime.now().astimezone().strftime("%H:%M:%S ")
    match event:
        case RunStarted():
            return Text(f"{now} {_begun(event, verb=verb)}")
        case PlanChanged():
            jobs = f"{counted(len(event.jobs), 'job')}: {listed(event.jobs, _NAMED)}" if event.jobs else "nothing"
            return Text(f"{now} goes on with plan {event.after}, and sends {jobs}")
        case DefinitionPinned():
            return _pinned(event, now)
        case JobSubmitted():
            how = " (found there)" if event.adopted else ""
            submission = f" submission {event.submission}" if event.submission > 1 else ""
            return Text(f"{now} {event.job} SUBMITTED{submission} {event.job_id}{how}")
        case Notice():
            style = "yellow" if event.kind in _WARNINGS else ""
            return Text(f"{now} ").append(for_terminal(event.message), style)
        case JobChanged() if event.after is JobState.NOT_SUBMITTED:
            return None  # another submission, which is shown itself
        case JobChanged():
            because = f"because {event.blocked_by} did not succeed" if event.blocked_by else ""
            failed = event.after is JobState.FAILED
            why = failure_words(event.reason, event.exit_code, event.cause) if failed else event.reason
            details = " ".join(filter(None, (because, for_terminal(why or ""))))
            state = for_terminal(event.status or str(event.after))
            line = Text(f"{now} {event.job} ").append(state, _STYLES.get(event.after, ""))
            if verbose and event.log:
                details = f"{details} ({event.log})".lstrip()
            return line.append(f" {details}".rstrip())
        case JobExecuted() | JobLog() | RunFinished():
            return None
        case _:
            assert_never(event)


def _begun(event: RunStarted, *, verb: str) -> str:
    """Return the first line of a command."""
    again = ", continued" if event.continued and not verb else ""
    run = f"{verb} run {event.run}".lstrip()
    return f"{run}: {counted(event.jobs, 'job')} {_where(event)}, plan {event.plan_digest}{again}"


def _where(event: RunStarted) -> str:
    if event.engine == "local":
        return "on this machine"
    account = f"account {event.account}" if event.account else None
    return f"on AWS Batch ({', '.join(filter(None, (account, event.region)))})"


def _pinned(event: DefinitionPinned, now: str) -> Text | None:
    """Return what is worth saying of a revision; None if it is the one to be expected."""
    if event.newer:
        more = f", as until now; {_short(event.newer)} is newer"
    elif event.before:
        more = f" from now on; the run has used {_short(event.before)} until now"
    elif event.how is PinnedAs.REGISTERED:
        more = " is registered"
    elif event.how is PinnedAs.FOUND:
        more = " is there already"
    else:
        return None
    return Text(f"{now} job definition {_short(event.revision)}{more}")


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]


class _LiveView:
    """The number of jobs in each state, and the jobs at work."""

    def __init__(self) -> None:
        self._jobs = 0
        self._state: dict[str, JobState] = {}
        self._shown: dict[str, str] = {}
        self._since: dict[str, datetime] = {}

    def on_event(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._jobs = event.jobs
            case JobSubmitted():
                self._enter(event.job, JobState.SUBMITTED)
            case JobChanged():
                self._enter(event.job, event.after, event.status)
            case PlanChanged() | DefinitionPinned() | JobExecuted() | JobLog() | Notice() | RunFinished():
                pass
            case _:
                assert_never(event)

    def _enter(self, job: str, state: JobState, status: str | None = None) -> None:
        self._state[job] = state
        self._shown[job] = for_terminal(status or str(state))
        self._since[job] = datetime.now(UTC)

    def __rich__(self) -> RenderableType:
        states = dict(self._state)
        counts = Counter(states.values())
        ended = sum(counts[state] for state in ENDED)
        summary = Table.grid(padding=(0, 1))
        states_text = ", ".join(f"{counts[state]} {state}" for state in JobState if counts[state])
        summary.add_row(
            ProgressBar(total=max(self._jobs, 1), completed=ended, width=30), f"{ended}/{self._jobs}", states_text
        )
        at_work = [job for job, state in states.items() if state in MAY_BE_WORKING]
        rows = Table.grid(padding=(0, 2))
        for job in at_work[:_ROWS]:
            seconds = (datetime.now(UTC) - self._since[job]).total_seconds()
            rows.add_row("  " + job, Text(self._shown[job], "cyan"), f"{seconds:.0f} s")
        if len(at_work) > _ROWS:
            rows.add_row(f"  and {len(at_work) - _ROWS} more")
        return Group(summary, rows)
