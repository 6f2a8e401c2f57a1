"""Find what a reviewer must not miss of declared job definitions: two plans and their matched jobs come in. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kedro_batch.plan.checks.job_definitions import images_of
from kedro_batch.plan.containers import with_images
from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.settings import JobDefinition
from kedro_batch.review.diff.changed_values import unpack_single
from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.diff.risky_variables import risky_in_definition
from kedro_batch.review.diff.setting_impacts import AmountImpact, unstated_impacts


def find_definition_risks(old: Plan, new: Plan, same: Mapping[JobName, JobName]) -> Iterator[Risk]:
    """Find what differs between the definition that jobs had and the one that they have, if a plan declares one.

    That the name is another one is a risk of the jobs. Each pair of definitions is looked at once.

    Args:
        old: The plan before.
        new: The plan after.
        same: The jobs of ``new`` that ``old`` has too, with their names there.
    """
    if not old.job_definitions and not new.job_definitions:
        return
    pairs = _pair_definitions(old, new, same)
    if old.jobs:
        yield from _find_new_definitions(old, new, {after for after, _ in pairs})
    for (after, before), jobs in sorted(pairs.items()):
        was, now = old.job_definitions.get(before), new.job_definitions.get(after)
        about = list(_about(after, before, jobs))
        images = _images(was), _images(now)
        if images[0] != images[1]:
            ran, run = map(unpack_single, images)
            yield from (replace(one, kind=RiskKind.IMAGE_CHANGED, before=ran, after=run) for one in about)
        variables = risky_in_definition(was), risky_in_definition(now)
        yield from (risk for one in about for risk in _compare_variables(one, *variables))
        if before != after and not (was and now):
            continue  # one of them is only named: there is nothing to compare it with
        parts = _parts(was), _parts(now)
        differing = [field for field in {**parts[0], **parts[1]} if parts[0].get(field) != parts[1].get(field)]
        if was:  # what jobs get decides: a risk of its own where they state nothing
            others = [field for field in differing if field != "resources"]
            differing = others if others or now or images[0] else differing
        if differing:
            lost, gained = ({field: one[field] for field in differing if field in one} or None for one in parts)
            yield Risk(
                kind=RiskKind.DEFINITION_CHANGED,
                definition=after,
                definition_before=before if before != after else None,
                jobs=len(jobs),
                before=lost,
                after=gained,
            )
    yield from _find_amounts(old, new, same)


def _about(after: str, before: str, jobs: Sequence[str]) -> Iterator[Risk]:
    """Yield what risks of a pair of definitions are about: the definition that changed, or each job that moved."""
    if after == before:
        yield Risk(kind=RiskKind.DEFINITION_CHANGED, definition=after, jobs=len(jobs))
    for job in jobs if after != before else ():
        yield Risk(kind=RiskKind.DEFINITION_CHANGED, job=job, definition=after, definition_before=before)


def _find_new_definitions(old: Plan, new: Plan, compared: Collection[str]) -> Iterator[Risk]:
    """Find images and variables that only added jobs have, by a definition that no job had before."""
    known = {image for one in old.job_definitions.values() for image in _images(one)}
    counts = Counter(job.settings.job_definition for job in new.jobs)
    for name, definition in sorted(new.job_definitions.items()):
        jobs = counts[name]
        if jobs and name not in compared:
            about = Risk(kind=RiskKind.IMAGE_CHANGED, definition=name, jobs=jobs)
            if images := [image for image in _images(definition) if image not in known]:
                yield replace(about, after=unpack_single(images))
            yield from _compare_variables(about, {}, risky_in_definition(definition))


def _compare_variables(about: Risk, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Risk]:
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if was != now:
            yield replace(about, kind=RiskKind.RISKY_VARIABLE, field=name, before=was, after=now)


def _find_amounts(old: Plan, new: Plan, same: Mapping[JobName, JobName]) -> Iterator[Risk]:
    """Find definitions that give more or less to jobs that state the same, before and now."""
    old_jobs, new_jobs = ({job.name: job for job in plan.jobs} for plan in (old, new))
    had, get = PlanResources(old), PlanResources(new)
    found: dict[tuple[AmountImpact, str, str], list[str]] = {}
    for name_now, name_before in same.items():
        was, now = old_jobs[name_before], new_jobs[name_now]
        if was.settings.submit != now.settings.submit:
            continue  # what submit gives is a risk of the job
        stated, gets = (was.settings.resources, now.settings.resources), (had.told(was), get.told(now))
        for impact in unstated_impacts(stated, gets):
            key = impact, was.settings.job_definition, now.settings.job_definition
            found.setdefault(key, []).append(name_now)
    for (impact, definition, definition_now), jobs in found.items():
        yield from (replace(one, **impact._asdict()) for one in _about(definition_now, definition, jobs))


def _pair_definitions(old: Plan, new: Plan, same: Mapping[JobName, JobName]) -> dict[tuple[str, str], list[str]]:
    """Return the jobs of the new plan by their definition and by that which they, or their nodes, had before.

    A definition that no job keeps is compared with itself for the jobs that have it now.
    """
    named = {job.name: job.settings.job_definition for job in old.jobs}
    ran_by = {node: job.name for job in old.jobs for node in job.nodes}
    known = set(named.values())
    pairs: dict[tuple[str, str], list[str]] = {}
    have: dict[str, list[str]] = {}
    for job in new.jobs:
        now = job.settings.job_definition
        before = {same[job.name]} if job.name in same else {ran_by[node] for node in job.nodes if node in ran_by}
        for was in {named[name] for name in before}:
            pairs.setdefault((now, was), []).append(job.name)
        if now in known:
            have.setdefault(now, []).append(job.name)
    return {(now, now): jobs for now, jobs in have.items()} | pairs


def _images(definition: JobDefinition | None) -> list[str]:
    return [image for _, image in images_of(definition)] if definition else []


def _parts(definition: JobDefinition | None) -> dict[str, Any]:
    """Return the fields of a definition but its images."""
    return with_images(definition, lambda _: "").to_dict() if definition else {}
