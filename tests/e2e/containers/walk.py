"""A user's project, and the commands that the user types in it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from kedro_batch.scaffold.demo_project import DemoView, write_demo_project
from tests.e2e.conftest import GIT
from tests.e2e.containers.account import BUCKET, ContainerAccount
from tests.support.command_line import Ended, environment, kedro_batch
from tests.support.docker_engine import ECR_HOST
from tests.support.projects import KEDRO_VERSION

REPOSITORY = "spaceflights_demo"
_PIPELINES = ("data_processing", "data_science")
# Waits until it is killed; and what would come after it.
_STUCK = '''

def wait() -> int:
    """Wait for what never comes."""
    time.sleep(3600)
    return 1


def registered_too() -> Pipeline:
    """Two nodes of which the first never ends."""
    return Pipeline([node(wait, None, "awaited", name="wait"), node(abs, "awaited", "after", name="go_on")])
'''


def write_starter(project: Path) -> None:
    """Write the demo without settings for AWS, its nodes in two namespaces, with one more pipeline."""
    write_demo_project(project, DemoView(kedro_version=KEDRO_VERSION))
    (project / "conf" / "base" / "aws_batch.yml").unlink()
    package = project / "src" / "spaceflights_demo"
    for name in _PIPELINES:
        _edit(package / "pipelines" / name / "pipeline.py", lambda text, name=name: _with_namespace(text, name))
    registry = package / "pipeline_registry.py"
    _edit(
        registry,
        lambda text: (
            "import time\n\n"
            + text.replace("import Pipeline\n", "import Pipeline, node\n").replace(
                "    return pipelines\n", '    pipelines["stuck"] = registered_too()\n    return pipelines\n'
            )
            + _STUCK
        ),
    )
    git(project, "init", "--quiet", ".")
    commit(project, "Start")


def git(project: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=project, env=environment(GIT), check=True)


def commit(project: Path, message: str) -> None:
    """Commit everything: an image of what is not committed has a tag of its own."""
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", message)


class Walk:
    """The project and the command line in it.

    Attributes:
        project: The folder of the project.
    """

    def __init__(self, project: Path, account: ContainerAccount) -> None:
        self.project = project
        self._account = account

    def types(self, *words: str, code: int = 0) -> Ended:
        """Run ``kedro-batch WORDS`` in the project, and expect its exit code."""
        ended = kedro_batch(*words, cwd=self.project, env=self._account.environment)
        assert ended.code == code, f"{words}: {ended.err}\n{ended.text}"
        return ended

    def pushes_image(self, message: str, *words: str) -> str:
        """Commit, build and push, and return the image by its digest."""
        commit(self.project, message)
        # The engine of the tests makes no network, so that a build has that of the machine.
        image = self.types("image", "--push", *words, "--", "--network=host").text.strip()
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=self.project, capture_output=True, text=True, check=True
        ).stdout.strip()
        self._account.enter_image(REPOSITORY, head, image.partition("@")[2])
        return image

    def edits(self, file: str, change: Callable[[str], str]) -> None:
        """Change a file of the project."""
        _edit(self.project / file, change)

    def adds_environment(self, name: str, **settings: Any) -> None:
        """Add a configuration environment with other settings than those of aws_batch."""
        known = yaml.safe_load((self.project / "conf" / "aws_batch" / "aws_batch.yml").read_text())
        folder = self.project / "conf" / name
        folder.mkdir()
        (folder / "aws_batch.yml").write_text(yaml.safe_dump({**known, **settings}))

    def plan(self, name: str) -> dict[str, Any]:
        """Return a plan of the project."""
        content: dict[str, Any] = yaml.safe_load((self.project / name).read_text())
        return content


def data_of_plain_run(starter: Path, folder: Path, run: Callable[[list[str], Path], Ended]) -> dict[str, bytes]:
    """Return what a plain ``kedro run`` writes in an untouched copy of a project, by path."""
    plain = Path(shutil.copytree(starter, folder / "plain"))
    ended = run(["kedro", "run"], plain)
    assert ended.code == 0, ended.err
    data = plain / "data"
    return {str(file.relative_to(plain)): file.read_bytes() for file in data.rglob("*") if file.is_file()}


def _edit(file: Path, change: Callable[[str], str]) -> None:
    before = file.read_text()
    after = change(before)
    assert after != before, file
    file.write_text(after)


def _with_namespace(text: str, namespace: str) -> str:
    return text.replace('name="', f'namespace="{namespace}", name="')


def bucket_url(prefix: str) -> str:
    return f"s3://{BUCKET}/{prefix}"


def image_name(digest: str) -> str:
    return f"{ECR_HOST}/{REPOSITORY}@{digest}"
