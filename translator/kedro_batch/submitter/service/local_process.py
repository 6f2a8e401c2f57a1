"""One attempt of a job on this machine: a process group of its own, without a shell, and its end.

Ending it ends the group: all that the command has started, except what has left the group by a session of its own
(``setsid``).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro_batch.files.private_files import make_private_folder, open_without_following
from kedro_batch.plan.variables import ENV_VARIABLE, JOB_VARIABLES, OPEN_SESSIONS_VARIABLE

GRACE_S = 5.0
"""How long a process may take to end after SIGTERM, before SIGKILL."""
NOT_STARTED = 127
"""The exit code of a shell for a command that it cannot find."""
TIMED_OUT = "Job attempt duration exceeded timeout"
"""As AWS Batch says it."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How an attempt ended; without an exit code it is not tried again."""

    code: int | None
    reason: str | None = None


def start_process(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path
) -> "subprocess.Popen[bytes]":
    """Start a command.

    Args:
        command: The words of the command.
        folder: Its working directory.
        environment: Its whole environment.
        log: Receives its output.

    Raises:
        OSError: The command or the folder does not exist, or the log cannot be written.
    """
    make_private_folder(log.parent)
    with os.fdopen(open_without_following(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as output:
        return subprocess.Popen(  # noqa: S603  the plan's command is what the user asks for
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def environment_of(request: Mapping[str, Any], job_id: str, attempt: int) -> dict[str, str]:
    """Return this process's environment, with the programs of this interpreter first, and what the job gets.

    This process's KEDRO_ENV is left out: the job would run with another configuration than its plan says. So are the
    variables of a job, which this process has if it is one.
    """
    own = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "AWS_BATCH_JOB_ID": job_id,
        "AWS_BATCH_JOB_ATTEMPT": str(attempt),
    }
    given = {one["name"]: one["value"] for one in request["containerOverrides"].get("environment", ())}
    left_out = (ENV_VARIABLE, OPEN_SESSIONS_VARIABLE, *JOB_VARIABLES)
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**inherited, **given, **own}


def wait_for_exit(process: "subprocess.Popen[bytes]", timeout_s: float | None) -> Exit:
    """Wait until a process ends, and end what it leaves behind in its group.

    Args:
        process: The process.
        timeout_s: Seconds after which it is ended; None for no limit.
    """
    timed_out = False
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        timed_out = True
        signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    signal_group(process, signal.SIGKILL)
    code = process.wait()
    if timed_out:
        return Exit(None, TIMED_OUT)
    return Exit(128 - code, f"ended by signal {-code}") if code < 0 else Exit(code)


def signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """Send a signal to a process and all of its group; it may have ended already."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
