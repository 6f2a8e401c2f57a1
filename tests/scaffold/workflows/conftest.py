"""A repository whose main branch has a compiled project, and branches to be merged."""

import shutil
from pathlib import Path

import pytest

from tests.support.forked import kedro_batch
from tests.support.projects import TARGET, write_project
from tests.support.workflows import git

_SETTINGS = "conf/aws_batch/aws_batch.yml"


class Repository:
    """A project under version control, with its settings in the environment ``aws_batch``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *words: str) -> str:
        return git(*words, cwd=self.folder)

    def commit(self, **files: str | None) -> str:
        """Write files, or remove them, and commit; return the commit."""
        for name, text in files.items():
            file = self.folder / name.replace("__", "/").replace("plan_yaml", "plan.yaml")
            if text is None:
                file.unlink()
            else:
                file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "A change")
        return self.git("rev-parse", "HEAD")

    def give_memory(self, memory_mib: int, *, compiled: bool = True) -> str:
        """Change the settings of all jobs, compile, and commit."""
        (self.folder / _SETTINGS).write_text(f"{TARGET}resources: {{memory_mib: {memory_mib}}}\n")
        if compiled:
            ended = kedro_batch("compile", "--env=aws_batch", "-o", "plan.yaml", cwd=self.folder)
            assert ended.code == 0, ended.err
        return self.commit()

    def merged(self, branch: str) -> str:
        """Return a commit that merges a branch into main, as a forge makes it to try a pull request."""
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "-m", "Merge", branch)
        merge = self.git("rev-parse", "HEAD")
        self.git("update-ref", "refs/pull/5/merge", merge)
        self.git("checkout", "--quiet", branch)
        return merge


@pytest.fixture(scope="session")
def compiled_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository") / "project"
    write_project(folder, conf={"base/aws_batch.yml": None, "aws_batch/aws_batch.yml": TARGET})
    (folder / ".gitignore").write_text("__pycache__/\n.kedro-batch/\n")
    (folder / "requirements.txt").write_text("kedro\n")
    ended = kedro_batch("compile", "--env=aws_batch", "-o", "plan.yaml", cwd=folder)
    assert ended.code == 0, ended.err
    git("init", "--quiet", "--initial-branch=main", ".", cwd=folder)
    Repository(folder).commit()
    return folder


@pytest.fixture
def repository(compiled_repository: Path, tmp_path: Path) -> Repository:
    """A repository of one's own: main has a plan, and the branch ``change`` is checked out."""
    it = Repository(Path(shutil.copytree(compiled_repository, tmp_path / "origin")))
    it.git("checkout", "--quiet", "-b", "change")
    return it
