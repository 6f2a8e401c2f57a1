"""Reads a project's catalog as ``kedro run`` does, with credentials, and makes its datasets one by one.

The hooks ``after_context_created`` run, because projects fetch credentials in them. No pipeline is imported, and of
the catalog only the datasets that are asked for are made: one whose package is missing stops none of the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.session import KedroSession
from kedro.io import AbstractDataset

from kedro_batch.compiler.project.kedro_errors import guard_project_code
from kedro_batch.plan.data_version import DataVersion


class UndefinedCredentials(Exception):  # noqa: N818  named for what is missing
    """An entry names credentials that nothing defines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KedroCatalog:
    """The catalog of an environment.

    Attributes:
        entries: Its entries, by name or pattern.
        credentials: The credentials, by name.
    """

    entries: Mapping[str, Any]
    credentials: Mapping[str, Any]

    def make(self, name: str, entry: Mapping[str, Any], version: DataVersion) -> object:
        """Make the dataset of an entry, which saves this version. Whatever its class raises is handed on.

        Raises:
            UndefinedCredentials: Nothing defines the credentials that it names.
        """
        return AbstractDataset.from_config(name, self._with_credentials(entry), None, version)

    def _with_credentials(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Put in the credentials that an entry names at any depth, as Kedro does (``_resolve_credentials``)."""
        filled: dict[str, Any] = {}
        for key, value in entry.items():
            if key == "credentials" and isinstance(value, str):
                if value not in self.credentials:
                    raise UndefinedCredentials(value)
                filled[key] = self.credentials[value]
            else:
                filled[key] = self._with_credentials(value) if isinstance(value, Mapping) else value
        return filled


def read_kedro_catalog(
    root: Path, *, env: str | None, conf_source: str | None, params: Mapping[str, Any]
) -> KedroCatalog:
    """Read the catalog of a project whose settings are loaded.

    Args:
        root: The project's folder.
        env: The environment; None for the project's default.
        conf_source: Where the configuration is; None for the project's own.
        params: The parameters that are given at run time.

    Raises:
        ProjectError: The configuration cannot be read, or a hook of the project fails.
    """
    with guard_project_code("cannot read the catalog", root):
        # The parameters are ``extra_params`` before Kedro 1.0 and ``runtime_params`` since: given by their position.
        session = KedroSession.create(root, False, env, dict(params), conf_source)
        loader = session.load_context().config_loader
        return KedroCatalog(entries=_section(loader, "catalog"), credentials=_section(loader, "credentials"))


def _section(loader: Any, name: str) -> dict[str, Any]:
    try:
        return dict(loader[name])
    except (KeyError, MissingConfigException):
        return {}
