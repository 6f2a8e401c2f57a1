"""Looks up the data of a run where a project's catalog stores it, from outside of the run's jobs.

Every dataset is made and looked up by itself: what goes wrong with one is said of that one. Relative paths start at the
project's folder, as in ``kedro run``.
"""

import os
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kedro_batch.compiler.data.catalog import Catalog
from kedro_batch.compiler.data.shared_places import comparable_place
from kedro_batch.compiler.data.storage import Storages
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.import_kedro import import_kedro
from kedro_batch.compiler.project.project_warnings import project_warnings
from kedro_batch.data_versions.stored_version import StoredVersion, find_stored_version
from kedro_batch.errors import KedroBatchError, ProjectError, ServiceError
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import Plan

if TYPE_CHECKING:
    from kedro_batch.compiler.project.kedro_catalog import KedroCatalog

_T = TypeVar("_T")
_CONF_SOURCE = "--conf-source="
_HEAD_OF_KEDRO = "An exception occurred when parsing config"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredData:
    """A dataset of a run where it is stored.

    Attributes:
        versioned: Kedro keeps versions of it. None if the catalog has no entry for it.
        place: Where the run's version of it is; without versions, where it is at all, without what may be secret in it.
            None if that is not known.
        is_there: Kedro would load it. None if that is not known.
        left_something: Something is stored under the run's version, complete or not.
        problem: Why it is not known whether it is there.
    """

    versioned: bool | None
    place: str | None = None
    is_there: bool | None = None
    left_something: bool = False
    problem: KedroBatchError | None = None


class DataOfRun:
    """The datasets of a project, as they are stored under the version of one run."""

    def __init__(self, root: Path, catalog: "KedroCatalog", found: Catalog, version: DataVersion) -> None:
        """Use the catalog of the project in ``root``; ``found`` has its entries by the names of datasets."""
        self._root = root
        self._catalog = catalog
        self._found = found
        self._storages = Storages(found, {}, ())
        self._version = version

    def look_up(self, dataset: str) -> StoredData:
        """Look a dataset up under the version of the run."""
        if self._found.entry(dataset) is None:
            return StoredData(versioned=None)
        storage = self._storages.of(dataset)
        unversioned = StoredData(versioned=False, place=comparable_place(storage.url) or None)
        if not storage.versioned:
            return unversioned
        place = None
        try:
            stored = self._stored(dataset)
            if stored is None:
                return unversioned
            place = stored.place
            is_there = self._ask(dataset, lambda: stored.is_there)
            left = is_there or self._ask(dataset, lambda: stored.left_something)
        except KedroBatchError as error:
            return StoredData(versioned=True, place=place, problem=error)
        return StoredData(versioned=True, place=place, is_there=is_there, left_something=left)

    def location(self, dataset: str) -> str:
        """Return where an entry says that its dataset is, so that equal places are equal; its name if it says nothing.

        Two names for one place have one folder for a version.
        """
        place = comparable_place(self._storages.of(dataset).url)
        return place if "://" in place else os.path.realpath(self._root / place) if place else dataset

    def remove(self, dataset: str) -> str | None:
        """Remove what is stored of a dataset under the version of the run, and nothing else.

        Returns:
            Where it was; None if there was nothing, or Kedro keeps no versions of it.

        Raises:
            ProjectError: The dataset cannot be made.
            ServiceError: Its storage refused, or cannot be reached from here.
        """
        stored = self._stored(dataset) if self._storages.of(dataset).versioned else None
        if stored is None or not self._ask(dataset, lambda: stored.left_something):
            return None
        if hindrance := self._ask(dataset, stored.remove):
            raise ServiceError(f"{dataset}: {hindrance}. Remove by hand: {stored.place}")
        return stored.place

    def _stored(self, dataset: str) -> StoredVersion | None:
        """Return the run's version of a dataset; None if Kedro keeps no versions of it.

        Raises:
            ProjectError: The dataset cannot be made.
        """
        from kedro_batch.compiler.project.kedro_catalog import UndefinedCredentials  # noqa: PLC0415  it loads Kedro, which is slow

        entry = self._found.entry(dataset) or {}
        try:
            with chdir(self._root):
                made = self._catalog.make(dataset, entry, self._version)
        except UndefinedCredentials as error:
            raise ProjectError(f"{dataset}: no file of credentials that is here defines {str(error)!r}") from error
        except (Exception, SystemExit) as error:  # the class may be the project's own and raise anything
            raise ProjectError(f"{dataset}: Kedro cannot make it: {_describe(error)}") from error
        return find_stored_version(dataset, made, self._version)

    def _ask(self, dataset: str, ask: Callable[[], _T]) -> _T:
        """Ask the storage of a dataset.

        Raises:
            ServiceError: It refused, or did not answer.
        """
        try:
            with chdir(self._root):
                return ask()
        except Exception as error:  # every storage has exceptions of its own
            raise ServiceError(f"{dataset}: its storage does not answer: {_describe(error)}") from error


def open_data_of_run(root: Path, plan: Plan, version: DataVersion) -> DataOfRun:
    """Open the catalog of a project as the jobs of a plan have it. Silences Kedro's log for the rest of the process.

    The configuration is the one that the commands of the plan name, if it is here, or else the project's own: a path
    in a container is often not on this machine.

    Raises:
        Refused: The project cannot be loaded, or its configuration is wrong.
    """
    make_project = import_kedro()
    from kedro_batch.compiler.project.kedro_catalog import read_kedro_catalog  # noqa: PLC0415  it loads Kedro, which is slow

    with project_warnings(root, None, verbose=False):
        project = make_project(root, CompileOptions(env=plan.env, conf_source=_conf_source(root, plan)))
        configuration = project.configuration
        use_base = plan.env is None and configuration.missing_env_folder is not None
        catalog = read_kedro_catalog(
            root,
            env=configuration.base_env if use_base else plan.env,
            conf_source=configuration.location,
            params=plan.params,
        )
        found = Catalog(
            catalog.entries,
            catch_all_can_lose=project.features.catch_all_can_lose,
            checks_placeholders=project.features.checks_placeholders,
        )
    return DataOfRun(root, catalog, found, version)


def _conf_source(root: Path, plan: Plan) -> str | None:
    """Return what the commands of a plan give as ``--conf-source``, if it is on this machine or a remote place."""
    words = (word for job in plan.jobs for word in job.command if word.startswith(_CONF_SOURCE))
    named = next(words, "").removeprefix(_CONF_SOURCE)
    return named if named and ("://" in named or (root / named).exists()) else None


def _describe(error: BaseException) -> str:
    """Return the type of an error and the line of its message that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = next((line for line in lines if line and not line.startswith(_HEAD_OF_KEDRO)), "no reason given")
    return f"{type(error).__name__}: {told}"
