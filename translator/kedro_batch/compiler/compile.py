"""Compiles a Kedro project: loads it, resolves the settings, puts the plan together."""

import logging
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.compiler.commands import node_command
from kedro_batch.compiler.dialect import Dialect
from kedro_batch.compiler.job_names import job_names
from kedro_batch.compiler.project import DEFAULT_PIPELINE, CompileOptions, ProjectNode, is_parameter, node_parents
from kedro_batch.compiler.settings import TARGET, ConfigSource, Settings, resolve_settings, target_of
from kedro_batch.errors import ConfigError, Finding, PlanError, ProjectError, did_you_mean
from kedro_batch.plan.graph import transitive_reduction
from kedro_batch.plan.model import Defaults, Job, Plan

if TYPE_CHECKING:
    from kedro_batch.compiler.kedro_project import KedroProject

_MAX_DEPENDENCIES = 20
"""SubmitJob takes at most 20 in dependsOn (AWS Batch API reference)."""


def compile_project(root: Path, options: CompileOptions, rerun_with_env: Callable[[str], str]) -> Plan:
    """Compile the Kedro project in a folder.

    Goes into the folder and silences Kedro's log, both for the rest of the process.

    Args:
        root: The project's folder.
        options: What the command line says.
        rerun_with_env: Spells the present command for another environment.

    Raises:
        ProjectError: The project cannot be loaded or the selection does not fit it.
        ConfigError: The settings are wrong or incomplete.
        PlanError: AWS Batch would refuse the plan.
    """
    os.chdir(root)
    if not options.verbose:
        logging.disable(logging.INFO)
        # What Kedro's own code is told to do differently by the libraries below it helps no user of it.
        warnings.filterwarnings("ignore", module=r"kedro\.")
    from kedro_batch.compiler.kedro_project import KedroProject  # noqa: PLC0415  imports Kedro, which logs

    project = KedroProject(root, options)
    source = project.configuration.about_aws_batch(options.env)
    if missing := [name for name in TARGET if name not in target_of(source)]:
        raise ConfigError(_missing_target(project, source, missing, options.env, rerun_with_env))
    settings = resolve_settings(source, options.conf_source)
    nodes = project.nodes()
    _refuse_unread_versions(options, nodes)
    return plan_of(project.name, nodes, options, settings, project.dialect)


def plan_of(
    project: str, nodes: Sequence[ProjectNode], options: CompileOptions, settings: Settings, dialect: Dialect
) -> Plan:
    """Put the plan together: one job for each node, in the order in which they become ready.

    Raises:
        PlanError: A job would have more parents than AWS Batch takes.
    """
    name_of = job_names(node.name for node in nodes)
    node_of = {name_of[node.name]: node for node in nodes}
    parents = {name_of[node]: {name_of[parent] for parent in of_node} for node, of_node in node_parents(nodes).items()}
    jobs = tuple(
        Job(
            name=name,
            nodes=(node_of[name].name,),
            command=node_command(node_of[name], options, settings, dialect),
            depends_on=depends_on,
            reads=_datasets(node_of[name].inputs),
            writes=_datasets(node_of[name].outputs),
            job_queue=settings.job_queue,
            job_definition=settings.job_definition,
            resources=settings.resources,
            timeout_s=settings.timeout_s,
            attempts=settings.attempts,
            tags=settings.tags,
        )
        for name, depends_on in transitive_reduction(parents).items()
    )
    _refuse_wide_jobs(jobs)
    return Plan(
        project=project,
        pipelines=options.pipelines or (DEFAULT_PIPELINE,),
        env=options.env,
        kedro_version=dialect.version,
        selection=options.selection,
        defaults=Defaults(
            job_queue=settings.job_queue,
            job_definition=settings.job_definition,
            resources=settings.resources,
            timeout_s=settings.timeout_s,
            attempts=settings.attempts,
            tags=settings.tags,
        ),
        jobs=jobs,
    )


def _datasets(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if not is_parameter(name)}))


def _refuse_wide_jobs(jobs: Sequence[Job]) -> None:
    wrong = [
        Finding(
            source=job.name,
            message=f"waits for {len(job.depends_on)} jobs; AWS Batch takes {_MAX_DEPENDENCIES}. "
            "Put a node between that gathers some of them",
        )
        for job in jobs
        if len(job.depends_on) > _MAX_DEPENDENCIES
    ]
    if wrong:
        raise PlanError("AWS Batch would refuse these jobs:", wrong)


def _refuse_unread_versions(options: CompileOptions, nodes: Sequence[ProjectNode]) -> None:
    read = {name for node in nodes for name in node.inputs}
    wrong = [
        Finding(source="--load-versions", message=f"no selected node reads {name!r}.{did_you_mean(name, read)}")
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
