"""How much a job gets of vCPUs, memory and GPUs, as far as its plan tells: all its containers count. Pure.

The one place where this is counted: totals, peak, hours, policy, diff and page ask here.

Sources: [api] the AWS Batch API reference, TaskContainerProperties and EksContainer; [quantity] the Kubernetes
reference, "Quantity"; [init] the Kubernetes documentation, "Init Containers", on how resources are shared.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from kedro_batch.plan.job_containers import Container, Fields, find_several
from kedro_batch.plan.model import Job, Plan
from kedro_batch.plan.settings import ALWAYS_GIVEN, AMOUNTS, JobSettings, Resources

_REQUIREMENTS = {"vcpus": "VCPU", "memory_mib": "MEMORY", "gpus": "GPU"}
"""[api] The types of resourceRequirements."""
_QUANTITIES = {"vcpus": "cpu", "memory_mib": "memory", "gpus": "/gpu"}
"""[api] The keys of limits and requests, or how they end: ``nvidia.com/gpu``."""
_QUANTITY = re.compile(r"(?P<number>[0-9]{1,20}(\.[0-9]{1,9})?)(?P<unit>m|[kMGT]|[KMGT]i)?")
_UNITS = {
    "m": Fraction(1, 1000),
    **{unit: Fraction(1000**power) for power, unit in enumerate(("k", "M", "G", "T"), 1)},
    **{unit: Fraction(1024**power) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), 1)},
}
_BYTES_IN_MIB = 1024 * 1024


class Unknown(StrEnum):
    """Why a plan does not tell a value, or not all of it."""

    NOT_STATED = "not_stated"
    """The plan does not state it, and nothing else does."""
    BY_DEFINITION = "by_definition"
    """The plan leaves it to a job definition that it does not declare."""
    FURTHER_CONTAINERS = "further_containers"
    """A job definition that the plan does not declare may have further containers."""
    OTHER_CONTAINER = "other_container"
    """A container beside that of the command has no value."""
    NOT_UNDERSTOOD = "not_understood"
    """A container has a value that is spelled in a way that is not understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResources:
    """What all containers of a job get together.

    Attributes:
        known: What the plan tells; an amount of which it tells nothing is None. Memory is rounded up to whole MiB.
        unknown: Why it may be more, by the names of amounts. GPUs that no declared container has are none.
        several: The job may have more than one container.
    """

    known: Resources
    unknown: Mapping[str, Unknown] = field(default_factory=dict)
    several: bool = False

    @property
    def is_whole(self) -> bool:
        """True if the plan tells all vCPUs and all memory. Hardly any definition that is only named has GPUs."""
        return self.unknown.keys().isdisjoint(ALWAYS_GIVEN)


class PlanResources:
    """Tells what the jobs of a plan get; settings that many jobs share are looked at once."""

    def __init__(self, plan: Plan) -> None:
        """Look at no job yet.

        Args:
            plan: It keeps the settings of its jobs alive, so their ids stay unique.
        """
        self._plan = plan
        self._found: dict[int, JobResources] = {}

    def of(self, job: Job) -> JobResources:
        """Return what a job of the plan gets."""
        key = id(job.settings)
        if key not in self._found:
            self._found[key] = resources_of(job.settings, self._plan)
        return self._found[key]

    def known(self, job: Job) -> Resources:
        """Return as much of it as the plan tells."""
        return self.of(job).known


def resources_of(settings: JobSettings, plan: Plan) -> JobResources:
    """Return what a job gets: what it states, or else what the job definition says that the plan declares.

    ``gpus: 0`` asks for none, and does not take away those of the definition.
    """
    several = find_several(settings, plan)
    definition = plan.job_definitions.get(settings.job_definition)
    if several is not None:
        return _sum_containers(settings.resources, several, is_declared=definition is not None)
    if definition is not None:
        known = settings.resources.merged_over(definition.resources)
        return _with_unknown(known, Unknown.NOT_STATED, ALWAYS_GIVEN)
    return _with_unknown(settings.resources, Unknown.BY_DEFINITION, AMOUNTS)


def _with_unknown(known: Resources, why: Unknown, needed: Sequence[str]) -> JobResources:
    return JobResources(known=known, unknown={name: why for name in needed if not getattr(known, name)})


def _sum_containers(stated: Resources, several: Sequence[Container], *, is_declared: bool) -> JobResources:
    """Sum what containers get. Beside those that are named, a definition that is not declared may have others."""
    known: dict[str, float] = {}
    unknown = {} if is_declared else dict.fromkeys(AMOUNTS, Unknown.FURTHER_CONTAINERS)
    for name in AMOUNTS:
        beside, before = Fraction(0), Fraction(0)
        for one in several:
            amount = _amount(name, stated if one.is_main else Resources(), one)
            if isinstance(amount, Unknown):
                unknown.setdefault(name, amount)
            elif one.runs_before:
                before = max(before, amount)  # [init] it gives back what it had
            else:
                beside += amount
        if total := max(before, beside):
            known[name] = float(total) if name == "vcpus" else math.ceil(total)
    return JobResources(known=Resources.from_dict(known), unknown=unknown, several=True)


def _amount(name: str, stated: Resources, container: Container) -> Fraction | Unknown:
    """Return how much a container gets: what the job states, or else ``submit``, or else the definition."""
    if own := getattr(stated, name):
        return Fraction(own)
    for fields in (container.override, container.declared):
        if (found := _find_amount(name, fields)) is not None:
            return found
    if name not in ALWAYS_GIVEN:
        return Fraction(0)
    return Unknown.NOT_STATED if container.is_main else Unknown.OTHER_CONTAINER


def _find_amount(name: str, container: Fields) -> Fraction | Unknown | None:
    """Return the amount that a container is given, the most if there are several; None if there is none."""
    required = [
        _parsed(one.get("value"))
        for one in container.get("resourceRequirements", ())
        if str(one.get("type")).upper() == _REQUIREMENTS[name]
    ]
    in_pods = [
        (amount := _parsed(value)) and amount / (_BYTES_IN_MIB if name == "memory_mib" else 1)
        for part in ("limits", "requests")
        for key, value in container.get("resources", {}).get(part, {}).items()
        if key.lower().endswith(_QUANTITIES[name])
    ]
    amounts = [*required, *in_pods]
    understood = [amount for amount in amounts if amount is not None]
    if len(understood) < len(amounts):
        return Unknown.NOT_UNDERSTOOD
    return max(understood, default=None)


def _parsed(text: Any) -> Fraction | None:
    """Read a quantity such as ``500m``, ``4096`` or ``2Gi``; None if it is spelled in a way that is not understood."""
    found = _QUANTITY.fullmatch(str(text))
    return Fraction(found["number"]) * _UNITS.get(found["unit"] or "", Fraction(1)) if found else None
