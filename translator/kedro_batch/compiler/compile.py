"""Compiles a Kedro project: the entry of the compiler. Loads the project, builds the plan, runs the checks.

A ``Compilation`` goes out. This module prints nothing, writes no file and spells no command: the command line does.
"""

import itertools
import logging
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.compiler.batch_config import Settings, resolve_settings
from kedro_batch.compiler.catalog import Catalog, refuse_invalid_entries
from kedro_batch.compiler.checks import check_compilation
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.config_source import TARGET, ConfigSource
from kedro_batch.compiler.inputs import CompileInputs, CompileOptions
from kedro_batch.compiler.memory_types import find_memory_types
from kedro_batch.compiler.nodes import glob_regex
from kedro_batch.compiler.plan_builder import build_plan
from kedro_batch.compiler.project_packages import ProjectPackages
from kedro_batch.compiler.run_command import find_run_command
from kedro_batch.diagnostics import Code, Diagnostic, Severity, sorted_diagnostics
from kedro_batch.errors import ConfigError, ProjectError
from kedro_batch.plan.checks.credentials import IN_COMMAND, looks_like_credential
from kedro_batch.plan.model import JobName
from kedro_batch.text.wording import did_you_mean, sentences

if TYPE_CHECKING:
    from kedro_batch.compiler.conf_folder import Configuration
    from kedro_batch.compiler.kedro_loader import KedroProject


class MissingTarget(ConfigError):  # noqa: N818  named for what is missing
    """The environment has no job queue or no job definition.

    Attributes:
        other_env: An environment that has both; None if there is none.
    """

    def __init__(self, message: str, other_env: str | None = None) -> None:
        """Take the message and the environment to suggest."""
        super().__init__(message)
        self.other_env = other_env


def compile_project(root: Path, options: CompileOptions, *, strict: bool = False) -> Compilation:
    """Compile the Kedro project in a folder. Silences Kedro's log for the rest of the process.

    Args:
        root: The project's folder.
        options: The options of the command line.
        strict: Turn warnings into errors.

    Raises:
        MissingTarget: The environment has no job queue or no job definition.
        ConfigError: The settings are wrong.
        ProjectError: The project cannot be loaded, or the selection or the grouping does not match it.
    """
    return compile_inputs(_read_inputs(root, _load_project(root, options), options), strict=strict)


def compile_inputs(inputs: CompileInputs, *, strict: bool = False) -> Compilation:
    """Build the plan and check it. Pure, but that it finds the lines of settings in their files.

    Raises:
        ProjectError: The nodes cannot be grouped as configured.
    """
    compilation = build_plan(inputs)
    diagnostics = _apply_severities(check_compilation(compilation), inputs.settings, strict=strict)
    if compilation.grouped.has_errors:
        raise ProjectError("the nodes cannot be grouped in this way:", diagnostics)
    return replace(compilation, diagnostics=diagnostics)


def _load_project(root: Path, options: CompileOptions) -> "KedroProject":
    if not options.verbose:
        logging.disable(logging.INFO)
    try:
        from kedro_batch.compiler.kedro_loader import KedroProject  # noqa: PLC0415  imports Kedro, which logs
    except UserWarning as error:  # so Kedro refuses a Python that is newer than itself
        raise ProjectError(f"the installed Kedro cannot be loaded: {error}") from error
    if not options.verbose:
        # Deprecations inside Kedro's own code are of no use to its users. Kedro puts a filter of its own in front of
        # all others when it is imported, so ours comes after that.
        warnings.filterwarnings("ignore", module=r"kedro\.")
    return KedroProject(root, options)


def _read_inputs(root: Path, project: "KedroProject", options: CompileOptions) -> CompileInputs:
    configuration = project.configuration
    source = configuration.read_aws_batch(options.env)
    if missing := [name for name in TARGET if name not in source.target]:
        raise _missing_target(configuration, source, missing, options.env)
    settings = resolve_settings(source, options.conf_source, options.group_by, options.env)
    _refuse_credentials(options)
    nodes = project.nodes(every_pipeline=bool(settings.rules or settings.datasets))
    _refuse_unread_versions(options, {name for node in nodes.selected for name in node.inputs})
    entries = configuration.section(options.env, "catalog")
    refuse_invalid_entries(entries)
    return CompileInputs(
        project=project.name,
        nodes=nodes,
        options=options,
        settings=settings,
        source=source,
        catalog=Catalog(
            entries,
            catch_all_can_lose=project.features.catch_all_can_lose,
            checks_placeholders=project.features.checks_placeholders,
        ),
        memory_types=find_memory_types(entries),
        catalog_file=configuration.file_for(options.env, "catalog"),
        parameters=(configuration.section(options.env, "parameters"), project.read_params()),
        parameters_file=configuration.file_for(options.env, "parameters"),
        features=project.features,
        loads_alike=project.loads_alike,
        run_command=find_run_command(project.name, settings.command_prefix, root),
        run_hooks=project.find_run_hooks(),
        base_env=configuration.base_env,
        missing_env_folder=None if options.env else configuration.missing_env_folder,
        credentials=configuration.find_credential_names(options.env),
        packages=ProjectPackages(configuration.root),
    )


