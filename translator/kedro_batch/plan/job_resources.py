"""How much a job gets of vCPUs, memory and GPUs, as far as its plan tells: all its containers count. Pure.

The one place where this is counted: totals, peak, hours, policy, diff and page ask here.

Sources: [api] the AWS Batch API reference, TaskContainerProperties and EksContainer; [quantity] the Kubernetes
reference, "Quantity"; [init] the Kubernetes documentation, "Init Containers", on how resources are shared.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple

from kedro_batch.plan.job_containers import Container, Fields, Group, find_several
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
    """Tells what the jobs of a plan get. What many jobs share, settings or declared containers, is looked at once."""

    def __init__(self, plan: Plan) -> None:
        """Look at no job yet.

        Args:
            plan: It keeps the settings of its jobs alive, so their ids stay unique.
        """
        self._plan = plan
        self._found: dict[int, JobResources] = {}
        self._sums: dict[tuple[str, str, int], _Sums] = {}

    def known(self, job: Job) -> Resources:
        """Return what a job gets, as far as the plan tells."""
        return self.of(job.settings).known

    def told(self, job: Job) -> Resources:
        """Return the same for comparing: no GPUs are 0, and None only what the plan does not tell."""
        found = self.of(job.settings)
        return replace(found.known, gpus=found.known.gpus or (None if "gpus" in found.unknown else 0))

    def of(self, settings: JobSettings) -> JobResources:
        """Return what jobs with these settings get.

        That is what they state, or else what the job definition says that the plan declares. ``gpus: 0`` asks for none,
        and does not take away those of the definition.
        """
        if id(settings) not in self._found:
            self._found[id(settings)] = self._add_up(settings)
        return self._found[id(settings)]

    def _add_up(self, settings: JobSettings) -> JobResources:
        groups = find_several(settings, self._plan)
        definition = self._plan.job_definitions.get(settings.job_definition)
        if groups is not None:
            return self._add_up_several(settings, groups, is_declared=definition is not None)
        if definition is not None:
            known = settings.resources.merged_over(definition.resources)
            return _with_unknown(known, Unknown.NOT_STATED, ALWAYS_GIVEN)
        return _with_unknown(settings.resources, Unknown.BY_DEFINITION, AMOUNTS)

    def _add_up_several(self, settings: JobSettings, groups: tuple[Group, Group], *, is_declared: bool) -> JobResources:
        """Add up containers. Beside those that are named, a definition that is not declared may have others."""
        known: dict[str, float] = {}
        unknown = {} if is_declared else dict.fromkeys(AMOUNTS, Unknown.FURTHER_CONTAINERS)
        for name in AMOUNTS:
            before, beside = (self._sum_of(name, settings, group, place) for place, group in enumerate(groups))
            for why in (*before.unknown, *beside.unknown):
                unknown.setdefault(name, why)
            if total := max(before.largest, beside.total):  # [init] what runs before gives back what it had
                known[name] = float(total) if name == "vcpus" else math.ceil(total)
        return JobResources(known=Resources.from_dict(known), unknown=unknown, several=True)

    def _sum_of(self, name: str, settings: JobSettings, group: Group, place: int) -> "_Sum":
        """Add up one amount of a group of containers: of those that are named, and of the others."""
        key = name, settings.job_definition, place
        if key not in self._sums:
            declared = (Container(override={}, declared=one) for one in group.declared)
            self._sums[key] = _Sums([_amount(name, Resources(), one) for one in declared])
        named = [_amount(name, settings.resources if one.is_main else Resources(), one) for one in group.named]
        return _Sums(named).all().beside(self._sums[key].without(group.numbers))


class _Sum(NamedTuple):
    """The sum of some amounts, the largest of them, and why others are not known."""

    total: Fraction
    largest: Fraction
    unknown: tuple[Unknown, ...]

    def beside(self, other: "_Sum") -> "_Sum":
        return _Sum(self.total + other.total, max(self.largest, other.largest), self.unknown + other.unknown)


class _Sums:
    """Amounts that are added up once: leaving out a few of very many takes no longer than these do."""

    def __init__(self, amounts: Sequence[Fraction | Unknown]) -> None:
        self._amounts = amounts
        known = [(one, number) for number, one in enumerate(amounts) if isinstance(one, Fraction)]
        self._total = sum((one for one, _ in known), Fraction(0))
        self._largest_first = sorted(known, reverse=True)
        self._unknown = Counter(one for one in amounts if isinstance(one, Unknown))

    def all(self) -> _Sum:
        return self.without(())

    def without(self, numbers: Collection[int]) -> _Sum:
        left_out = [self._amounts[number] for number in numbers]
        total = self._total - sum((one for one in left_out if isinstance(one, Fraction)), Fraction(0))
        largest = next((one for one, number in self._largest_first if number not in numbers), Fraction(0))
        unknown = self._unknown - Counter(one for one in left_out if isinstance(one, Unknown))
        return _Sum(total, largest, tuple(unknown))


def _with_unknown(known: Resources, why: Unknown, needed: Sequence[str]) -> JobResources:
    return JobResources(known=known, unknown={name: why for name in needed if not getattr(known, name)})


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
