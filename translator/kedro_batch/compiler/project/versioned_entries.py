"""Finds out without Kedro whether a project can have versioned datasets. Loading a project takes seconds."""

from pathlib import Path

_CONF = "conf"
_SUFFIXES = {".yml", ".yaml", ".json"}
_MARKS = ("versioned", "tracking.")
"""The key of an entry, and the datasets of kedro-datasets that are always versioned (``tracking.MetricsDataset``)."""


def may_have_versions(root: Path) -> bool:
    """Return False only if the configuration is in its usual folder, and none of its files mentions versions.

    Args:
        root: The project's folder.
    """
    conf = root / _CONF
    settings = [file for file in root.glob("src/*/settings.py") if "CONF_SOURCE" in _read(file)]
    if settings or not conf.is_dir():
        return True
    files = (file for file in conf.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    return any(mark in text for text in map(_read, files) for mark in _MARKS)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _MARKS[0]  # what cannot be read may say anything
