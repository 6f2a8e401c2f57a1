"""Runs the scripts of rendered workflows as a forge runs them: with bash, in a clone, with the forge's variables.

What the forge itself does is done here in small: expressions, outputs, summaries, and which commits a clone has.
``pip`` is a stand-in that only writes down what it was asked to install.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kedro_batch.scaffold.choices import Choices
from kedro_batch.scaffold.templates import render_file
from tests.support.command_line import BIN, Ended, run

CHOICES = Choices(project="a_project", bucket="a-bucket", prefix="data")
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}
_PIP = '#!/usr/bin/env bash\nprintf "%s\\n" "$*" >> "$ASKED_OF_PIP"\n'
_GH = Path(__file__).with_name("gh_standin.py")
_IMPATIENT = Path(__file__).with_name("impatient.py")


def render_workflow(name: str, choices: Choices = CHOICES) -> str:
    """Render ``templates/init/NAME.j2``, such as ``github/kedro-batch-apply.yml``."""
    return render_file(f"init/{name}.j2", choices)


def git(*words: str, cwd: Path) -> str:
    """Run git as somebody without a configuration; return what it printed."""
    ended = run(["git", *words], cwd=cwd, env=GIT)
    assert ended.code == 0, f"git {words}: {ended.err}"
    return ended.text.strip()


def programs(folder: Path, *, impatient: bool = False) -> dict[str, str]:
    """Write stand-ins for ``pip`` and ``gh``; return the variables with which scripts find them.

    Args:
        folder: Where they are written.
        impatient: Scripts get a ``kedro-batch`` with short pauses (``impatient``).
    """
    folder.mkdir(parents=True)
    if impatient:
        command = shlex.join([sys.executable, str(_IMPATIENT)])
        (folder / "kedro-batch").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    (folder / "pip").write_text(_PIP)
    shutil.copy(_GH, folder / "gh")
    for file in folder.iterdir():
        file.chmod(0o755)
    asked = folder.parent / "asked-of-pip"
    asked.touch()
    path = os.pathsep.join([str(folder), str(BIN), os.environ["PATH"]])
    return {"PATH": path, "ASKED_OF_PIP": str(asked), **GIT}


# GitHub


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step that has ended: its outputs, and what it wrote into the summary of the run."""

    ended: Ended
    outputs: Mapping[str, str]
    summary: str


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """A runner of GitHub for one clone.

    Attributes:
        clone: The working directory of the steps.
        variables: The environment of every step.
        expressions: The values of expressions, such as ``github.token``. One that a step uses has to be here.
    """

    clone: Path
    variables: Mapping[str, str]
    expressions: Mapping[str, str]

    def step(self, workflow: str, job: str, name: str, **expressions: str) -> Step:
        """Run the script of one step of a workflow, given by its text."""
        content = yaml.safe_load(workflow)
        (step,) = (one for one in content["jobs"][job]["steps"] if one.get("name") == name)
        values = {**self.expressions, **expressions}
        given = {**content.get("env", {}), **step.get("env", {})}
        files = {kind: self.clone.parent / f"github-{kind.lower()}" for kind in ("OUTPUT", "STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        variables = {
            **self.variables,
            **{f"GITHUB_{kind}": str(file) for kind, file in files.items()},
            **{key: evaluate(str(text), values) for key, text in given.items()},
        }
        ended = bash(step["run"], self.clone, variables)
        outputs = dict(line.split("=", 1) for line in files["OUTPUT"].read_text().splitlines())
        return Step(ended=ended, outputs=outputs, summary=files["STEP_SUMMARY"].read_text())


def github_clone(workflow: str, job: str, origin: Path, revision: str, target: Path) -> Path:
    """Clone one revision as the checkout of a job does: without more it has one commit, with ``fetch-depth: 0`` all."""
    steps = yaml.safe_load(workflow)["jobs"][job]["steps"]
    (given,) = (step["with"] for step in steps if step.get("uses", "").startswith("actions/checkout@"))
    return clone(origin, revision, target, depth=given.get("fetch-depth", 1) or None)


def evaluate(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of GitHub's expressions; each has to be a plain name."""
    return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: values[found[1]], text)


# GitLab


def gitlab_job(workflow: str, name: str) -> dict[str, Any]:
    """Return a job with what it extends, as GitLab merges them: mappings key by key, all else as a whole."""
    content = yaml.safe_load(workflow)
    job: dict[str, Any] = content[name]
    while "extends" in job:
        base = content[job.pop("extends")]
        merged = {key: {**base[key], **job[key]} for key in base.keys() & job.keys() if isinstance(base[key], dict)}
        job = {**base, **job, **merged}
    return job


def gitlab_clone(workflow: str, job: str, origin: Path, revision: str, target: Path) -> Path:
    """Clone one revision as a runner does for a job."""
    return clone(origin, revision, target, depth=int(gitlab_job(workflow, job)["variables"]["GIT_DEPTH"]) or None)


def run_gitlab_job(workflow: str, name: str, clone: Path, variables: Mapping[str, str]) -> Ended:
    """Run the scripts of a job as one script. The job's own variables may name those of the project."""
    job = gitlab_job(workflow, name)
    own = {
        key: re.sub(r"\$(\w+)", lambda found: variables.get(found[1], ""), str(text))
        for key, text in job["variables"].items()
    }
    script = "\n".join([*job.get("before_script", ()), *job["script"]])
    return bash(script, clone, {**variables, **own})


def bash(script: str, cwd: Path, variables: Mapping[str, str]) -> Ended:
    """Run a script as both forges do: it ends with the first command that fails."""
    return run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=cwd, env=variables)


def clone(origin: Path, revision: str, target: Path, *, depth: int | None = None) -> Path:
    """Clone one revision as runners do: no branch is checked out.

    With a depth, older commits are missing; without, all branches and tags come along.
    """
    git("init", "--quiet", str(target), cwd=origin)
    words = [f"--depth={depth}"] if depth else []
    others = [] if depth else ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    git("remote", "add", "origin", f"file://{origin}", cwd=target)
    git("fetch", "--quiet", *words, "origin", revision, *others, cwd=target)
    git("checkout", "--quiet", "--detach", "FETCH_HEAD", cwd=target)
    return target
