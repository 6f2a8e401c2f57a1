import subprocess

import pytest

from kedro_batch.scaffold.choices import Forge
from kedro_batch.scaffold.git_remote import find_git_facts, is_branch, is_ignored, read_remote


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://github.com/team/flights.git", (Forge.GITHUB, "team/flights")),
        ("https://github.com/team/flights", (Forge.GITHUB, "team/flights")),
        ("https://github.com/team/flights/", (Forge.GITHUB, "team/flights")),
        ("https://me:token@github.com/team/flights.git", (Forge.GITHUB, "team/flights")),
        ("https://GitHub.com/Team/flights.io.git", (Forge.GITHUB, "Team/flights.io")),
        ("git@github.com:team/flights.git", (Forge.GITHUB, "team/flights")),
        ("github.com:team/flights", (Forge.GITHUB, "team/flights")),
        ("ssh://git@github.com/team/flights.git", (Forge.GITHUB, "team/flights")),
        ("ssh://git@ssh.github.com:443/team/flights.git", (Forge.GITHUB, "team/flights")),
        ("git@gitlab.com:group/sub/deep/flights.git", (Forge.GITLAB, "group/sub/deep/flights")),
        ("https://gitlab.com/group/flights.git", (Forge.GITLAB, "group/flights")),
        ("ssh://git@altssh.gitlab.com:443/group/flights.git", (Forge.GITLAB, "group/flights")),
        ("https://github.example.com/team/flights.git", None),
        ("https://github.com.evil.example/team/flights.git", None),
        ("git@gitlab.example.com:group/flights.git", None),
        ("https://github.com/team", None),
        ("https://github.com/team/group/flights", None),
        ("https://github.com/team/fli*ghts", None),
        ("https://github.com/team/..", None),
        ("/srv/git/flights.git", None),
        ("../flights", None),
        ("file:///srv/github.com/team/flights", None),
        ("", None),
    ],
)
def test_only_repositories_of_github_and_gitlab_themselves_are_known(url, read):
    assert read_remote(url) == read


@pytest.mark.parametrize(
    ("branch", "right"),
    [("main", True), ("release/1.2", True), ("", False), ("-x", False), ("a*", False), ("a..b", False), ("a b", False)],
)
def test_a_branch_is_one_that_a_policy_can_name(branch, right):
    assert is_branch(branch) is right


def _git(folder, *words):
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def test_git_tells_the_repository_its_remote_and_its_main_branch(tmp_path):
    project = tmp_path / "repository" / "project"
    project.mkdir(parents=True)
    assert find_git_facts(project).top is None
    _git(tmp_path / "repository", "init", "--quiet", ".")
    _git(project, "remote", "add", "origin", "git@github.com:team/flights.git")
    facts = find_git_facts(project)
    assert (facts.top, facts.remote, facts.branch) == (
        (tmp_path / "repository").resolve(),
        "git@github.com:team/flights.git",
        None,
    )
    _git(project, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert find_git_facts(project).branch == "trunk"


def test_git_tells_what_it_ignores(tmp_path):
    assert is_ignored(tmp_path, "conf/local/.gitkeep") is None
    _git(tmp_path, "init", "--quiet", ".")
    assert is_ignored(tmp_path, "conf/local/.gitkeep") is False
    (tmp_path / ".gitignore").write_text("conf/local/\n")
    assert is_ignored(tmp_path, "conf/local/.gitkeep") is True
