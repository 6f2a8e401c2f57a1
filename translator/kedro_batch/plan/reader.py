"""Reads a plan file strictly: bytes in, a plan out, or everything that is wrong with it at once."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from kedro_batch.diagnostics import DIAGNOSTICS_AT_MOST, MORE_IS_WRONG, Diagnostic, FieldPath
from kedro_batch.errors import PlanError
from kedro_batch.files import yaml_reader
from kedro_batch.files.json_schema import check
from kedro_batch.plan.checks.batch_limits import Problem, over_limits
from kedro_batch.plan.checks.credentials import IN_COMMAND, credential_problems, credential_words
from kedro_batch.plan.checks.read_budget import too_large
from kedro_batch.plan.checks.service_model import submit_problems
from kedro_batch.plan.graph import CycleError, topological_order
from kedro_batch.plan.model import JOB_SETTINGS, Job, JobName, JobSettings, Plan, Selection, merged_over
from kedro_batch.plan.submit_job import JOB_NAME_LENGTH, misplaced_commands, unsent_tags
from kedro_batch.text.wording import did_you_mean, quoted

_NAMES_SHOWN_OF_CYCLE = 8
_CYCLES_AT_MOST = 20
_HINTS_AT_MOST = 20
_LETTERS_COMPARED = 50_000_000
"""Looking for a near name takes time in proportion to the jobs and to the square of the names' length: 3 s for so
many. Thousands of wrong names get no hint each."""


def read_plan(content: bytes, source: str) -> Plan:
    """Make a plan of a file's content.

    Args:
        content: The file, UTF-8 YAML.
        source: Its name, for messages.

    Raises:
        PlanError: With a diagnostic for everything that is wrong: YAML, schema, names, cycles, the limits of AWS
            Batch, what looks like a credential.
    """
    plan, wrong, problems = _made(yaml_reader.parse(content, source), source)
    if plan is None or wrong or problems:
        plan = None  # reading the lines takes as much memory again
        wrong = [*wrong, *_located(problems, content, source)]
        if len(wrong) > DIAGNOSTICS_AT_MOST:
            wrong = [Diagnostic(source=source, message=MORE_IS_WRONG), *wrong[:DIAGNOSTICS_AT_MOST]]
        raise PlanError(f"{source} is not a plan that can be applied:", wrong)
    return plan


def _made(document: yaml_reader.Document, source: str) -> tuple[Plan | None, list[Diagnostic], list[Problem]]:
    """Make a plan where that is possible; tell what is wrong with the YAML, and what with its meaning."""
    wrong = document.diagnostics
    if document.broken:
        return None, wrong, []
    if not wrong and document.value is None:
        return None, [Diagnostic(source=source, message="is empty")], []
    already = {diagnostic.path for diagnostic in wrong}
    plan, problems = _read(document.value)
    return plan, wrong, [one for one in problems if one[0] not in already]


def _read(value: Any) -> tuple[Plan | None, list[Problem]]:
    """Make a plan of a value where its shape allows, and tell what is wrong with it, but no more than is read."""
    problems = _first(check(value, "plan"))
    well_formed = not problems
    if isinstance(value, dict) and isinstance(value.get("jobs"), list):
        problems += _first(_target_problems(value))
        well_formed = not problems
        problems += _first(_name_problems(value["jobs"]))
        problems += _first(_dependency_problems(value["jobs"]))
    if not well_formed:
        return None, problems
    if oversized := _first(too_large(value)):
        return None, problems + oversized
    plan = _plan(value)
    malformed = _first(_submit_problems(value))
    problems += malformed + _first(_content_problems(value)) + _first(over_limits(plan, submit_is_sound=not malformed))
    return plan, problems or _first(misplaced_commands(plan))


def _first(problems: Iterator[Problem]) -> list[Problem]:
    """Take as many problems as are told, and one more; finding all of them could take hours."""
    return list(islice(problems, DIAGNOSTICS_AT_MOST + 1))


def _located(problems: list[Problem], content: bytes, source: str) -> list[Diagnostic]:
    if not problems:
        return []
    wanted = {path[:length] for path, _ in problems for length in range(len(path) + 1)}
    lines = yaml_reader.parse(content, source, with_lines=wanted).lines
    return [
        Diagnostic(source=source, path=path, line=_line(lines, path), message=message) for path, message in problems
    ]


def _line(lines: dict[FieldPath, int], path: FieldPath) -> int | None:
    """Give the line of a path, or of the nearest place above it: a default stands elsewhere."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def _content_problems(value: dict[str, Any]) -> Iterator[Problem]:
    """Look through the texts that are passed on, or not at all, where the file states them."""
    yield from unsent_tags(value, _places(value))
    for here, settings in _places(value):
        for path, message in credential_problems(settings):
            yield (*here, *path), message
    for index, job in enumerate(value["jobs"]):
        for position in credential_words(job["command"]):
            yield ("jobs", index, "command", position), IN_COMMAND


