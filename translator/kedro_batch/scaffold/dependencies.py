"""Finds the file in which a project lists the packages that it needs, so that its image can install them."""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from os.path import normpath
from pathlib import Path
from typing import Any

from kedro_batch.errors import ProjectError

_REQUIREMENTS = ("requirements.lock", "requirements.txt", "src/requirements.lock", "src/requirements.txt")
_INCLUDED = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)", re.MULTILINE)
_FROM_GIT = re.compile(r"\bgit\+|^source = \{ git = |^type = \"git\"", re.MULTILINE)
_IN_A_FOLDER = re.compile(
    r"^\s*(?:(?:-e|--editable)[ =]\s*)?(\.{1,2}(?:[/\[]\S*)?|file:\S+|\S+ @ file:\S+)\s*$", re.MULTILINE
)
_WHEEL = re.compile(r"[\w./+!-]+\.whl\b")
_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)


class Installer(StrEnum):
    """What installs the packages."""

    UV = "uv"
    POETRY = "poetry"
    REQUIREMENTS = "requirements"
    PYPROJECT = "pyproject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """How the packages of a project are installed.

    Attributes:
        installer: What installs them.
        files: The files that it reads, relative to the project's folder; the first one is what it is given, and wheels
            in the project come last.
        needs_git: One of the packages comes from a git repository.
        in_folders: Requirements in folders of this machine, which the image does not have yet at that time.
        python: ``requires-python`` of the project; None if it does not say.
    """

    installer: Installer
    files: tuple[str, ...]
    needs_git: bool = False
    in_folders: tuple[str, ...] = ()
    python: str | None = None


def find_dependencies(root: Path) -> Dependencies | None:
    """Return the best list of packages: a lock file before requirements, and these before ``pyproject.toml``.

    Returns:
        How the packages are installed; None if the project does not list them in a way that is known here.

    Raises:
        ProjectError: A list cannot be read.
    """
    project = _project_table(root)
    for installer in (Installer.UV, Installer.POETRY):
        lock = f"{installer}.lock"
        if (root / lock).is_file():
            return _describe(root, installer, ("pyproject.toml", lock), project)
    for name in _REQUIREMENTS:
        if (root / name).is_file():
            return _describe(root, Installer.REQUIREMENTS, tuple(_with_included(root, name)), project)
    if project.get("dependencies"):
        return _describe(root, Installer.PYPROJECT, ("pyproject.toml",), project)
    return None


def _describe(root: Path, installer: Installer, files: tuple[str, ...], project: dict[str, Any]) -> Dependencies:
    texts = [_read(root / name) for name in files]
    wheels = _find_wheels(root, texts)
    python = project.get("requires-python")
    return Dependencies(
        installer=installer,
        files=(*files, *wheels),
        needs_git=any(_FROM_GIT.search(text) for text in texts),
        in_folders=tuple(
            one for text in texts for one in _IN_A_FOLDER.findall(text) if not any(wheel in one for wheel in wheels)
        )
        if installer is Installer.REQUIREMENTS
        else (),
        python=python if isinstance(python, str) else None,
    )


def _find_wheels(root: Path, texts: list[str]) -> tuple[str, ...]:
    """Return the wheels in the project that lists name, relative to its folder, where installers look for them."""
    named = (normpath(one) for text in texts for one in _WHEEL.findall(_COMMENT.sub("", text)))
    files = ((one, root / one) for one in named)
    inside = (one for one, file in files if file.is_file() and file.resolve().is_relative_to(root.resolve()))
    return tuple(dict.fromkeys(inside))


def _project_table(root: Path) -> dict[str, Any]:
    try:
        project = tomllib.loads(_read(root / "pyproject.toml")).get("project")
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{root / 'pyproject.toml'} is not valid TOML: {error}") from error
    return project if isinstance(project, dict) else {}


def _with_included(root: Path, name: str) -> list[str]:
    """Return a file of requirements, and those in the project that it includes, also over several steps."""
    found = [name]
    for one in found:
        for included in _INCLUDED.findall(_read(root / one)):
            file = (root / one).parent / included
            if file.is_file() and file.resolve().is_relative_to(root.resolve()):
                inside = file.resolve().relative_to(root.resolve()).as_posix()
                found += [inside] if inside not in found else []
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ProjectError(f"cannot read {file}: {error.strerror}") from error
