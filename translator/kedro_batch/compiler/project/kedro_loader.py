"""Loads a Kedro project: its pipelines and its configuration. Only it and ``kedro_params`` touch Kedro.

It makes no session and no context: no hook runs, no catalog is built and no credential is read. Whatever the project's
code raises becomes a ``ProjectError`` that says where. That code runs with the project's folder as the working
directory and with the plan's environment as KEDRO_ENV, as in the container: a registry, settings or a resolver may
open files by relative paths and ask for the environment.
"""

import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kedro import __version__ as kedro_version
from kedro.framework.project import pipelines, settings, validate_settings
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline

from kedro_batch.compiler.nodes import DEFAULT_PIPELINE, ProjectNode, ProjectNodes
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.conf_folder import Configuration
from kedro_batch.compiler.project.kedro_config import KedroConfig
from kedro_batch.compiler.project.kedro_env import refuse_own_env, set_kedro_env
from kedro_batch.compiler.project.kedro_errors import (
    NOT_IMPORTED,
    describe_broken_modules,
    describe_needed_pipelines,
    describe_unknown_names,
    describe_unknown_pipelines,
    guard_project_code,
)
from kedro_batch.compiler.project.kedro_version import KedroFeatures, find_kedro_features
from kedro_batch.compiler.project.run_hooks import RunHooks, find_run_hooks, implemented_hooks
from kedro_batch.errors import ProjectError

