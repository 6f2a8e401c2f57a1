"""Checks of the plan against the limits of AWS Batch: one diagnostic for each setting, with the jobs that have it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kedro_batch.compiler.checks.job_definitions import hint_at_replaced, locate_in_plan
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.explain import find_origin
from kedro_batch.compiler.settings.config_source import SourceRef
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath
from kedro_batch.files.read_budget import MAX_JOBS
from kedro_batch.plan.checks import check_plan
from kedro_batch.plan.settings import JobSettings
from kedro_batch.text.wording import named, sentences

if TYPE_CHECKING:
    from kedro_batch.plan.model import JobName


def check_job_count(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error if the plan has too many jobs to be read."""
    count = len(compilation.plan.jobs)
    if count > MAX_JOBS:
        yield Diagnostic(
            source="jobs",
            code=Code.OVER_LIMIT,
            message=f"the plan has {count:,} jobs, and a plan may have {MAX_JOBS:,}: put more nodes into each job with "
            "group_by, or compile parts of the pipeline into several plans",
        )


def check_limits(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield an error for each setting or command that AWS Batch would refuse."""
    plan, groups = compilation.plan, compilation.groups
    origins: dict[tuple[int, FieldPath], SourceRef | None] = {}
    jobs_with: defaultdict[tuple[FieldPath, str, SourceRef | None], list[JobName]] = defaultdict(list)
    # Without its defaults, each job has its errors: they are looked up where the project states them for it.
    for found in check_plan(replace(plan, defaults=JobSettings())):
        if found.path[0] == "params":
            yield replace(found, source="the plan", code=Code.OVER_LIMIT)
            continue
        if found.path[0] == "job_definitions":
            file, line, path = locate_in_plan(compilation, found.path)
            message = sentences(found.message, hint_at_replaced(compilation, path))
            yield replace(found, message=message, source=file, line=line, path=path, code=Code.INVALID_CONFIG)
            continue
        job, inside, message = plan.jobs[int(found.path[1])], found.path[2:], found.message
        key = (id(job.settings), inside)
        if key not in origins or (origins[key] is None and job.name in groups):  # join jobs have it from others
            origins[key] = find_origin(compilation, job.name, inside)
        if inside == ("job_definition",) and not job.settings.job_definition:
            continue  # a declared one without a name: check_declarations says so
        if job.name in groups or origins[key] is None:
            jobs_with[inside, message, origins[key]].append(job.name)
    for (inside, message, origin), jobs in jobs_with.items():
        all_jobs = len(jobs) == len(groups) > 1
        who = "all jobs" if all_jobs else named("job", jobs)
        file, line, shown_path = origin or SourceRef(who, None, inside)
        hint = hint_at_replaced(compilation, shown_path if origin else inside)
        yield Diagnostic(
            source=file,
            line=line,
            path=shown_path,
            code=Code.OVER_LIMIT,
            message=sentences(f"{message} ({who})" if origin else message, hint),
            about={"jobs": tuple(jobs)},
        )
