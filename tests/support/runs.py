"""Starts runs in the background and takes them up again, with the real command line.

It does not wait long for jobs that ListJobs does not show yet (``impatient``): tests about services that are late use
``kedro_batch`` instead.
"""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from kedro_batch.submitter.journal_view import read_journal
from tests.support.command_line import GENEROUS_S, Ended, environment, run
from tests.support.services import StandIn

_PROGRAM = [sys.executable, str(Path(__file__).with_name("impatient.py"))]
JOURNAL = Path(".kedro-batch") / "journal.db"


@contextmanager
def started(*words: str, cwd: Path, service: StandIn) -> Iterator["subprocess.Popen[str]"]:
    """Start ``kedro-batch WORDS``; it is killed if the block leaves it running."""
    pipe = subprocess.PIPE
    env = environment(service.environment)
    with subprocess.Popen([*_PROGRAM, *words], cwd=cwd, env=env, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def interrupted(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGINT) -> Ended:
    """Send a signal and wait for the end."""
    process.send_signal(number)
    return end_of(process)


def end_of(process: "subprocess.Popen[str]") -> Ended:
    """Wait for the end."""
    out, err = process.communicate(timeout=GENEROUS_S)
    return Ended(process.returncode, out.encode(), err)


def read_until(process: "subprocess.Popen[str]", part: str) -> str:
    """Read what a process says on its standard error, up to the line that has this part in it."""
    assert process.stderr
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if part in line:
            return "".join(lines)
    raise AssertionError(f"it ended without {part!r}:\n{''.join(lines)}")


def wait_until(happened: Callable[[], object], process: subprocess.Popen[Any] | None = None) -> None:
    """Wait until something has happened; a process that is to do it must not end before."""
    until = time.monotonic() + GENEROUS_S
    while not happened():
        assert process is None or process.poll() is None, f"the command has ended with {process.returncode}"
        assert time.monotonic() < until, "it has not happened"
        time.sleep(0.05)


def on(service: StandIn, *words: str, cwd: Path) -> Ended:
    """Run ``kedro-batch WORDS`` against a service."""
    return run([*_PROGRAM, *words], cwd=cwd, env=service.environment)


def states(service: StandIn) -> dict[str, str]:
    """Give the state of the latest job of each label."""
    return {label: job["status"] for label, job in service.jobs().items()}


def recorded(folder: Path) -> tuple[object, ...]:
    """Give all that the journal has of its runs: nothing where there is none."""
    if not (folder / JOURNAL).exists():
        return ()
    with read_journal(folder / JOURNAL) as journal:
        return tuple((one, journal.records(one.run), list(journal.events(one.run))) for one in journal.runs())


def as_of_version_2(file: Path) -> None:
    """Turn a journal into one of the version before revisions of job definitions were recorded."""
    as_of_version_3(file)
    _without(file, 2, ["ALTER TABLE submissions DROP COLUMN revision"])


def as_of_version_3(file: Path) -> None:
    """Turn a journal into one of the version before runs had a version of their data."""
    as_of_version_4(file)
    _without(file, 3, ["ALTER TABLE runs DROP COLUMN version"])


def as_of_version_5(file: Path) -> None:
    """Turn a journal into one of the version before the files of plans were recorded."""
    _without(file, 5, ["ALTER TABLE runs DROP COLUMN plan_file"])


def as_of_version_4(file: Path) -> None:
    """Turn a journal into one of the version before runs had several plans, and jobs the times of AWS Batch."""
    as_of_version_5(file)
    times = ("plan_digest", "stuck_since", "created_at", "started_at", "stopped_at", "details")
    logs = ("exception", "exception_cause", "node")
    drops = [f"ALTER TABLE submissions DROP COLUMN {column}" for column in (*times, *logs)]
    _without(file, 4, [*drops, "ALTER TABLE runs DROP COLUMN cancel_at", "DROP TABLE plans"])


def _without(file: Path, version: int, statements: list[str]) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in (*statements, f"PRAGMA user_version = {version}"):
            connection.execute(statement)


def make_older(folder: Path, seconds: float, journal: Path = JOURNAL) -> None:
    """Let a journal say that everything was so many seconds earlier."""
    connection = sqlite3.connect(folder / journal)
    connection.execute("UPDATE submissions SET intended_at = intended_at - ?", (seconds,))
    connection.execute("UPDATE runs SET began_at = began_at - ?", (seconds,))
    connection.commit()
    connection.close()