_CATALOG_HOOKS = {"after_context_created", "after_catalog_created", "before_pipeline_run"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """The result of Kedro's registry: pipelines and warnings about modules that it left out, or an error."""

    pipelines: dict[str, Pipeline]
    broken: tuple[str, ...]
    failure: ProjectError | None

    def is_broken(self, name: str) -> bool:
        return any(f".pipelines.{name}'" in warning.partition("\n")[0] for warning in self.broken)


class KedroProject:
    """A Kedro project whose settings are loaded; its pipelines are loaded on request."""

    def __init__(self, root: Path, options: CompileOptions) -> None:
        """Load the settings of the project in ``root``, and set KEDRO_ENV for the rest of the process.

        Raises:
            ProjectError: Kedro refuses the project, its settings cannot be imported, or the environment is missing.
        """
        self._root = root
        self._options = options
        set_kedro_env(options.env)
        with guard_project_code("cannot load the Kedro project", root):
            self._metadata = bootstrap_project(root)
            validate_settings()
            self.config = KedroConfig(root, options)
        refuse_own_env(options.env)
        self.configuration.refuse_missing_folders(None if options.new_env else options.env)

    @property
    def name(self) -> str:
        """The project's package name."""
        return str(self._metadata.package_name)

    @cached_property
    def features(self) -> KedroFeatures:
        """The features of the installed Kedro."""
        return find_kedro_features(kedro_version)

    def find_run_hooks(self) -> tuple[RunHooks, ...]:
        """Return the hooks of the project and of installed plugins that act once a run.

        Raises:
            ProjectError: The settings name hooks or plugins in a way that Kedro cannot read either.
        """
        with guard_project_code("cannot read the hooks in the settings", self._root):
            return find_run_hooks(settings.HOOKS, settings.DISABLE_HOOKS_FOR_PLUGINS)

    @property
    def has_catalog_hooks(self) -> bool:
        """True if hooks of the project may add datasets and parameters, which are not seen here."""
        return any(implemented_hooks(hook) & _CATALOG_HOOKS for hook in settings.HOOKS)

    @property
    def configuration(self) -> Configuration:
        """Its configuration."""
        return self.config.configuration

    def nodes(self, *, every_pipeline: bool = False) -> ProjectNodes:
        """Return the selected nodes, and the pipelines in which commands find them.

        Args:
            every_pipeline: Also return the nodes of pipelines that are not compiled.

        Raises:
            ProjectError: A pipeline is unknown, empty or cannot be imported, or the selection does not match it.
        """
        names = self._options.pipelines or (DEFAULT_PIPELINE,)
        registered = self._load_requested(names)
        combined = registered[names[0]]
        with guard_project_code("cannot combine the pipelines", self._root):
            for name in names[1:]:
                combined += registered[name]
        selected = self._filter(combined, names)
        loaded = (
            self._load(quiet=True).pipelines
            if every_pipeline and self.features.loads_pipelines_on_request
            else registered
        )
        # Kedro sorts the nodes of a pipeline at every access: read them once.
        nodes = {name: tuple(registered[name].nodes) for name in names}
        if every_pipeline:
            nodes |= {name: tuple(pipeline.nodes) for name, pipeline in loaded.items() if name not in nodes}
        distinct = {id(node): node for some in nodes.values() for node in some}  # pipelines share most nodes
        known = {key: _project_node(node) for key, node in distinct.items()}
        everything = {name: tuple(known[id(node)] for node in some) for name, some in nodes.items()}
        node_of = {node.name: node for name in reversed(names) for node in everything[name]}
        chosen = node_of if selected is combined else {node.name for node in selected.nodes}
        return ProjectNodes(
            selected=tuple(node_of[name] for name in sorted(chosen)),
            pipelines={name: everything[name] for name in names},
            registered=everything,
        )

    def _load_requested(self, names: tuple[str, ...]) -> Mapping[str, Pipeline]:
        """Load the pipelines of these names as ``kedro run`` would with all of them."""
        loaded = self._load(names)
        missing = [name for name in names if name not in loaded.pipelines]
        lacking = [*missing, *(name for name in names if name in loaded.pipelines and not loaded.pipelines[name].nodes)]
        if lacking and self.features.loads_pipelines_on_request:
            # A pipeline that cannot be imported may not exist at all: the list of all pipelines says so.
            every = self._load(quiet=True)
            unknown = [name for name in missing if name not in every.pipelines and not every.is_broken(name)]
            if unknown and not every.failure:
                raise ProjectError(describe_unknown_pipelines(unknown, every.pipelines))
            if not every.failure and all(name in every.pipelines and every.pipelines[name].nodes for name in lacking):
                raise ProjectError(describe_needed_pipelines(lacking, names, loaded.failure)) from loaded.failure
        if loaded.failure:
            raise loaded.failure
        if loaded.broken and (missing or DEFAULT_PIPELINE in names):
            raise ProjectError(describe_broken_modules(loaded.broken))
        if missing:
            raise ProjectError(describe_unknown_pipelines(missing, loaded.pipelines))
        return loaded.pipelines

    def _load(self, names: tuple[str, ...] = (), *, quiet: bool = False) -> _Loaded:
        """Load the pipelines of these names, or all, and catch Kedro's warnings about modules it leaves out.

        As in ``kedro run``, which asks for none if no pipeline is named.
        """
        if self.features.loads_pipelines_on_request:
            pipelines.set_requested(None if names in {(), (DEFAULT_PIPELINE,)} else list(names))
        found: dict[str, Pipeline] = {}
        failure = None
        with warnings.catch_warnings(record=True) as caught:
            if not sys.warnoptions:
                warnings.simplefilter("always")
            warnings.filterwarnings("always", message=NOT_IMPORTED)
            try:
                with guard_project_code("cannot load the pipelines", self._root):
                    found = dict(pipelines)
            except ProjectError as error:
                failure = error
        broken = tuple(str(one.message) for one in caught if str(one.message).startswith(NOT_IMPORTED))
        for one in caught:
            # Kedro warns of interrupted namespaces; they matter only to groupings, which have diagnostics of their own.
            if not quiet and str(one.message) not in broken and not str(one.message).startswith("Namespace '"):
                warnings.showwarning(one.message, one.category, one.filename, one.lineno)
        return _Loaded(pipelines=found, broken=broken, failure=failure)

    def _filter(self, pipeline: Pipeline, names: tuple[str, ...]) -> Pipeline:
        if not pipeline.nodes:
            raise ProjectError(f"the pipeline {', '.join(names)} has no nodes, so there is nothing to run")
        chosen = {flag: list(values) for flag, values in asdict(self._options.selection).items() if values}
        if not chosen:
            return pipeline
        filters: dict[str, Any] = {
            "node_names" if flag == "nodes" else flag: values for flag, values in chosen.items() if flag != "namespaces"
        }
        try:
            if "namespaces" not in chosen:
                return pipeline.filter(**filters)
            if self.features.filters_namespaces:
                return pipeline.filter(**filters, node_namespaces=chosen["namespaces"])
            return _filter_by_namespaces(pipeline, chosen["namespaces"], filters)
        except ValueError as error:
            message = f"the selection does not match the pipeline {', '.join(names)}: {error}"
            nodes = [_project_node(node) for node in pipeline.nodes]
            raise ProjectError("\n".join([message, *describe_unknown_names(nodes, chosen)])) from error


def _filter_by_namespaces(pipeline: Pipeline, namespaces: Iterable[str], filters: Mapping[str, Any]) -> Pipeline:
    """Filter by several namespaces with a Kedro whose own filter takes only one."""
    inside = Pipeline([])
    for namespace in namespaces:
        one: dict[str, Any] = {"node_namespace": namespace}
        inside += pipeline.filter(**one)
    found = inside & pipeline.filter(**filters) if filters else inside
    if not found.nodes:
        raise ValueError("no node in these namespaces matches the other filters")
    return found


def _project_node(node: Any) -> ProjectNode:
    return ProjectNode(
        name=node.name,
        inputs=tuple(node.inputs),
        outputs=tuple(node.outputs),
        tags=frozenset(node.tags),
        namespace=node.namespace,
        confirms=tuple(node.confirms),
        named=getattr(node, "_name", None) is not None,
    )
