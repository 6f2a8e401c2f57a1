"""Looks before the first submit: every queue and definition of a plan has to exist and be usable."""

from kedro_batch.errors import ServiceError
from kedro_batch.plan.model import Plan
from kedro_batch.submitter.engine import DefinitionDetail, Engine, QueueDetail


def resolve_targets(plan: Plan, engine: Engine) -> dict[str, str]:
    """Check the queues and definitions of a plan.

    Returns:
        Every definition as the plan names it, with the one revision that the whole run uses.

    Raises:
        ServiceError: Some are missing or unusable, all named at once, or the service did not answer.
    """
    queues = sorted({job.settings.job_queue for job in plan.jobs})
    definitions = sorted({job.settings.job_definition for job in plan.jobs})
    wrong = _unusable_queues(queues, engine.describe_job_queues(queues))
    resolved: dict[str, str] = {}
    for name in definitions:
        revision = _newest(name, engine.describe_job_definitions(name))
        if revision is None:
            wrong.append(f"job definition {name!r} does not exist or has no active revision")
        else:
            resolved[name] = revision["jobDefinitionArn"]
    if wrong:
        lines = "\n".join(f"  {one}" for one in wrong)
        raise ServiceError(
            f"nothing was submitted, because the plan's targets cannot be used:\n{lines}\n"
            "Check the names in the plan, and the account and region that you are in"
        )
    return resolved


def _unusable_queues(names: list[str], found: list[QueueDetail]) -> list[str]:
    wrong = []
    for name in names:
        queue = next((one for one in found if name in (one["jobQueueName"], one["jobQueueArn"])), None)
        if queue is None:
            wrong.append(f"job queue {name!r} does not exist")
        elif queue["state"] != "ENABLED":
            wrong.append(f"job queue {name!r} is {queue['state']}")
        elif queue["status"] not in ("VALID", "UPDATING"):
            wrong.append(f"job queue {name!r} is {queue['status']}: {queue['statusReason']}")
    return wrong


def _newest(name: str, found: list[DefinitionDetail]) -> DefinitionDetail | None:
    """Choose the newest active revision; where the plan names an ARN, only of this ARN."""
    active = [one for one in found if one["status"] == "ACTIVE"]
    if name.startswith("arn:"):
        active = [one for one in active if f"{one['jobDefinitionArn']}:".startswith(f"{name}:")]
    return max(active, key=lambda one: one["revision"], default=None)
