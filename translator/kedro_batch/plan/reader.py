"""Reads a plan file strictly: bytes in, a plan out, or everything that is wrong with it at once.

``files.yaml_reader`` reads the YAML, ``plan.checks`` says what is wrong with its meaning; this module makes the plan,
and adds file and line to what was found.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kedro_batch.diagnostics import Diagnostic, FieldPath, sorted_diagnostics
from kedro_batch.errors import PlanError
from kedro_batch.files import yaml_reader
from kedro_batch.files.read_budget import MAX_DIAGNOSTICS, MORE_IS_WRONG
from kedro_batch.plan.checks import check_file, check_for_warnings
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import JOB_SETTINGS, JobSettings, merged_over


def read_plan(content: bytes, source: str) -> Plan:
    """Make a plan of a file's content.

    Args:
        content: The file, UTF-8 YAML.
        source: Its name, for messages.

    Raises:
        PlanError: With a diagnostic for everything that is wrong: YAML, schema, names, cycles, the limits of AWS
            Batch, what looks like a credential.
    """
    plan, wrong, found = _check_document(yaml_reader.parse(content, source), source)
    if plan is None or wrong or found:
        plan = None  # reading the lines takes as much memory again
        wrong = [*wrong, *locate_diagnostics(found, content, source)]
        if len(wrong) > MAX_DIAGNOSTICS:
            wrong = [Diagnostic(source=source, message=MORE_IS_WRONG), *wrong[:MAX_DIAGNOSTICS]]
        raise PlanError(f"{source} is not a plan that can be applied:", wrong)
    return plan


def plan_warnings(plan: Plan, content: bytes, source: str) -> tuple[Diagnostic, ...]:
    """Find what is worth knowing about a plan that can be applied.

    Args:
        plan: The plan.
        content: The file that it was read from, for the lines.
        source: The file's name, for messages.
    """
    return sorted_diagnostics(locate_diagnostics(check_for_warnings(plan), content, source))


def _check_document(
    document: yaml_reader.Document, source: str
) -> tuple[Plan | None, list[Diagnostic], list[Diagnostic]]:
    """Return the plan, if there could be one, what is wrong with the YAML, and what is wrong with its meaning."""
    wrong = document.diagnostics
    if document.broken:
        return None, wrong, []
    if not wrong and document.value is None:
        return None, [Diagnostic(source=source, message="is empty")], []
    already = {diagnostic.path for diagnostic in wrong}
    plan, found = check_file(document.value, _plan)
    return plan, wrong, [one for one in found if one.path not in already]


def locate_diagnostics(found: Sequence[Diagnostic], content: bytes, source: str) -> list[Diagnostic]:
    """Add the file and the lines; reading these takes time, so it happens only if something was found.

    Args:
        found: What was found in a plan, with paths.
        content: The file that the plan was read from.
        source: The file's name, for messages.
    """
    if not found:
        return []
    wanted = {one.path[:length] for one in found for length in range(len(one.path) + 1)}
    lines = yaml_reader.parse(content, source, with_lines=wanted).lines
    return [replace(one, source=source, line=_line(lines, one.path)) for one in found]


def _line(lines: dict[FieldPath, int], path: FieldPath) -> int | None:
    """Return the line of a path, or of the nearest place above it: a default stands elsewhere."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def _plan(value: dict[str, Any]) -> Plan:
    stated = value.get("defaults", {})
    defaults = JobSettings.from_dict(stated)
    jobs = tuple(_job(job, stated, defaults) for job in value["jobs"])
    return Plan.from_header(value, jobs=jobs, defaults=defaults)


def _job(job: dict[str, Any], stated: dict[str, Any], defaults: JobSettings) -> Job:
    own = {name: job[name] for name in JOB_SETTINGS if name in job}
    return Job(
        name=JobName(job["name"]),
        command=tuple(job["command"]),
        settings=JobSettings.from_dict(merged_over(own, stated)) if own else defaults,
        nodes=tuple(sorted(job.get("nodes", ()))),
        depends_on=tuple(sorted(map(JobName, job.get("depends_on", ())))),
        reads=tuple(sorted(job.get("reads", ()))),
        writes=tuple(sorted(job.get("writes", ()))),
    )
