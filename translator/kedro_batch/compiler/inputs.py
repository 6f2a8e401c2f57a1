"""What a plan is made of: the options of the command line, and all that was read from the project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.compiler.data.catalog import Catalog
from kedro_batch.compiler.nodes import ProjectNodes
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.params import Params
from kedro_batch.compiler.project.class_bases import BaseNames, no_base_names
from kedro_batch.compiler.project.conf_folder import CredentialNames
from kedro_batch.compiler.project.kedro_version import KedroFeatures
from kedro_batch.compiler.project.project_packages import ProjectPackages
from kedro_batch.compiler.project.run_command import RunCommand
from kedro_batch.compiler.project.run_hooks import RunHooks
from kedro_batch.compiler.settings.batch_config import Settings
from kedro_batch.compiler.settings.config_source import MAX_WORKERS, ConfigSource


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileInputs:
    """All that a plan is made of.

    Attributes:
        project: The package name of the project.
        nodes: Its nodes and pipelines.
        options: The options of the command line.
        settings: The settings in ``aws_batch.yml``, checked.
        source: The files and lines of the settings.
        catalog: The merged catalog.
        base_names: Finds the classes that a type in the catalog derives from.
        catalog_file: The file where a catalog entry should be written.
        params: The parameters that the plan gives to the jobs.
        parameters: The merged parameters of the project, and those that the plan gives to the jobs.
        file_parameters: Those of the project's files alone, if the plan gives others; empty if they are not known.
        unproved_params: What starts a command of which it is not known how it reads the parameters; None otherwise.
        parameters_file: The file where a parameter should be written.
        features: What the project's Kedro understands.
        run_command: The command that jobs start, if it is not Kedro's own ``run``.
        run_hooks: The hooks of the project and of plugins that act once a run.
        base_env: The environment that all others are merged over.
        missing_env_folder: The folder of the project's default environment, if it is needed and does not exist.
        credentials: The names that credentials files define; None if they are not known.
        packages: The packages that the project lists; None if they are not known.
        left_out_env_folder: That folder, if it exists but is left out of images, and what leaves it out.
        catalog_hooks: The project has hooks that may add datasets and parameters; they do not run while compiling.
    """

    project: str
    nodes: ProjectNodes
    options: CompileOptions
    settings: Settings
    source: ConfigSource
    catalog: Catalog
    catalog_file: str
    parameters: Sequence[Mapping[Any, Any]]
    parameters_file: str
    features: KedroFeatures
    params: Params = field(default_factory=Params)
    file_parameters: Mapping[Any, Any] = field(default_factory=dict)
    unproved_params: str | None = None
    base_names: BaseNames = no_base_names
    run_command: RunCommand | None = None
    run_hooks: Sequence[RunHooks] = ()
    base_env: str = "base"
    missing_env_folder: str | None = None
    credentials: CredentialNames | None = None
    packages: ProjectPackages | None = None
    left_out_env_folder: tuple[str, str] | None = None
    catalog_hooks: bool = False

    @property
    def max_workers(self) -> object:
        """``max_workers`` of the settings, or else of the parameters, unchecked there; None if neither has it."""
        if self.settings.max_workers is not None:
            return self.settings.max_workers
        section = self.parameters[0].get("aws_batch") if self.parameters else None
        return section.get(MAX_WORKERS) if isinstance(section, Mapping) else None
