"""The digest of a plan: one name for its meaning, whatever the order, comments and layout of its file."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from kedro_batch.files.json_schema import whole
from kedro_batch.plan.model import PLAN_SCHEMA, Job, Plan, PlanDigest


def plan_digest(plan: Plan) -> PlanDigest:
    """Return ``sha256:`` and the SHA-256 over the plan's canonical form, 64 hexadecimal digits.

    The canonical form has the defaults filled in, jobs and everything else without an order sorted, and
    fields without a value left out. It is JSON as UTF-8 without white space, keys sorted.
    """
    digest = hashlib.sha256()
    for part in _canonical(plan):
        digest.update(part.encode("utf-8"))
    return PlanDigest("sha256:" + digest.hexdigest())


_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def _canonical(plan: Plan) -> Iterator[str]:
    """Write the canonical form job by job: as a whole it would take several times the memory of the plan."""
    fields = {"schema": PLAN_SCHEMA, **plan.header(), "jobs": None}
    for number, name in enumerate(sorted(fields)):
        yield f"{',' if number else '{'}{_JSON(name)}:"
        if name == "jobs":
            yield from _jobs(plan)
        else:
            yield _JSON(fields[name])
    yield "}"


def _jobs(plan: Plan) -> Iterator[str]:
    before = "["
    for job in sorted(plan.jobs, key=lambda job: job.name):
        yield before + _JSON(_job(job))
        before = ","
    yield "]"


def _job(job: Job) -> dict[str, Any]:
    settings = job.settings.to_dict()
    if "resources" in settings:
        settings["resources"] = {name: whole(amount) for name, amount in settings["resources"].items()}
    return _drop_empty(
        name=job.name,
        command=list(job.command),
        nodes=sorted(job.nodes),
        depends_on=sorted(job.depends_on),
        reads=sorted(job.reads),
        writes=sorted(job.writes),
        **settings,
    )


def _drop_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {})}
