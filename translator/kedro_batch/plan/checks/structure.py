"""Checks that a plan file has the shape of a plan: its schema, its targets, its names, its dependencies.

They take the plain values of the file, whatever these are, and look at everything that has the shape of a job.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.diagnostics import Diagnostic, diagnostics_of
from kedro_batch.files.json_schema import check
from kedro_batch.files.read_budget import MAX_CYCLES, MAX_HINTS, MAX_LETTERS_COMPARED
from kedro_batch.plan.graph import CycleError, topological_order
from kedro_batch.plan.submit_job import JOB_NAME_LENGTH
from kedro_batch.text.wording import did_you_mean, quoted

_SHOWN_OF_CYCLE = 8


def check_schema(value: Any) -> Iterator[Diagnostic]:
    """Yield everything that ``schemas/plan.schema.json`` does not allow."""
    return diagnostics_of(check(value, "plan"))


def check_targets(value: Any) -> Iterator[Diagnostic]:
    """Yield the jobs that have no queue or no definition, neither of their own nor from the defaults."""
    defaults = value.get("defaults") if isinstance(value, dict) else None
    given = defaults.keys() if isinstance(defaults, dict) else ()
    for index, job in _jobs(value):
        for target in ("job_queue", "job_definition"):
            if target not in job and target not in given:
                yield Diagnostic(path=("jobs", index), message=f"has no {target}: name it here or in defaults")


def check_names(value: Any) -> Iterator[Diagnostic]:
    """Yield the names that two jobs have; AWS Batch ignores upper and lower case in them."""
    first: dict[str, tuple[int, str]] = {}
    for index, name in _names(value):
        earlier = first.setdefault(name.lower(), (index, name))
        if earlier[0] != index:
            same = "is the name of" if earlier[1] == name else "differs only in case, which AWS Batch ignores, from"
            message = f"{quoted(name)} {same} jobs[{earlier[0]}]: names must differ"
            yield Diagnostic(path=("jobs", index, "name"), message=message)


def check_dependencies(value: Any) -> Iterator[Diagnostic]:
    """Yield the dependencies on unknown jobs, and the cycles among the known ones."""
    index_of = {name: index for index, name in reversed(list(_names(value)))}  # of two with one name, the first counts
    letters = sum(map(len, index_of))
    hints_left, letters_left = MAX_HINTS, MAX_LETTERS_COMPARED
    parents: dict[str, list[str]] = {name: [] for name in index_of}
    for name, index in reversed(index_of.items()):
        depends_on = value["jobs"][index].get("depends_on")
        for position, parent in enumerate(depends_on if isinstance(depends_on, list) else ()):
            if not isinstance(parent, str):
                continue  # check_schema reports it
            if parent in index_of:
                parents[name].append(parent)
            else:
                letters_left -= len(parent) * letters
                hint = did_you_mean(parent, index_of) if hints_left > 0 and letters_left > 0 else ""
                hints_left -= 1
                message = f"no job is named {quoted(parent)}.{hint}"
                yield Diagnostic(path=("jobs", index, "depends_on", position), message=message)
    for number, cycle in enumerate(_cycles(parents)):
        message = f"the jobs wait for each other: {_shorten(cycle)}"
        if number == MAX_CYCLES:
            message = "more jobs wait for each other; fix these cycles first"
        yield Diagnostic(path=("jobs", index_of[cycle[0]], "depends_on"), message=message)
        if number == MAX_CYCLES:
            return


def _jobs(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what has the shape of a job, with its index."""
    jobs = value.get("jobs") if isinstance(value, dict) else None
    for index, job in enumerate(jobs if isinstance(jobs, list) else ()):
        if isinstance(job, dict):
            yield index, job


def _names(value: Any) -> Iterator[tuple[int, str]]:
    for index, job in _jobs(value):
        if isinstance(job.get("name"), str):
            yield index, job["name"]


def _cycles(parents: Mapping[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """Find one cycle after the other, without the jobs of those already found."""
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
    if len(cycle) > _SHOWN_OF_CYCLE:
        left_out = len(cycle) - _SHOWN_OF_CYCLE
        cycle = (*cycle[: _SHOWN_OF_CYCLE - 1], f"({left_out} more)", cycle[-1])
    return " -> ".join(name if len(name) <= JOB_NAME_LENGTH else quoted(name) for name in (*cycle, cycle[0]))
