"""Find jobs that start something else: another program, a script as text, or with variables that change what is run.

The jobs of two plans come in, risks go out. An added job has nothing to be compared with: it is no risk if the old plan
has a job that starts the same. Pure.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import starmap
from typing import Any

from kedro_batch.compiler.node_selection import split_names
from kedro_batch.diagnostics import path_text
from kedro_batch.plan.job_containers import images_of_job
from kedro_batch.plan.model import Job, Plan
from kedro_batch.review.diff.changed_values import leaves, unpack_single
from kedro_batch.review.diff.command_start import CommandStart, read_start
from kedro_batch.review.diff.kedro_options import CONFIGURING, ENV, NODES, PIPELINES, SELECTING, spell_option
from kedro_batch.review.diff.model import Risk, RiskKind
from kedro_batch.review.diff.risky_variables import is_risky, risky_in_settings, risky_in_submit
from kedro_batch.review.formatting import command_text

_KEDRO_RUN = ("kedro", "run")
_DEFAULT_PIPELINE = frozenset(("__default__",))
_OF_GROUPS = frozenset(("--tags", "--namespaces"))
"""What selects the nodes of a job beside their names, in the commands of ``compile``."""


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
            if now.options is not None:
                same_nodes = before.nodes == after.nodes
                yield from self._compare_options(after, was.options or {}, now.options, same_nodes=same_nodes)
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
            if now.options is not None:
                known = {pair for pair in now.options.items() if pair in self._known_options}
                yield from self._compare_options(job, {**self._of_plan, **dict(known)}, now.options, same_nodes=False)
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

    def _compare_options(
        self, job: Job, before: Mapping[str, str], after: Mapping[str, str], *, same_nodes: bool
    ) -> Iterator[Risk]:
        """Find other nodes than those of the job, other pipelines or another environment than the plan's, and so on.

        What selects nodes is one risk, since its parts have a meaning together only.
        """
        selects = [{option: value for option, value in one.items() if option in SELECTING} for one in (before, after)]
        if selects[0] != selects[1] and not _selects_own(job, selects[1], same_nodes=same_nodes):
            was, now = (" ".join(starmap(spell_option, one.items())) or None for one in selects)
            yield Risk(kind=RiskKind.PROGRAM_CHANGED, job=job.name, before=was, after=now)
        for option in {**before, **after}:
            values = before.get(option), after.get(option)
            if values[0] != values[1] and option not in SELECTING and not self._is_of_plan(option, values[1]):
                kind = RiskKind.ENV_CHANGED if option in CONFIGURING else RiskKind.PROGRAM_CHANGED
                was, now = (value if value is None else spell_option(option, value) for value in values)
                yield Risk(kind=kind, job=job.name, before=was, after=now)

    def _is_of_plan(self, option: str, value: str | None) -> bool:
        """True if the plan as a whole says so: its environment, or some of its pipelines."""
        if option == PIPELINES:
            named = _DEFAULT_PIPELINE if value is None else {*map(str.strip, value.split(","))}
            return named <= ({*self._new.pipelines} or _DEFAULT_PIPELINE)
        return option == ENV and value in (None, self._new.env)  # jobs get it as KEDRO_ENV, too

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
    def _of_plan(self) -> dict[str, str]:
        """What each command has to say, since it would not be of the plan without it."""
        return {} if self._is_of_plan(PIPELINES, None) else {PIPELINES: ",".join(self._new.pipelines)}

    @cached_property
    def _known_options(self) -> set[tuple[str, str]]:
        """The options of the old plan's jobs, without those that only mean something with the nodes of their job."""
        found = {pair for start in self._starts for pair in (start.options or {}).items()}
        return {(option, value) for option, value in found if option not in SELECTING}

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


def _selects_own(job: Job, options: Mapping[str, str], *, same_nodes: bool) -> bool:
    """True if options select the nodes of a job, as far as a plan can tell.

    What the names of its nodes select is known. A tag, a namespace or a whole pipeline may select other nodes than
    before, but not if the nodes are the same.
    """
    if not {*options} - {NODES} and NODES in options:
        return _names_nodes(job, options[NODES])
    return not same_nodes and {*options} <= _OF_GROUPS


def _names_nodes(job: Job, value: str) -> bool:
    try:
        return {*split_names(value)} == {*job.nodes}
    except ValueError:  # Kedro selects every node then
        return False


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
