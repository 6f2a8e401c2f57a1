"""The demo's project, compiled once and copied for each test that changes it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kedro_batch.scaffold.demo_project import DemoView, write_demo_project
from tests.support.command_line import environment, kedro_batch
from tests.support.projects import KEDRO_VERSION

GIT = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


@pytest.fixture(scope="session")
def compiled_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `kedro-batch demo` leaves, less the run and its data."""
    project = tmp_path_factory.mktemp("demo") / "kedro-batch-demo"
    write_demo_project(project, DemoView(kedro_version=KEDRO_VERSION))
    ended = kedro_batch("compile", "-o", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    return project


@pytest.fixture
def demo(compiled_demo: Path, tmp_path: Path) -> Path:
    """A compiled demo of one's own."""
    return Path(shutil.copytree(compiled_demo, tmp_path / "kedro-batch-demo"))


@pytest.fixture
def committed_demo(demo: Path) -> Path:
    """A compiled demo whose files are committed."""
    for words in (["init", "--quiet", "."], ["add", "."], ["commit", "--quiet", "-m", "Plan the pipeline"]):
        subprocess.run(["git", *words], cwd=demo, env=environment(GIT), check=True)
    return demo


@pytest.fixture(scope="session")
def run_commands() -> Callable[..., dict[str, str]]:
    """Run commands as one script; return what each of them wrote, both streams together."""

    def run(commands: list[str], cwd: Path, env: dict[str, str] | None = None) -> dict[str, str]:
        mark = "## command"
        script = "\n".join(["set -e", "exec 2>&1", *(f"echo '{mark}'\n{command}" for command in commands)])
        ended = subprocess.run(
            ["bash", "-c", script],
            cwd=cwd,
            env=environment({**GIT, **(env or {})}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        return dict(zip(commands, ended.stdout.split(f"{mark}\n")[1:], strict=True))

    return run
