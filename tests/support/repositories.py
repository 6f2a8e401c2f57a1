"""Repositories of git for the tests, without the settings of whoever runs them."""

import os
import subprocess
from pathlib import Path

GIT = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *words: str) -> str:
    """Run git in a folder, and return what it prints, without the last line feed."""
    env = {**os.environ, **GIT}
    return subprocess.run(
        ["git", *words], cwd=folder, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()


def commit_all(folder: Path) -> str:
    """Commit all files of a folder, and return the hash; make a repository of the folder if it is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "All")
    return git(folder, "rev-parse", "HEAD")
