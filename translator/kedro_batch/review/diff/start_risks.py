"""Find jobs that start something else: another program, a script as text, or with variables that change what is run.

The jobs of two plans come in, risks go out. An added job has nothing to be compared with: it is no risk if the old plan
has a job that starts the same. Pure.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from kedro_batch.diagnostics import path_text
from kedro_batch.plan.job_containers import images_of_job
from kedro_batch.plan.model import Job, Plan
from kedro_batch.review.diff.changed_values import leaves, unpack_single
from kedro_batch.review.diff.command_start import CHOOSING, CommandStart, read_start
from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.diff.risky_variables import is_risky, risky_in_settings, risky_in_submit
from kedro_batch.review.formatting import command_text

_KEDRO_RUN = ("kedro", "run")
_ENV, _RUNNER, _NODES = "--env", "--runner", "--nodes"
_PLAIN = re.compile(r"[\w.-]+")


class StartRisks:
    """Compares what jobs start with what they started before, or with what the jobs of the old plan start."""

    def __init__(self, old: Plan, new: Plan) -> None:
        """Look at no job yet."""
        self._old, self._new = old, new
        self._variables: dict[int, Mapping[str, Any]] = {}  # by the id of settings, which the plans keep alive

    def find_changed(self, before: Job, after: Job) -> Iterator[Risk]:
        """Find what a job starts that it did not start before. Its ``environment`` is compared field by field."""
        if before.command != after.command:
            was, now = _read(before), _read(after)
            if was.program != now.program:
                yield _program(after, was, now)
            if now.script and was.script != now.script:
                yield _script(after, was, now)
            yield from _compare(after, _assigned(was), _assigned(now))
            chosen = dict(was.chosen), dict(now.chosen)
            if _NODES not in chosen[1] and (before.nodes != after.nodes or was.program != now.program):
                chosen[0].pop(_NODES, None)  # a tag or a namespace may select new nodes
            yield from self._compare_chosen(after, *chosen)
        if before.settings.submit or after.settings.submit:
            yield from _compare(after, risky_in_submit(before.settings), risky_in_submit(after.settings))
        if before.settings.submit != after.settings.submit:
            yield from self._compare_images(before, after)

    def find_added(self, job: Job) -> Iterator[Risk]:
        """Find what an added job starts that no job of the old plan starts."""
        if not job.joins:
            now = _read(job)
            if now.program not in self._programs:
                yield _program(job, None, now)
            if now.script and now.script not in self._scripts:
                yield _script(job, None, now)
            yield from self._find_unknown(job, _assigned(now))
            known = {option: value for option, value in now.chosen if (option, value) in self._known_choices}
            yield from self._compare_chosen(job, known, dict(now.chosen))
        yield from self._find_unknown(job, self._variables_of(job))
        images = images_of_job(job.settings, self._new).by_submit
        if self._old.jobs and (new_images := [image for image in images if image not in self._known_images]):
            yield Risk(kind=RiskKind.IMAGE_CHANGED, job=job.name, after=unpack_single(new_images))
        for path, value in leaves(job.settings.submit) if job.settings.submit else ():
            if (path, json.dumps(value)) not in self._known_submits:
                yield Risk(kind=RiskKind.SUBMIT_CHANGED, job=job.name, field=path_text(path), after=value)

    def _compare_images(self, before: Job, after: Job) -> Iterator[Risk]:
        """Find images that ``submit`` puts in, or does no longer; those of a definition are risks of its own."""
        was, now = images_of_job(before.settings, self._old), images_of_job(after.settings, self._new)
        same = before.settings.job_definition == after.settings.job_definition
        old, new = ((*one.by_submit, *(one.declared if same else ())) for one in (was, now))
        lost, gained = ([image for image in one if image not in other] for one, other in ((old, new), (new, old)))
        if {*was.by_submit} != {*now.by_submit} and (lost or gained):
            yield Risk(
                kind=RiskKind.IMAGE_CHANGED, job=after.name, before=unpack_single(lost), after=unpack_single(gained)
            )

    def _compare_chosen(self, job: Job, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Risk]:
        """Find another environment than the plan's, another source of configuration, another runner, other nodes."""
        for option in CHOOSING:
            was, now = before.get(option), after.get(option)
            expected = (option == _ENV and now == self._new.env) or (option == _NODES and _names_nodes(job, now))
            if was != now and not expected:
                kind = RiskKind.PROGRAM_CHANGED if option in (_RUNNER, _NODES) else RiskKind.ENV_CHANGED
                values = (value if value is None else f"{option}={value}" for value in (was, now))
                yield Risk(kind=kind, job=job.name, before=next(values), after=next(values))

    def _find_unknown(self, job: Job, variables: Mapping[str, Any]) -> Iterator[Risk]:
        for name, value in variables.items():
            if (name, str(value)) not in self._known_variables:
                yield Risk(kind=RiskKind.RISKY_VARIABLE, job=job.name, field=name, after=value)

    def _variables_of(self, job: Job) -> Mapping[str, Any]:
        key = id(job.settings)
        if key not in self._variables:
            self._variables[key] = risky_in_settings(job.settings)
        return self._variables[key]

    @cached_property
    def _starts(self) -> list[CommandStart]:
        return [_read(job) for job in self._old.jobs if not job.joins]

    @cached_property
    def _programs(self) -> set[tuple[str, ...]]:
        """The programs that an added job may start: those of the old plan, else Kedro, else what most jobs start."""
        if self._starts:
            return {start.program for start in self._starts}
        counts = Counter(_read(job).program for job in self._new.jobs if not job.joins)
        most = max(counts.values(), default=0)
        return {_KEDRO_RUN} if _KEDRO_RUN in counts else {one for one, count in counts.items() if count == most}

    @cached_property
    def _scripts(self) -> set[tuple[str, ...]]:
        return {start.script for start in self._starts}

    @cached_property
    def _known_choices(self) -> set[tuple[str, str]]:
        return {choice for start in self._starts for choice in start.chosen}

    @cached_property
    def _known_images(self) -> set[str]:
        found = {id(job.settings): images_of_job(job.settings, self._old) for job in self._old.jobs}
        return {image for one in found.values() for image in (*one.by_submit, *one.declared)}

    @cached_property
    def _known_submits(self) -> set[tuple[tuple[str, ...], str]]:
        given = {id(job.settings): job.settings.submit for job in self._old.jobs if job.settings.submit}
        return {(path, json.dumps(value)) for submit in given.values() for path, value in leaves(submit)}

    @cached_property
    def _known_variables(self) -> set[tuple[str, str]]:
        of_commands = (pair for start in self._starts for pair in _assigned(start).items())
        of_settings = (pair for job in self._old.jobs for pair in self._variables_of(job).items())
        return {(name, str(value)) for pairs in (of_commands, of_settings) for name, value in pairs}


def _read(job: Job) -> CommandStart:
    return read_start(job.command, (job.name, *job.nodes))


def _names_nodes(job: Job, value: str | None) -> bool:
    """True if a value of ``--nodes`` names the nodes of a job. How odd names are written is not judged."""
    return value is not None and ({*value.split(",")} == {*job.nodes} or not all(map(_PLAIN.fullmatch, job.nodes)))


def _assigned(start: CommandStart) -> dict[str, str]:
    return {name: value for name, value in start.variables if is_risky(name)}


def _compare(job: Job, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Risk]:
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if was != now or (name in before) != (name in after):
            yield Risk(kind=RiskKind.RISKY_VARIABLE, job=job.name, field=name, before=was, after=now)


def _program(job: Job, was: CommandStart | None, now: CommandStart) -> Risk:
    before = was and command_text(was.program_words)
    return Risk(
        kind=RiskKind.PROGRAM_CHANGED, job=job.name, before=before or None, after=command_text(now.program_words)
    )


def _script(job: Job, was: CommandStart | None, now: CommandStart) -> Risk:
    before = was and command_text(was.script_words or was.program_words)
    return Risk(kind=RiskKind.SHELL_COMMAND, job=job.name, before=before or None, after=command_text(now.script_words))
