"""Checks that what a plan names by ARN is in the account and the region that it is for.

Sources: [arn] the AWS General Reference, "Amazon Resource Names"; [roles] the IAM user guide, "Granting a user
permissions to pass a role to an AWS service": a role is passed within its account. Secrets and images may be shared
by other accounts.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from kedro_batch.diagnostics import Diagnostic, FieldPath, PathMessage
from kedro_batch.plan.checks.job_settings import diagnose_settings
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, JobSettings

_ARN = re.compile(r"arn:[^:]+:[^:]+:(?P<region>[^:]*):(?P<account>[0-9]{12}):.+", re.DOTALL)
_TARGETS = ("job_queue", "job_definition")
_ROLES = ("job_role", "execution_role")
_ROLES_ON_AWS = ("jobRoleArn", "executionRoleArn", "taskRoleArn")


def check_account(plan: Plan) -> Iterator[Diagnostic]:
    """Yield the queues, job definitions and roles of another account or region than those that the plan is for."""
    if plan.account is None and plan.region is None:
        return
    yield from diagnose_settings(plan, partial(_check_targets, plan=plan))
    for name, definition in plan.job_definitions.items():
        for path, role in _roles(definition):
            if message := _find_elsewhere(role, plan):
                yield Diagnostic(path=("job_definitions", name, *path), message=message)


def _check_targets(settings: JobSettings, plan: Plan) -> Iterator[PathMessage]:
    for field in _TARGETS:
        if message := _find_elsewhere(getattr(settings, field), plan):
            yield (field,), message


def _find_elsewhere(arn: str, plan: Plan) -> str | None:
    """Return how the account or the region of an ARN is another one; a role has no region."""
    found = _ARN.fullmatch(arn)
    for field, wanted in (("account", plan.account), ("region", plan.region)):
        if found and found[field] and wanted and found[field] != wanted:
            return f"is of {field} {found[field]}, and the plan is for {field} {wanted}: name one of that {field}"
    return None


def _roles(definition: JobDefinition) -> Iterator[tuple[FieldPath, str]]:
    for field in _ROLES:
        if role := getattr(definition, field):
            yield (field,), role
    yield from _roles_in(definition.register, ("register",))


def _roles_in(value: Any, here: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        if step in _ROLES_ON_AWS and isinstance(one, str):
            yield (*here, step), one
        else:
            yield from _roles_in(one, (*here, step))
