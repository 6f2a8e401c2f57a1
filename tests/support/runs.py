"""Starts runs in the background and takes them up again, with the real command line."""

import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.command_line import PROGRAM, Ended, environment, kedro_batch
from tests.support.services import StandIn

JOURNAL = Path(".kedro-batch") / "journal.db"


@contextmanager
def started(*words: str, cwd: Path, service: StandIn) -> Iterator["subprocess.Popen[str]"]:
    """Start ``kedro-batch WORDS``; it is killed if the block leaves it running."""
    pipe = subprocess.PIPE
    env = environment(service.environment)
    with subprocess.Popen([*PROGRAM, *words], cwd=cwd, env=env, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def interrupted(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGINT) -> Ended:
    """Send a signal and wait for the end."""
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return Ended(process.returncode, out.encode(), err)


def ended(process: "subprocess.Popen[str]") -> Ended:
    """Wait for the end."""
    out, err = process.communicate(timeout=240)
    return Ended(process.returncode, out.encode(), err)


def wait_until(happened: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something has happened."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def on(service: StandIn, *words: str, cwd: Path) -> Ended:
    """Run ``kedro-batch WORDS`` against a service."""
    return kedro_batch(*words, cwd=cwd, env=service.environment)


def states(service: StandIn) -> dict[str, str]:
    """Give the state of the latest job of each label."""
    return {label: job["status"] for label, job in service.jobs().items()}


def make_older(folder: Path, seconds: float) -> None:
    """Let a journal say that everything was so many seconds earlier."""
    connection = sqlite3.connect(folder / JOURNAL)
    connection.execute("UPDATE submissions SET intended_at = intended_at - ?", (seconds,))
    connection.execute("UPDATE runs SET began_at = began_at - ?", (seconds,))
    connection.commit()
    connection.close()
