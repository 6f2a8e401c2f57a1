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
from kedro_batch.plan.model import Job, Plan
from kedro_batch.plan.policy.model import Unknown
from kedro_batch.plan.register_definition import own_containers
from kedro_batch.plan.settings import JobDefinition, JobSettings
from kedro_batch.plan.submit_job import PODS, TASKS, command_container, containers_of

AMOUNTS = ("vcpus", "memory_mib", "gpus")
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


def commands_of(job: Job, plan: Plan) -> Iterator[tuple[bool, tuple[str, ...]]]:
    """Yield the commands of a job's containers: that of the job, marked by True, and those of containers beside it.

    Arguments that the definition has for the container of the job stand behind its command.
    """
    yield True, job.command
    if not job.settings.submit and not plan.job_definitions:  # most plans, and all of their jobs
        return
    for override, declared, is_main in (
        _several(job.settings, plan.job_definitions.get(job.settings.job_definition)) or ()
    ):
        command = job.command if is_main else _words(override, declared, "command")
        words = (*command, *_words(override, declared, "args"))
        if words and words != job.command:
            yield False, words


def _words(override: _Container, declared: _Container, field: str) -> tuple[str, ...]:
    """Return the words of a command; an empty one replaces none."""
    return tuple(word for word in override.get(field) or declared.get(field) or () if isinstance(word, str))


def images_of_submit(settings: JobSettings) -> tuple[str, ...]:
    """Return the images that ``submit`` puts in the place of those of the definition."""
    images = (one.get("image") for one in _overrides(settings.submit))
    return tuple(dict.fromkeys(image for image in images if isinstance(image, str)))


def _several(
    settings: JobSettings, definition: JobDefinition | None
) -> list[tuple[_Container, _Container, bool]] | None:
    """Return the containers of a job that may have several; None if it has one.

    Each comes with what ``submit`` says of it, what the declared definition says of it, and True if it is the one that
    gets the command of the job.
    """
    own = definition and own_containers(definition.register)
    if not own and not {PODS, TASKS} & settings.submit.keys():
        return None
    declared = [*_declared(definition.register)] if definition else []
    found = command_container(settings.submit)
    main = found[1] if found else None
    names = [one.get("name") for one in declared]
    pairs: list[tuple[_Container, _Container, bool]] = []
    used: set[int] = set()
    for one in _overrides(settings.submit):
        # A container without a name is the only one.
        at = names.index(one.get("name")) if one.get("name") in names else 0 if len(declared) == 1 else None
        if at is not None:
            used.add(at)
        pairs.append((one, {} if at is None else declared[at], one is main))
    pairs += [({}, one, False) for at, one in enumerate(declared) if at not in used]
    return pairs


def _overrides(submit: Mapping[str, Any]) -> list[_Container]:
    """Return all containers that ``submit`` names, as ``_declared`` those of a definition."""
    first = submit.get(PODS, {}).get("podProperties", {}).get("initContainers", ())
    return [*first, *containers_of(submit, PODS), *containers_of(submit, TASKS)]


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
        if isinstance(amount, Unknown):
            return Amount(unknown=amount)
        if amount is not None:
            total += Fraction(amount)
        elif undeclared:
            return Amount(unknown=Unknown.BY_DEFINITION, definition=undeclared)
        elif name != "gpus":
            return Amount(unknown=Unknown.NOT_STATED if is_main else Unknown.OTHER_CONTAINER)
    return Amount(value=int(total) if total.denominator == 1 else float(total), path=("submit",))


def _in_container(name: str, container: _Container) -> Fraction | Unknown | None:
    """Return how much a container gets, the most if it says so more than once; None if it does not say."""
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
