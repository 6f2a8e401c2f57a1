"""Finds out without Kedro whether a project can have versioned datasets. Loading a project takes seconds."""

from pathlib import Path

from kedro_batch.plan.model import Plan

_CONF = "conf"
_CONF_SOURCE = "--conf-source"
_SUFFIXES = {".yml", ".yaml", ".json"}
_MARKS = ("versioned", "tracking.")
"""The key of an entry, and the datasets of kedro-datasets that are always versioned (``tracking.MetricsDataset``)."""


def may_have_versions(root: Path, plan: Plan) -> bool:
    """Return False only if the configuration is in its usual folder, and none of its files mentions versions.

    Args:
        root: The project's folder.
        plan: A plan of it, whose commands may name another configuration.
    """
    conf = root / _CONF
    settings = [file for file in root.glob("src/*/settings.py") if "CONF_SOURCE" in _read(file)]
    named = any(_CONF_SOURCE in word for job in plan.jobs for word in job.command)
    if settings or named or not conf.is_dir():
        return True
    found = list(conf.rglob("*"))
    if any(one.is_symlink() and one.is_dir() for one in found):
        return True  # rglob does not follow it, and Kedro does
    files = (file for file in found if file.suffix in _SUFFIXES and file.is_file())
    return any(mark in text for text in map(_read, files) for mark in _MARKS)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _MARKS[0]  # what cannot be read may say anything
