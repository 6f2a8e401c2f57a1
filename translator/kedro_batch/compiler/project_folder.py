"""Finds the folder of a Kedro project from any folder in it. Reads ``pyproject.toml`` and loads nothing."""

import tomllib
from pathlib import Path

from kedro_batch.errors import ProjectError


def find_project(start: Path) -> Path:
    """Return the nearest folder, ``start`` itself or one above it, that is a Kedro project.

    Raises:
        ProjectError: There is none, or a ``pyproject.toml`` on the way cannot be read.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if _is_kedro_project(folder / "pyproject.toml"):
            return folder
    raise ProjectError(
        f"no Kedro project in {start} or above: there is no pyproject.toml with a [tool.kedro] section. "
        "Go to your project, or name it with --project DIR. To try an example first: kedro-batch demo"
    )


def _is_kedro_project(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool")
    except OSError as error:
        raise ProjectError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{file} is not valid TOML: {error}") from error
    return isinstance(tool, dict) and "kedro" in tool
