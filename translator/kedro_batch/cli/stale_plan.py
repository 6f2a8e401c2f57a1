"""Find out whether a project still gives the plan that has just failed on this machine, by compiling it once more.

It compiles in a process of its own: a command that applies plans never loads Kedro.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from kedro_batch.errors import PlanError, Refused
from kedro_batch.plan.approved_digests import loses_digests, with_digests_of
from kedro_batch.plan.compile_words import compile_words, flag_values
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.variables import ENV_VARIABLE
from kedro_batch.text.wording import sentences

_TIMEOUT_S = 120
_UNGROUPED = "--group-by=none"


def describe_staleness(plan: Plan, digest: PlanDigest, project: Path, file: str) -> str | None:
    """Say that a plan is out of date, and what to type; None if it is not, or if that cannot be found out.

    Args:
        plan: The plan. One that names no project was not compiled.
        digest: Its digest.
        project: The folder of its project.
        file: Where the new plan is to be written.
    """
    if plan.project is None:
        return None
    elsewhere = [] if project == Path.cwd() else [f"--project={os.path.relpath(project)}"]
    words = [*elsewhere, *compile_words(plan)]
    now = _compile(project, words)
    for more, found_in in _uncertain_words(plan, project):
        if now is None or (isinstance(now, Plan) and found_in(now) == found_in(plan)):
            continue
        remote = more[0].startswith("--conf-source=") and "://" in more[0]
        if isinstance(now, str) and remote:  # perhaps only the container can reach it
            continue
        tried = _compile(project, [*words, *more])
        if tried != now or more != [_UNGROUPED]:  # what makes no difference need not be typed
            words, now = [*words, *more], tried
    if now is None or (isinstance(now, Plan) and plan_digest(with_digests_of(plan, now)) == digest):
        return None
    if isinstance(now, Plan) and loses_digests(now, plan):
        words.append("--resolve-image")
    command = shlex.join(["kedro-batch", "compile", *words, "-o", file])
    if isinstance(now, Plan):
        return f"The plan is out of date: its project gives another one now. Compile it again: {command}"
    return sentences(
        f"The plan is out of date: its project does not compile any more with the plan's options: {now}",
        f"To see more: {command}",
    )


def _uncertain_words(plan: Plan, project: Path) -> Iterator[tuple[list[str], Callable[[Plan], tuple[str, ...]]]]:
    """Yield options that the command line or else the settings have given, and what shows them in a plan."""
    if plan.params:  # those of the settings may be among them, and are the same then
        yield list(plan.params_words), lambda one: one.params_words
    yield [f"--group-by={','.join(plan.group_by)}" if plan.group_by else _UNGROUPED], lambda one: one.group_by
    if declared := plan.job_definitions.get(plan.defaults.job_definition):
        yield [f"--image={declared.image}"], lambda one: tuple(each.image for each in one.job_definitions.values())
    conf_source = flag_values(plan, "conf-source")
    words = [f"--conf-source={one if '://' in one else os.path.relpath(project / one)}" for one in conf_source]
    if words and all("://" in one or (project / one).exists() for one in conf_source):
        yield words, lambda one: flag_values(one, "conf-source")


def _compile(project: Path, words: list[str]) -> Plan | str | None:
    """Compile a project in another process; return why it is refused, or None if that cannot be found out."""
    command = [sys.executable, "-m", "kedro_batch", "compile", "-q", f"--project={project}", *words]
    environment = {name: value for name, value in os.environ.items() if name not in {ENV_VARIABLE, "COLUMNS"}}
    with suppress(OSError, subprocess.SubprocessError, PlanError):
        # No shell reads the words, and each of them is one option with its value.
        ended = subprocess.run(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
        if ended.returncode == Refused.exit_code:
            return _first_reason(ended.stderr.decode(errors="replace"))
        if ended.returncode == 0:
            return read_plan(ended.stdout, "compiled now")
    return None


def _first_reason(text: str) -> str | None:
    """Return an error up to the first line that does not only introduce the next: of several reasons, the first."""
    lines = [line.strip() for line in text[text.find("Error: ") :].splitlines() if line.strip()]
    end = next((number for number, line in enumerate(lines, 1) if not line.endswith(":")), 0)
    return " ".join(lines[:end]).removeprefix("Error: ") or None
