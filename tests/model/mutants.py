"""Mutants: the package with one mend taken back. The search has to find what follows."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.command_line import unmeasured

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
        also: Other texts of the module, each with what stands there instead: each mend alone keeps the promise.
    """

    does: str
    file: str
    code: str
    by: str
    scenario: str
    claim: str
    also: tuple[tuple[str, str], ...] = ()


MUTANTS = (
    Mutant(
        does="takes a lost reply for a request that was not executed",
        file="submitter/job_submitter.py",
        code="case Fault.UNREACHABLE | Fault.CREDENTIALS | Fault.SETTINGS:",
        by="case Fault.UNREACHABLE | Fault.CREDENTIALS | Fault.SETTINGS | Fault.AMBIGUOUS:",
        scenario="lost replies",
        claim="runs twice",
    ),
    Mutant(
        does="does not notice that it slept",
        file="submitter/stock_taking.py",
        code="return still_s if still_s > STILL_S else 0.0",
        by="return 0.0",
        scenario="one sleeps, another takes over",
        claim="is sent again",
    ),
    Mutant(
        does="drops a job silently whose id it has, because it is not listed",
        file="submitter/reconcile/copies.py",
        code="if job_id not in known and job is not None:",
        by="if False:",
        scenario="late listing",
        claim="goes on",
    ),
    Mutant(
        does="takes a job as lost although one below it has started",
        file="submitter/reconcile/merge.py",
        code="elif job in succeeded and (record is None or _success_unseen(record, described)):",
        by="elif False:",
        scenario="forgotten early",
        claim="runs again",
    ),
    Mutant(
        does="chooses by what runs, and takes a node whose jobs were ended for each other as failed",
        file="submitter/reconcile/duplicates.py",
        code="    return not succeeded, found.age if",
        by="    return found.state not in PARENTS_SUCCEEDED, found.age if",
        also=(("while at and ended_as_duplicate(at.reason) and at.job_id not in passed:", "while False:"),),
        scenario="two begin one job that starts late",
        claim="nothing has failed, and",
    ),
    Mutant(
        does="runs again what the service has forgotten, where nobody has the journal",
        file="submitter/reconcile/merge.py",
        code="old = forgets and (gap or wall - began_at > REMEMBERED_S)",
        by="old = False",
        scenario="forgotten, then resumed elsewhere",
        claim="a has succeeded as id-0, and runs again",
    ),
    Mutant(
        does="believes an older journal that a job has failed, although one below it has started",
        file="submitter/reconcile/merge.py",
        code="return record.submission == 1 and not seen",
        by="return record.submission == 1 and not seen and record.state is not JobState.FAILED",
        scenario="forgotten, then resumed elsewhere",
        claim="a has succeeded as id-1, and runs again",
    ),
    Mutant(
        does="takes for granted that what it terminates has not succeeded",
        file="submitter/reconcile/settle.py",
        code="if not succeeded:\n            return reconciled",
        by="if True:\n            return reconciled",
        scenario="two begin a chain",
        claim="runs again",
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
    for code, by in ((mutant.code, mutant.by), *mutant.also):
        if text.count(code) != 1:
            raise ValueError(f"{mutant.file} has {text.count(code)} times: {code}")
        text = text.replace(code, by)
    module.write_text(text)
    command = [sys.executable, "-m", "tests.model", mutant.scenario]
    # What a copy of the package executes says nothing about the coverage of the package.
    variables = {**unmeasured(os.environ), "PYTHONPATH": str(folder / "translator")}
    return subprocess.run(command, cwd=_ROOT, env=variables, capture_output=True, text=True, check=False).stdout
