"""What is checked: the plan, and whether its project is at hand. Jobs that are alike are looked at once."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kedro_batch.cloud.checks.finding import COMPILE_AGAIN
from kedro_batch.cloud.checks.project_facts import ProjectFacts
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.settings import Platform, Resources
from kedro_batch.plan.submit_job import PODS, TASKS, containers_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How jobs use a queue and a definition, as far as an account has a say in it.

    Attributes:
        job_queue: As the plan names it.
        job_definition: As the plan names it.
        platform: What the plan takes the queue's machines for.
        resources: What the jobs state themselves.
        shares: True if the jobs have a share identifier.
        containers: The structure of ``submit`` that the command goes to; empty for a plain container.
        container_names: The containers that it names.
    """

    job_queue: str
    job_definition: str
    platform: Platform | None
    resources: Resources
    shares: bool
    containers: str
    container_names: tuple[str, ...] = ()


@dataclass(kw_only=True, eq=False)
class Subject:
    """What is checked.

    Attributes:
        plan: The plan.
        project: What its project knows beside it, if that was compiled; else None.
        project_problem: Why the project around a plan does not compile.
        in_memory: The plan was just compiled, so that the settings of its project count as they are.
    """

    plan: Plan
    project: ProjectFacts | None = None
    project_problem: str = ""
    in_memory: bool = False

    @property
    def steps(self) -> str:
        """What makes changed settings count (``with_steps``)."""
        return "" if self.in_memory else COMPILE_AGAIN

    @cached_property
    def uses(self) -> dict[Use, tuple[JobName, ...]]:
        """The jobs that use a target in the same way, by that way, in the order of the plan."""
        found: dict[Use, list[JobName]] = defaultdict(list)
        for job in self.plan.jobs:
            settings = job.settings
            containers = next((field for field in (PODS, TASKS) if field in settings.submit), "")
            use = Use(
                job_queue=settings.job_queue,
                job_definition=settings.job_definition,
                platform=settings.platform,
                resources=settings.resources,
                shares=settings.share_identifier is not None,
                containers=containers,
                container_names=_names_in(settings.submit, containers),
            )
            found[use].append(job.name)
        return {use: tuple(names) for use, names in found.items()}


def _names_in(submit: Mapping[str, Any], field: str) -> tuple[str, ...]:
    named = (one.get("name") for one in (containers_of(submit, field) if field else ()))
    return tuple(name for name in named if name)
