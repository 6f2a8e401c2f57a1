"""Measures commands: wall time, memory and processor time of a process of its own, in alternating rounds."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.command_line import environment

_LOAD = """
import gc, sys, time, yaml
gc.disable()
contents = [open(file, "rb").read() for file in sys.argv[1:]]
start = time.perf_counter()
for content in contents:
    yaml.load(content, Loader=yaml.CSafeLoader)
print(time.perf_counter() - start)
"""


def bare_load(*files: str) -> list[str]:
    """Give a command that loads YAML files by libyaml, with the garbage collector off, and prints the seconds."""
    return [sys.executable, "-c", _LOAD, *files]


@dataclass(frozen=True)
class Measured:
    """How a command went.

    Attributes:
        seconds: How long it took.
        megabytes: The most memory that it had.
        output: What it said.
        cpu_seconds: Its processor time.
        code: Its exit code.
    """

    seconds: float
    megabytes: float
    output: str
    cpu_seconds: float
    code: int = 0


def measured(command: list[str], cwd: Path, env: Mapping[str, str] | None = None) -> Measured:
    """Run a command once, with extra environment variables.

    Raises:
        subprocess.CalledProcessError: It failed; what it said is in the error.
    """
    one = measured_however_it_ends(command, cwd, env)
    if one.code:
        raise subprocess.CalledProcessError(one.code, command, output=one.output)
    return one


def measured_however_it_ends(command: list[str], cwd: Path, env: Mapping[str, str] | None = None) -> Measured:
    """Run a command once that may well fail."""
    log = cwd / ".benchmark.log"
    start = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, env=environment(env), stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Measured(taken, usage.ru_maxrss / 1024, log.read_text(errors="replace"), cpu_seconds, process.returncode)


def in_turn(commands: Mapping[str, list[str]], cwd: Path, rounds: int) -> dict[str, list[Measured]]:
    """Run commands in turn, once to warm up and then so many rounds, which are given."""
    taken: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            taken[name].append(measured(command, cwd))
    return {name: runs[1:] for name, runs in taken.items()}


def median_seconds(runs: Iterable[Measured]) -> float:
    """Give the time that half of the runs took at most."""
    return statistics.median(one.seconds for one in runs)
