"""Checks of the plan against the limits of AWS Batch: one diagnostic for each setting, with the jobs that have it."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.config_source import SourceRef
from kedro_batch.compiler.explain import find_origin
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath
from kedro_batch.plan.checks.batch_limits import over_limits
from kedro_batch.plan.checks.read_budget import JOBS
from kedro_batch.plan.submit_job import misplaced_commands
from kedro_batch.text.wording import listed

if TYPE_CHECKING:
    from kedro_batch.plan.model import JobName


def check_job_count(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error if the plan has too many jobs to be read."""
    count = len(compilation.plan.jobs)
    if count > JOBS:
        yield Diagnostic(
            source="jobs",
            code=Code.OVER_LIMIT,
            message=f"the plan has {count:,} jobs, and a plan may have {JOBS:,}: put more nodes into each job with "
            "group_by, or compile parts of the pipeline into several plans",
        )


def check_limits(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each setting or command that AWS Batch would refuse."""
    plan, groups = compilation.plan, compilation.groups
    origins: dict[tuple[int, FieldPath], SourceRef | None] = {}
    jobs_with: defaultdict[tuple[FieldPath, str, SourceRef | None], list[JobName]] = defaultdict(list)
    for path, message in (*over_limits(plan), *misplaced_commands(plan)):
        job, inside = plan.jobs[int(path[1])], path[2:]
        key = (id(job.settings), inside)
        if key not in origins or (origins[key] is None and job.name in groups):  # join jobs have it from others
            origins[key] = find_origin(compilation, job.name, inside)
        if job.name in groups or origins[key] is None:
            jobs_with[inside, message, origins[key]].append(job.name)
    for (inside, message, origin), jobs in jobs_with.items():
        all_jobs = len(jobs) == len(groups) > 1
        who = "all jobs" if all_jobs else f"job{'s' if len(jobs) > 1 else ''} {listed(jobs)}"
        file, line, shown_path = origin or SourceRef(who, None, inside)
        yield Diagnostic(
            source=file,
            line=line,
            path=shown_path,
            code=Code.OVER_LIMIT,
            message=f"{message} ({who})" if origin else message,
            about={"jobs": tuple(jobs)},
        )
