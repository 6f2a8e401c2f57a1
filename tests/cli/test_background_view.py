"""What shows a run never keeps it waiting: a stopped terminal, a pipe that nobody reads, what cannot be drawn."""

import errno
import fcntl
import os
import re
import signal
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import pytest
from rich.text import Text

from kedro_batch.cli import terminal_prompt
from kedro_batch.cli.background_view import BackgroundView
from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.json_lines import JsonLines, write_line
from kedro_batch.cli.live_view import View, run_view
from kedro_batch.cli.options import Verbosity
from kedro_batch.cli.plain_view import PlainView
from kedro_batch.cli.stream_writer import StreamWriter
from kedro_batch.cli.terminal_view import TerminalView
from kedro_batch.cli.view_console import ViewConsole
from kedro_batch.cli.view_lines import WaitingLines
from kedro_batch.errors import Interrupted
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import RunHead
from kedro_batch.submitter.event_json import event_json
from kedro_batch.submitter.events import Event
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_execution import JobExecution
from kedro_batch.submitter.job_state import JobRecord, JobState
from tests.support.progress import HEAD, RunUntil
from tests.support.runs import wait_until

JOBS = 200
RUN = RunUntil(JOBS, 1.0)
STOP, GO_ON = b"\x13", b"\x11"
DRAWN = b"\x1b[?7l"
"""Begins each screen that is drawn."""
_F_SETPIPE_SZ = 1031
_SYSCALL = Path("/proc/self/syscall")
"""The system call in which a thread is, and its arguments; the fourth of futex() is a limit of time, or no address."""
_FUTEX = ("202", "98")
"""The number of futex() in Linux, on x86_64 and on arm64."""
SAYS = Verbosity(as_json=False, quiet=False, verbose=False, no_color=True)


