"""Mutants: the package with one mend taken back. The search has to find what follows."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
_PACKAGE = Path("translator/kedro_batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A mend that is taken back.

    Attributes:
        does: What the program does without it.
        file: The module, below the package.
        code: The source text that is replaced; it must be there once.
        by: What stands there instead.
        scenario: The scenario in which it is found.
        claim: Words of the claim that it breaks.
    """

    does: str
    file: str
    code: str
    by: str
    scenario: str
    claim: str


MUTANTS = (
    Mutant(
        does="takes a lost reply for a request that was not executed",
        file="submitter/job_submitter.py",
        code="case Fault.UNREACHABLE | Fault.CREDENTIALS:",
        by="case Fault.UNREACHABLE | Fault.CREDENTIALS | Fault.AMBIGUOUS:",
        scenario="lost replies",
        claim="runs twice",
    ),
    Mutant(
        does="submits a job at once whose intent was written by a process that was killed",
        file="submitter/reconcile/merge.py",
        code="return record.in_state(JobState.EXPIRED if expired else JobState.UNCONFIRMED)",
        by="return record.in_state(JobState.EXPIRED if expired else JobState.NOT_SUBMITTED)",
        scenario="killed and resumed",
        claim="runs twice",
    ),
)


def search_mutant(mutant: Mutant, folder: Path) -> str:
    """Search a scenario with a mutant of the package; return what the search prints.

    Raises:
        ValueError: The text that it replaces is not there: the code has moved, and the mutant has to follow.
    """
    shutil.copytree(_ROOT / "translator", folder / "translator", ignore=shutil.ignore_patterns("__pycache__"))
    for data in ("schemas", "templates"):
        (folder / data).symlink_to(_ROOT / data)
    module = folder / _PACKAGE / mutant.file
    text = module.read_text()
    if text.count(mutant.code) != 1:
        raise ValueError(f"{mutant.file} has {text.count(mutant.code)} times: {mutant.code}")
    module.write_text(text.replace(mutant.code, mutant.by))
    command = [sys.executable, "-m", "tests.model", mutant.scenario]
    variables = os.environ | {"PYTHONPATH": str(folder / "translator")}
    return subprocess.run(command, cwd=_ROOT, env=variables, capture_output=True, text=True, check=False).stdout
