"""One attempt of a job on this machine: a process group of its own, without a shell, and its end.

The process waits behind a gate until the attempt is in the run's record (``local_record``), and only then becomes the
command. If this process is killed before, the gate closes, and the command never starts.

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

from kedro_batch.files.private_files import make_inner_folder, open_without_following
from kedro_batch.plan.variables import (
    ATTEMPT_VARIABLE,
    ENV_VARIABLE,
    JOB_ID_VARIABLE,
    JOB_VARIABLES,
    OPEN_SESSIONS_VARIABLE,
)

GRACE_S = 5.0
"""How long a process may take to end after SIGTERM, before SIGKILL."""
NOT_STARTED = 127
"""The exit code of a shell for a command that it cannot find."""
TIMED_OUT = "Job attempt duration exceeded timeout"
"""As AWS Batch says it."""
_TAIL_BYTES = 512 * 1024
_GATE = """
import os, sys, _signal
status = int(sys.argv[1])
os.set_inheritable(status, False)
with open(0, "rb", closefd=False) as gate:
    size, _, rest = gate.read().partition(b"\\0")
if int(size or -1) != len(rest):
    os._exit(0)
number, *parts = rest.split(b"\\0")
command, env = parts[:int(number)], dict(part.split(b"=", 1) for part in parts[int(number):])
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
for name in ("SIGPIPE", "SIGXFSZ", "SIGXFZ"):
    if hasattr(_signal, name):
        _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
try:
    os.execvpe(command[0], command, env)
except OSError as error:
    os.write(status, str(error.errno).encode())
    os._exit(127)
"""
"""Reads command and environment from its standard input, up to the end, and becomes the command if that is all of it.

A shell would do as well, but for variables: it drops those whose names it cannot spell, such as exported functions,
and sets some of its own. Python ignores SIGPIPE, which a command would inherit (``subprocess``, restore_signals).
"""


@dataclass(frozen=True, slots=True)
class Exit:
    """How an attempt ended; without an exit code it is not tried again."""

    code: int | None
    reason: str | None = None


class GatedProcess:
    """A process that waits behind its gate, and becomes a command when that is opened."""

    def __init__(self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        """Start the process; nothing of the command runs yet.

        Args:
            command: The words of the command.
            folder: Its working directory.
            environment: Its whole environment.
            log: Receives its output, behind what it may have from before.

        Raises:
            OSError: The folder does not exist, or the log cannot be written.
            ValueError: A word cannot be spelled in this locale, or holds a null byte.
        """
        self._command = command
        self._payload = _spelled(command, environment)
        make_inner_folder(log.parent)
        self._status, status = os.pipe()
        try:
            with os.fdopen(open_without_following(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "wb") as output:
                self.process = subprocess.Popen(  # noqa: S603  our own program; the plan's command is behind it
                    [sys.executable, "-I", "-S", "-c", _GATE, str(status)],
                    cwd=folder,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(status,),
                )
        except BaseException:
            os.close(self._status)
            raise
        finally:
            os.close(status)

    def open_gate(self) -> None:
        """Let the process become the command, and wait until it has.

        Raises:
            OSError: The command does not exist, or cannot be executed.
        """
        gate = self.process.stdin
        with suppress(BrokenPipeError), os.fdopen(self._status, "rb") as status:
            if gate:  # if the process was ended meanwhile, its exit code tells it
                with suppress(BrokenPipeError):
                    gate.write(self._payload)
                with suppress(BrokenPipeError):
                    gate.close()
            said = status.read()
        if said:
            self.process.wait()
            raise OSError(int(said), os.strerror(int(said)), self._command[0])

    def shut(self) -> None:
        """End the process before it has become the command."""
        os.close(self._status)
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()


def _spelled(command: Sequence[str], environment: Mapping[str, str]) -> bytes:
    words = [os.fsencode(word) for word in command]
    variables = [os.fsencode(f"{name}={value}") for name, value in environment.items()]
    if any(b"\0" in one for one in (*words, *variables)):
        raise ValueError("embedded null byte")
    rest = b"\0".join([str(len(words)).encode(), *words, *variables])
    return str(len(rest)).encode() + b"\0" + rest


def environment_of(request: Mapping[str, Any], job_id: str, attempt: int) -> dict[str, str]:
    """Return this process's environment, with the programs of this interpreter first, and what the job gets.

    This process's KEDRO_ENV is left out: the job would run with another configuration than its plan says. So are the
    variables of a job, which this process has if it is one. A PATH of the job is taken as it is: a container runtime,
    too, looks for the program where that says, and nowhere else.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    own = {JOB_ID_VARIABLE: job_id, ATTEMPT_VARIABLE: str(attempt)}
    given = {one["name"]: one["value"] for one in request["containerOverrides"].get("environment", ())}
    left_out = (ENV_VARIABLE, OPEN_SESSIONS_VARIABLE, *JOB_VARIABLES)
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**inherited, "PATH": path, **given, **own}


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


def read_tail(log: Path, lines: int) -> tuple[str, ...]:
    """Return the last lines of a log; none if nothing was written."""
    with log.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL_BYTES))
        text = stream.read().decode("utf-8", errors="replace")
    *ended, last = text.split("\n")
    return tuple([*ended, last][-lines:] if last else ended[-lines:])
