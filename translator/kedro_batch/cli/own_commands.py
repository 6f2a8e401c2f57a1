"""Runs commands of our own as a user would, for commands that consist of several."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from kedro_batch.cli.base import on_signals

_FROM_TERMINALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


def run_own_command(words: list[str], *, cwd: Path) -> int:
    """Run ``kedro-batch WORDS`` in a folder, hand signals on to it, and return its exit code as a shell does."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "kedro_batch", *words]
    with subprocess.Popen(command, cwd=cwd) as process:  # noqa: S603  our own

        def forward(number: int) -> None:
            if not (number in _FROM_TERMINALS and _in_foreground()):
                process.send_signal(number)

        with on_signals(forward):
            code = process.wait()
    return code if code >= 0 else 128 - code


def _in_foreground() -> bool:
    """True if a terminal sends its signals to this process, and so to the processes that it started."""
    try:
        return os.tcgetpgrp(sys.stderr.fileno()) == os.getpgrp()
    except OSError:
        return False
