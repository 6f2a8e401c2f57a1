import subprocess

import pytest

from kedro_batch.compiler.project.image_contents import find_what_leaves_out


@pytest.fixture
def root(tmp_path):
    """Return a project inside a repository whose first commit may come later."""
    root = tmp_path / "projects [1]" / "one"
    (root / "conf" / "local").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    return root


def git(folder, *words):
    subprocess.run(["git", "-c", "init.defaultBranch=main", *words], cwd=folder, check=True, capture_output=True)


def left_out(root):
    return find_what_leaves_out(root / "conf" / "local", root)


def test_without_git_nothing_is_seen(root, monkeypatch):
    assert left_out(root) is None
    git(root, "init")
    git(root, "add", "pyproject.toml")
    assert left_out(root) == "git"
    monkeypatch.setenv("PATH", "")
    assert left_out(root) is None


@pytest.mark.parametrize("above", [True, False])
def test_a_folder_that_git_does_not_keep_is_left_out(root, above):
    git(root.parent if above else root, "init")
    assert left_out(root) is None  # nothing at all is kept so far
    git(root, "add", "pyproject.toml")
    assert left_out(root) == "git"
    (root / "conf" / "local" / "credentials.yml").touch()
    assert left_out(root) == "git"
    (root / ".gitignore").write_text("conf/local/**\n!conf/local/.gitkeep\n")
    (root / "conf" / "local" / ".gitkeep").touch()
    git(root, "add", ".")
    assert left_out(root) is None


def test_a_folder_outside_of_the_repository_is_not_judged(root, tmp_path):
    git(root, "init")
    git(root, "add", "pyproject.toml")
    assert find_what_leaves_out(tmp_path, root) is None


@pytest.mark.parametrize(
    ("lines", "ignored"),
    [
        ("conf/local\n", True),
        ("data\n/conf/local/\n", True),
        ("./conf//local\r\n", True),
        ("\ufeff  conf/local  \n", True),
        ("conf\n", True),
        ("*\n", True),
        ("**\n", True),
        ("**/local\n", True),
        ("**/conf/local\n", True),
        ("conf/**/local\n", True),
        ("c*/l?c[a-z]l\n", True),
        ("conf/*\n!conf/base\n", True),
        ("*\n!src\n", True),
        ("conf/local\n!README.md\n", True),
        ("!conf\nconf/local\n", True),
        ("# conf/local\n", False),
        ("conf/local/*\n", False),  # the folder itself is there
        ("conf/local/**\n", False),
        ("**/local/**\n", False),
        ("conf/local\n! ./conf/local/.gitkeep\n", False),
        ("conf\n!**/.gitkeep\n", False),
        ("*\n!conf\n", False),
        ("conf/local\n!conf/local/credentials.yml\n", True),  # there is no such file
        ("conf/local_old\n", False),
        ("conf/loca\n", False),
        ("local\n", False),
        ("*/*/local\n", False),
        ("conf?local\n", False),
        ("conf.local\n", False),
        ("con\\f/local\n", True),
        ("conf/local\n[z-a]\n", False),  # Docker refuses it
        ("\n!\n.\n/\n[\n", False),
    ],
)
def test_a_folder_that_docker_does_not_copy_is_left_out(root, lines, ignored):
    (root / "conf" / "local" / ".gitkeep").touch()
    (root / ".dockerignore").write_text(lines, encoding="utf-8")
    assert left_out(root) == (".dockerignore" if ignored else None)
