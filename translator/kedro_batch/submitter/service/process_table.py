"""Look at the processes of this machine: who is in a process group, and whether a number still means the same process.

Linux tells it in ``/proc``, other systems by ``ps``. A number is given to another process once its own has ended, so a
process is recognised by when it was started, too. This is less than a library for it: no wheel to build for
every image that jobs run in, and two questions.
"""

import os
import subprocess
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_STATE, _GROUP, _STARTED = 0, 2, 19
"""Fields of ``/proc/PID/stat`` behind the name of the program, which may hold anything (proc_pid_stat(5))."""
_ENDED = "ZX"
"""States of a process that has ended, and that nobody has waited for yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that has not ended.

    Attributes:
        pid: Its number.
        group: The number of its process group.
        started: When it was started, as the system tells it: compared, never read.
    """

    pid: int
    group: int
    started: str


@cache
def machine() -> str:
    """Return what tells the numbers of processes here from those of another machine, boot or container."""
    with suppress(OSError):
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    # There, a process is told by its date. The name of a machine may change with the network that it is in.
    return _boot_session() or os.uname().nodename


def find_process(pid: int) -> Process | None:
    """Return a process that has not ended; None if there is none of this number."""
    if _has_proc():
        return _from_proc(_PROC / str(pid))
    return next(_from_ps("-p", str(pid)), None)


def find_members(groups: Collection[int]) -> list[Process]:
    """Return the processes in these groups that have not ended."""
    everyone = _from_ps("-A") if not _has_proc() else map(_from_proc, _PROC.glob("[0-9]*"))
    return [one for one in everyone if one and one.group in groups]


def has_variable(pid: int, name: str, value: str) -> bool:
    """True if a process was started with a variable of its environment; False where nobody can tell."""
    with suppress(OSError):
        return os.fsencode(f"{name}={value}") in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    return False


def _boot_session() -> str:
    """Return what macOS calls this boot; empty where nobody can tell."""
    command = ["sysctl", "-n", "kern.bootsessionuuid"]
    env = {**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"}  # cron leaves them out
    with suppress(OSError):
        # Words of this code, and no shell.
        said = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603
        return said.stdout.strip()
    return ""


@cache
def _has_proc() -> bool:
    return (_PROC / "self/stat").exists()


def _from_proc(folder: Path) -> Process | None:
    try:
        fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:  # it has ended
        return None
    if fields[_STATE] in _ENDED:
        return None
    return Process(pid=int(folder.name), group=int(fields[_GROUP]), started=fields[_STARTED])


def _from_ps(*which: str) -> Iterator[Process]:
    command = ["ps", *which, "-o", "pid=,pgid=,stat=,lstart="]
    env = {**os.environ, "LC_ALL": "C"}  # dates are compared as text
    # Words of this code, and no shell.
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    for line in said.stdout.splitlines():
        pid, group, state, started = line.split(maxsplit=3)
        if state[0] not in _ENDED:
            yield Process(pid=int(pid), group=int(group), started=" ".join(started.split()))
