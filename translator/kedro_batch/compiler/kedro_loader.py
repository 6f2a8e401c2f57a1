"""Loads a Kedro project: the only module that touches Kedro.

No session and no context is made, so that no hook runs, no catalog is built and no credential is read.
What a project raises while it is imported becomes a ``ProjectError`` that says where.
"""

import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kedro import __version__ as kedro_version
from kedro.config import MissingConfigException
from kedro.framework.project import pipelines, settings, validate_settings
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline
from omegaconf import OmegaConf
from yaml import MarkedYAMLError

from kedro_batch.compiler.conf_folder import Configuration
from kedro_batch.compiler.kedro_version import Dialect, dialect_of
from kedro_batch.compiler.nodes import DEFAULT_PIPELINE, CompileOptions, ProjectNode, ProjectNodes, namespaces_of
from kedro_batch.errors import ConfigError, ProjectError, UsageError
from kedro_batch.text.wording import did_you_mean

_CONFIG_PATTERNS = ["aws_batch.*", "**/aws_batch.*"]
_NOT_IMPORTED = "An error occurred while importing the "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """What Kedro's registry gave: pipelines, warnings about modules left out, or an error instead."""

    found: dict[str, Pipeline]
    broken: tuple[str, ...]
    failure: ProjectError | None

    def is_broken(self, name: str) -> bool:
        return any(f".pipelines.{name}'" in report.partition("\n")[0] for report in self.broken)


