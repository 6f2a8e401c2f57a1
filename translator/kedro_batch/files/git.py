"""Call git so that it only reads: what a repository configures runs nothing, and nothing is fetched.

Whoever made a folder may have written its ``.git/config``. There, ``core.fsmonitor``, hooks and filters name programs
that git starts, and a partial clone lets it fetch with whatever ``core.sshCommand`` names. No other module starts git.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

GitEnded = subprocess.CompletedProcess[bytes]
"""How git ended, and what it wrote."""
_FIXED = (
    "--no-pager",
    "--no-optional-locks",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.warnAmbiguousRefs=true"),
)
_AMBIGUOUS = b" is ambiguous."
_VARIABLES = {
    "LC_ALL": "C",  # what git says is read
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",  # an object is what its name says
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # for versions of git that do not know the line above (before 2.45)
}
_OWN_FILES = ("local", "worktree")
"""The scopes of what the files in ``.git`` configure; the others are the user's own."""
_FILTERS_OF_LFS = frozenset(("git-lfs clean -- %f", "git-lfs filter-process", "git-lfs filter-process --skip"))
"""What ``git lfs install`` writes. Without it, files that are kept in Git LFS would count as changed."""
_LFS = "lfs"
_PROGRAMS = r"^(filter\..*\.(clean|process)|lfs\.extension\..*\.(clean|smudge))$"
"""The settings whose programs a comparison of files runs. Git LFS runs its extensions."""
_REMOTE = re.compile(r"\w[\w./-]*")
"""The names of remotes that are passed on: another one may be an option."""


class GitObjectError(Exception):
    """An object cannot be read; the text is the reason, in git's words."""


class GitObjectTooLargeError(Exception):
    """An object is larger than what may be read."""


def run_git(root: Path, *words: str, filters: bool = False) -> GitEnded:
    """Run git in a folder, and return how it ended and what it wrote.

    Args:
        root: The folder.
        words: The command and its arguments; what a user has named stands behind ``--``, or cannot begin with ``-``.
        filters: The command may compare files with what is committed, and so run filters: those that the repository
            itself configures are switched off.

    Raises:
        FileNotFoundError: git is not installed.
    """
    env = _environment()
    if filters:
        env |= _switched_off(_own_filters(root), env.get("GIT_CONFIG_COUNT", ""))
    command = ["git", *_FIXED, *words]
    # No shell reads the words, and git is the user's own.
    return subprocess.run(command, cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603


def read_object(root: Path, name: str, most: int) -> bytes:
    """Read a file of a revision. Its size is asked first: a small object may hold very much.

    Args:
        root: A folder of the repository.
        name: The name of the object, such as ``REV:PATH``. It does not begin with ``-``.
        most: The most bytes that are read.

    Raises:
        GitObjectTooLargeError: It is larger.
        GitObjectError: It cannot be read, is a folder, or its revision has the name of several. Git would take the tag
            before the branch, and others may push tags than branches.
        FileNotFoundError: git is not installed.
    """
    sized = run_git(root, "cat-file", "-s", name)
    if sized.returncode:
        raise GitObjectError(_reason(sized.stderr))
    if _AMBIGUOUS in sized.stderr:
        raise GitObjectError(
            "more than one branch, tag or commit has this name: write refs/heads/NAME for a branch of this clone, "
            "refs/remotes/origin/NAME for one of origin, refs/tags/NAME for a tag, or all digits of a commit"
        )
    if int(sized.stdout) > most:
        raise GitObjectTooLargeError
    command = ["git", *_FIXED, "cat-file", "blob", name]
    with (
        TemporaryFile() as said,
        # No shell reads the words. Since the size was asked, the name may have moved on: no more is read than may be.
        subprocess.Popen(command, cwd=root, env=_environment(), stdout=subprocess.PIPE, stderr=said) as git,  # noqa: S603
    ):
        content = git.stdout.read(most + 1) if git.stdout else b""
        if len(content) > most:
            git.kill()
            raise GitObjectTooLargeError
        if git.wait():
            said.seek(0)
            reason = _reason(said.read())
            raise GitObjectError("it is a folder in that revision" if reason.endswith("bad file") else reason)
    return content


def find_promisor(root: Path) -> str | None:
    """Return the remote that has the objects which a partial clone lacks; None if the clone is none."""
    listed = run_git(root, "config", "--get-regexp", r"^remote\..*\.promisor$")
    keys = [line.removesuffix(" true") for line in os.fsdecode(listed.stdout).splitlines() if line.endswith(" true")]
    names = (key.removeprefix("remote.").removesuffix(".promisor") for key in keys)
    return next(filter(_REMOTE.fullmatch, names), None)


def find_remotes(root: Path) -> list[str]:
    """Return the names of the remotes, ``origin`` first."""
    names = os.fsdecode(run_git(root, "remote").stdout).splitlines()
    return sorted(filter(_REMOTE.fullmatch, names), key=lambda name: name != "origin")


def _environment() -> dict[str, str]:
    return {**os.environ, **_VARIABLES}


def _reason(said: bytes) -> str:
    """Return why git has ended: its last line that says so, without warnings and its full stop."""
    lines = said.decode(errors="replace").strip().splitlines()
    fatal = [line for line in lines if line.startswith("fatal: ")]
    return (fatal or lines or ["it does not say why"])[-1].removeprefix("fatal: ").rstrip(".")


def _own_filters(root: Path) -> Iterator[str]:
    """Yield the names of the filters that the repository itself configures, and that are not those of Git LFS.

    If it configures extensions of Git LFS, that is one of them, whoever has configured it.
    """
    listed = run_git(root, "config", "--show-scope", "-z", "--get-regexp", _PROGRAMS)
    words = os.fsdecode(listed.stdout).split("\0")
    for scope, setting in zip(words[::2], words[1::2], strict=False):
        key, _, command = setting.partition("\n")
        if scope in _OWN_FILES and command not in _FILTERS_OF_LFS:
            yield _LFS if key.startswith("lfs.") else key.removeprefix("filter.").rpartition(".")[0]


def _switched_off(filters: Iterator[str], count: str) -> dict[str, str]:
    """Return variables with which git runs none of the filters; ``-c`` would not take all their names.

    Args:
        filters: Their names.
        count: The number of settings that the user's own variables have already, as git reads it.
    """
    given = int(count) if count.isdecimal() else 0
    settings = [
        (f"filter.{name}.{field}", value)
        for name in dict.fromkeys(filters)
        for field, value in (("clean", ""), ("process", ""), ("required", "false"))
    ]
    found = {"GIT_CONFIG_COUNT": str(given + len(settings))} if settings else {}
    for number, (key, value) in enumerate(settings, given):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found
