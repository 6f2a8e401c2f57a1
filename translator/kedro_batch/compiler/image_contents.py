"""Says whether a folder of the project gets into the image, as far as git and ``.dockerignore`` tell.

An image that is built from a clone has only what git keeps. Where nothing can be seen, nothing is said.
"""

import subprocess
from pathlib import Path


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
    command = ["git", "--literal-pathspecs", "ls-files", "-z", "--", str(folder), str(beside)]
    try:
        # No shell reads the paths, and git does not take what follows -- for options.
        listed = subprocess.run(command, cwd=beside.parent, capture_output=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):  # no git, or a repository that it does not trust
        return False
    return listed == beside.name.encode() + b"\0"


def _is_ignored_by_docker(folder: Path, root: Path) -> bool:
    """True if a line of ``.dockerignore`` names the folder, and no line makes an exception."""
    file = root / ".dockerignore"
    if not file.is_file() or not folder.is_relative_to(root):
        return False
    lines = [line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    if any(line.startswith("!") for line in lines):
        return False
    return folder.relative_to(root).as_posix() in (line.removeprefix("/").removesuffix("/") for line in lines)