class Reader:
    """Reads the other end of a terminal or a pipe, from when it is told to."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.read = bytearray()
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while part := self._part():
            with self._news:
                self.read += part
                self._news.notify_all()

    def _part(self) -> bytes:
        try:
            return os.read(self.descriptor, 1 << 16)
        except OSError:
            return b""

    def wait_for(self, text: bytes) -> None:
        with self._news:
            assert self._news.wait_for(lambda: text in self.read, timeout=600), self.read

    def end(self) -> str:
        self._thread.join()
        return self.read.decode().replace("\r", "")


@contextmanager
def streams(ours: int, theirs: int) -> Iterator[tuple[TextIO, Reader]]:
    """Yield a stream like that of a standard one, and who reads it."""
    with TextIOWrapper(os.fdopen(theirs, "wb"), "utf-8", write_through=True) as stream:
        yield stream, Reader(ours)


@pytest.fixture
def terminal(monkeypatch) -> Iterator[tuple[TextIO, Reader]]:
    monkeypatch.setenv("TERM", "xterm")
    with streams(*os.openpty()) as both:
        yield both


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, Reader]]:
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, _F_SETPIPE_SZ, 4096)
    with streams(ours, theirs) as both:
        yield both


@contextmanager
def view_on(stream: TextIO, verbosity: Verbosity = SAYS, progress: Progress | None = None) -> Iterator[View]:
    with run_view(verbosity, lambda _: "", stream) as view:
        view.begin(progress or Progress(RUN.parents, {}), HEAD, lambda: None)
        yield view


def show(view: View, events: list[tuple[Event, float]]) -> None:
    for event, _ in events:
        view.show(event)


def close(stream: TextIO) -> None:
    """Close our end, so that who reads it comes to its end."""
    stream.close()


def test_a_stopped_terminal_keeps_no_run_waiting_and_shows_the_rest_once_it_goes_on(terminal):
    stream, reader = terminal
    reader.begin()
    with view_on(stream, replace(SAYS, verbose=True)) as view:
        reader.wait_for(b"0 of 200 jobs done")
        os.write(reader.descriptor, STOP)
        show(view, RUN.events)  # returns
        assert b"SUCCEEDED" not in reader.read
        os.write(reader.descriptor, GO_ON)
    close(stream)
    shown = reader.end()
    assert shown.count(" SUCCEEDED") == JOBS
    assert re.search(r"\x1b\[2K\x1b\[\d+A\x1b\[\?25h$", shown), "the screen is removed, and the cursor is there again"


def test_a_pipe_that_nobody_reads_keeps_no_run_waiting_and_has_all_lines_once_it_is_read(pipe):
    stream, reader = pipe
    with view_on(stream, replace(SAYS, verbose=True)) as view:
        show(view, RUN.events)  # returns
        reader.begin()
    close(stream)
    assert reader.end().count(" SUCCEEDED") == JOBS


def test_a_signal_that_came_before_the_end_ends_the_waiting_for_a_reader_too(pipe):
    stream, _ = pipe
    inbox = Inbox()

    def run_to_its_end() -> None:
        with run_view(SAYS, lambda _: "", stream, inbox.noted) as view:
            view.begin(Progress(RUN.parents, {}), HEAD, lambda: None)
            show(view, RUN.events)
            inbox.on_signal(signal.SIGTERM)  # the run looks for signals no more

    with pytest.raises(Interrupted, match="SIGTERM"):
        run_to_its_end()


def test_of_lines_that_nobody_reads_the_newest_wait_and_the_others_are_counted():
    waiting = WaitingLines(most=3)
    waiting.add(map(Text, "abcde"))
    told = "... 2 lines left out: nobody has read them in time"
    assert [[line.plain for line in waiting.take(2)] for _ in range(3)] == [[told, "c", "d"], ["e"], []]


def test_at_most_four_screens_a_second_are_drawn_also_with_hundreds_of_lines_above_them(terminal, monkeypatch):
    assert TerminalView.every_s >= 1 / 4
    monkeypatch.setattr(TerminalView, "every_s", 3600.0)  # no time passes here: only events could draw screens
    stream, reader = terminal
    reader.begin()
    with view_on(stream, replace(SAYS, verbose=True)) as view:
        show(view, RUN.events)
    close(stream)
    shown = reader.end()
    assert shown.count(" SUCCEEDED") == JOBS
    assert not re.search(r"\x1b\[(\d*A|H)\x1b\[[02]?J|\x1b\[2J", shown), "tmux keeps in its history what this clears"
    assert reader.read.count(DRAWN) <= 1, "the one at the end"


def test_what_cannot_be_drawn_is_said_once_and_the_run_is_told_in_lines(terminal):
    stream, reader = terminal
    reader.begin()
    ended = JobExecution(stopped_at=1e18)  # no date of this calendar
    progress = Progress(RUN.parents, {next(iter(RUN.parents)): JobRecord(state=JobState.FAILED, execution=ended)})
    with view_on(stream, progress=progress) as view:
        reader.wait_for(b"is told in lines")
        show(view, RUN.events)
    close(stream)
    shown = reader.end()
    assert shown.count("Warning: cannot show all of the run (") == 1
    assert len(re.findall(r"\n\d\d:\d\d:\d\d  job_\d+ SUCCEEDED", shown)) == JOBS


class Broken(PlainView):
    """A view in which nothing works."""

    def begin(self, progress: Progress, head: RunHead, at: float) -> None:  # noqa: ARG002  as all views are called
        raise ValueError("cannot begin")

    def clear(self) -> str:
        raise ValueError("cannot be cleared")


def test_a_view_in_which_nothing_works_ends_no_run_either(pipe):
    stream, reader = pipe
    reader.begin()
    console, waiting = ViewConsole(stream, no_color=True), WaitingLines()
    broken, lines = (partial(kind, console, lambda _: "", waiting, verbose=False) for kind in (Broken, PlainView))
    with BackgroundView(StreamWriter(stream), broken(), lines) as view:
        view.begin(Progress(RUN.parents, {}), HEAD, lambda: None)
        show(view, RUN.events)
    close(stream)
    shown = reader.end()
    assert shown.count("Warning: cannot show all of the run (ValueError: cannot begin)") == 1
    assert shown.count(" SUCCEEDED") == JOBS


def test_a_terminal_that_is_gone_ends_the_view_and_not_the_run(terminal):
    stream, reader = terminal
    with view_on(stream) as view:
        os.close(reader.descriptor)
        show(view, RUN.events)


def test_nobody_waits_for_what_earlier_runs_tell_and_what_fails_there_is_not_shown(terminal):
    stream, reader = terminal
    reader.begin()
    asked, answer = threading.Event(), threading.Event()

    def estimator() -> None:
        asked.set()
        answer.wait()
        raise OSError("the disk is gone")

    with run_view(SAYS, lambda _: "", stream) as view:
        view.begin(Progress(RUN.parents, {}), HEAD, estimator)
        asked.wait()
        show(view, RUN.events)
        reader.wait_for(b"200 of 200 jobs done")
        answer.set()
    close(stream)
    assert "disk" not in reader.end()


def test_notes_stand_above_the_screen_and_behind_it_are_written_as_ever(terminal, capsys):
    stream, reader = terminal
    reader.begin()
    with view_on(stream) as view:
        assert view
        reader.wait_for(b"0 of 200 jobs done")
        print_plainly("Warning: the disk is full")
        reader.wait_for(b"Warning: the disk is full")
    print_plainly("It was read")
    assert capsys.readouterr().err == "It was read\n"
    close(stream)
    assert re.search(r"\x1b\[\d+AWarning: the disk is full\n\x1b\[\?7l", reader.end())


@pytest.mark.skipif(not _SYSCALL.exists(), reason="this system does not tell what a thread waits for")
def test_nothing_is_drawn_over_a_question_however_long_it_is_open(terminal):
    stream, reader = terminal
    reader.begin()
    others = threading.enumerate()
    with view_on(stream) as view:
        reader.wait_for(b"0 of 200 jobs done")
        (writing,) = [one for one in threading.enumerate() if one.name == "view" and one not in others]
        with terminal_prompt._drawn[-1]():  # noqa: SLF001  as ask_hidden does, which needs the terminal of the tests
            os.write(stream.fileno(), b"MFA code: ")
            reader.wait_for(b"MFA code: ")
            show(view, RUN.events)
            wait_until(lambda: waits_for_a_lock(writing) or not reader.read.endswith(b"MFA code: "))
            assert reader.read.endswith(b"MFA code: ")
        reader.wait_for(b"200 of 200 jobs done")


def waits_for_a_lock(thread: threading.Thread) -> bool:
    """True if a thread waits for another one, and for as long as that takes: it does nothing until then."""
    call = Path(f"/proc/self/task/{thread.native_id}/syscall").read_text().split()
    return call[0] in _FUTEX and call[4] == "0x0"


def test_what_is_kept_above_a_narrow_screen_breaks_at_blanks_and_a_command_stays_whole(terminal):
    stream, reader = terminal
    termios.tcsetwinsize(reader.descriptor, (24, 80))
    reader.begin()
    command = f"Warning: {'too long ' * 9}: kedro-batch wait nightly-42 --journal a/journal.db"
    with view_on(stream) as view:
        show(view, RUN.events[:1])
        print_plainly(command)
        reader.wait_for(b"journal.db")
    close(stream)
    shown = reader.end()
    assert "200 jobs on AWS Batch (account 123456789012,\neu-central-1), plan\nsha256:2322fb9a" in shown
    assert f"{command}\n" in shown


def test_events_wait_for_their_reader_and_lose_none(pipe, monkeypatch):
    stream, reader = pipe
    monkeypatch.setattr(sys, "stdout", stream)
    written = JsonLines(lambda: False)

    def write() -> None:
        for event, _ in RUN.events:
            written.write(event_json(event, 0.0))

    writing = threading.Thread(target=write)
    writing.start()
    reader.begin()
    writing.join()
    close(stream)
    assert len(reader.end().splitlines()) == len(RUN.events)


def test_a_signal_ends_the_waiting_for_a_reader_of_events(pipe, monkeypatch):
    stream, reader = pipe
    monkeypatch.setattr(sys, "stdout", stream)
    written = JsonLines(lambda: True, patience_s=0)
    for event, _ in RUN.events:
        written.write(event_json(event, 0.0))  # returns
    reader.begin()
    close(stream)
    assert 1 <= len(reader.end().splitlines()) < len(RUN.events)


def test_a_pipe_that_another_program_fills_meanwhile_gets_the_line_later(pipe, monkeypatch):
    stream, reader = pipe
    write, full = os.write, iter((True, True, False))

    def write_unless_full(descriptor: int, content: bytes) -> int:
        if next(full, False):
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", write_unless_full)
    write_line(stream.fileno(), "{}", lambda: False, 0)
    reader.begin()
    close(stream)
    assert reader.end() == "{}\n"
