"""Checks that no job sets a variable that kedro-batch sets itself, but for KEDRO_ENV to the same value."""

from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.diagnostics import Diagnostic, diagnostics_of
from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import VARIABLES_OF, command_container
from kedro_batch.plan.variables import ENV_VARIABLE, OWN_VARIABLES


def check_container_variables(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the jobs whose ``submit`` gives the container of the command such a variable."""
    for index, job in enumerate(plan.jobs):
        for field, name, value in variables_in(job.settings.submit):
            if misuse := misused_variable(name, value, plan.env):
                yield from diagnostics_of([((field,), f"{name}: {misuse}")], ("jobs", index, "submit"))


def misused_variable(name: str, value: Any, env: str | None) -> str | None:
    """Return why a job may not have a variable; None if it may.

    Args:
        name: The variable.
        value: Its value.
        env: The plan's configuration environment. A plan without one may leave it to the variable.
    """
    if name.startswith(OWN_VARIABLES):
        return f"kedro-batch sets the variables that begin with {OWN_VARIABLES}: give yours another name"
    if name == ENV_VARIABLE and env is not None and value != env:
        return f"is {value!r}, but the plan is for the environment {env!r}, which the jobs get anyway: leave it out"
    return None


def variables_in(submit: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield the variables that ``submit`` gives the container of the command: the structure, the name, the value.

    Args:
        submit: Fields whose types botocore's model has allowed.
    """
    if found := command_container(submit):
        field, container = found
        for pair in container.get(VARIABLES_OF[field], ()):
            yield field, str(pair.get("name")), pair.get("value")
