"""Does with a mutated plan all that commands do with plans, and fails if something happens that must not."""

import json
from functools import cache

from kedro_batch.errors import PlanError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.writer import plan_text
from kedro_batch.review.diagnostics import diagnostics_document, refusal_text
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.formats import render_json
from kedro_batch.review.overview.build_overview import build_overview
from kedro_batch.submitter.service.dry_run import dry_requests
from kedro_batch.text.escaping import for_terminal

_SOURCE = "plan.yaml"


@cache
def _seed(content: bytes) -> Plan:
    return read_plan(content, _SOURCE)


def survives(seed: bytes, content: bytes) -> bool:
    """Read a mutated plan and do everything with it.

    Returns:
        Whether it is a plan; False: it was refused as it should be.

    Raises:
        AssertionError: Something that must not happen.
    """
    try:
        plan = read_plan(content, _SOURCE)
    except PlanError as error:
        _check_messages(error)
        return False
    digest = plan_digest(plan)
    assert json.loads("".join(render_json(build_overview(plan))))["digest"] == digest
    before = _seed(seed)
    for old, new in ((before, plan), (plan, before), (plan, plan)):
        diff = diff_plans(old, new)
        assert diff.differ == (plan_digest(old) != plan_digest(new))
        assert diff.differ == bool(diff.jobs or diff.origin), (
            "a difference that is not shown, or a shown one that is none"
        )
        "".join(render_json(diff)).encode()
    for request in dry_requests(plan, digest):
        json.dumps(request, ensure_ascii=False).encode()
    try:
        text = plan_text(plan)
    except ValueError as error:
        assert str(error).startswith("a job has no ")  # noqa: PT017  the writer may refuse what a file cannot say
    else:
        assert plan_digest(read_plan(text.encode(), _SOURCE)) == digest
    return True


def _check_messages(error: PlanError) -> None:
    assert error.diagnostics
    for diagnostic in error.diagnostics:
        assert diagnostic.source == _SOURCE
        assert diagnostic.message
        assert len(str(diagnostic)) < 20_000
    for_terminal(refusal_text(error)).encode()
    json.dumps(diagnostics_document(error.diagnostics, None, error.code), ensure_ascii=False).encode(
        "utf-8", "backslashreplace"
    )
