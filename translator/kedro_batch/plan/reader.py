"""Reads a plan file strictly: bytes in, a plan out, or everything that is wrong with it at once."""

from collections.abc import Iterator
from typing import Any

from kedro_batch import strict_yaml
from kedro_batch.errors import FieldPath, Finding, PlanError, did_you_mean
from kedro_batch.plan.graph import CycleError, topological_order
from kedro_batch.plan.model import Defaults, Job, JobName, Plan, Resources, Selection
from kedro_batch.schema_check import check, whole

_NAMES_SHOWN_OF_CYCLE = 8
_TAGS_AT_MOST = 47
"""Of the 50 that AWS takes, three carry run, job and digest."""
_CYCLES_AT_MOST = 20
_HINTS_AT_MOST = 20
"""Looking for near names takes time in proportion to the jobs: thousands of wrong names get no hint each."""


def read_plan(content: bytes, source: str) -> Plan:
    """Make a plan of a file's content.

    Args:
        content: The file, UTF-8 YAML.
        source: Its name, for messages.

    Raises:
        PlanError: With a finding for everything that is wrong: YAML, schema, names, cycles.
    """
    document = strict_yaml.parse(content, source)
    wrong = list(document.findings)
    if not wrong and document.value is None:
        wrong.append(Finding(source=source, message="is empty"))
    elif not document.broken:
        wrong += _findings(document.value, content, source, already={finding.path for finding in wrong})
    if wrong:
        raise PlanError(f"{source} is not a plan that can be applied:", wrong)
    return _plan(document.value)


def _findings(value: Any, content: bytes, source: str, already: set[FieldPath]) -> list[Finding]:
    problems = [*check(value, "plan")]
    if isinstance(value, dict) and isinstance(value.get("jobs"), list):
        jobs = value["jobs"]
        problems += _target_problems(value)
        problems += _tag_problems(value)
        problems += _name_problems(jobs)
        problems += _dependency_problems(jobs)
    problems = [(path, message) for path, message in problems if path not in already]
    if not problems:
        return []
    lines = strict_yaml.parse(content, source, with_lines=True).lines
    return [Finding(source=source, path=path, line=lines.get(path), message=message) for path, message in problems]


def _target_problems(value: dict[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    defaults = value.get("defaults")
    given = defaults.keys() if isinstance(defaults, dict) else ()
    for index, job in enumerate(value["jobs"]):
        if isinstance(job, dict):
            for target in ("job_queue", "job_definition"):
                if target not in job and target not in given:
                    yield ("jobs", index), f"has no {target}: name it here or in defaults"


def _tag_problems(value: dict[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Count the tags of a job together with those of the defaults."""
    defaults = value.get("defaults")
    shared = defaults.get("tags") if isinstance(defaults, dict) else None
    for index, job in enumerate(value["jobs"]):
        own = job.get("tags") if isinstance(job, dict) else None
        if isinstance(own, dict) and isinstance(shared, dict) and len(own | shared) > _TAGS_AT_MOST:
            yield ("jobs", index, "tags"), f"are {len(own | shared)} with the defaults', {_TAGS_AT_MOST} are allowed"


def _names(jobs: list[Any]) -> Iterator[tuple[int, str]]:
    for index, job in enumerate(jobs):
        if isinstance(job, dict) and isinstance(job.get("name"), str):
            yield index, job["name"]


def _name_problems(jobs: list[Any]) -> Iterator[tuple[FieldPath, str]]:
    first: dict[str, tuple[int, str]] = {}
    for index, name in _names(jobs):
        earlier = first.setdefault(name.lower(), (index, name))
        if earlier[0] != index:
            same = "is the name of" if earlier[1] == name else "differs only in case, which AWS Batch ignores, from"
            yield ("jobs", index, "name"), f"{name!r} {same} jobs[{earlier[0]}]: names must differ"


def _dependency_problems(jobs: list[Any]) -> Iterator[tuple[FieldPath, str]]:
    """Report dependencies on unknown jobs, and a cycle among the known ones."""
    known = {name for _, name in _names(jobs)}
    hints_left = _HINTS_AT_MOST
    index_of = {name: index for index, name in reversed(list(_names(jobs)))}
    parents: dict[str, list[str]] = {name: [] for name in known}
    for index, name in _names(jobs):
        depends_on = jobs[index].get("depends_on")
        if not isinstance(depends_on, list) or index_of[name] != index:
            continue  # of two jobs with one name, the first is looked at
        for position, parent in enumerate(depends_on):
            if not isinstance(parent, str):
                continue  # the schema's finding
            if parent in known:
                parents[name].append(parent)
            else:
                hint = did_you_mean(parent, known) if hints_left > 0 else ""
                hints_left -= 1
                yield ("jobs", index, "depends_on", position), f"no job is named {parent!r}.{hint}"
    for number, cycle in enumerate(_cycles(parents)):
        here: FieldPath = ("jobs", index_of[cycle[0]], "depends_on")
        if number == _CYCLES_AT_MOST:
            yield here, "more jobs wait for each other; mend the others first"
            break
        yield here, f"the jobs wait for each other: {_shorten(cycle)}"


def _cycles(parents: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """Find one cycle after the other, leaving out the jobs of those already found."""
    while True:
        try:
            topological_order(parents)
        except CycleError as error:
            yield error.cycle
            found = set(error.cycle)
            parents = {
                name: [parent for parent in above if parent not in found]
                for name, above in parents.items()
                if name not in found
            }
        else:
            return


def _shorten(cycle: tuple[str, ...]) -> str:
    if len(cycle) > _NAMES_SHOWN_OF_CYCLE:
        left_out = len(cycle) - _NAMES_SHOWN_OF_CYCLE
        cycle = (*cycle[: _NAMES_SHOWN_OF_CYCLE - 1], f"({left_out} more)", cycle[-1])
    return " -> ".join([*cycle, cycle[0]])


def _plan(value: dict[str, Any]) -> Plan:
    defaults = value.get("defaults", {})
    return Plan(
        jobs=tuple(_job(job, defaults) for job in value["jobs"]),
        project=value.get("project"),
        pipelines=tuple(value.get("pipelines", ())),
        env=value.get("env"),
        kedro_version=value.get("kedro_version"),
        selection=Selection(**{flag: tuple(names) for flag, names in value.get("selection", {}).items()}),
        defaults=Defaults(
            job_queue=defaults.get("job_queue"),
            job_definition=defaults.get("job_definition"),
            resources=_resources(defaults.get("resources", {})),
            timeout_s=whole(defaults.get("timeout_s")),
            attempts=whole(defaults.get("attempts")),
            tags=defaults.get("tags", {}),
        ),
    )


def _job(job: dict[str, Any], defaults: dict[str, Any]) -> Job:
    def chosen(field: str) -> Any:
        return job.get(field, defaults.get(field))

    return Job(
        name=JobName(job["name"]),
        command=tuple(job["command"]),
        job_queue=chosen("job_queue"),
        job_definition=chosen("job_definition"),
        nodes=tuple(sorted(job.get("nodes", ()))),
        depends_on=tuple(sorted(map(JobName, job.get("depends_on", ())))),
        reads=tuple(sorted(job.get("reads", ()))),
        writes=tuple(sorted(job.get("writes", ()))),
        resources=_resources(defaults.get("resources", {}) | job.get("resources", {})),
        timeout_s=whole(chosen("timeout_s")),
        attempts=whole(chosen("attempts")),
        tags=defaults.get("tags", {}) | job.get("tags", {}),
    )


def _resources(given: dict[str, Any]) -> Resources:
    return Resources(**{name: whole(amount) for name, amount in given.items()})
