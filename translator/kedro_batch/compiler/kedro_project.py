"""Loads a Kedro project: the only module that touches Kedro.

No session and no context is made, so that no hook runs, no catalog is built and no credential is read.
What a project raises while it is imported becomes a ``ProjectError`` that says where.
"""

import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
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

from kedro_batch.compiler.dialect import Dialect, dialect_of
from kedro_batch.compiler.project import DEFAULT_PIPELINE, CompileOptions, ProjectNode
from kedro_batch.compiler.settings import ConfigSource
from kedro_batch.errors import ConfigError, ProjectError, did_you_mean

_CONFIG_PATTERNS = ["aws_batch.*", "**/aws_batch.*"]
_SUFFIXES = (".yml", ".yaml", ".json")
_NOT_IMPORTED = "An error occurred while importing the "


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
            self._conf = Path(options.conf_source or root / settings.CONF_SOURCE)
            self._loader_args = dict(settings.CONFIG_LOADER_ARGS)
        if options.env is not None:
            self._refuse_missing_environment(options.env)

    @property
    def name(self) -> str:
        """The project's package name."""
        return str(self._metadata.package_name)

    @cached_property
    def dialect(self) -> Dialect:
        """What the installed Kedro understands."""
        return dialect_of(kedro_version)

    # Pipelines

    def nodes(self) -> tuple[ProjectNode, ...]:
        """Give the selected nodes, sorted by name.

        Raises:
            ProjectError: A pipeline is unknown, empty or cannot be imported, or the selection does not fit.
        """
        names = self._options.pipelines or (DEFAULT_PIPELINE,)
        registered = self._registered(names)
        combined = Pipeline([])
        with _reported("cannot combine the pipelines", self._root):
            for name in names:
                combined += registered[name]
        selected = self._filtered(combined, names)
        home = {node.name: name for name in reversed(names) for node in registered[name].nodes}
        return tuple(
            ProjectNode(
                name=node.name,
                pipeline=home[node.name],
                inputs=tuple(node.inputs),
                outputs=tuple(node.outputs),
            )
            for node in sorted(selected.nodes, key=lambda node: node.name)
        )

    def _registered(self, names: tuple[str, ...]) -> dict[str, Pipeline]:
        """Load the pipelines of these names as ``kedro run`` in the container will."""
        if self.dialect.loads_pipelines_on_request:
            pipelines.set_requested(list(names))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with _reported("cannot load the pipelines", self._root):
                found = dict(pipelines)
        broken = [str(one.message) for one in caught if str(one.message).startswith(_NOT_IMPORTED)]
        unknown = [name for name in names if name not in found]
        if broken and (unknown or DEFAULT_PIPELINE in names):
            raise ProjectError(_broken_modules(broken))
        for one in caught:
            warnings.showwarning(one.message, one.category, one.filename, one.lineno)
        if unknown:
            raise ProjectError(self._unknown_pipelines(unknown))
        return found

    def _unknown_pipelines(self, unknown: list[str]) -> str:
        if self.dialect.loads_pipelines_on_request:
            pipelines.set_requested(None)
        with warnings.catch_warnings(), _reported("cannot load the pipelines", self._root):
            warnings.simplefilter("ignore")
            known = sorted(pipelines)
        hints = [f"no pipeline is named {name!r}.{did_you_mean(name, known)}" for name in unknown]
        return "\n".join([*hints, f"Registered are: {', '.join(known)}"])

    def _filtered(self, pipeline: Pipeline, names: tuple[str, ...]) -> Pipeline:
        if not pipeline.nodes:
            raise ProjectError(f"the pipeline {', '.join(names)} has no nodes: there is nothing to run")
        chosen = {flag: list(values) for flag, values in asdict(self._options.selection).items() if values}
        filters: dict[str, Any] = {
            "node_names" if flag == "nodes" else flag: values for flag, values in chosen.items() if flag != "namespaces"
        }
        try:
            if "namespaces" not in chosen:
                return pipeline.filter(**filters)
            if self.dialect.filters_namespaces:
                return pipeline.filter(**filters, node_namespaces=chosen["namespaces"])
            found = Pipeline([])
            for namespace in chosen["namespaces"]:
                found += pipeline.filter(**filters | {"node_namespace": namespace})
        except ValueError as error:
            misfit = f"the selection does not fit the pipeline {', '.join(names)}: {error}"
            raise ProjectError("\n".join([misfit, *_unknown_in(pipeline, chosen)])) from error
        return found

    # Configuration

    def config(self, env: str | None) -> ConfigSource:
        """Read what the configuration of one environment says about AWS Batch.

        Args:
            env: The environment; None for the project's default.

        Raises:
            ConfigError: A file cannot be read.
        """
        loader = self._config_loader(env)
        files = tuple(
            file
            for folder in self._folders(env)
            for file in sorted(folder.rglob("aws_batch.*"))
            if file.suffix in _SUFFIXES
        )
        aws_batch = _section(loader, "aws_batch")
        complete = {"job_queue", "job_definition"} <= aws_batch.keys()
        parameters = {} if complete else _section(loader, "parameters").get("aws_batch")
        base = self._loader_args.get("base_env", "base")
        expected = self._shown(self._conf / (env or base) / "aws_batch.yml")
        return ConfigSource(
            aws_batch=aws_batch,
            parameters=parameters if isinstance(parameters, Mapping) else {},
            files=files,
            expected_file=self._shown(files[0]) if files else expected,
        )

    def environments(self) -> tuple[str, ...]:
        """Name the environments of the configuration, without the base; none where it is not a folder."""
        if not self._conf.is_dir():
            return ()
        base = self._loader_args.get("base_env", "base")
        folders = (place.name for place in self._conf.iterdir() if place.is_dir())
        return tuple(sorted(name for name in folders if name != base and not name.startswith(".")))

    def _refuse_missing_environment(self, env: str) -> None:
        if not self._conf.is_dir() or (self._conf / env).is_dir():
            return
        known = (self._loader_args.get("base_env", "base"), *self.environments())
        raise ProjectError(
            f"no environment is named {env!r}: {self._shown(self._conf / env)} is not a folder."
            f"{did_you_mean(env, known)} There are: {', '.join(known)}"
        )

    def _config_loader(self, env: str | None) -> Any:
        """Make the project's own config loader.

        The default environment is often ``local``, which a checkout does not have: it counts as empty then,
        which is what reading the base environment alone means.
        """
        base, default = self._loader_args.get("base_env"), self._loader_args.get("default_run_env")
        if env is None and base and default and self._conf.is_dir() and not (self._conf / default).is_dir():
            env = base
        with _reported("cannot read the configuration", self._root):
            loader = settings.CONFIG_LOADER_CLASS(
                conf_source=str(self._conf),
                env=env,
                runtime_params=OmegaConf.to_container(OmegaConf.from_dotlist(list(self._options.params))),
                **self._loader_args,
            )
        patterns = getattr(loader, "config_patterns", None)
        if isinstance(patterns, dict):
            patterns.setdefault("aws_batch", _CONFIG_PATTERNS)
        return loader

    def _folders(self, env: str | None) -> tuple[Path, ...]:
        """Give the folders that are merged, the one that wins first."""
        names = (env or self._loader_args.get("default_run_env"), self._loader_args.get("base_env"))
        return tuple(dict.fromkeys(self._conf / name for name in names if name and (self._conf / name).is_dir()))

    def _shown(self, place: Path) -> str:
        return str(place.relative_to(self._root)) if place.is_relative_to(self._root) else str(place)


