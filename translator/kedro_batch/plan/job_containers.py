"""The containers of a job, where it may have several, and what they run: a job and its plan in. Pure.

Most jobs have one container. With ``ecsPropertiesOverride`` or ``eksPropertiesOverride`` in ``submit``, or with
``ecsProperties`` or ``eksProperties`` in the definition that the plan declares, a job may have more, and all count.

Source of the fields: the AWS Batch API reference, TaskContainerProperties, EksContainer and EksContainerOverride.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_batch.plan.model import Job, Plan
from kedro_batch.plan.register_definition import own_containers
from kedro_batch.plan.settings import JobSettings
from kedro_batch.plan.submit_job import PODS, TASKS, command_container, containers_of

Fields = Mapping[str, Any]
"""What is said of a container, in AWS's spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One of the containers of a job that may have several.

    Attributes:
        override: What ``submit`` says of it; empty if nothing.
        declared: What the definition says of it that the plan declares; empty if nothing.
        is_main: It gets the command of the job, and its resources.
        number: Which of the declared ones of its group it is, from 0; None if none.
    """

    override: Fields
    declared: Fields
    is_main: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Containers of a job that run together: the ``initContainers`` of a pod before the others.

    Attributes:
        named: Those that ``submit`` names.
        declared: All those of the definition, if the plan declares it.
    """

    named: tuple[Container, ...]
    declared: Sequence[Fields]

    @property
    def numbers(self) -> frozenset[int]:
        """Which of the declared ones are named."""
        return frozenset(one.number for one in self.named if one.number is not None)

    def others(self) -> list[Fields]:
        """Return what the definition says of those that are not named."""
        named = self.numbers
        return [one for number, one in enumerate(self.declared) if number not in named]


def find_several(settings: JobSettings, plan: Plan) -> tuple[Group, Group] | None:
    """Return the containers of a job that may have several, those that run before the others first; None if it has one.

    If the plan does not declare the definition, there may be more than those that ``submit`` names.
    """
    if not settings.submit and not plan.job_definitions:  # most plans, and all of their jobs
        return None
    definition = plan.job_definitions.get(settings.job_definition)
    register = definition.register if definition else {}
    if own_containers(register) is None and not {PODS, TASKS} & settings.submit.keys():
        return None
    found = command_container(settings.submit)
    main = found[1] if found else None
    pods = [one.get("podProperties", {}) for one in (settings.submit.get(PODS, {}), register.get("eksProperties", {}))]
    before, beside = ([pod.get(kind, ()) for pod in pods] for kind in ("initContainers", "containers"))
    tasks = register.get("ecsProperties", {}).get("taskProperties", ())
    in_tasks = [one for task in tasks for one in task.get("containers", ())]
    named_in_tasks = containers_of(settings.submit, TASKS)
    return _group(before[0], before[1], main), _group([*beside[0], *named_in_tasks], [*beside[1], *in_tasks], main)


def _group(overrides: Sequence[Fields], declared: Sequence[Fields], main: Fields | None) -> Group:
    """Put together what ``submit`` and the definition say of containers, by their names."""
    names = [one.get("name") for one in declared]
    named = []
    for one in overrides:
        name = one.get("name")
        is_only = len(names) == 1 and None in (name, *names)  # a container without a name is the only one
        number = names.index(name) if name in names else 0 if is_only else None
        below = {} if number is None else declared[number]
        named.append(Container(override=one, declared=below, is_main=one is main, number=number))
    return Group(named=tuple(named), declared=declared)


def commands_of(job: Job, plan: Plan) -> Iterator[tuple[bool, tuple[str, ...]]]:
    """Yield the commands of a job's containers: that of the job, marked by True, and those of containers beside it.

    Arguments that the definition has for the container of the job stand behind its command.
    """
    yield True, job.command
    for group in find_several(job.settings, plan) or ():
        others = (Container(override={}, declared=one) for one in group.others())
        for one in (*group.named, *others):
            command = job.command if one.is_main else _words(one, "command")
            words = (*command, *_words(one, "args"))
            if words and words != job.command:
                yield False, words


def _words(container: Container, field: str) -> tuple[str, ...]:
    """Return the words of a command; an empty one replaces none."""
    words = container.override.get(field) or container.declared.get(field) or ()
    return tuple(word for word in words if isinstance(word, str))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobImages:
    """The images that a job runs, each once.

    Attributes:
        by_submit: Those that ``submit`` puts in the place of others.
        declared: The others, by the definition that the plan declares.
        definition: The definition that has further images, if the plan does not declare it; else empty.
    """

    by_submit: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    definition: str = ""


def images_of_job(settings: JobSettings, plan: Plan) -> JobImages:
    """Return the images that a job runs."""
    named = settings.job_definition
    definition = plan.job_definitions.get(named)
    several = find_several(settings, plan)
    if several is None:
        return (
            JobImages(definition=named)
            if definition is None
            else JobImages(declared=(definition.image,) if definition.image else ())
        )
    overridden = [one for group in several for one in group.named]
    given = [one.override.get("image") for one in overridden]
    below = [one.declared.get("image") for one in overridden if not one.override.get("image")]
    below += [one.get("image") for group in several for one in group.others()]
    by_submit, declared = (tuple(dict.fromkeys(filter(None, images))) for images in (given, below))
    return JobImages(by_submit=by_submit, declared=declared, definition="" if definition else named)
