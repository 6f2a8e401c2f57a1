"""Finds out where pull requests are: the repository on GitHub or GitLab, and its main branch, as git tells."""

import re
from dataclasses import dataclass
from pathlib import Path

from kedro_batch.files.git import run_git
from kedro_batch.scaffold.choices import Forge

_HOSTS = {
    "github.com": Forge.GITHUB,
    "ssh.github.com": Forge.GITHUB,
    "gitlab.com": Forge.GITLAB,
    "altssh.gitlab.com": Forge.GITLAB,
}
"""The hosts that people clone from. Those with ssh in their names answer on port 443."""
_URL = re.compile(r"(?:https?|ssh|git)://(?:[^@/]*@)?([^/:]+)(?::\d+)?/(.+)")
_SCP = re.compile(r"(?:[^@/:]+@)?([^/:]+):(?!//)(.+)")
_PART = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]+")
_BRANCH = re.compile(r"(?!-)[A-Za-z0-9_./-]+(?<![./])")
_OWNER_AND_NAME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GitFacts:
    """What git tells about a project.

    Attributes:
        top: The folder of the repository; None if there is none.
        remote: The URL of ``origin``; None if there is none.
        branch: The main branch of ``origin``; None if git does not know it.
    """

    top: Path | None = None
    remote: str | None = None
    branch: str | None = None


def find_git_facts(root: Path) -> GitFacts:
    """Ask git about a project. Where there is no git or no repository, nothing is known."""
    top = _ask(root, "rev-parse", "--show-toplevel")
    if top is None:
        return GitFacts()
    head = _ask(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    branch = head.removeprefix("origin/") if head else None
    return GitFacts(
        top=Path(top),
        remote=_ask(root, "remote", "get-url", "origin"),
        branch=branch if branch and is_branch(branch) else None,
    )


def is_ignored(root: Path, path: str) -> bool | None:
    """True if git ignores a path of a project; None if git cannot tell."""
    try:
        ended = run_git(root, "check-ignore", "--quiet", "--no-index", "--", path)
    except OSError:
        return None
    return {0: True, 1: False}.get(ended.returncode)


def _ask(root: Path, *words: str) -> str | None:
    try:
        ended = run_git(root, *words)
    except OSError:
        return None
    return ended.stdout.decode(errors="replace").strip() or None if ended.returncode == 0 else None


def read_remote(url: str) -> tuple[Forge, str] | None:
    """Return the forge and the repository of a URL that git clones from; None if it is not GitHub's or GitLab's own.

    A server of somebody's own has another issuer of tokens, which AWS has to be told about in another way.
    """
    found = _URL.fullmatch(url) or _SCP.fullmatch(url)
    if not found or (forge := _HOSTS.get(found[1].lower())) is None:
        return None
    repository = found[2].strip("/").removesuffix(".git")
    return (forge, repository) if is_repository(forge, repository) else None


def is_repository(forge: Forge, repository: str) -> bool:
    """True if this may be a repository: ``OWNER/NAME``, on GitLab also with groups inside of groups."""
    parts = repository.split("/")
    right_number = len(parts) == _OWNER_AND_NAME if forge is Forge.GITHUB else len(parts) >= _OWNER_AND_NAME
    return right_number and all(map(_PART.fullmatch, parts))


def is_branch(branch: str) -> bool:
    """True if this may be the name of one branch. Other names that git takes would need quotes in a policy."""
    return bool(_BRANCH.fullmatch(branch)) and ".." not in branch and "//" not in branch