def _unknown_in(pipeline: Pipeline, chosen: Mapping[str, list[str]]) -> Iterator[str]:
    """Name what was asked for and is not in the pipeline, with what comes near."""
    nodes = [node.name for node in pipeline.nodes]
    datasets = pipeline.datasets()
    known = {
        "tags": {tag for node in pipeline.nodes for tag in node.tags},
        "namespaces": {prefix for node in pipeline.nodes for prefix in _namespaces(node.namespace)},
        "from_inputs": datasets,
        "to_outputs": datasets,
    }
    for flag, names in chosen.items():
        there = known.get(flag, nodes)
        for name in names:
            if name not in there:
                yield f"  --{flag.replace('_', '-')}: there is no {name!r}.{did_you_mean(name, there)}"


def _namespaces(namespace: str | None) -> tuple[str, ...]:
    parts = namespace.split(".") if namespace else []
    return tuple(".".join(parts[:depth]) for depth in range(1, len(parts) + 1))


def _section(loader: Any, name: str) -> dict[str, Any]:
    """Read one section of the configuration; a missing one is empty.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        content = loader[name]
    except (MissingConfigException, KeyError):
        return {}
    except Exception as error:  # a config loader may be the project's own and raise anything
        raise ConfigError(f"cannot read the configuration {name!r}: {_explained(error)}") from error
    return dict(content)


def _explained(error: Exception) -> str:
    """Add to Kedro's message where in the YAML file it is, counted from 1 as editors do, and why."""
    cause = error.__cause__
    if not isinstance(cause, MarkedYAMLError) or cause.problem_mark is None:
        return f"{type(error).__name__}: {error}"
    file = str(error).removeprefix("Invalid YAML or JSON file ").partition(", unable to read")[0]
    line, column = cause.problem_mark.line + 1, cause.problem_mark.column + 1
    return f"{file} is not valid YAML: line {line}, column {column}: {cause.problem}"


def _broken_modules(reports: list[str]) -> str:
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


@contextmanager
def _reported(what: str, root: Path) -> Iterator[None]:
    """Turn whatever a project raises while it is loaded into an error that says what and where."""
    try:
        yield
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(root)]
        where = f" ({Path(own[-1].filename).relative_to(root)}, line {own[-1].lineno})" if own else ""
        raise ProjectError(f"{what} in {root}: {type(error).__name__}: {error}{where}") from error
