"""Reads the settings of a project in an environment, for commands that need no plan."""

from dataclasses import dataclass
from pathlib import Path

from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.import_kedro import import_kedro
from kedro_batch.compiler.project.project_warnings import project_warnings
from kedro_batch.compiler.settings.batch_config import Settings, resolve_settings
from kedro_batch.compiler.settings.declared_definitions import declared_in


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """The settings of a project in an environment.

    Attributes:
        root: The folder of the project.
        project: The package name of the project.
        settings: The settings, merged and checked; they may lack a queue and a definition.
        file: The ``aws_batch.yml`` of the environment itself, whether it exists or not.
        shown: Its name in messages.
        declares: The job definition is declared there, with an image or without.
    """

    root: Path
    project: str
    settings: Settings
    file: Path
    shown: str
    declares: bool


def read_project_settings(root: Path, env: str) -> ProjectSettings:
    """Read the settings of the project in a folder, as ``compile --env`` does. Silences Kedro's log.

    Raises:
        ConfigError: The settings are wrong.
        ProjectError: The project cannot be loaded, or has no such environment.
    """
    options = CompileOptions(env=env)
    make_project = import_kedro()
    with project_warnings(root, None, verbose=False):
        project = make_project(root, options)
        configuration = project.configuration
        source = configuration.read_aws_batch(env)
        settings = resolve_settings(source, None, env=env)
    own = next(
        (name for name in source.files if Path(name).parent.name == env), configuration.file_for(env, "aws_batch")
    )
    return ProjectSettings(
        root=root,
        project=project.name,
        settings=settings,
        file=root / own,
        shown=own,
        declares=declared_in(dict(source.target)) is not None,
    )