def find_job(compilation: Compilation, name: str) -> JobName:
    """Find a job by its name, or by the name of a node that it runs.

    Raises:
        ProjectError: There is none, or it is a join job, which has no settings of its own.
    """
    for job, group in compilation.groups.items():
        if name == job or any(name == node.name for node in group.nodes):
            return job
    if any(name == job.name for job in compilation.plan.jobs):
        raise ProjectError(
            f"{name} is a join job and has no settings of its own: it gathers the parents of another job, and runs "
            "with that job's settings and the least resources"
        )
    nodes = (node.name for group in compilation.groups.values() for node in group.nodes)
    raise ProjectError(f"no job and no node is named {name!r}.{did_you_mean(name, {*compilation.groups, *nodes})}")


def _apply_severities(diagnostics: Iterable[Diagnostic], settings: Settings, *, strict: bool) -> tuple[Diagnostic, ...]:
    """Make notes of accepted warnings, and errors of the others if strict."""
    return sorted_diagnostics(_apply_severity(one, settings, strict=strict) for one in diagnostics)


def _apply_severity(diagnostic: Diagnostic, settings: Settings, *, strict: bool) -> Diagnostic:
    if diagnostic.severity is not Severity.WARNING:
        return diagnostic
    if _is_accepted(diagnostic, settings.accept.get(str(diagnostic.code), ())):
        return replace(diagnostic, severity=Severity.NOTE, advice="", remedy="")
    if not strict:
        return diagnostic
    accept = f"Refused because of --strict; to accept it, write accept: [{diagnostic.code}] in aws_batch.yml"
    return replace(diagnostic, severity=Severity.ERROR, advice=sentences(diagnostic.advice, accept))


def _is_accepted(diagnostic: Diagnostic, patterns: Sequence[str]) -> bool:
    """True if a pattern matches the dataset that a diagnostic is about, or else its source or another of its names."""
    named = diagnostic.about.get("dataset") or itertools.chain((diagnostic.source,), *diagnostic.about.values())
    regex = re.compile("|".join(map(glob_regex, patterns)) or "(?!)")
    return any(map(regex.fullmatch, named))


def _refuse_credentials(options: CompileOptions) -> None:
    """Refuse parameters that look like credentials: they would stand in every command."""
    pairs = (item.partition("=") for item in options.params)
    wrong = [
        Diagnostic(source="--params", path=(name,), code=Code.CREDENTIAL, message=IN_COMMAND)
        for name, _, value in pairs
        if looks_like_credential(name, value)
    ]
    if wrong:
        raise ConfigError("the command line would put credentials into the plan:", wrong)


def _refuse_unread_versions(options: CompileOptions, read: set[str]) -> None:
    wrong = [
        Diagnostic(source="--load-versions", message=f"no selected node reads {name!r}.{did_you_mean(name, read)}")
        for name in options.load_versions
        if name not in read
    ]
    if wrong:
        raise ProjectError("load versions are given for datasets that no node reads:", wrong)


def _missing_target(
    configuration: "Configuration", source: ConfigSource, missing: Iterable[str], env: str | None
) -> MissingTarget:
    """Return an error that names another environment with the target, or shows the lines to write."""
    where = f"environment {env!r}" if env else "the project"
    message = f"no {' and no '.join(missing)} in the configuration of {where}."
    for other in configuration.environments():
        if other != env and _has_target(configuration, other):
            return MissingTarget(f"{message} The environment {other!r} has a queue and a definition", other)
    lines = "".join(f"    {name}: {_EXAMPLES[name]}\n" for name in missing)
    return MissingTarget(f"{message}\nWrite in {source.expected_file}, with the names that you use on AWS:\n\n{lines}")


def _has_target(configuration: "Configuration", env: str) -> bool:
    try:
        return set(TARGET) <= configuration.read_aws_batch(env).target.keys()
    except ConfigError:
        return False  # its mistakes are no concern of this environment


_EXAMPLES = {"job_queue": "spaceflights_queue", "job_definition": "kedro_run"}
