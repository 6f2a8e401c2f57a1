"""How long and how often a job may run, as far as its plan tells. Pure.

A job definition that the plan declares says nothing of either (``checks.service_model``), so the defaults of AWS Batch
hold: no time limit, and one attempt. One that is only named may say anything.
"""

from dataclasses import dataclass

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobSettings

_ATTEMPTS_BY_DEFAULT = 1
"""The AWS Batch API reference, RetryStrategy: a job whose definition names no number is started once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """How long and how often AWS Batch starts a job at most.

    Attributes:
        timeout_s: Seconds of an attempt; None if there is no limit, or it is not known.
        attempts: Number of attempts; None if it is not known.
        unknown: The names of those that are set by a job definition that the plan does not declare.
    """

    timeout_s: int | None
    attempts: int | None
    unknown: tuple[str, ...] = ()


def limits_of(settings: JobSettings, plan: Plan) -> JobLimits:
    """Return the limits of jobs with these settings."""
    if settings.job_definition in plan.job_definitions:
        return JobLimits(timeout_s=settings.timeout_s, attempts=settings.attempts or _ATTEMPTS_BY_DEFAULT)
    names = ("timeout_s", "attempts")
    unknown = tuple(name for name in names if getattr(settings, name) is None)
    return JobLimits(timeout_s=settings.timeout_s, attempts=settings.attempts, unknown=unknown)
