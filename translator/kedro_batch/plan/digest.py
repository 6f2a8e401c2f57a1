"""The digest of a plan: one name for its meaning, whatever the order, comments and layout of its file."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from kedro_batch.plan.model import PLAN_SCHEMA, Job, Plan, PlanDigest
from kedro_batch.schema_check import whole


def plan_digest(plan: Plan) -> PlanDigest:
    """Return ``sha256:`` and the SHA-256 over the plan's canonical form, 64 hexadecimal digits.

    The canonical form has the defaults filled in, jobs and everything else without an order sorted, and
    fields without a value left out. It is JSON as UTF-8 without white space, keys sorted.
    """
    canonical = json.dumps(_meaning(plan), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return PlanDigest("sha256:" + hashlib.sha256(canonical.encode("utf-8")).hexdigest())


def _meaning(plan: Plan) -> dict[str, Any]:
    selection = {flag: sorted(names) for flag, names in asdict(plan.selection).items() if names}
    return _present(
        schema=PLAN_SCHEMA,
        project=plan.project,
        pipelines=sorted(plan.pipelines),
        env=plan.env,
        kedro_version=plan.kedro_version,
        selection=selection,
        group_by=list(plan.group_by),
        submit_tags=None if plan.submit_tags else False,
        jobs=[_job(job) for job in sorted(plan.jobs, key=lambda job: job.name)],
    )


def _job(job: Job) -> dict[str, Any]:
    settings = job.settings.stated()
    if "resources" in settings:
        settings["resources"] = {name: whole(amount) for name, amount in settings["resources"].items()}
    return _present(
        name=job.name,
        command=list(job.command),
        nodes=sorted(job.nodes),
        depends_on=sorted(job.depends_on),
        reads=sorted(job.reads),
        writes=sorted(job.writes),
        **settings,
    )


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {})}
