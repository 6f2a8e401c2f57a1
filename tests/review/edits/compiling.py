"""Compile many projects, each in its own process that has already loaded Kedro.

``python -m tests.review.edits.compiling FILE`` writes the plans before and after every edit as JSON.
"""

import json
import multiprocessing
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import kedro_batch
from kedro_batch.compiler.compile import compile_project
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.kedro_version import find_kedro_features
from kedro_batch.diagnostics import Severity
from kedro_batch.plan.model import Plan
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.writer import plan_text
from tests.review.edits.corpus import EDITS, Edit
from tests.review.edits.project import Project
from tests.support.command_line import environment
from tests.support.projects import KEDRO_VERSION

_ROOT = Path(__file__).parent.parent.parent.parent


def compile_corpus() -> dict[str, tuple[str, str]]:
    """Compile the corpus: the plan file before and after each edit."""
    paths = [str(_ROOT), str(Path(kedro_batch.__file__).parent.parent)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plans.json"  # Kedro logs to standard output
        ended = subprocess.run(
            [sys.executable, "-m", "tests.review.edits.compiling", str(file)],
            env=environment({"PYTHONPATH": ":".join(paths)}),
            capture_output=True,
            check=False,
        )
        if ended.returncode:
            raise ValueError(ended.stderr.decode())
        return {name: (before, after) for name, (before, after) in json.loads(file.read_text()).items()}


def read_corpus(files: Mapping[str, tuple[str, str]]) -> dict[str, tuple[Plan, Plan]]:
    """Read the plan files of the corpus."""
    return {
        name: (read_plan(old.encode(), "old.yaml"), read_plan(new.encode(), "new.yaml"))
        for name, (old, new) in files.items()
    }


def main() -> None:
    projects: list[Project] = []
    for edit in EDITS.values():
        projects += [one for one in (edit.before, edit.after) if one not in projects]
    texts = compiled(projects)
    found = {
        name: (texts[projects.index(edit.before)], _edited_by_hand(texts[projects.index(edit.after)], edit))
        for name, edit in EDITS.items()
    }
    Path(sys.argv[1]).write_text(json.dumps(found))


def _edited_by_hand(text: str, edit: Edit) -> str:
    return plan_text(edit.by_hand(read_plan(text.encode(), "plan.yaml"))) if edit.by_hand else text


def compiled(projects: Iterable[Project]) -> list[str]:
    """Compile projects, and return the texts of their plans."""
    import kedro_batch.compiler.project.kedro_loader  # noqa: F401, PLC0415  once, for all forked processes

    with multiprocessing.get_context("fork").Pool(maxtasksperchild=1) as pool:
        return pool.map(_compiled, projects, chunksize=1)


def _compiled(project: Project) -> str:
    warnings.simplefilter("ignore")
    options = CompileOptions(
        pipelines=project.pipelines, env=project.env, params=project.params, selection=project.selection
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        project.write(root, KEDRO_VERSION)
        made = compile_project(root, options)
    if wrong := [one.message for one in made.diagnostics if one.severity is Severity.ERROR]:
        raise ValueError(f"the project does not compile: {wrong}")
    return plan_text(_spelled(made.plan, project.kedro))


def _spelled(plan: Plan, version: str) -> Plan:
    """Spell the commands for another version of Kedro than the installed one."""
    here, there = find_kedro_features(KEDRO_VERSION), find_kedro_features(version)
    flags = {here.pipeline_flag: there.pipeline_flag, here.namespace_flag: there.namespace_flag}

    def word(text: str) -> str:
        flag, equals, value = text.partition("=")
        return flags.get(flag, flag) + equals + value

    jobs = tuple(replace(job, command=tuple(map(word, job.command))) for job in plan.jobs)
    return replace(plan, kedro_version=version, jobs=jobs)


if __name__ == "__main__":
    main()
