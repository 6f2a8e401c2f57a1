"""Reads what ``init`` needs to know of a project: where its configuration is, what it says already, its versions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro_batch.compiler.data.catalog import Catalog, refuse_invalid_entries
from kedro_batch.compiler.data.storage import Storages
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.import_kedro import import_kedro
from kedro_batch.compiler.project.project_packages import OWN_PACKAGE, ProjectPackages
from kedro_batch.compiler.project.project_warnings import project_warnings
from kedro_batch.compiler.settings.config_source import ConfigSource
from kedro_batch.errors import ProjectError
from kedro_batch.plan.data_flow import without_transcoding

if TYPE_CHECKING:
    from kedro_batch.compiler.project.kedro_loader import KedroProject


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOutline:
    """What is known of a project before it is prepared for AWS Batch.

    Attributes:
        conf: The folder of the configuration, relative to the project's folder, with ``/`` between its parts.
        base_env: The environment that all others are merged over.
        default_env: The environment that is used if none is named; None if there is none.
        settings: What the base environment says about AWS Batch already.
        settings_file: The file that says it; None if there is none.
        target_in_parameters: The parameters name a queue or a definition, as in Kedro's older guide.
        versioned: The versioned datasets that one node writes and another one reads, sorted; none where the project
            lists kedro-batch, with which each run reads its own.
    """

    conf: str
    base_env: str
    default_env: str | None
    settings: Mapping[str, Any]
    settings_file: str | None
    target_in_parameters: bool
    versioned: tuple[str, ...]


def outline_project(root: Path) -> ProjectOutline:
    """Load the project in a folder, and outline it. Silences Kedro's log for the rest of the process.

    Raises:
        ConfigError: Its configuration cannot be read.
        ProjectError: It cannot be loaded, or its configuration is not in a folder of it.
    """
    make_project = import_kedro()
    with project_warnings(root, None, verbose=False):
        project = make_project(root, CompileOptions())
        configuration = project.configuration
        folder = configuration.folder
        if folder is None or not folder.is_relative_to(root) or folder == root:
            raise ProjectError(
                f"the project has its configuration in {configuration.conf_source}, and init writes into a folder of "
                "the project. Write the files by hand: docs/init.md says what they hold"
            )
        base = configuration.base_env
        source = configuration.read_aws_batch(base)
        return ProjectOutline(
            conf=folder.relative_to(root).as_posix(),
            base_env=base,
            default_env=configuration.default_env,
            settings=source.aws_batch,
            settings_file=next(iter(source.files), None) if source.aws_batch else None,
            target_in_parameters=_names_target(source),
            versioned=()
            if ProjectPackages(root).has_in_image(OWN_PACKAGE)
            else tuple(sorted(_find_versioned(project, base))),
        )


def _names_target(source: ConfigSource) -> bool:
    return any(name in source.parameters for name in ("job_queue", "job_definition"))


def _find_versioned(project: "KedroProject", env: str) -> Iterator[str]:
    """Yield the versioned datasets that pass from one node to another, without their transcoding."""
    features = project.features
    entries = project.configuration.section(env, "catalog")
    refuse_invalid_entries(entries)
    catalog = Catalog(
        entries,
        catch_all_can_lose=features.catch_all_can_lose,
        checks_placeholders=features.checks_placeholders,
    )
    storages = Storages(catalog, {}, ())
    nodes = project.nodes().selected
    written = {without_transcoding(name) for node in nodes for name in node.outputs}
    read = {name for node in nodes for name in node.inputs if without_transcoding(name) in written}
    yield from {without_transcoding(name) for name in read if storages.of(name).versioned}
