"""Judges a plan by a policy: which rules it breaks, and in which jobs. Pure.

What a rule needs and a plan does not tell, breaks the rule: what is not known is not bounded. Jobs that break a rule
in the same way are one violation, so that 800 jobs with one wrong default are not 800.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from kedro_batch.diagnostics import FieldPath
from kedro_batch.files.read_budget import MAX_DIAGNOSTICS, MAX_NAMED_JOBS, MAX_VIOLATIONS
from kedro_batch.plan.job_containers import commands_of, images_of_job
from kedro_batch.plan.job_limits import limits_of
from kedro_batch.plan.job_resources import PlanResources, Unknown
from kedro_batch.plan.model import Plan
from kedro_batch.plan.policy.allowed_names import keeps_image_rule
from kedro_batch.plan.policy.job_commands import find_shell, find_wrong_program
from kedro_batch.plan.policy.job_definitions import WRONG_IN_DEFINITIONS
from kedro_batch.plan.policy.job_variables import find_assignment, variables_of
from kedro_batch.plan.policy.model import Policy, Rule, RuleName, Violation
from kedro_batch.plan.settings import JobSettings
from kedro_batch.text.arns import account_in_arn, name_of_arn, region_in_arn
from kedro_batch.text.times import S_IN_H


class _Found(NamedTuple):
    """What breaks a rule in a job, with the path of the setting that has it, below the job."""

    value: Any = None
    unknown: Unknown | None = None
    field: str = ""
    definition: str = ""
    path: FieldPath = ()


_Finder = Callable[[Rule, JobSettings, Plan], Iterator[_Found]]


def judge_plan(plan: Plan, policy: Policy) -> tuple[Violation, ...]:
    """Return how a plan breaks the rules of a policy, in the order of the rules: of each the first ways.

    Args:
        plan: A plan that can be applied.
        policy: The policy.
    """
    found: list[Violation] = []
    for rule in policy.rules:
        found += _first(rule, _judge(rule, plan), max(MAX_DIAGNOSTICS, MAX_VIOLATIONS - len(found)))
    return tuple(found)


def _first(rule: Rule, violations: Iterable[Violation], most: int) -> Iterator[Violation]:
    """Yield the first ways to break a rule, each with all its jobs, then one that stands for all others."""
    names = 0
    for number, one in enumerate(violations):
        if number == most or names > MAX_NAMED_JOBS:
            yield Violation(rule=rule, listed=number)
            return
        yield one
        names += len(one.jobs)


def _judge(rule: Rule, plan: Plan) -> Iterator[Violation]:
    match rule.name:
        case RuleName.MAX_JOBS:
            if len(plan.jobs) > rule.value:
                yield Violation(rule=rule, found=len(plan.jobs), path=("jobs",))
        case RuleName.MAX_VCPU_HOURS:
            yield from _judge_hours(rule, plan)
        case RuleName.ACCOUNTS | RuleName.REGIONS:
            yield from _judge_location(rule, plan)
        case RuleName.PROGRAMS | RuleName.NO_SHELL:
            yield from _judge_commands(rule, plan)
        case RuleName.FORBIDDEN_VARIABLES:
            yield from _judge_settings(rule, plan, _find_variables)
            yield from _judge_commands(rule, plan)
        case name if name in WRONG_IN_DEFINITIONS:
            yield from _judge_definitions(rule, plan)
        case RuleName.MAX_VCPUS | RuleName.MAX_MEMORY_MIB | RuleName.MAX_GPUS:
            amount = rule.name.removeprefix("max_")
            yield from _judge_settings(rule, plan, partial(_find_amount, PlanResources(plan), amount))
        case _:
            yield from _judge_settings(rule, plan, _FINDERS[rule.name])


def _violations(rule: Rule, plan: Plan, found: Iterable[tuple[int, _Found]]) -> Iterator[Violation]:
    """Put jobs together that break a rule in the same way. What the defaults state, they break once, there."""
    groups: dict[tuple[_Found, bool], tuple[FieldPath, list[str]]] = {}
    for index, one in found:
        in_defaults = _is_default(one.path, plan.jobs[index].settings, plan.defaults)
        path = one.path if one.path[:1] == ("job_definitions",) else ("jobs", index, *one.path)
        key = one._replace(path=()), in_defaults
        if key not in groups and len(groups) > MAX_VIOLATIONS:
            continue
        _, jobs = groups.setdefault(key, (("defaults", *one.path) if in_defaults else path, []))
        jobs.append(plan.jobs[index].name)
    for (one, _), (path, jobs) in groups.items():
        yield Violation(
            rule=rule,
            found=one.value,
            unknown=one.unknown,
            field=one.field,
            definition=one.definition,
            path=path,
            jobs=tuple(jobs),
        )


def _is_default(path: FieldPath, settings: JobSettings, defaults: JobSettings) -> bool:
    """True if a job has a setting as the defaults state it."""
    values: list[Any] = [settings, defaults]
    for step in path:
        values = [one.get(step) if isinstance(one, Mapping) else getattr(one, str(step), None) for one in values]
    return bool(path) and bool(values[1]) and values[0] == values[1]


def _judge_settings(rule: Rule, plan: Plan, find: _Finder) -> Iterator[Violation]:
    known: dict[int, tuple[_Found, ...]] = {}  # many jobs share their settings

    def look() -> Iterator[tuple[int, _Found]]:
        for index, job in enumerate(plan.jobs):
            if id(job.settings) not in known:
                known[id(job.settings)] = tuple(find(rule, job.settings, plan))
            for one in known[id(job.settings)]:
                yield index, one

    return _violations(rule, plan, look())


def _find_name(name: str, rule: Rule, settings: JobSettings, _: Plan) -> Iterator[_Found]:
    value = getattr(settings, name)
    if not rule.value.allow(value):
        yield _Found(value=value, path=(name,))


def _find_no_revision(_: Rule, settings: JobSettings, plan: Plan) -> Iterator[_Found]:
    if (named := settings.job_definition) not in plan.job_definitions and ":" not in name_of_arn(named):
        yield _Found(value=named, path=("job_definition",))


def _find_amount(resources: PlanResources, name: str, rule: Rule, settings: JobSettings, _: Plan) -> Iterator[_Found]:
    found = resources.of(settings)
    amount = getattr(found.known, name) or 0
    if name in found.unknown:
        yield _unknown_amount(name, found.unknown[name], settings)
    elif amount > rule.value:
        by_job = found.several or getattr(settings.resources, name)
        named = "" if by_job else settings.job_definition
        place = ("submit",) if found.several else ("resources", name)
        yield _Found(value=amount, definition=named, path=place if by_job else ("job_definitions", named, *place))


def _unknown_amount(name: str, why: Unknown, settings: JobSettings) -> _Found:
    by_definition = why in (Unknown.BY_DEFINITION, Unknown.FURTHER_CONTAINERS)
    return _Found(unknown=why, field=name, definition=settings.job_definition if by_definition else "")


def _find_timeout(rule: Rule, settings: JobSettings, plan: Plan) -> Iterator[_Found]:
    if settings.timeout_s is None:
        yield _not_stated("timeout_s", settings, plan)
    elif settings.timeout_s > rule.value:
        yield _Found(value=settings.timeout_s, path=("timeout_s",))


def _find_attempts(rule: Rule, settings: JobSettings, plan: Plan) -> Iterator[_Found]:
    attempts = limits_of(settings, plan).attempts
    if attempts is None:
        yield _not_stated("attempts", settings, plan)
    elif attempts > rule.value:
        yield _Found(value=attempts, path=("attempts",))


def _not_stated(name: str, settings: JobSettings, plan: Plan) -> _Found:
    """Return what is found where a job does not state its timeout or its attempts; no plan declares them elsewhere."""
    named = settings.job_definition
    if named in plan.job_definitions:
        return _Found(unknown=Unknown.NOT_STATED, field=name)
    return _Found(unknown=Unknown.BY_DEFINITION, field=name, definition=named)


def _find_tags(rule: Rule, settings: JobSettings, plan: Plan) -> Iterator[_Found]:
    for key, allowed in rule.value.items():
        value = settings.tags.get(key) if plan.submit_tags else None
        if value is None:
            yield _Found(unknown=Unknown.NOT_STATED, field=key)
        elif not allowed.allow(value) or not (value.strip() or value in allowed.whole):
            yield _Found(value=value, field=key, path=("tags", key))


_FINDERS: Mapping[RuleName, _Finder] = {
    RuleName.JOB_QUEUES: partial(_find_name, "job_queue"),
    RuleName.JOB_DEFINITIONS: partial(_find_name, "job_definition"),
    RuleName.DEFINITIONS_BY_REVISION: _find_no_revision,
    RuleName.MAX_TIMEOUT_S: _find_timeout,
    RuleName.MAX_ATTEMPTS: _find_attempts,
    RuleName.REQUIRED_TAGS: _find_tags,
}


def _judge_hours(rule: Rule, plan: Plan) -> Iterator[Violation]:
    seconds, unknown, resources = 0.0, list[tuple[int, _Found]](), PlanResources(plan)
    known: dict[int, tuple[float, tuple[_Found, ...]]] = {}
    for index, job in enumerate(plan.jobs):
        if id(job.settings) not in known:
            known[id(job.settings)] = _vcpu_seconds(resources, job.settings, plan)
        own, missing = known[id(job.settings)]
        seconds += own
        unknown += [(index, one) for one in missing]
    total = seconds / S_IN_H  # divided once: the sum of hours would not be exact
    if total > rule.value:
        yield Violation(rule=rule, found=total, path=("jobs",))
    yield from _violations(rule, plan, unknown)


def _vcpu_seconds(resources: PlanResources, settings: JobSettings, plan: Plan) -> tuple[float, tuple[_Found, ...]]:
    """Return the most vCPU-seconds of a job, and what is not known of them."""
    found, attempts = resources.of(settings), limits_of(settings, plan).attempts
    missing = [_unknown_amount(name, why, settings) for name, why in found.unknown.items() if name == "vcpus"]
    needed = {"timeout_s": settings.timeout_s, "attempts": attempts}
    missing += [_not_stated(name, settings, plan) for name, value in needed.items() if value is None]
    if missing:
        return 0, tuple(missing)
    return (found.known.vcpus or 0) * (settings.timeout_s or 0) * (attempts or 0), ()


def _judge_location(rule: Rule, plan: Plan) -> Iterator[Violation]:
    """Judge the account or the region of the plan, and of the ARNs of its queues and definitions."""
    name, in_arn = ("account", account_in_arn) if rule.name is RuleName.ACCOUNTS else ("region", region_in_arn)
    stated = getattr(plan, name)
    if stated is None:
        yield Violation(rule=rule, unknown=Unknown.NOT_STATED, path=(name,))
    elif stated not in rule.value.whole:
        yield Violation(rule=rule, found=stated, path=(name,))

    def find(_: Rule, settings: JobSettings, __: Plan) -> Iterator[_Found]:
        for target in ("job_queue", "job_definition"):
            there = in_arn(getattr(settings, target))
            if there not in (None, stated) and there not in rule.value.whole:
                yield _Found(value=there, field=target, path=(target,))

    yield from _judge_settings(rule, plan, find)


def _judge_definitions(rule: Rule, plan: Plan) -> Iterator[Violation]:
    """Judge declared definitions, and the images that jobs put in their places; what is not declared is not known."""
    users: dict[str, list[str]] = {}
    for job in plan.jobs:
        users.setdefault(job.settings.job_definition, []).append(job.name)
    for name, definition in plan.job_definitions.items():
        jobs = tuple(users.get(name, ()))
        for path, found in WRONG_IN_DEFINITIONS[rule.name](rule, definition):
            yield Violation(
                rule=rule,
                found=found,
                definition=name,
                path=("job_definitions", name, *path),
                jobs=jobs,
            )
    yield from _judge_settings(rule, plan, _find_beside_definitions)


def _find_beside_definitions(rule: Rule, settings: JobSettings, plan: Plan) -> Iterator[_Found]:
    """Find images that are put in the place of those of the definition, and a definition that is not declared."""
    if rule.name in (RuleName.REGISTRIES, RuleName.IMAGES_BY_DIGEST):
        for image in images_of_job(settings, plan).by_submit:
            if not keeps_image_rule(image, rule):
                yield _Found(value=image, path=("submit",))
    if settings.job_definition not in plan.job_definitions:
        yield _Found(unknown=Unknown.BY_DEFINITION, definition=settings.job_definition, path=("job_definition",))


def _find_variables(rule: Rule, settings: JobSettings, plan: Plan) -> Iterator[_Found]:
    return (_Found(value=name, path=path) for path, name in variables_of(settings, plan) if rule.value.allow(name))


def _judge_commands(rule: Rule, plan: Plan) -> Iterator[Violation]:
    known: dict[tuple[str, ...], str | None] = {}

    def find(words: tuple[str, ...]) -> str | None:
        if rule.name is RuleName.NO_SHELL:
            return find_shell(words)
        find_name = find_assignment if rule.name is RuleName.FORBIDDEN_VARIABLES else find_wrong_program
        return find_name(words, rule.value.allow)

    def look() -> Iterator[tuple[int, _Found]]:
        for index, job in enumerate(plan.jobs):
            for own, words in commands_of(job, plan):
                if words not in known:
                    known[words] = find(words)
                if (found := known[words]) is not None:
                    yield index, _Found(value=found, path=("command",) if own else ())

    return _violations(rule, plan, look())
