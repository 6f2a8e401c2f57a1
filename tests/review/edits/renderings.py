"""The golden files of an edit: add another kind of file to ``RENDERINGS``."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from kedro_batch.plan.model import Plan
from kedro_batch.plan.writer import plan_text
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.formats import render_json
from kedro_batch.review.pull_request import render_diff_markdown
from kedro_batch.review.templates import render

_CALLED = ("main:plan.yaml", "plan.yaml")
_NO_CONFIGURATION = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


def git_diff(old: str, new: str) -> str:
    """Return the output of ``git diff`` for a plan file, without the line of hashes; empty if nothing differs."""
    with tempfile.TemporaryDirectory() as folder:
        for side, text in {"a": old, "b": new}.items():
            (Path(folder) / side).mkdir()
            (Path(folder) / side / "plan.yaml").write_text(text)
        command = ["git", "diff", "--no-index", "--no-color", "--no-prefix", "a/plan.yaml", "b/plan.yaml"]
        env = {"PATH": os.environ.get("PATH", os.defpath), **_NO_CONFIGURATION}
        ended = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if ended.returncode > 1:
        raise ValueError(ended.stderr)
    return re.sub(r"^index .*\n", "", ended.stdout, flags=re.MULTILINE)


RENDERINGS: Mapping[str, Callable[[Plan, Plan], str]] = {
    "git.diff": lambda old, new: git_diff(plan_text(old), plan_text(new)),
    "diff.json": lambda old, new: "".join(render_json(diff_plans(old, new))),
    "diff.txt": lambda old, new: render("diff.txt.j2", build_diff_view(diff_plans(old, new), (old, new), _CALLED)),
    "diff.md": lambda old, new: render_diff_markdown(diff_plans(old, new), old, new, _CALLED),
}
"""The golden files of an edit, by name: functions of the plan before and the plan after."""
