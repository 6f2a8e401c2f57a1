"""Compiles a Kedro project: loads it, resolves the settings, hands all to ``assemble``, weighs what was found."""

import logging
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.compiler.batch_config import (
    TARGET,
    ConfigSource,
    Settings,
    refuse_credentials,
    resolve_settings,
    target_of,
)
from kedro_batch.compiler.catalog import Catalog, refuse_odd_entries
from kedro_batch.compiler.conf_folder import Configuration
from kedro_batch.compiler.inputs import Compilation, Material
from kedro_batch.compiler.nodes import CompileOptions, ProjectNode
from kedro_batch.compiler.plan_builder import assembled
from kedro_batch.diagnostics import Code, Diagnostic, Severity, sorted_diagnostics
from kedro_batch.errors import ConfigError, ProjectError
from kedro_batch.plan.model import JobName
from kedro_batch.text.wording import did_you_mean

if TYPE_CHECKING:
    from kedro_batch.compiler.kedro_loader import KedroProject


def compile_project(
    root: Path, options: CompileOptions, rerun_with_env: Callable[[str], str], *, strict: bool = False
) -> Compilation:
    """Compile the Kedro project in a folder.

    Goes into the folder and silences Kedro's log, both for the rest of the process.

    Args:
        root: The project's folder.
        options: What the command line says.
        rerun_with_env: Spells the present command for another environment.
        strict: Refuse what is only warned of otherwise.

    Raises:
        ProjectError: The project cannot be loaded, or the selection or the grouping does not fit it.
        ConfigError: The settings are wrong or incomplete.
    """
    os.chdir(root)
    if not options.verbose:
        logging.disable(logging.INFO)
    try:
        from kedro_batch.compiler.kedro_loader import KedroProject  # noqa: PLC0415  imports Kedro, which logs
    except UserWarning as error:  # so Kedro refuses a Python that is newer than itself
        raise ProjectError(f"the installed Kedro cannot be loaded: {error}") from error
    if not options.verbose:
        # What Kedro's own code is told to do differently by the libraries below it helps no user of it. Kedro puts
        # a filter of its own in front of all others when it is imported.
        warnings.filterwarnings("ignore", module=r"kedro\.")
    project = KedroProject(root, options)
    source = project.configuration.about_aws_batch(options.env)
    if missing := [name for name in TARGET if name not in target_of(source)]:
        raise ConfigError(_missing_target(project, source, missing, options.env, rerun_with_env))
    settings = resolve_settings(source, options.conf_source, options.group_by)
    refuse_credentials(options)
    nodes = project.nodes(every_pipeline=bool(settings.rules or settings.datasets))
    _refuse_unread_versions(options, nodes.selected)
    configuration = project.configuration
    entries = configuration.section(options.env, "catalog")
    refuse_odd_entries(entries)
    made = _assembled(
        Material(
            project=project.name,
            nodes=nodes,
            options=options,
            settings=settings,
            source=source,
            catalog=Catalog(
                entries,
                catch_all_can_lose=project.dialect.catch_all_can_lose,
                checks_placeholders=project.dialect.checks_placeholders,
            ),
            catalog_file=configuration.file_of(options.env, "catalog"),
            parameters=(configuration.section(options.env, "parameters"), project.given_parameters()),
            parameters_file=configuration.file_of(options.env, "parameters"),
            dialect=project.dialect,
        ),
        strict=strict,
    )
    diagnostics = (*made.diagnostics, *_about_environment(configuration, options.env))
    return replace(made, diagnostics=_weighed(diagnostics, settings, strict=strict))


def _about_environment(configuration: Configuration, env: str | None) -> Iterator[Diagnostic]:
    if configuration.existing_env(env) != env:
        yield Diagnostic(
            source=configuration.file_of(configuration.default_env, "").removesuffix("/.yml"),
            code=Code.MISSING_ENVIRONMENT,
            severity=Severity.INFO,
            message="the project's default environment is not here and counts as empty. Where it is not in the image "
            f"either, `kedro run` ends with an error: put an empty folder there, or compile with "
            f"--env={configuration.base_env}",
        )


def _assembled(material: Material, *, strict: bool) -> Compilation:
    try:
        return assembled(material)
    except ProjectError as error:
        raise ProjectError(error.headline, _weighed(error.diagnostics, material.settings, strict=strict)) from error


def job_called(compilation: Compilation, called: str) -> JobName:
    """Find a job by its name, or by the name of a node that it runs.

    Raises:
        ProjectError: There is none, or it is a join job, which has no settings of its own.
    """
    for name, group in compilation.groups.items():
        if called == name or any(called == node.name for node in group.nodes):
            return name
    if any(called == job.name for job in compilation.plan.jobs):
        raise ProjectError(f"{called} is a join job: it runs where the job it gathers for runs, with least resources")
    nodes = (node.name for group in compilation.groups.values() for node in group.nodes)
    raise ProjectError(f"no job and no node is named {called!r}.{did_you_mean(called, {*compilation.groups, *nodes})}")


def _weighed(diagnostics: Iterable[Diagnostic], settings: Settings, *, strict: bool) -> tuple[Diagnostic, ...]:
    return sorted_diagnostics(_weighed_one(one, settings, strict=strict) for one in diagnostics)


def _weighed_one(diagnostic: Diagnostic, settings: Settings, *, strict: bool) -> Diagnostic:
    """Let the settings accept a warning, and let strictness refuse it."""
    if diagnostic.severity is not Severity.WARNING:
        return diagnostic
    if diagnostic.code in settings.accept:
        return replace(diagnostic, severity=Severity.INFO)
    if not strict:
        return diagnostic
    end = "" if diagnostic.message.endswith((".", "?")) else "."
    accepted = (
        f"{diagnostic.message}{end} Refused by --strict; what is known is accepted by accept: [{diagnostic.code}]"
    )
    return replace(diagnostic, severity=Severity.ERROR, message=accepted)


def _refuse_unread_versions(options: CompileOptions, nodes: Sequence[ProjectNode]) -> None:
    read = {name for node in nodes for name in node.inputs}
    wrong = [
        Diagnostic(source="--load-versions", message=f"no selected node reads {name!r}.{did_you_mean(name, read)}")
        for name in options.load_versions
        if name not in read
    ]
    if wrong:
        raise ProjectError("load versions for datasets that nothing reads:", wrong)


def _missing_target(
    project: "KedroProject",
    source: ConfigSource,
    missing: Sequence[str],
    env: str | None,
    rerun_with_env: Callable[[str], str],
) -> str:
    """Show the lines to write, or the environment that has them and the command that uses it."""
    where = f"environment {env!r}" if env else "the project"
    what = f"no {' and no '.join(missing)} in the configuration of {where}."
    for other in project.configuration.environments():
        if other == env:
            continue
        try:
            elsewhere = project.configuration.about_aws_batch(other)
        except ConfigError:
            continue  # it is not the environment that was asked for
        if set(TARGET) <= target_of(elsewhere).keys():
            return f"{what} The environment {other!r} has what is missing:\n\n    {rerun_with_env(other)}\n"
    lines = [f"    {name}: {_EXAMPLES[name]}" for name in missing]
    return "\n".join([what, f"Write in {source.expected_file}, with the names that you use on AWS:", "", *lines, ""])


_EXAMPLES = {"job_queue": "my-queue", "job_definition": "my-definition"}
