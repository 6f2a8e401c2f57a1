"""Runs another program in place of this one: its signals reach it, and it ends before this one goes on."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kedro_batch.cli.signals import on_signals

_FROM_TERMINALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded:
    """How a program ended.

    Attributes:
        code: Its exit code; if a signal ended it, 128 and the number of that.
        interrupted_by: The first signal that came while it ran; None if none came.
    """

    code: int
    interrupted_by: int | None


def run_child(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    take: Callable[[bytes], None] | None = None,
    take_errors: bool = False,
) -> ChildEnded:
    """Run a program to its end.

    Args:
        command: The program and its words.
        cwd: Its working directory.
        env: Its environment; that of this process if it is None.
        take: Gets each line of its standard output; without it, the program writes to ours.
        take_errors: ``take`` gets the lines of its standard error, too.
    """
    signals: list[int] = []
    with subprocess.Popen(  # noqa: S603  no shell reads the words
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE if take else None,
        stderr=subprocess.STDOUT if take and take_errors else None,
    ) as process:

        def forward(number: int) -> None:
            signals.append(number)
            if not (number in _FROM_TERMINALS and _in_foreground()):
                process.send_signal(number)

        with on_signals(forward):
            if take and process.stdout:
                for line in process.stdout:
                    take(line)
            code = process.wait()
    return ChildEnded(code=code if code >= 0 else 128 - code, interrupted_by=signals[0] if signals else None)


def _in_foreground() -> bool:
    """True if a terminal sends its signals to this process, and so to the processes that it started."""
    try:
        return os.tcgetpgrp(sys.stderr.fileno()) == os.getpgrp()
    except OSError:
        return False