class KedroProject:
    """A Kedro project that has been found and configured; its pipelines load when they are asked for."""

    def __init__(self, root: Path, options: CompileOptions) -> None:
        """Configure the project in ``root``.

        Raises:
            ProjectError: Kedro refuses it, its settings cannot be imported, or the environment is missing.
        """
        self._root = root
        self._options = options
        with _reported("cannot load the Kedro project", root):
            self._metadata = bootstrap_project(root)
            validate_settings()
            self._loader_args = dict(settings.CONFIG_LOADER_ARGS)
            self.configuration = Configuration(
                root=root,
                conf_source=str(options.conf_source or settings.CONF_SOURCE),
                base_env=self._loader_args.get("base_env") or "base",
                default_env=self._loader_args.get("default_run_env"),
                read=self._read_section,
            )
        self.configuration.refuse_missing_folders(options.env)

    @property
    def name(self) -> str:
        """The project's package name."""
        return str(self._metadata.package_name)

    @cached_property
    def dialect(self) -> Dialect:
        """What the installed Kedro understands."""
        return dialect_of(kedro_version)

    def nodes(self, *, every_pipeline: bool = False) -> ProjectNodes:
        """Give the selected nodes and the pipelines that commands can reach them by.

        Args:
            every_pipeline: Also tell what is in the pipelines that are not compiled.

        Raises:
            ProjectError: A pipeline is unknown, empty or cannot be imported, or the selection does not fit.
        """
        names = self._options.pipelines or (DEFAULT_PIPELINE,)
        registered = self._registered(names)
        combined = registered[names[0]]
        with _reported("cannot combine the pipelines", self._root):
            for name in names[1:]:
                combined += registered[name]
        selected = self._filtered(combined, names)
        loaded = self._load(None).found if every_pipeline and self.dialect.loads_pipelines_on_request else registered
        # Kedro sorts the nodes of a pipeline every time that it is asked for them: once is enough.
        nodes = {name: tuple(registered[name].nodes) for name in names}
        if every_pipeline:
            nodes |= {name: tuple(pipeline.nodes) for name, pipeline in loaded.items() if name not in nodes}
        made = {id(node): node for some in nodes.values() for node in some}  # pipelines share most nodes
        known = {key: _project_node(node) for key, node in made.items()}
        everything = {name: tuple(known[id(node)] for node in some) for name, some in nodes.items()}
        node_of = {node.name: node for name in reversed(names) for node in everything[name]}
        chosen = node_of if selected is combined else {node.name for node in selected.nodes}
        return ProjectNodes(
            selected=tuple(node_of[name] for name in sorted(chosen)),
            pipelines={name: everything[name] for name in names},
            registered=everything,
        )

    def _registered(self, names: tuple[str, ...]) -> Mapping[str, Pipeline]:
        """Load the pipelines of these names as ``kedro run`` in the container will."""
        loaded = self._load(names)
        missing = [name for name in names if name not in loaded.found]
        if missing and self.dialect.loads_pipelines_on_request:
            # What cannot be imported on request may simply not exist: all the others tell.
            every = self._load(None)
            unknown = [name for name in missing if name not in every.found and not every.is_broken(name)]
            if unknown and not every.failure:
                raise ProjectError(_unknown_pipelines(unknown, every.found))
        if loaded.failure:
            raise loaded.failure
        if loaded.broken and (missing or DEFAULT_PIPELINE in names):
            raise ProjectError(_broken_modules(loaded.broken))
        if missing:
            raise ProjectError(_unknown_pipelines(missing, loaded.found))
        return loaded.found

    def _load(self, names: tuple[str, ...] | None) -> _Loaded:
        """Let Kedro load the pipelines of these names, or all of them, and catch what it warns of."""
        if self.dialect.loads_pipelines_on_request:
            pipelines.set_requested(list(names) if names else None)
        found: dict[str, Pipeline] = {}
        failure = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                with _reported("cannot load the pipelines", self._root):
                    found = dict(pipelines)
            except ProjectError as error:
                failure = error
        broken = tuple(str(one.message) for one in caught if str(one.message).startswith(_NOT_IMPORTED))
        for one in caught:
            # How namespaces are cut up matters to those who group by them, and grouping tells.
            if names and str(one.message) not in broken and not str(one.message).startswith("Namespace '"):
                warnings.showwarning(one.message, one.category, one.filename, one.lineno)
        return _Loaded(found=found, broken=broken, failure=failure)

    def _filtered(self, pipeline: Pipeline, names: tuple[str, ...]) -> Pipeline:
        if not pipeline.nodes:
            raise ProjectError(f"the pipeline {', '.join(names)} has no nodes: there is nothing to run")
        chosen = {flag: list(values) for flag, values in asdict(self._options.selection).items() if values}
        if not chosen:
            return pipeline
        filters: dict[str, Any] = {
            "node_names" if flag == "nodes" else flag: values for flag, values in chosen.items() if flag != "namespaces"
        }
        try:
            if "namespaces" not in chosen:
                return pipeline.filter(**filters)
            if self.dialect.filters_namespaces:
                return pipeline.filter(**filters, node_namespaces=chosen["namespaces"])
            return _in_each(pipeline, chosen["namespaces"], filters)
        except ValueError as error:
            misfit = f"the selection does not fit the pipeline {', '.join(names)}: {error}"
            raise ProjectError("\n".join([misfit, *_unknown_in(pipeline, chosen)])) from error

    def _read_section(self, env: str | None, name: str) -> Mapping[Any, Any]:
        """Read one section of the configuration with the project's own config loader."""
        loader = self._config_loader(env)
        try:
            return dict(loader[name])
        except KeyError:
            return {}
        except MissingConfigException as error:
            if self.configuration.folder is None:  # an archive or a remote place may be out of reach
                raise ConfigError(f"cannot read the configuration {name!r}: {_first_line(error)}") from error
            return {}
        except Exception as error:  # a config loader may be the project's own and raise anything
            raise ConfigError(f"cannot read the configuration {name!r}: {_explained(error)}") from error

    def given_parameters(self) -> Mapping[Any, Any]:
        """Give the parameters of the command line.

        Raises:
            UsageError: omegaconf cannot read them.
        """
        try:
            pairs = (item.partition("=") for item in self._options.params)
            read = OmegaConf.from_dotlist([f"{key.strip()}={value}" for key, _, value in pairs])
            given: Any = OmegaConf.to_container(read)
        except Exception as error:  # omegaconf and its parsers raise many kinds
            raise UsageError(f"--params {','.join(self._options.params)}: {_first_line(error)}") from error
        return dict(given)

    def _config_loader(self, env: str | None) -> Any:
        params = self.given_parameters()
        with _reported("cannot read the configuration", self._root):
            loader = settings.CONFIG_LOADER_CLASS(
                conf_source=str(self.configuration.folder or self.configuration.conf_source),
                env=env,
                runtime_params=params,
                **self._loader_args,
            )
        patterns = getattr(loader, "config_patterns", None)
        if isinstance(patterns, dict):
            patterns.setdefault("aws_batch", _CONFIG_PATTERNS)
        return loader


