"""All checks of a plan, and their order. Everything that reads or makes a plan runs them from here.

A check is a function of one subject. It yields a ``Diagnostic`` for everything that is wrong there, with its path in
the plan; ``plan.reader``, which knows the file, adds its name and the line. A check reads nothing else, and does not
raise. To add one, write it in a module of this package and put it into a row below.

There are two subjects, because a plan file states once what many jobs take over:

- a *file check* takes the plain values of a plan file. It runs before there is a plan, or it reports a setting once,
  where the file states it, and not for each job that takes it over from the defaults;
- a *plan check* takes the plan, with the defaults filled in: what a job is as a whole. The compiler runs these too.
"""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, TypeVar

from kedro_batch.diagnostics import Diagnostic
from kedro_batch.files.read_budget import MAX_DIAGNOSTICS
from kedro_batch.plan.checks.account import check_account
from kedro_batch.plan.checks.batch_limits import check_limits
from kedro_batch.plan.checks.credentials import check_credentials
from kedro_batch.plan.checks.job_definitions import check_definitions, check_fit, check_use
from kedro_batch.plan.checks.params import check_other_params, check_params
from kedro_batch.plan.checks.placement import check_command_places, check_tags
from kedro_batch.plan.checks.plan_size import check_size
from kedro_batch.plan.checks.request_size import check_request_sizes
from kedro_batch.plan.checks.service_model import (
    check_register_fields,
    check_registrations,
    check_requests,
    check_submit_fields,
)
from kedro_batch.plan.checks.structure import check_dependencies, check_names, check_schema, check_targets
from kedro_batch.plan.checks.unordered_reads import check_read_order
from kedro_batch.plan.checks.variables import check_container_variables
from kedro_batch.plan.model import Plan

FileCheck = Callable[[Any], Iterator[Diagnostic]]
PlanCheck = Callable[[Plan], Iterator[Diagnostic]]

SHAPE: tuple[FileCheck, ...] = (check_schema, check_targets)
"""If these find something, there is no plan: only GRAPH runs after them."""
GRAPH: tuple[FileCheck, ...] = (check_names, check_dependencies)
"""These take any value and look at all that has a name, so that everything is reported at once."""
SIZE: tuple[FileCheck, ...] = (check_size,)
"""If these find something, nothing runs after them: making a plan would take too much memory."""
SUBMIT: tuple[FileCheck, ...] = (check_submit_fields, check_register_fields)
"""If these find something, DEFINITIONS and REQUESTS do not run: requests cannot be built."""
SETTINGS: tuple[FileCheck, ...] = (check_tags, check_params, check_credentials)
LIMITS: tuple[PlanCheck, ...] = (check_limits, check_account, check_other_params)
DEFINITIONS: tuple[PlanCheck, ...] = (check_definitions, check_registrations)
"""These look at the job definitions that the plan declares."""
REQUESTS: tuple[PlanCheck, ...] = (
    check_command_places,
    check_container_variables,
    check_fit,
    check_request_sizes,
    check_requests,
)
"""These look into ``submit``, or build the requests that a run would send."""
WARNINGS: tuple[PlanCheck, ...] = (check_read_order, check_use)
"""What these find does not keep a plan from being applied. They need a plan in which nothing is wrong."""

_Subject = TypeVar("_Subject")


def check_file(value: Any, make_plan: Callable[[Any], Plan]) -> tuple[Plan | None, list[Diagnostic]]:
    """Check what a plan file holds, and make the plan once the file has the shape and the size of one.

    Args:
        value: What the file holds; it may be anything.
        make_plan: Makes a plan of values that SHAPE and SIZE have allowed.

    Returns:
        The plan, if there could be one, and everything that is wrong.
    """
    wrong_shape = _run(SHAPE, value)
    found = [*wrong_shape, *_run(GRAPH, value)]
    if wrong_shape:
        return None, found
    if too_large := _run(SIZE, value):
        return None, [*found, *too_large]
    plan = make_plan(value)
    wrong_submit = _run(SUBMIT, value)
    found += [*wrong_submit, *_run(SETTINGS, value), *_run(LIMITS, plan)]
    return plan, found if wrong_submit else [*found, *_run((*DEFINITIONS, *REQUESTS), plan)]


def check_plan(plan: Plan) -> Iterator[Diagnostic]:
    """Check a plan that was not read from a file, such as one that was just compiled."""
    return chain.from_iterable(check(plan) for check in (*LIMITS, *DEFINITIONS, *REQUESTS))


def check_for_warnings(plan: Plan) -> list[Diagnostic]:
    """Find what is worth knowing about a plan that can be applied."""
    return _run(WARNINGS, plan)


def _run(checks: tuple[Callable[[_Subject], Iterator[Diagnostic]], ...], subject: _Subject) -> list[Diagnostic]:
    """Run checks, each until it has found more than is reported; finding everything could take hours."""
    return [one for check in checks for one in islice(check(subject), MAX_DIAGNOSTICS + 1)]