def _submit_problems(value: dict[str, Any]) -> Iterator[Problem]:
    """Look through what is passed on in AWS's spelling, where the file states it."""
    for here, settings in _places(value):
        if submit := settings.get("submit"):
            for path, message in submit_problems(submit):
                yield (*here, "submit", *path), message


def _places(value: dict[str, Any]) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    """Give all places where settings stand."""
    yield ("defaults",), value.get("defaults", {})
    yield from ((("jobs", index), job) for index, job in enumerate(value["jobs"]))


def _target_problems(value: dict[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    defaults = value.get("defaults")
    given = defaults.keys() if isinstance(defaults, dict) else ()
    for index, job in enumerate(value["jobs"]):
        if isinstance(job, dict):
            for target in ("job_queue", "job_definition"):
                if target not in job and target not in given:
                    yield ("jobs", index), f"has no {target}: name it here or in defaults"


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
            yield ("jobs", index, "name"), f"{quoted(name)} {same} jobs[{earlier[0]}]: names must differ"


def _dependency_problems(jobs: list[Any]) -> Iterator[tuple[FieldPath, str]]:
    """Report dependencies on unknown jobs, and a cycle among the known ones."""
    known = {name for _, name in _names(jobs)}
    letters = sum(map(len, known))
    hints_left, letters_left = _HINTS_AT_MOST, _LETTERS_COMPARED
    index_of = {name: index for index, name in reversed(list(_names(jobs)))}
    parents: dict[str, list[str]] = {name: [] for name in known}
    for index, name in _names(jobs):
        depends_on = jobs[index].get("depends_on")
        if not isinstance(depends_on, list) or index_of[name] != index:
            continue  # of two jobs with one name, the first is looked at
        for position, parent in enumerate(depends_on):
            if not isinstance(parent, str):
                continue  # the schema's diagnostic
            if parent in known:
                parents[name].append(parent)
            else:
                letters_left -= len(parent) * letters
                hint = did_you_mean(parent, known) if hints_left > 0 and letters_left > 0 else ""
                hints_left -= 1
                yield ("jobs", index, "depends_on", position), f"no job is named {quoted(parent)}.{hint}"
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
    return " -> ".join(map(_plain, [*cycle, cycle[0]]))


def _plain(name: str) -> str:
    return name if len(name) <= JOB_NAME_LENGTH else quoted(name)


def _plan(value: dict[str, Any]) -> Plan:
    stated = value.get("defaults", {})
    defaults = JobSettings.from_dict(stated)
    return Plan(
        jobs=tuple(_job(job, stated, defaults) for job in value["jobs"]),
        project=value.get("project"),
        pipelines=tuple(value.get("pipelines", ())),
        env=value.get("env"),
        kedro_version=value.get("kedro_version"),
        selection=Selection(**{flag: tuple(names) for flag, names in value.get("selection", {}).items()}),
        group_by=tuple(value.get("group_by", ())),
        submit_tags=value.get("submit_tags", True),
        defaults=defaults,
    )


def _job(job: dict[str, Any], stated: dict[str, Any], defaults: JobSettings) -> Job:
    own = {name: job[name] for name in JOB_SETTINGS if name in job}
    return Job(
        name=JobName(job["name"]),
        command=tuple(job["command"]),
        settings=JobSettings.from_dict(merged_over(own, stated)) if own else defaults,
        nodes=tuple(sorted(job.get("nodes", ()))),
        depends_on=tuple(sorted(map(JobName, job.get("depends_on", ())))),
        reads=tuple(sorted(job.get("reads", ()))),
        writes=tuple(sorted(job.get("writes", ()))),
    )
