"""What a compilation begins with, and what it ends with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_batch.compiler.batch_config import TARGET, ConfigSource, Settings, place_of
from kedro_batch.compiler.catalog import Catalog
from kedro_batch.compiler.explain import Value, explained
from kedro_batch.compiler.grouping import Group
from kedro_batch.compiler.kedro_version import Dialect
from kedro_batch.compiler.nodes import CompileOptions, ProjectNodes
from kedro_batch.compiler.rules import NodeSettings
from kedro_batch.diagnostics import Diagnostic, FieldPath, Severity
from kedro_batch.errors import ProjectError
from kedro_batch.plan.model import JobName, Plan

Place = tuple[str, int | None, FieldPath]
"""A file, a line in it, and where in its structure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a plan is made of.

    Attributes:
        project: The package name of the project.
        nodes: Its nodes and pipelines.
        options: What the command line says.
        settings: What ``aws_batch.yml`` says.
        source: Where the settings stand.
        catalog: The merged catalog.
        catalog_file: Where a catalog entry would be written.
        parameters: The merged parameters, and those of the command line.
        parameters_file: Where a parameter would be written.
        dialect: What the project's Kedro understands.
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
    dialect: Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What compiling gives.

    Attributes:
        plan: The plan.
        diagnostics: What is wrong with it or worth knowing, sorted; errors first.
        groups: The nodes of every job but join jobs.
        node_settings: What each node asks for.
        settings: The settings of the project.
        source: Where they stand.
    """

    plan: Plan
    diagnostics: tuple[Diagnostic, ...]
    groups: Mapping[JobName, Group]
    node_settings: NodeSettings
    settings: Settings
    source: ConfigSource

    def explained(self, job: JobName) -> Iterator[tuple[Value, tuple[Place, ...]]]:
        """Yield every value of a job's settings with the places in the configuration that set it."""
        for value in explained(self.node_settings, self.groups[job].nodes, self.settings.rules):
            yield value, tuple(self._place(number, value.path) for number in value.origins)

    def origin_of(self, job: JobName, path: FieldPath) -> Place | None:
        """Tell what set a value, or the first of several; None for what no setting is."""
        for value, places in self.explained(job) if job in self.groups else ():
            if value.path[: len(path)] == path[: len(value.path)] and path:
                return places[0] if places else None
        return None

    def _place(self, number: int | None, path: tuple[str, ...]) -> Place:
        inside = path[1:] if number is not None and path[0] == "resources" else path
        where: FieldPath = inside if number is None else ("rules", number, *inside)
        if number is None and path[0] in TARGET and path[0] not in self.source.aws_batch:
            return "parameters.yml", None, ("aws_batch", path[0])
        return (*place_of(self.source, where), where)

    def refuse_errors(self) -> None:
        """Refuse a plan that cannot run.

        Raises:
            ProjectError: Its jobs would not find their data, or AWS Batch would refuse them.
        """
        if any(one.severity is Severity.ERROR for one in self.diagnostics):
            raise ProjectError("the project cannot run on AWS Batch as it is:", self.diagnostics)
