"""Kills a run on this machine and takes it up again, once: what its jobs write tells whether any ran beside itself.

Every job appends a line to a file when it begins and when it ends, with its process. The last command has to succeed;
then no job may have run beside another execution of it, none that was recorded as ended may have run again, and no
process of the run may be alive.
"""

import os
import signal
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Literal

from kedro_batch.plan.submit_job import parsed_job_name
from kedro_batch.submitter.service.local_record import Began, Ended, read_record
from kedro_batch.submitter.service.process_table import find_members
from tests.faults.kill_points import KillPoint
from tests.faults.trials import Found, run_and_kill
from tests.support.command_line import PROGRAM, environment, kedro_batch
from tests.support.plans import write_plan
from tests.support.runs import wait_until

Command = Literal["apply", "resume"]

RUN = "r1"
_APPLY = ("apply", "plan.yaml", "--local", "--run-id", RUN, "--max-workers", "3")
_RESUME = ("resume", RUN, "--max-workers", "3")
_PARENTS = {"b": "a", "c": "a", "d": "b c", "e": "d"}
# Whose command was killed goes on for long, and so beside what takes it up, unless that ends it.
_JOB = (
    "echo begin $KEDRO_BATCH_JOB $$ >> ledger; sleep 0.2 & wait; kill -0 $PPID 2> /dev/null || sleep 600; "
    "echo end $KEDRO_BATCH_JOB $$ >> ledger"
)
_ONCE_FAILING = f"{_JOB}; [ $AWS_BATCH_JOB_ATTEMPT != 1 ]"
_UNKNOWN = (2, 8)
"""Without a journal, or without this run in it."""


def tried_locally(point: KillPoint, times: int = 1) -> list[tuple[str, Found]]:
    """Kill at a point a run that begins and, where that does not come by, one that is taken up midway."""
    trials: list[tuple[str, Found]] = []
    commands: tuple[Command, ...] = ("apply", "resume")
    for command in commands:
        with tempfile.TemporaryDirectory() as name:
            trials.append((f"{command} killed at {point}:{times}", _tried(Path(name), command, point, times)))
        if trials[-1][1].reached:
            break
    return trials


def _tried(folder: Path, command: Command, point: KillPoint, times: int) -> Found:
    commands = {name: ["sh", "-c", _JOB] for name in "abcdef"} | {"b": ["sh", "-c", _ONCE_FAILING]}
    write_plan(folder, commands, _PARENTS, b={"attempts": 2})
    env, said = environment(), []
    words: tuple[str, ...] = _APPLY
    if command == "resume":
        said.append(_killed_midway(folder))
        words = _RESUME
    code, text = run_and_kill(words, (point, times), cwd=folder, env=env)
    said.append(text)
    reached = code == -signal.SIGKILL
    wrong = [] if reached or code == 0 else [f"{' '.join(words)} ended with {code} before it was killed"]
    done = _done(folder)
    begun_before = len(_lines(folder))
    again = kedro_batch(*_RESUME, cwd=folder)
    said.append(f"resume -> {again.code}\n{again.err}{again.text}")
    if again.code in _UNKNOWN and not begun_before:  # killed before it wrote anything down
        again = kedro_batch(*_APPLY, cwd=folder)
        said.append(f"apply -> {again.code}\n{again.err}{again.text}")
    if again.code != 0:
        wrong.append(f"the last command ended with {again.code}")
    wrong += _judged(folder, done, begun_before)
    said.append("\n".join(map(str, _lines(folder))))
    return Found(reached=reached, wrong=tuple(wrong), said="\n".join(said))


def _killed_midway(folder: Path) -> str:
    """Kill a run from outside, while jobs of it run."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*PROGRAM, *_APPLY], cwd=folder, env=environment(), stdout=quiet, stderr=quiet) as process:
        wait_until(lambda: any(line[:2] == ["begin", "b"] for line in _lines(folder)), process)
        process.kill()
    return "$ apply, killed midway"


def _record(folder: Path) -> list[Began | Ended]:
    return list(read_record(folder / ".kedro-batch" / "runs" / RUN / "processes.jsonl"))


def _done(folder: Path) -> set[str]:
    """Give the jobs that are recorded as having succeeded."""
    names = [one.name for one in _record(folder) if isinstance(one, Ended) and one.code == 0]
    return {parsed[1] for name in names if (parsed := parsed_job_name(name))}


def _lines(folder: Path) -> list[list[str]]:
    file = folder / "ledger"
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def _judged(folder: Path, done: set[str], before: int) -> list[str]:
    """Say what is wrong with what the jobs have written, and with what is left of them."""
    wrong = []
    lines = _lines(folder)
    open_executions: dict[str, str] = {}
    ended = defaultdict[str, int](int)
    groups = {one.group for one in _record(folder) if isinstance(one, Began)}
    for number, (what, job, pid) in enumerate(lines):
        if what == "begin":
            if job in done and number >= before:
                wrong.append(f"{job} was recorded as done, and ran again")
            open_executions[job] = pid
        elif open_executions.pop(job, None) != pid:
            wrong.append(f"{job} ended as {pid} after another execution of it had begun")
        else:
            ended[job] += 1
    if missing := set("abcdef") - ended.keys():
        wrong.append(f"never ended: {sorted(missing)}")
    if unrecorded := {int(pid) for _, _, pid in lines} - groups:
        wrong.append(f"not recorded: {sorted(unrecorded)}")
    alive = find_members(groups)
    for one in alive:
        os.kill(one.pid, signal.SIGKILL)
    if alive:
        wrong.append(f"goes on: {alive}")
    return wrong
