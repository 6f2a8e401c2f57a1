"""Finds the folder of a Kedro project from any folder in it. Reads ``pyproject.toml`` and loads nothing."""

import tomllib
from pathlib import Path
from typing import Any

from kedro_batch.errors import ProjectError


def find_project(start: Path) -> Path:
    """Return the nearest folder, ``start`` itself or one above it, that is a Kedro project.

    Raises:
        ProjectError: There is none, or a ``pyproject.toml`` on the way cannot be read.
    """
    found = enclosing_project(start)
    if found is not None:
        return found
    raise ProjectError(
        f"no Kedro project in {start.resolve()} or above: there is no pyproject.toml with a [tool.kedro] section. "
        "Go to your project, or name it with --project DIR. To try an example first: kedro-batch demo"
    )


def enclosing_project(start: Path) -> Path | None:
    """Return the same folder; None if there is none.

    Raises:
        ProjectError: A ``pyproject.toml`` on the way cannot be read.
    """
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if _kedro_section(folder) is not None), None)


def package_name(project: Path) -> str | None:
    """Return the package name of the Kedro project in a folder; None if there is no project, or it has no name.

    Raises:
        ProjectError: Its ``pyproject.toml`` cannot be read.
    """
    name = (_kedro_section(project) or {}).get("package_name")
    return name if isinstance(name, str) else None


def _kedro_section(folder: Path) -> dict[str, Any] | None:
    file = folder / "pyproject.toml"
    if not file.is_file():
        return None
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool")
    except OSError as error:
        raise ProjectError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{file} is not valid TOML: {error}") from error
    if not isinstance(tool, dict) or "kedro" not in tool:
        return None
    return tool["kedro"] if isinstance(tool["kedro"], dict) else {}
