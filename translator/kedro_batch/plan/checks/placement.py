"""Checks that everything a job states has a place in its request: its command in a container, its tags at the top."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kedro_batch.diagnostics import Diagnostic, FieldPath, PathMessage, diagnostics_of
from kedro_batch.plan.model import Plan, stated_settings
from kedro_batch.plan.submit_job import PODS, TASKS, containers_of


def check_tags(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield where a plan file states tags that would not be sent."""
    return diagnostics_of(unsent_tags(file, stated_settings(file)))


def check_command_places(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the jobs whose ``submit``, merged over the defaults, leaves no place for their command."""
    for index, job in enumerate(plan.jobs):
        if job.settings.submit:
            yield from diagnostics_of(misplaced_command(job.settings.submit), ("jobs", index, "submit"))


def unsent_tags(
    file: Mapping[str, Any], places: Iterable[tuple[FieldPath, Mapping[str, Any]]]
) -> Iterator[PathMessage]:
    """Yield where a file states tags, and ``submit_tags: false`` too, so that they would not be sent.

    Args:
        file: What a plan file or ``aws_batch.yml`` holds.
        places: All places in it that hold settings of jobs.
    """
    for here, settings in places if file.get("submit_tags") is False else ():
        if settings.get("tags"):
            yield (*here, "tags"), "no tags would be sent, since submit_tags is false: leave out tags or submit_tags"


def misplaced_command(submit: Mapping[str, Any]) -> Iterator[PathMessage]:
    """Yield why the command of a job would find no place, or more than one.

    Args:
        submit: Fields whose types botocore's model has allowed.
    """
    kinds = [field for field in ("containerOverrides", PODS, TASKS) if field in submit]
    if len(kinds) > 1:
        yield (kinds[1],), f"cannot stand beside {kinds[0]}: a job has one kind of containers"
        return
    for field in (PODS, TASKS):
        if field not in submit:
            continue
        free = [one for one in containers_of(submit, field) if "command" not in one]
        if not free:
            yield (field,), "names no container for the command of the job: give one by its name, without a command"
        for taken in ("args", "resources", "resourceRequirements") if free else ():
            if taken in free[0]:
                remedy = "leave it out" if taken == "args" else "write them as resources of the job"
                yield (field,), f"has {taken} for the container that gets the command of the job: {remedy}"
