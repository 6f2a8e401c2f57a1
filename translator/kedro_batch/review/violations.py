"""Words what a plan breaks of a policy: violations come in, diagnostics go out, each with the rule's line. Pure."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.plan.checks.credentials import looks_like_credential
from kedro_batch.plan.job_resources import Unknown
from kedro_batch.plan.model import Plan
from kedro_batch.plan.policy.job_commands import is_replaced
from kedro_batch.plan.policy.model import Policy, RuleName, Violation
from kedro_batch.review.diff.unlike_first import sort_unlike_first
from kedro_batch.review.formatting import setting_text
from kedro_batch.review.job_sets import JobSets
from kedro_batch.text.wording import counted, listed

_LONGEST_NAME = 80
_NOT_SHOWN = "(not shown: it looks like a credential)"


def violation_diagnostics(violations: Iterable[Violation], plan: Plan, policy: Policy) -> list[Diagnostic]:
    """Return a diagnostic for each violation, with the names of all its jobs; lines of the plan are still missing.

    Of each rule, the worst way to break it comes first.

    Args:
        violations: How the plan breaks the policy.
        plan: The plan.
        policy: The policy.
    """
    sets, described = JobSets(plan.jobs), dict[tuple[str, ...], str]()
    found = []
    for _, of_rule in groupby(violations, key=lambda one: id(one.rule)):
        for one in _worst_first(of_rule):
            if one.jobs not in described:
                described[one.jobs] = sets.describe(one.jobs)
            found.append(_diagnostic(one, described[one.jobs], policy.source))
    return found


def _worst_first(violations: Iterable[Violation]) -> list[Violation]:
    """Sort the ways to break a rule: amounts that are not known or large first, names that few jobs have, or unlike."""
    every = list(violations)
    unlike = sort_unlike_first([one for one in every if not one.listed], lambda one: (None, str(one.found)))
    worst = sorted(unlike, key=lambda one: -_amount_of(one) if one.rule.name in _AMOUNTS else len(one.jobs))
    return [*worst, *(one for one in every if one.listed)]


def _amount_of(one: Violation) -> float:
    return math.inf if one.unknown else one.found


_AMOUNTS = frozenset(name for name in RuleName if name.startswith("max_"))


def _diagnostic(violation: Violation, jobs: str, policy: str) -> Diagnostic:
    rule = violation.rule
    line = policy if rule.line is None else f"{policy}:{rule.line}"
    about = {"rule": (str(rule.name),), "policy": (line,), "jobs": violation.jobs}
    if violation.listed:
        number = f"{violation.listed:,}"
        message = f"{rule.name}: more than {number} ways to break it; here are {number} of them"
        return Diagnostic(
            code=Code.POLICY, severity=rule.severity, message=message, about=about | {"listed": (number,)}
        )
    words = _unknown_words(violation) if violation.unknown else _Words(_FOUND[rule.name](violation))
    found = f"{words.found}{jobs and f' for {jobs}'}{words.behind_jobs}"
    return Diagnostic(
        code=Code.POLICY,
        severity=rule.severity,
        path=violation.path,
        message=f"{found}; {line} {_ALLOWED[rule.name](violation)}{words.remedy and f'. {words.remedy}'}",
        about=about,
    )


class _Words(NamedTuple):
    """What is wrong, before and behind the jobs, and what to do."""

    found: str
    behind_jobs: str = ""
    remedy: str = ""


def _unknown_words(one: Violation) -> _Words:
    match one.rule.name:
        case RuleName.ACCOUNTS | RuleName.REGIONS:
            what = str(one.path[0])
            return _Words(f"the plan names no {what}", remedy=f"Write {what} into the settings")
        case RuleName.REQUIRED_TAGS:
            return _Words(f"no tag {_shown(one.field)}")
        case name if name in _OF_DEFINITIONS:
            return _left_to_definition(_OF_DEFINITIONS[name], one, _DECLARE)
    return _unknown_setting(one)


def _unknown_setting(one: Violation) -> _Words:
    state = f"State {one.field}"
    match one.unknown:
        case Unknown.BY_DEFINITION:  # jobs that ask for no GPUs get those of their definition
            return _left_to_definition(one.field, one, _DECLARE if one.field == "gpus" else state)
        case Unknown.FURTHER_CONTAINERS:
            return _left_to_definition(f"{one.field} of further containers", one, _DECLARE)
        case Unknown.OTHER_CONTAINER:
            remedy = f"{state} for it in the job definition"
            return _Words(f"{one.field} is not stated for a further container", remedy=remedy)
        case Unknown.NOT_UNDERSTOOD:
            remedy = "Write a number, such as 2, 500m or 4Gi"
            return _Words(f"{one.field} of a container", ", in a spelling that is not understood", remedy)
        case _:
            return _Words(f"{one.field} is not stated", ", so that nothing bounds it", state)


_DECLARE = "Declare it under job_definitions"
_OF_DEFINITIONS: Mapping[RuleName, str] = {
    RuleName.REGISTRIES: "the image",
    RuleName.IMAGES_BY_DIGEST: "the image",
    RuleName.JOB_ROLES: "the job role",
    RuleName.EXECUTION_ROLES: "the execution role",
    RuleName.NO_HOST_ACCESS: "access to the machine",
}
"""What only a job definition has."""


def _left_to_definition(what: str, one: Violation, remedy: str) -> _Words:
    left = f"{what} is left to the job definition {_shown(one.definition)}"
    return _Words(left, ", and the plan does not declare it", remedy)


def _amount(name: str) -> Callable[[Violation], str]:
    def spell(one: Violation) -> str:
        by = f" of the job definition {_shown(one.definition)}" if one.definition else ""
        return f"{setting_text(name, one.found)}{by}{' in all containers' if 'submit' in one.path else ''}"

    return spell


def _text(what: str, behind: str = "") -> Callable[[Violation], str]:
    return lambda one: f"{what} {_shown(one.found)}{behind}"


def _place(what: str) -> Callable[[Violation], str]:
    return lambda one: f"{one.field or 'the plan'} is {'of' if one.field else 'for'} {what} {_shown(one.found)}"


_SHELL, _REPLACED = _text("shell"), _text("word", ", for which another one is put in,")
_FOUND: Mapping[RuleName, Callable[[Violation], str]] = {
    RuleName.JOB_QUEUES: _text("queue"),
    RuleName.JOB_DEFINITIONS: _text("job definition"),
    RuleName.DEFINITIONS_BY_REVISION: _text("job definition", " without a revision"),
    RuleName.REGISTRIES: _text("image"),
    RuleName.IMAGES_BY_DIGEST: _text("image", " without a digest"),
    RuleName.JOB_ROLES: _text("job role"),
    RuleName.EXECUTION_ROLES: _text("execution role"),
    RuleName.NO_HOST_ACCESS: _text("access to the machine"),
    RuleName.ACCOUNTS: _place("account"),
    RuleName.REGIONS: _place("region"),
    RuleName.MAX_VCPUS: _amount("vcpus"),
    RuleName.MAX_MEMORY_MIB: _amount("memory_mib"),
    RuleName.MAX_GPUS: _amount("gpus"),
    RuleName.MAX_TIMEOUT_S: lambda one: f"a timeout of {setting_text('timeout_s', one.found)}",
    RuleName.MAX_ATTEMPTS: lambda one: counted(one.found, "attempt"),
    RuleName.MAX_JOBS: lambda one: counted(one.found, "job"),
    RuleName.MAX_VCPU_HOURS: lambda one: f"up to {_hours(one.found)} (vCPUs x timeout x attempts)",
    RuleName.REQUIRED_TAGS: lambda one: f"tag {_shown(one.field)} is {_shown(one.found, one.field)}",
    RuleName.PROGRAMS: _text("program"),
    RuleName.NO_SHELL: lambda one: (_REPLACED if is_replaced(one.found) else _SHELL)(one),
    RuleName.FORBIDDEN_VARIABLES: _text("variable"),
}
"""What a plan has, before the jobs that have it."""


def _names(what: str, several: str = "") -> Callable[[Violation], str]:
    """Spell what a rule of names allows, in one word for one of them and one for several."""

    def spell(one: Violation) -> str:
        is_one = len(one.rule.value) == 1 and not one.rule.value[0].endswith("*")
        return f"allows {what if is_one else several or f'{what}s'} {_listed(one.rule.value)}"

    return spell


def _most(name: str) -> Callable[[Violation], str]:
    def spell(one: Violation) -> str:
        return f"allows {setting_text(name, one.rule.value)} at most" if one.rule.value else "allows none"

    return spell


def _tag(one: Violation) -> str:
    allowed = one.rule.value[one.field]
    what = "any value but an empty one" if "*" in allowed else _listed(allowed, one.field)
    return f"requires it, with {what}" if one.unknown else f"allows {what}"


_ALLOWED: Mapping[RuleName, Callable[[Violation], str]] = {
    RuleName.JOB_QUEUES: _names("queue"),
    RuleName.JOB_DEFINITIONS: _names("job definition"),
    RuleName.DEFINITIONS_BY_REVISION: lambda _: "requires one",
    RuleName.REGISTRIES: _names("registry", "registries"),
    RuleName.IMAGES_BY_DIGEST: lambda _: "requires images by digest",
    RuleName.JOB_ROLES: _names("job role"),
    RuleName.EXECUTION_ROLES: _names("execution role"),
    RuleName.NO_HOST_ACCESS: lambda _: "allows none",
    RuleName.ACCOUNTS: _names("account"),
    RuleName.REGIONS: _names("region"),
    RuleName.MAX_VCPUS: _most("vcpus"),
    RuleName.MAX_MEMORY_MIB: _most("memory_mib"),
    RuleName.MAX_GPUS: _most("gpus"),
    RuleName.MAX_TIMEOUT_S: _most("timeout_s"),
    RuleName.MAX_ATTEMPTS: lambda one: f"allows {one.rule.value} at most",
    RuleName.MAX_JOBS: lambda one: f"allows {one.rule.value:,} at most",
    RuleName.MAX_VCPU_HOURS: lambda one: f"allows {_hours(one.rule.value)} at most",
    RuleName.REQUIRED_TAGS: _tag,
    RuleName.PROGRAMS: _names("program"),
    RuleName.NO_SHELL: lambda _: "allows no shell as any word of a command",
    RuleName.FORBIDDEN_VARIABLES: lambda one: f"forbids {_listed(one.rule.value)}",
}
"""What the rule says, behind its place."""


def _shown(value: Any, name: str = "") -> str:
    """Spell a text of a plan."""
    return _shown_once(str(value), name)


@lru_cache(maxsize=16_384)
def _shown_once(value: str, name: str) -> str:
    return _NOT_SHOWN if looks_like_credential(name, value) else _in_quotes(value)


def _in_quotes(value: str) -> str:
    """Put a text in quotes, on one line; whoever shows it makes all else harmless, as terminals and reviews need it."""
    one_line = value[:_LONGEST_NAME].replace("\n", "\\n").replace("\t", "\\t")
    return f"'{one_line}'{'...' if len(value) > _LONGEST_NAME else ''}"


def _listed(names: Iterable[str], name: str = "") -> str:
    """Spell texts of a policy."""
    return _listed_once(tuple(names), name)


@lru_cache
def _listed_once(names: tuple[str, ...], name: str) -> str:
    shown = (_NOT_SHOWN if looks_like_credential(name, one) else one[:_LONGEST_NAME] for one in names)
    return listed(shown)


def _hours(number: float) -> str:
    """Spell vCPU-hours, never rounded down: what is over a bound is spelled as more."""
    return f"{math.ceil(number * _PRECISION) / _PRECISION:,} vCPU-hours".replace(".0 ", " ")


_PRECISION = 100
