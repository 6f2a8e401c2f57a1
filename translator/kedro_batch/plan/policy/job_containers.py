"""What the containers of a job get and run, as far as its plan tells: settings and job definitions in. Pure.

Most jobs have one container. With ``ecsPropertiesOverride`` or ``eksPropertiesOverride`` in ``submit``, or with
``ecsProperties`` or ``eksProperties`` in the definition that the plan declares, a job may have more, and all count.

Sources: [api] the AWS Batch API reference, TaskContainerProperties and EksContainer; [quantity] the Kubernetes
reference, "Quantity".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kedro_batch.diagnostics import FieldPath
from kedro_batch.plan.model import Plan
from kedro_batch.plan.policy.model import Unknown
from kedro_batch.plan.register_definition import own_containers
from kedro_batch.plan.settings import JobDefinition, JobSettings
from kedro_batch.plan.submit_job import PODS, TASKS, command_container, containers_of

AMOUNTS = ("vcpus", "memory_mib", "gpus")
_REQUIREMENTS = {"vcpus": "VCPU", "memory_mib": "MEMORY", "gpus": "GPU"}
"""[api] The types of resourceRequirements."""
_QUANTITIES = {"vcpus": "cpu", "memory_mib": "memory", "gpus": "nvidia.com/gpu"}
"""[api] The keys of limits and requests."""
_QUANTITY = re.compile(r"(?P<number>[0-9]{1,20}(\.[0-9]{1,9})?)(?P<unit>m|[kMGT]|[KMGT]i)?")
_UNITS = {
    "m": Fraction(1, 1000),
    **{unit: Fraction(1000**power) for power, unit in enumerate(("k", "M", "G", "T"), 1)},
    **{unit: Fraction(1024**power) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), 1)},
}
_BYTES_IN_MIB = 1024 * 1024
_Container = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much of something all containers of a job get.

    Attributes:
        value: The amount; None if it is not known.
        unknown: Why it is not known.
        path: Where it comes from: below ``job_definitions``, or below the job.
        definition: The job definition that has it, or leaves it unknown; empty if the job states it.
    """

    value: float | None = None
    unknown: Unknown | None = None
    path: FieldPath = ()
    definition: str = ""


def amount_of(name: str, settings: JobSettings, plan: Plan) -> Amount:
    """Return how much a job gets of ``vcpus``, ``memory_mib`` or ``gpus``.

    GPUs that nobody states are none, if the plan declares the definition. ``gpus: 0`` leaves those of the definition.
    """
    named = settings.job_definition
    definition = plan.job_definitions.get(named)
    stated = getattr(settings.resources, name) or None
    several = _several(settings, definition)
    if several is not None:
        return _sum(name, stated, several, "" if definition is not None else named)
    if stated is not None:
        return Amount(value=stated, path=("resources", name))
    if definition is None:
        return Amount(unknown=Unknown.BY_DEFINITION, definition=named)
    declared = getattr(definition.resources, name)
    if declared is None and name != "gpus":
        return Amount(unknown=Unknown.NOT_STATED)
    return Amount(value=declared or 0, path=("job_definitions", named, "resources", name), definition=named)


def other_commands(settings: JobSettings, plan: Plan) -> Iterator[Sequence[str]]:
    """Yield the commands of the containers beside that which gets the command of the job."""
    several = _several(settings, plan.job_definitions.get(settings.job_definition)) or ()
    for override, declared, is_main in several:
        if not is_main:
            given = {**declared, **override}
            words = [*_words(given.get("command")), *_words(given.get("args"))]
            if words:
                yield words


def _words(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list | tuple) else []


def _several(
    settings: JobSettings, definition: JobDefinition | None
) -> list[tuple[_Container, _Container, bool]] | None:
    """Return the containers of a job that may have several; None if it has one.

    Each comes with what ``submit`` says of it, what the declared definition says of it, and True if it is the one that
    gets the command of the job.
    """
    field = next((one for one in (PODS, TASKS) if one in settings.submit), None)
    own = definition and own_containers(definition.register)
    if field is None and not own:
        return None
    overrides = containers_of(settings.submit, field) if field else []
    declared = [*_declared(definition.register)] if definition else []
    found = command_container(settings.submit)
    main = found[1] if found else None
    names = [one.get("name") for one in declared]
    pairs: list[tuple[_Container, _Container, bool]] = []
    used: set[int] = set()
    for one in overrides:
        # A container without a name is the only one.
        at = names.index(one.get("name")) if one.get("name") in names else 0 if len(declared) == 1 else None
        if at is not None:
            used.add(at)
        pairs.append((one, {} if at is None else declared[at], one is main))
    pairs += [({}, one, False) for at, one in enumerate(declared) if at not in used]
    return pairs


def _declared(register: Mapping[str, Any]) -> Iterator[_Container]:
    """Yield all containers in ``register``, those that run before the others, too: they count as if beside them."""
    pod = register.get("eksProperties", {}).get("podProperties", {})
    for kind in ("initContainers", "containers"):
        yield from pod.get(kind, ())
    for task in register.get("ecsProperties", {}).get("taskProperties", ()):
        yield from task.get("containers", ())


def _sum(
    name: str, stated: float | None, several: Sequence[tuple[_Container, _Container, bool]], undeclared: str
) -> Amount:
    """Sum what the containers get; those that ``undeclared``, a job definition, may have beside them are not known."""
    total = Fraction(0)
    for override, below, is_main in several:
        known = [stated if is_main else None, _in_container(name, override), _in_container(name, below)]
        amount = next((one for one in known if one is not None), None)
        if amount is not None:
            total += Fraction(amount)
        elif undeclared:
            return Amount(unknown=Unknown.BY_DEFINITION, definition=undeclared)
        elif name != "gpus":
            return Amount(unknown=Unknown.NOT_STATED if is_main else Unknown.OTHER_CONTAINER)
    return Amount(value=int(total) if total.denominator == 1 else float(total), path=("submit",))


def _in_container(name: str, container: _Container) -> Fraction | None:
    """Return how much a container gets; None if it does not say, or says it in a way that is not understood."""
    for one in container.get("resourceRequirements", ()):
        if one.get("type") == _REQUIREMENTS[name]:
            return _parsed(one.get("value"))
    resources = container.get("resources", {})
    for part in ("limits", "requests"):
        if _QUANTITIES[name] in resources.get(part, {}):
            amount = _parsed(resources[part][_QUANTITIES[name]])
            return amount / _BYTES_IN_MIB if amount is not None and name == "memory_mib" else amount
    return None


def _parsed(text: Any) -> Fraction | None:
    """Read a quantity such as ``500m``, ``4096`` or ``2Gi``."""
    found = _QUANTITY.fullmatch(str(text))
    return Fraction(found["number"]) * _UNITS.get(found["unit"] or "", Fraction(1)) if found else None
