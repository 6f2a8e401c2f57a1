"""What is to be said of a plan and of its settings, beside the data between its jobs."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kedro_batch.compiler.batch_config import ConfigSource, Settings, place_of
from kedro_batch.compiler.inputs import Compilation, Place
from kedro_batch.compiler.nodes import ProjectNode, ProjectNodes, glob
from kedro_batch.compiler.rules import NodeSettings
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, Severity
from kedro_batch.plan.checks.batch_limits import over_limits
from kedro_batch.plan.checks.read_budget import JOBS
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.submit_job import misplaced_commands
from kedro_batch.text.wording import did_you_mean, listed

if TYPE_CHECKING:
    from kedro_batch.plan.model import JobName


def about_limits(compilation: Compilation) -> Iterator[Diagnostic]:
    """Say what AWS Batch would not take: a setting once, where it stands, and with the jobs that have it."""
    plan, groups = compilation.plan, compilation.groups
    if len(plan.jobs) > JOBS:
        yield Diagnostic(
            source="jobs",
            code=Code.OVER_LIMIT,
            message=f"there are {len(plan.jobs)}, and a plan of more than {JOBS} is not read: put more nodes into each "
            "job (group_by), or compile parts of the pipeline into plans of their own",
        )
    origins: dict[tuple[int, FieldPath], Place | None] = {}
    jobs_with: defaultdict[tuple[FieldPath, str, Place | None], list[JobName]] = defaultdict(list)
    for path, message in (*over_limits(plan), *misplaced_commands(plan)):
        job, inside = plan.jobs[int(path[1])], path[2:]
        key = (id(job.settings), inside)
        if key not in origins or (origins[key] is None and job.name in groups):  # join jobs have it from others
            origins[key] = compilation.origin_of(job.name, inside)
        if job.name in groups or origins[key] is None:
            jobs_with[inside, message, origins[key]].append(job.name)
    for (inside, message, origin), jobs in jobs_with.items():
        everywhere = len(jobs) == len(groups) > 1
        who = "all jobs" if everywhere else f"job{'s' if len(jobs) > 1 else ''} {listed(jobs)}"
        yield Diagnostic(
            source=who if origin is None else origin[0],
            line=None if origin is None else origin[1],
            path=inside if origin is None else origin[2],
            code=Code.OVER_LIMIT,
            message=message if origin is None else f"{message} ({who})",
            about={"jobs": tuple(jobs)},
        )


def about_rules(node_settings: NodeSettings, source: ConfigSource) -> Iterator[Diagnostic]:
    """Point out what rules name and no node matches."""
    for one in node_settings.unmatched():
        file, line = place_of(source, one.path)
        yield Diagnostic(
            source=file,
            line=line,
            path=one.path,
            code=Code.UNMATCHED,
            severity=Severity.WARNING,
            message=one.message,
        )


def about_datasets(nodes: ProjectNodes, settings: Settings, source: ConfigSource) -> Iterator[Diagnostic]:
    """Point out what ``datasets`` says of names that no node of these pipelines has."""
    known = {
        name
        for of_pipeline in nodes.registered.values()
        for node in of_pipeline
        for name in (*node.inputs, *node.outputs, *map(without_transcoding, (*node.inputs, *node.outputs)))
        if settings.datasets
    }
    for pattern in settings.datasets:
        if pattern not in known and not any(map(re.compile(glob(pattern)).fullmatch, known)):
            file, line = place_of(source, ("datasets", pattern))
            yield Diagnostic(
                source=file,
                line=line,
                path=("datasets", pattern),
                code=Code.UNMATCHED,
                severity=Severity.WARNING,
                message=f"no dataset is called so.{did_you_mean(pattern, known)}",
            )


def about_names(nodes: Sequence[ProjectNode]) -> Iterator[Diagnostic]:
    """Point out, once, the nodes that have no names of their own."""
    unnamed = [node.name for node in nodes if not node.named]
    if unnamed:
        yield Diagnostic(
            source="nodes",
            code=Code.UNNAMED_NODES,
            severity=Severity.INFO,
            message=f"{len(unnamed)} of {len(nodes)} have no name of their own; the names that Kedro makes, and with "
            f"them the jobs', change when the inputs change: {listed(unnamed)}",
            about={"nodes": tuple(unnamed)},
        )
