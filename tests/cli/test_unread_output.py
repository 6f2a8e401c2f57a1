"""Output that nobody reads, or that is read late: a signal ends the waiting, and none is lost."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from kedro_batch.cli.base import print_note, showing_notes
from kedro_batch.cli.log_output import LogOutput
from kedro_batch.cli.options import Verbosity
from kedro_batch.cli.signals import noting_signals, on_signals, raise_interrupted
from kedro_batch.cli.stream_writer import write_patiently
from kedro_batch.errors import Interrupted
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.log_places import LogPlace
from kedro_batch.submitter.service.log_cursor import LogEvent

_F_SETPIPE_SZ = 1031
SAYS = Verbosity(as_json=False, quiet=False, verbose=False, no_color=True)
JOB = JobName("a")
LINES = [LogEvent("x" * 1000) for _ in range(100)]


def show_lines(output: LogOutput) -> None:
    output.show(LogPlace(job=JOB, submission=1, attempt=1, where=Path("a.log")), LINES)


def say_much(output: LogOutput) -> None:
    with showing_notes(output.write_note):
        print_note("x" * 100_000)


@pytest.mark.parametrize(("stream", "write"), [("stdout", show_lines), ("stderr", say_much)])
def test_a_signal_ends_the_waiting_for_a_reader_of_logs(stream: str, write: Callable[[LogOutput], None], monkeypatch):
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, _F_SETPIPE_SZ, 4096)
    inbox = Inbox()
    with os.fdopen(theirs, "w") as unread:
        monkeypatch.setattr(sys, stream, unread)
        output = LogOutput(inbox, SAYS, times=False, patience_s=0)
        output.shape([JOB])
        inbox.on_signal(signal.SIGTERM)
        with pytest.raises(Interrupted, match="SIGTERM"):
            write(output)
        write(output)  # returns: nothing is written there any more
    assert len(os.read(ours, 8192)) == 4096
    os.close(ours)


def test_a_signal_that_came_before_the_waiting_for_a_reader_ends_it():
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, _F_SETPIPE_SZ, 4096)
    inbox = Inbox()
    inbox.on_signal(signal.SIGTERM)
    with os.fdopen(theirs, "w") as unread, pytest.raises(Interrupted, match="SIGTERM"):
        write_patiently(unread, "x" * 100_000, noted=inbox.noted)
    os.close(ours)


def test_a_signal_that_comes_after_the_last_look_for_one_ends_the_command():
    with pytest.raises(Interrupted, match="SIGTERM"), on_signals(raise_interrupted), noting_signals(Inbox()):
        signal.raise_signal(signal.SIGTERM)  # nobody looks for it here


def test_a_signal_is_heard_that_comes_while_something_is_written_and_read():
    class Stream(StringIO):
        def write(self, text: str) -> int:
            while signal.getsignal(signal.SIGTERM) is before[0]:
                time.sleep(0)  # it is not waited for yet
            os.kill(os.getpid(), signal.SIGTERM)
            return super().write(text)

    heard: list[int] = []
    before: list[object] = []
    stream = Stream()
    with on_signals(heard.append):
        before.append(signal.getsignal(signal.SIGTERM))
        write_patiently(stream, "all of it")
    assert (stream.getvalue(), heard) == ("all of it", [signal.SIGTERM])
