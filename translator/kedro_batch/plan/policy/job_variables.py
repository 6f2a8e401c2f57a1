"""Finds the variables that a plan gives jobs: in settings, in definitions that it declares, in commands. Pure."""

import re
from collections.abc import Callable, Iterator

from kedro_batch.diagnostics import FieldPath
from kedro_batch.plan.containers import find_variables
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobSettings

_ASSIGNMENT = re.compile(r"(?:^|[\s;&|(])([A-Za-z_]\w*)=")
_KEDRO = "kedro"


def variables_of(settings: JobSettings, plan: Plan) -> Iterator[tuple[FieldPath, str]]:
    """Yield the names of the variables that settings give a job, each with its path: below the job, or in the plan."""
    yield from ((("environment", name), name) for name in settings.environment)
    yield from ((("submit",), name) for name, _ in find_variables(settings.submit))
    if definition := plan.job_definitions.get(settings.job_definition):
        here = ("job_definitions", settings.job_definition)
        yield from (((*here, "secrets", name), name) for name in definition.secrets)
        yield from (((*here, "register"), name) for name, _ in find_variables(definition.register))


def find_assignment(command: tuple[str, ...], is_named: Callable[[str], bool]) -> str | None:
    """Return the first variable that is named and that a word may set, as of ``env`` or a shell; None without one."""
    if command[0] == _KEDRO:  # its words are its own
        return None
    names = (name for word in command for name in _ASSIGNMENT.findall(word))
    return next((name for name in names if is_named(name)), None)
