"""Kills a run and takes it up again, once: the stand-in's ledger tells whether every job was submitted once."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.faults.kill_points import KillPoint, first_point_in
from tests.support.command_line import GENEROUS_S, PROGRAM, Ended, environment, kedro_batch, unmeasured
from tests.support.large_plans import write_layered_plan
from tests.support.services import StandIn, standin

Command = Literal["apply", "resume"]
Journal = Literal["kept", "deleted"]
_Words = tuple[str, ...]

_KILLED = Path(__file__).with_name("killed.py")
_WIDTHS = (1, 3, 4, 3, 1)
JOBS = sum(_WIDTHS)
RUN = "r1"
_APPLY: _Words = ("apply", "plan.yaml", "--run-id", RUN)
_RESUME: _Words = ("resume", RUN)
_REBUILD: _Words = ("resume", RUN, "--plan", "plan.yaml")
_MIDWAY = 5
"""Where the resume is what is killed, the run was killed before when so many ids had come back."""
_UNKNOWN = (2, 8)
_REFUSALS: dict[_Words, tuple[str, ...]] = {
    _RESUME: (f"has no run {RUN}", "there is no journal"),
    _REBUILD: ("nothing was submitted under this id",),
    _APPLY: (),
}
"""Why a command may refuse to take a run up: it was killed before it wrote it down, or before it submitted any job."""
_SERVICE: dict[str, Any] = {"run_s": 0.5, "lost_replies": 0.1, "list_delay_s": 3.0}
"""ListJobs is late by more than a command takes to start, so that nobody finds a job just by being slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is killed, and when.

    Attributes:
        when: The line before which it is killed, and at which of its executions; or the seconds after its start.
        command: What is killed: the run that begins, or the one that takes it up after it was killed midway.
        journal: Whether the journal is lost as well.
        seed: Chooses which replies are lost.
    """

    when: tuple[KillPoint, int] | float
    command: Command = "apply"
    journal: Journal = "kept"
    seed: int = 0

    def __str__(self) -> str:
        when = f"{self.when:.3f} s" if isinstance(self.when, float) else f"{self.when[0]}:{self.when[1]}"
        return f"{self.command} killed at {when}, journal {self.journal}, seed {self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of a trial.

    Attributes:
        reached: The process was killed; otherwise it ended by itself.
        wrong: What is not as it has to be; empty if all is well.
        said: What the commands wrote.
    """

    reached: bool
    wrong: tuple[str, ...]
    said: str


def tried(trial: Trial) -> Found:
    """Make a trial, with a service and a folder of its own."""
    with tempfile.TemporaryDirectory() as name, standin(seed=trial.seed, **_SERVICE) as service:
        folder = Path(name)
        write_layered_plan(folder, _WIDTHS)
        return _Attempts(folder, service).make(trial)


def id_received() -> KillPoint:
    """Return the first line that has the id of a submitted job, before it is in the journal."""
    return first_point_in("job_submitter.py", "JobSubmitter._record_id")


def tried_at(point: KillPoint, journal: Journal, *, seed: int = 0) -> list[tuple[Trial, Found]]:
    """Kill at a point a run that begins and, where that does not come by, one that is taken up."""
    trials: list[tuple[Trial, Found]] = []
    commands: tuple[Command, ...] = ("apply", "resume")
    for command in commands:
        trial = Trial(when=(point, 1), command=command, journal=journal, seed=seed)
        trials.append((trial, tried(trial)))
        if trials[-1][1].reached:
            break
    return trials


def duration_s() -> float:
    """Measure how long a run takes that nobody kills."""
    with tempfile.TemporaryDirectory() as name, standin(seed=0, **_SERVICE) as service:
        write_layered_plan(Path(name), _WIDTHS)
        began = time.monotonic()
        kedro_batch(*_APPLY, cwd=Path(name), env=service.environment)
        return time.monotonic() - began


def run_and_kill(
    words: _Words, when: tuple[KillPoint, int] | float, *, cwd: Path, env: Mapping[str, str]
) -> tuple[int, str]:
    """Run a command that is to be killed, and give how it ended and what it said."""
    if isinstance(when, float):
        command, limit = [*PROGRAM, *words], when
    else:
        location = f"{when[0]}:{when[1]}"
        command, limit = [sys.executable, str(_KILLED), location, "--", *words], GENEROUS_S
    # Measuring coverage and killing at a line would each need the trace function for itself.
    env = unmeasured(env)
    log = cwd / "killed.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process,
    ):
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.returncode, f"$ {' '.join(words)} -> {process.returncode}\n{log.read_text()}"


class _Attempts:
    """The commands of one trial, one after the other."""

    def __init__(self, folder: Path, service: StandIn) -> None:
        self._folder = folder
        self._service = service
        self._said: list[str] = []

    def make(self, trial: Trial) -> Found:
        words = _APPLY
        further: tuple[_Words, ...] = (_RESUME, _APPLY)
        if trial.command == "resume":
            self._kill(_APPLY, (id_received(), _MIDWAY))
            words = _RESUME
        if trial.journal == "deleted":
            further = (_REBUILD, _APPLY)
            if trial.command == "resume":
                self._delete_journal()
                words, further = _REBUILD, (_RESUME, *further)
        code = self._kill(words, trial.when)
        reached = code == -signal.SIGKILL
        wrong = [] if reached or code == 0 else [f"{' '.join(words)} ended with {code} before it was killed"]
        if trial.journal == "deleted" and trial.command == "apply":
            self._delete_journal()
        wrong += self._taken_up(further)
        return Found(reached=reached, wrong=(*wrong, *self._judged()), said="\n".join(self._said))

    def _taken_up(self, commands: tuple[_Words, ...]) -> list[str]:
        """Take the run up with the first of the commands that is not refused, and say what is wrong with that."""
        for words in commands:
            if words == _APPLY and (taken := self._service.verdict()["taken"]):
                return [f"a run of which {taken} jobs are submitted is refused"]
            ended = self._run(words)
            if ended.code not in _UNKNOWN:
                return [] if ended.code == 0 else [f"{' '.join(words)} ended with {ended.code}"]
            if not any(reason in ended.err for reason in _REFUSALS[words]):
                return [f"{' '.join(words)} is refused"]
        return ["the run is refused by every command"]

    def _judged(self) -> list[str]:
        """Let the service say whether there is one job for every node."""
        verdict = self._service.verdict()
        states = {label: job["status"] for label, job in self._service.jobs().items()}
        expected = {"taken": JOBS, "labels": JOBS, "duplicates": {}, "double_taken": {}}
        wrong = [f"{what}: {verdict[what]}" for what, right in expected.items() if verdict[what] != right]
        if unfinished := {label: state for label, state in states.items() if state != "SUCCEEDED"}:
            wrong.append(f"not succeeded: {unfinished}")
        return wrong

    def _delete_journal(self) -> None:
        for file in (self._folder / ".kedro-batch").glob("journal.db*"):
            file.unlink()

    def _kill(self, words: _Words, when: tuple[KillPoint, int] | float) -> int:
        """Run a command that is to be killed, and give how it ended."""
        code, said = run_and_kill(words, when, cwd=self._folder, env=environment(self._service.environment))
        self._said.append(said)
        return code

    def _run(self, words: _Words) -> Ended:
        ended = kedro_batch(*words, cwd=self._folder, env=self._service.environment)
        self._said.append(f"$ {' '.join(words)} -> {ended.code}\n{ended.err}{ended.text}")
        return ended
