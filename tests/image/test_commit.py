"""What git says of a project, asked of git itself."""

from datetime import UTC, datetime

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.image.commit import Commit, read_commit, read_committed
from tests.support.repositories import commit_all, git

NOW = datetime(2026, 11, 29, 15, 4, 5, tzinfo=UTC)


@pytest.fixture
def root(tmp_path):
    """A project below the top of a repository, committed."""
    folder = tmp_path / "repository" / "projects" / "flights"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM python\n")
    (folder / "settings.yml").write_text("a: 1\n")
    (folder / ".dockerignore").write_text("# not in images\nplan.yaml\nDockerfile\n")
    commit_all(tmp_path / "repository")
    return folder


def test_a_clean_project_is_tagged_with_its_commit_in_full(root):
    commit = read_commit(root)
    assert commit == Commit(revision=git(root, "rev-parse", "HEAD"))
    assert commit.tag(NOW) == commit.revision
    assert len(commit.revision) == 40


def test_changes_in_the_project_make_a_tag_of_their_own(root):
    (root / "settings.yml").write_text("a: 2\n")
    (root / "neu é.py").write_text("")
    git(root, "mv", "Dockerfile", "Containerfile")
    commit = read_commit(root)
    assert commit.changed == ("Containerfile", "Dockerfile", "neu é.py", "settings.yml")
    assert commit.tag(NOW) == f"{commit.revision}-dirty-20261129T150405Z"


def test_what_cannot_get_into_the_image_changes_nothing(root):
    (root / "plan.yaml").write_text("")
    (root.parent / "other.py").write_text("")
    assert read_commit(root).is_clean


def test_files_that_make_the_image_count_though_they_are_not_in_it(root):
    (root / "Dockerfile").write_text("FROM python:3\n")
    assert read_commit(root).changed == ("Dockerfile",)


def test_the_users_own_settings_of_git_change_nothing(root):
    git(root, "config", "status.showUntrackedFiles", "no")
    git(root, "config", "status.relativePaths", "true")
    (root / "new.py").write_text("")
    assert read_commit(root).changed == ("new.py",)


def test_a_second_worktree_is_as_good_as_the_first(root, tmp_path):
    git(root, "worktree", "add", "-q", str(tmp_path / "second"))
    assert read_commit(tmp_path / "second" / "projects" / "flights") == read_commit(root)


def test_without_a_repository_the_tag_is_the_time(tmp_path):
    commit = read_commit(tmp_path)
    assert (commit.is_clean, commit.missing) == (False, "the project is in no git repository")
    assert commit.tag(NOW) == "dirty-20261129T150405Z"


def test_without_a_commit_or_without_git_too(tmp_path, monkeypatch):
    git(tmp_path, "init", "-q")
    assert read_commit(tmp_path).missing == "the git repository has no commit yet"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_commit(tmp_path).missing == "git is not installed"


def test_what_git_refuses_is_told_in_its_own_words(root, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own switch for its tests
    with pytest.raises(UsageError, match=r"(?s)dubious ownership.*safe\.directory.*or name a tag: --tag TAG$"):
        read_commit(root)


def test_a_file_is_read_as_it_was_committed(root):
    (root / "settings.yml").write_text("a: 2\n")
    assert read_committed(root, "settings.yml") == "a: 1\n"
    assert read_committed(root, "nothing.yml") is None