def _in_each(pipeline: Pipeline, namespaces: Iterable[str], filters: Mapping[str, Any]) -> Pipeline:
    """Filter by several namespaces where Kedro takes one."""
    inside = Pipeline([])
    for namespace in namespaces:
        one: dict[str, Any] = {"node_namespace": namespace}
        inside += pipeline.filter(**one)
    found = inside & pipeline.filter(**filters) if filters else inside
    if not found.nodes:
        raise ValueError("no node is in these namespaces and is selected otherwise")
    return found


def _project_node(node: Any) -> ProjectNode:
    return ProjectNode(
        name=node.name,
        inputs=tuple(node.inputs),
        outputs=tuple(node.outputs),
        tags=frozenset(node.tags),
        namespace=node.namespace,
        named=getattr(node, "_name", None) is not None,
    )


def _unknown_in(pipeline: Pipeline, chosen: Mapping[str, list[str]]) -> Iterator[str]:
    """Name what was asked for and is not in the pipeline, with what comes near."""
    nodes = [node.name for node in pipeline.nodes]
    datasets = pipeline.datasets()
    known = {
        "tags": {tag for node in pipeline.nodes for tag in node.tags},
        "namespaces": {prefix for node in pipeline.nodes for prefix in namespaces_of(node.namespace)},
        "from_inputs": datasets,
        "to_outputs": datasets,
    }
    for flag, names in chosen.items():
        there = known.get(flag, nodes)
        for name in names:
            if name not in there:
                yield f"  --{flag.replace('_', '-')}: there is no {name!r}.{did_you_mean(name, there)}"


def _unknown_pipelines(unknown: Iterable[str], known: Iterable[str]) -> str:
    known = sorted(known)
    hints = [f"no pipeline is named {name!r}.{did_you_mean(name, known)}" for name in unknown]
    return "\n".join([*hints, f"Registered are: {', '.join(known)}"])


def _broken_modules(reports: Iterable[str]) -> str:
    """Say which pipeline modules Kedro left out, since a plan without their nodes would look complete."""
    lines = []
    for report in reports:
        headline, _, details = report.partition("\n")
        module = headline.removeprefix(_NOT_IMPORTED).partition(" module")[0].strip("'")
        reason = details.strip().splitlines()[-1] if details.strip() else "no reason given"
        lines.append(f"  {module}: {reason}")
    return "\n".join(
        [
            "pipelines of the project cannot be imported, and a plan would lack their nodes:",
            *lines,
            "Mend the import (is a package missing?), or name the pipelines that you want with --pipelines",
        ]
    )


def _explained(error: Exception) -> str:
    """Say where in the YAML file it is, counted from 1 as editors do, and why; else what Kedro says, and a way out."""
    cause = error.__cause__
    mark = cause.problem_mark if isinstance(cause, MarkedYAMLError) else None
    if isinstance(cause, MarkedYAMLError) and mark is not None:
        file = str(error).removeprefix("Invalid YAML or JSON file ").partition(", unable to read")[0]
        return f"{file} is not valid YAML: line {mark.line + 1}, column {mark.column + 1}: {cause.problem}"
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return _first_line(error) + next((hint for words, hint in _WAYS_OUT if words in str(error)), "")


_WAYS_OUT = (
    ("Runtime parameter", " Give it by --params, or give a default: ${runtime_params:NAME,DEFAULT}"),
    ("oc.env", ". Kedro reads variables of the environment in credentials.yml only"),
)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "no reason given")


@contextmanager
def _reported(what: str, root: Path) -> Iterator[None]:
    """Turn whatever a project raises while it is loaded into an error that says what and where."""
    try:
        yield
    except (Exception, SystemExit) as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise ProjectError(f"{what} in {root}: {type(cause).__name__}: {_reason_and_place(cause, root)}") from error


def _reason_and_place(error: BaseException, root: Path) -> str:
    """Give an error's message and the last line of the project's own code on the way to it."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    own = [(Path(file), line) for file, line in frames if Path(file).is_relative_to(root)]
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{message} ({own[-1][0].relative_to(root)}, line {own[-1][1]})" if own else message
