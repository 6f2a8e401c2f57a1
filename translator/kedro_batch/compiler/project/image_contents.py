"""Says whether a folder of the project gets into the image, as far as git and ``.dockerignore`` tell.

An image that is built from a clone has only what git keeps. Where nothing can be seen, nothing is said.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from posixpath import normpath

from kedro_batch.files.git import run_git


def find_what_leaves_out(folder: Path, root: Path) -> str | None:
    """Return what leaves a folder out of images, ``git`` or ``.dockerignore``; None if nothing is seen to do so.

    Args:
        folder: A folder that exists, inside the project.
        root: The project's folder.
    """
    if _is_untracked(folder, root / "pyproject.toml"):
        return "git"
    return ".dockerignore" if _is_ignored_by_docker(folder, root) else None


def _is_untracked(folder: Path, beside: Path) -> bool:
    """True if git keeps the project's own file, but nothing of the folder."""
    if not any((parent / ".git").exists() for parent in beside.parents):
        return False
    try:
        listed = run_git(beside.parent, "--literal-pathspecs", "ls-files", "-z", "--", str(folder), str(beside))
    except OSError:  # no git
        return False
    return listed.returncode == 0 and listed.stdout == beside.name.encode() + b"\0"


def _is_ignored_by_docker(folder: Path, root: Path) -> bool:
    """True if ``.dockerignore`` leaves out the folder and all that is in it."""
    if not folder.is_relative_to(root):
        return False
    rules = _read_docker_rules(root)
    paths = (folder, *(path for path in folder.rglob("*") if path.is_file())) if rules else ()
    return bool(rules) and all(_leave_out(rules, path.relative_to(root)) for path in paths)


def drop_ignored_by_docker(paths: Iterable[Path], root: Path) -> list[Path]:
    """Return the paths, relative to the project's folder, that ``.dockerignore`` does not leave out of images."""
    rules = _read_docker_rules(root)
    return [path for path in paths if not _leave_out(rules, path)]


# As Docker reads the file and matches its lines (github.com/moby/patternmatcher, ignorefile.go and patternmatcher.go).

_Rule = tuple[bool, re.Pattern[str]]
"""Whether a line leaves out what it matches, and the paths that it matches."""
_TOKEN = re.compile(r"\*\*/?|\[[^]]+\]|\\?.")


def _read_docker_rules(root: Path) -> list[_Rule]:
    """Return the rules of ``.dockerignore``; none if there is no such file, or Docker refuses it."""
    file = root / ".dockerignore"
    if not file.is_file():
        return []
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    try:
        return [*_parse_docker_rules(text.splitlines())]
    except re.error:
        return []


def _parse_docker_rules(lines: Iterable[str]) -> Iterator[_Rule]:
    for line in lines:
        pattern = line.strip()
        leaves_out = not pattern.startswith("!")
        if pattern and not line.startswith("#"):
            clean = normpath(pattern if leaves_out else pattern[1:].strip()).lstrip("/")
            yield leaves_out, re.compile(_TOKEN.sub(_translate, clean))


def _translate(found: re.Match[str]) -> str:
    """Return a token of Docker's patterns as a regular expression."""
    match found[0]:
        case "**/":
            return "(.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case token if len(token) > 1 and token[0] == "[":
            return token
        case token:
            return re.escape(token[-1])


def _leave_out(rules: Iterable[_Rule], path: Path) -> bool:
    """True if the last rule that matches a path, or a folder that it is in, leaves it out."""
    names = [one.as_posix() for one in (path, *path.parents[:-1])]
    left_out = False
    for leaves_out, pattern in rules:
        if any(map(pattern.fullmatch, names)):
            left_out = leaves_out
    return left_out
