"""Compares what the jobs of a plan write on this machine with what one plain ``kedro run`` writes."""

import shutil
from pathlib import Path

from tests.support.command_line import Ended
from tests.support.forked import kedro_batch


def copied(project: Path, to: Path) -> Path:
    shutil.copytree(project, to, ignore=shutil.ignore_patterns(".kedro-batch", "__pycache__"))
    return to


def apply(project: Path) -> Ended:
    ended = kedro_batch("apply", "plan.yaml", "--local", cwd=project)
    assert ended.code == 0, ended.text
    return ended


def kedro_run(project: Path, *words: str) -> None:
    ended = kedro_batch("run", *words, cwd=project, program="kedro")
    assert ended.code == 0, ended.text + ended.err


def contents(project: Path, folder: str = "data") -> dict[str, str]:
    top = project / folder
    return {str(file.relative_to(top)): file.read_text() for file in sorted(top.rglob("*")) if file.is_file()}


def applied_and_run(project: Path, copy: Path, *words: str) -> dict[str, str]:
    """Apply a plan, compare its outputs with those of a plain run in a copy, and return them."""
    copied(project, copy)
    raw = contents(project)
    apply(project)
    kedro_run(copy, *words)
    written = contents(project)
    assert written == contents(copy)
    assert len(written) > len(raw)
    return written
