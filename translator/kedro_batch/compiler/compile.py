"""Compiles a Kedro project: the entry of the compiler. Loads the project, builds the plan, runs the checks.

A ``Compilation`` goes out. This module prints nothing, writes no file and spells no command: the command line does.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro_batch.compiler.checks import check_compilation
from kedro_batch.compiler.checks.job_definitions import refuse_unused_image
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.catalog import Catalog, refuse_invalid_entries
from kedro_batch.compiler.inputs import CompileInputs
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.params import (
    Params,
    command_line_params,
    over_settings,
    prove_params,
    refuse_credentials,
    refuse_other_params,
)
from kedro_batch.compiler.params_over_files import KEPT, find_clashes, find_kept
from kedro_batch.compiler.plan_builder import build_plan
from kedro_batch.compiler.project.class_bases import find_base_names
from kedro_batch.compiler.project.import_kedro import import_kedro
from kedro_batch.compiler.project.kedro_params import decode_params, read_params, resolve_params
from kedro_batch.compiler.project.missing_target import refuse_missing_target
from kedro_batch.compiler.project.project_packages import ProjectPackages
from kedro_batch.compiler.project.project_warnings import project_warnings
from kedro_batch.compiler.project.run_command import RunCommand, find_run_command, is_known
from kedro_batch.compiler.resolved_images import ResolveImage, resolve_images
from kedro_batch.compiler.settings.batch_config import Settings, resolve_settings
from kedro_batch.compiler.settings.config_source import ConfigSource
from kedro_batch.compiler.severities import apply_severities
from kedro_batch.diagnostics import Diagnostic
from kedro_batch.errors import ProjectError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.params_words import params_words
from kedro_batch.text.wording import did_you_mean

if TYPE_CHECKING:
    from kedro_batch.compiler.project.kedro_loader import KedroProject


def compile_project(
    root: Path,
    options: CompileOptions,
    *,
    strict: bool = False,
    on_warning: Callable[[str], None] | None = None,
    resolve_image: ResolveImage | None = None,
) -> Compilation:
    """Compile the Kedro project in a folder. Silences Kedro's log for the rest of the process.

    Args:
        root: The project's folder.
        options: The options of the command line.
        strict: Turn warnings into errors.
        on_warning: Gets each line that the project's code warns of; None for none.
        resolve_image: Finds the digest of an image's tag; None leaves the images as they are declared.

    Raises:
        MissingTarget: The environment has no job queue or no job definition.
        ConfigError: The settings are wrong.
        ProjectError: The project cannot be loaded, or the selection or the grouping does not match it.
    """
    make_project = import_kedro()
    with project_warnings(root, on_warning, verbose=options.verbose):
        inputs = read_inputs(root, make_project(root, options), options)
    return compile_inputs(inputs, strict=strict, resolve_image=resolve_image)


def compile_inputs(
    inputs: CompileInputs, *, strict: bool = False, resolve_image: ResolveImage | None = None
) -> Compilation:
    """Build the plan and check it. Pure, but that it finds the lines of settings, and the digests of images if asked.

    Raises:
        ConfigError: An image is given, and no job definition takes it; or an image has no digest that could be found.
        ProjectError: The nodes cannot be grouped as configured.
    """
    compilation = build_plan(inputs)
    refuse_unused_image(compilation)
    if resolve_image:
        compilation = resolve_images(compilation, resolve_image)
    diagnostics = apply_severities(check_compilation(compilation), inputs, strict=strict)
    if compilation.grouped.has_errors:
        raise ProjectError("the nodes cannot be grouped in this way:", diagnostics)
    return replace(compilation, diagnostics=diagnostics)


def read_inputs(
    root: Path, project: "KedroProject", options: CompileOptions, *, needs_target: bool = True
) -> CompileInputs:
    """Read all that a plan is made of.

    Args:
        root: The project's folder.
        project: The project there.
        options: The options of the command line.
        needs_target: Refuse settings without a job queue or a job definition.

    Raises:
        Refused: As ``compile_project``.
    """
    configuration = project.configuration
    given = command_line_params(options.params_file, read_params(options.params))
    project.config.use_params(given.values)
    source = replace(configuration.read_aws_batch(options.env), given=options.target)
    settings = resolve_settings(source, options.conf_source, options.group_by, options.env, options.image)
    if needs_target:
        refuse_missing_target(configuration, source, options.env)
    params, file_parameters = _find_params(project, given, settings, source, options.env)
    nodes = project.nodes(every_pipeline=settings.name_parts_of_pipelines)
    _refuse_unread_versions(options, {name for node in nodes.selected for name in node.inputs})
    entries = configuration.section(options.env, "catalog")
    refuse_invalid_entries(entries)
    run_command = find_run_command(project.name, settings.command_prefix, root)
    conf_in_container = settings.container_conf_source or configuration.conf_source
    needs_env_folder = options.env is None and conf_in_container == configuration.conf_source
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
        base_names=find_base_names,
        catalog_file=configuration.file_for(options.env, "catalog"),
        params=params,
        file_parameters=file_parameters,
        unproved_params=_find_unproved(params, run_command, project.name, settings, source),
        parameters=(configuration.section(options.env, "parameters"), params.values),
        parameters_file=configuration.file_for(options.env, "parameters"),
        features=project.features,
        run_command=run_command,
        run_hooks=project.find_run_hooks(),
        base_env=configuration.base_env,
        missing_env_folder=configuration.missing_env_folder if needs_env_folder else None,
        credentials=configuration.find_credential_names(options.env),
        packages=ProjectPackages(configuration.root),
        left_out_env_folder=configuration.left_out_env_folder if needs_env_folder else None,
        catalog_hooks=project.has_catalog_hooks,
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


def _find_params(
    project: "KedroProject", given: Params, settings: Settings, source: ConfigSource, env: str | None
) -> tuple[Params, Mapping[Any, Any]]:
    """Merge all parameters, prove that Kedro can carry them, and read the configuration with them from now on.

    Returns:
        The parameters, and those of the project's files alone if there are any to merge over them.
    """
    refuse_credentials(given, settings.not_secret)
    params = over_settings(given, settings.params, source)
    if not params.values:
        return params, {}
    refuse_other_params(params, settings.command_prefix, source)
    project.config.use_params(params.values)
    in_files = project.config.read_file_parameters(env)
    base_env = project.configuration.base_env
    for folder, files in ((env, in_files), (base_env, project.config.read_file_parameters(base_env))):
        clashes = find_clashes(params.values, files)
        params.refuse(
            (one.path, one.describe(project.configuration.locate(folder, "parameters", one.path))) for one in clashes
        )
    prove_params(params, decode_params)
    if project.config.merges_params and (merged := project.configuration.section(env, "parameters")):
        params.refuse((path, KEPT) for path in find_kept(params.values, merged))
    return params, in_files


def _find_unproved(
    params: Params, run: RunCommand | None, package: str, settings: Settings, source: ConfigSource
) -> str | None:
    """Prove that a command of the project's own reads the parameters too; return what cannot be asked, if any."""
    if not params.values:
        return None
    if run is None:
        return None if is_known(run, package, settings.command_prefix) else source.locate(("command_prefix",)).file
    words = params_words(params.values)
    read = run.read_params(words)
    if not isinstance(read, Mapping):
        return None if any(run.find_refused(words)) else run.source
    prove_params(params, lambda _: resolve_params(read), f"the command `{run.name}` of {run.source}")
    return None


def _refuse_unread_versions(options: CompileOptions, read: set[str]) -> None:
    wrong = [
        Diagnostic(source="--load-versions", message=f"no selected node reads {name!r}.{did_you_mean(name, read)}")
        for name in options.load_versions
        if name not in read
    ]
    if wrong:
        raise ProjectError("load versions are given for datasets that no node reads:", wrong)
