"""Imports the loader of projects, and Kedro with it, when a command needs them: that takes a second."""

import logging
from typing import TYPE_CHECKING

from kedro_batch.errors import ProjectError

if TYPE_CHECKING:
    from kedro_batch.compiler.project.kedro_loader import KedroProject


def import_kedro() -> "type[KedroProject]":
    """Return the loader of projects. Kedro's log is silent for the rest of the process.

    Raises:
        ProjectError: The installed Kedro cannot be loaded.
    """
    logging.disable(logging.INFO)
    try:
        from kedro_batch.compiler.project.kedro_loader import KedroProject  # noqa: PLC0415  imports Kedro, which logs
    except UserWarning as error:  # so Kedro refuses a Python that is newer than itself
        raise ProjectError(f"the installed Kedro cannot be loaded: {error}") from error
    return KedroProject
