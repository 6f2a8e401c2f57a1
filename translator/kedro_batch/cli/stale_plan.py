"""Find out whether a project still gives the plan that has just failed on this machine, by compiling it once more.

It compiles in a process of its own: a command that applies plans never loads Kedro.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from kedro_batch.errors import PlanError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import ENV_VARIABLE

_PATIENCE_S = 120


def find_update_command(plan: Plan, digest: PlanDigest, project: Path, file: str) -> str | None:
    """Return the command that brings a plan up to date; None if it is, or if that cannot be found out.

    Args:
        plan: The plan. One that names no project was not compiled.
        digest: Its digest.
        project: The folder of its project.
        file: Where the new plan is to be written.
    """
    if plan.project is None:
        return None
    words = list(_words(plan, project))
    now = _compile(project, words)
    if now and now.group_by != plan.group_by:  # the command line may have said so
        words.append(f"--group-by={','.join(plan.group_by) or 'none'}")
        now = _compile(project, words)
    conf_source = _flag_values(plan, "conf-source")
    if now and conf_source != _flag_values(now, "conf-source"):
        words += [f"--conf-source={one if '://' in one else os.path.relpath(project / one)}" for one in conf_source]
        now = _compile(project, words)
    if now is None or plan_digest(now) == digest:
        return None
    return shlex.join(["kedro-batch", "compile", *words, "-o", file])


def _words(plan: Plan, project: Path) -> Iterator[str]:
    """Yield the options that the plan was compiled with, as far as it tells."""
    if project != Path.cwd():
        yield f"--project={os.path.relpath(project)}"
    if plan.pipelines and plan.pipelines != ("__default__",):
        yield f"--pipelines={','.join(plan.pipelines)}"
    if plan.env:
        yield f"--env={plan.env}"
    for flag, names in asdict(plan.selection).items():
        if names:
            yield f"--{flag.replace('_', '-')}={','.join(names)}"
    yield from (f"--params={one}" for one in _flag_values(plan, "params"))
    if versions := _flag_values(plan, "load-versions"):
        yield f"--load-versions={','.join(versions)}"


def _flag_values(plan: Plan, flag: str) -> tuple[str, ...]:
    """Return the values that the commands of a plan give a flag, without repetition."""
    start = f"--{flag}="
    found = (word.removeprefix(start) for job in plan.jobs for word in job.command if word.startswith(start))
    return tuple(dict.fromkeys(found))


def _compile(project: Path, words: list[str]) -> Plan | None:
    """Compile a project in another process; None if that fails."""
    command = [sys.executable, "-m", "kedro_batch", "compile", "-q", f"--project={project}", *words]
    environment = {name: value for name, value in os.environ.items() if name != ENV_VARIABLE}
    with suppress(OSError, subprocess.SubprocessError, PlanError):
        # No shell reads the words, and each of them is one option with its value.
        ended = subprocess.run(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=True
        )
        return read_plan(ended.stdout, "compiled now")
    return None
