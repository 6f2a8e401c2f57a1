"""Kills runs at chosen points and takes them up again; the stand-in's own ledger says what became of the jobs."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import kedro_batch.submitter
from tests.support.command_line import PROGRAM, environment
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, on
from tests.support.services import StandIn, standin

_KILLED = Path(__file__).parent.parent / "faults" / "killed.py"
_SUBMITTER = Path(kedro_batch.submitter.__file__).parent
_MODULES = (
    "submission.py",
    "journal.py",
    "run.py",
    "calls.py",
    "desk.py",
    "listing.py",
    "polling.py",
    "stocktaking.py",
    "standing.py",
    "census.py",
    "termination.py",
    "aws.py",
)
"""The modules that submit, write the journal, look jobs up, and take a run up again."""

_LAYERS, _WIDTH = 4, 3
JOBS = _LAYERS * _WIDTH
_SERVICE = {"run_s": 0.4, "latency_s": 0.05, "lost_replies": 0.1, "error_after": 0.1, "list_delay_s": 0.5}
_MIDWAY = "submission.py:{line}:4"


@dataclass(frozen=True)
class Trial:
    """What came of one kill.

    Attributes:
        point: Where or when the process was killed.
        lost: The journal was deleted afterwards.
        reached: The process got there.
        wrong: What is wrong with the jobs; empty when all is well.
    """

    point: str
    lost: bool
    reached: bool
    wrong: str


def kill_points() -> list[str]:
    """Give every line of a function in the modules, as ``FILE:LINE``, from the code as Python compiles it."""
    return [f"{name}:{line}" for name in _MODULES for line in sorted(_lines(_SUBMITTER / name))]


def _lines(file: Path) -> set[int]:
    code = compile(file.read_text(), str(file), "exec")
    return {line for function in _functions(code) for line in _body(function)}


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & 0x2:  # CO_NEWLOCALS: a function, and no class
                yield constant
            yield from _functions(constant)


def _body(function: CodeType) -> Iterator[int]:
    return (line for _, _, line in function.co_lines() if line and line != function.co_firstlineno)


def at_point(point: str, *, lost: bool, seed: int) -> Trial:
    """Kill an apply just before a line; where it does not get there, kill the resume of one that was killed midway."""
    with _trial(seed) as (folder, service):
        reached = _killed(folder, service, f"{point}:1", "apply", "plan.yaml", "--run-id", "r", "-q")
        if reached:
            return Trial(point, lost, reached, _taken_up(folder, service, lost=lost))
    with _trial(seed) as (folder, service):
        _killed(folder, service, _midway(), "apply", "plan.yaml", "--run-id", "r", "-q")
        words = ["resume", "r", "-q"]
        if lost:
            (folder / JOURNAL).unlink()
            words += ["--plan", "plan.yaml"]
        reached = _killed(folder, service, f"{point}:1", *words)
        return Trial(point, lost, reached, _taken_up(folder, service, lost=lost and reached))


def at_random(*, lost: bool, seed: int) -> Trial:
    """Kill an apply at a random moment."""
    moment = random.Random(seed).uniform(0.3, 5.0)  # noqa: S311  a moment, no secret
    with _trial(seed) as (folder, service):
        command = [*PROGRAM, "apply", "plan.yaml", "--run-id", "r", "-q"]
        with subprocess.Popen(command, cwd=folder, env=environment(service.environment)) as process:
            time.sleep(moment)
            process.kill()
        return Trial(f"{moment:.3f} s", lost, process.returncode < 0, _taken_up(folder, service, lost=lost))


class _trial:  # noqa: N801  a context manager, used as a function
    """A folder with a plan, and a service of its own."""

    def __init__(self, seed: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kill")
        self._service = standin(**_SERVICE, seed=seed)

    def __enter__(self) -> tuple[Path, StandIn]:
        folder = Path(self._folder.name)
        names = [f"j{layer}{number}" for layer in range(_LAYERS) for number in range(_WIDTH)]
        parents = {name: " ".join(names[n - n % _WIDTH - _WIDTH : n - n % _WIDTH]) for n, name in enumerate(names)}
        write_plan(folder, {name: ["x"] for name in names}, {name: above for name, above in parents.items() if above})
        return folder, self._service.__enter__()

    def __exit__(self, *exception: object) -> None:
        self._service.__exit__(None, None, None)
        self._folder.cleanup()


def _midway() -> str:
    """Give the point where the id of the fourth job has come and is not yet written down."""
    source = (_SUBMITTER / "submission.py").read_text().splitlines()
    return _MIDWAY.format(line=next(n for n, line in enumerate(source, 1) if "self._progress.submitted(" in line))


def _killed(folder: Path, service: StandIn, point: str, *words: str) -> bool:
    ended = subprocess.run(
        [sys.executable, str(_KILLED), point, *words],
        cwd=folder,
        env={**environment(service.environment), "PYTHONPATH": str(_SUBMITTER.parent.parent)},
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert ended.returncode in (0, -9), ended.stderr.decode()
    return ended.returncode < 0


def _taken_up(folder: Path, service: StandIn, *, lost: bool) -> str:
    """Take a run up again, and say what is wrong with its jobs then."""
    if lost:
        (folder / JOURNAL).unlink(missing_ok=True)
    words = ["--plan", "plan.yaml"] if lost else []
    ended = on(service, "resume", "r", "-q", *words, cwd=folder)
    if ended.code == 2:  # nothing was submitted, or nothing was written down yet: then it is begun
        if service.verdict()["taken"] and not lost:
            return f"jobs were submitted, and resume was refused: {ended.err}"
        ended = on(service, "apply", "plan.yaml", "--run-id", "r", "-q", cwd=folder)
    verdict = service.verdict()
    wrong = []
    if ended.code:
        wrong.append(f"exit code {ended.code}: {ended.err}{ended.text}")
    if verdict["labels"] != JOBS:
        wrong.append(f"{verdict['labels']} of {JOBS} jobs")
    if verdict["double_taken"]:
        wrong.append(f"twice: {verdict['double_taken']}")
    if any(job["status"] != "SUCCEEDED" for job in service.jobs().values()):
        wrong.append("not all have succeeded")
    return "; ".join(wrong)
