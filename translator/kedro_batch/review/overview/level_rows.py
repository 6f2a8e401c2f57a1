"""The jobs of a plan as rows, level by level: all of a small plan; of a large one, those that are alike together. Pure.

Nothing is escaped yet, except in ``JobRow.text``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kedro_batch.plan.model import JOIN_COMMAND, Plan
from kedro_batch.plan.settings import ALWAYS_GIVEN
from kedro_batch.review.formatting import (
    AMOUNT_LABELS,
    fill_line,
    job_resources_text,
    quote_names,
    resources_text,
)
from kedro_batch.review.job_sets import JobSets
from kedro_batch.review.namespaces import namespace_of_node
from kedro_batch.review.overview.model import JobOverview, Overview
from kedro_batch.review.overview.usual_settings import find_usual, unusual_words
from kedro_batch.review.shown_names import NAMES_SHOWN
from kedro_batch.text.arns import name_of_arn
from kedro_batch.text.escaping import for_review
from kedro_batch.text.wording import counted, natural_order

ALL_LISTED = 60
"""Jobs of a plan whose every job has a row of its own."""
_FEW = 3
"""Jobs of a level of a larger plan that have rows of their own."""
_LEVELS = 25
"""Levels of a larger plan that have rows of their own; those below share some."""
_GROUPS = 8
"""Rows of a level whose jobs are put together."""
_BY_DEFINITION = "set by the job definition"
_NO_LETTERS = re.compile(r"[^A-Za-z0-9]+")
_BEHIND_COMMA = re.compile(r"(?<=,) ")
_INDENT = 6


@dataclass(frozen=True, slots=True)
class Names:
    """Names in a row: all of them, or the first and the number of further ones."""

    first: tuple[str, ...] = ()
    more: int = 0

    def pieces(self) -> list[str]:
        """Return the names for ``fill_line``, escaped, with commas between them."""
        names = [*map(for_review, quote_names(self.first)), *([f"and {self.more:,} more"] if self.more else ())]
        return [*(f"{name}," for name in names[:-1]), *names[-1:]]


NO_NAMES = Names()


def first_names(names: Sequence[str], most: int | None = NAMES_SHOWN) -> Names:
    """Return the first names; all if ``most`` is None."""
    return Names(tuple(names[:most]), max(0, len(names) - len(names[:most])))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job, or jobs of one level that get the same.

    Attributes:
        level: The level and how many jobs it has, in words.
        count: How many jobs these are.
        jobs: Their names, perhaps only the first and how many more there are; none where ``shared`` tells them.
        shared: What exactly these jobs have in common, in words; empty if nothing.
        how: What each gets, and where it runs if jobs of the plan differ in that.
        nodes: The nodes of a job, if its name does not tell them.
        depends_on: The parents of a job.
    """

    level: str
    count: int
    jobs: Names = NO_NAMES
    shared: str = ""
    how: str = ""
    nodes: Names = NO_NAMES
    depends_on: Names = NO_NAMES

    @property
    def heading(self) -> str:
        """How many jobs these are and what they have in common; empty for one job, which its name tells."""
        return f"{counted(self.count, 'job')}{f' ({self.shared})' if self.shared else ''}" if self.count > 1 else ""

    def text(self, width: int) -> str:
        """Return the row as lines for a terminal, escaped.

        Args:
            width: The width of a column of names.
        """
        how = _BEHIND_COMMA.split(for_review(self.how)) if self.how else []
        if self.heading:
            first = fill_line([f"  {for_review(self.heading)}{':' if how else ''}", *how], _INDENT)
            names = fill_line([" " * (_INDENT - 1), *self.jobs.pieces()], _INDENT)
            return f"{first}\n{names}" if self.jobs.first else first
        pieces = [f"  {', '.join(self.jobs.pieces()).ljust(width)}", *(f" {text}" for text in how[:1]), *how[1:]]
        for label, names_of in (("runs", self.nodes), ("after", self.depends_on)):
            if names_of.first:
                head, *rest = names_of.pieces()
                pieces += [f" {label} {head}", *rest]
        return fill_line(pieces, _INDENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRows:
    """The rows of a plan.

    Attributes:
        rows: In the order of the levels.
        whole: Every job has a row of its own.
    """

    rows: tuple[JobRow, ...]
    whole: bool


def build_level_rows(overview: Overview, plan: Plan, *, full: bool = False) -> LevelRows:
    """Build the rows of a plan.

    Args:
        overview: The overview of the plan.
        plan: The plan.
        full: Give every job a row of its own, and leave out no name.
    """
    spell = _Spelling(overview, full=full)
    by_level = sorted(overview.jobs, key=lambda job: (job.level, natural_order(job.job)))
    levels = [tuple(jobs) for _, jobs in groupby(by_level, key=lambda job: job.level)]
    if full or len(by_level) <= ALL_LISTED:
        return LevelRows(rows=tuple(row for jobs in levels for row in spell.rows_of_each(jobs)), whole=True)
    sets = JobSets(plan.jobs)
    rows = [
        row
        for jobs in levels[:_LEVELS]
        for row in (spell.rows_of_each(jobs) if len(jobs) <= _FEW else spell.rows_of_alike(jobs, sets))
    ]
    if below := [job for jobs in levels[_LEVELS:] for job in jobs]:
        rows += spell.rows_of_alike(below, sets)
    return LevelRows(rows=tuple(rows), whole=False)


class _Spelling:
    """Spells what jobs get, beside what is the same for all jobs of a plan."""

    def __init__(self, overview: Overview, *, full: bool) -> None:
        self._totals = overview.totals
        self._most = None if full else NAMES_SHOWN
        self._usual = find_usual(overview, full=full)
        self._short = {
            field: _short_names(names)
            for field, names in (("job_queue", self._totals.queues), ("job_definition", self._totals.definitions))
            if len(names) > 1
        }

    def rows_of_each(self, jobs: Sequence[JobOverview], level_text: str | None = None) -> Iterator[JobRow]:
        """Yield a row for each of some jobs."""
        for job in jobs:
            yield JobRow(
                level=level_text or _level_text(jobs),
                count=1,
                jobs=Names((job.job,)),
                how=self._how(job),
                nodes=first_names(_nodes_beyond_name(job), self._most),
                depends_on=first_names(job.depends_on, self._most),
            )

    def rows_of_alike(self, jobs: Sequence[JobOverview], sets: JobSets) -> Iterator[JobRow]:
        """Yield a row for each kind of jobs, the rarest first."""
        alike: defaultdict[str, list[JobOverview]] = defaultdict(list)
        for job in jobs:
            alike[self._how(job)].append(job)
        ordered = sorted(alike.items(), key=lambda one: len(one[1]))
        for _, some in ordered if len(ordered) <= _GROUPS else ordered[: _GROUPS - 1]:
            if len(some) == 1:
                yield from self.rows_of_each(some, _level_text(jobs))
            else:
                yield self._row_of(jobs, some, sets)
        if len(ordered) > _GROUPS:
            others = [job for _, some in ordered[_GROUPS - 1 :] for job in some]
            how = f"{len(ordered) - _GROUPS + 1:,} different settings"
            yield self._row_of(jobs, others, sets, how)

    def _row_of(
        self, level: Sequence[JobOverview], some: Sequence[JobOverview], sets: JobSets, how: str | None = None
    ) -> JobRow:
        """Return the row of some jobs that get the same, or ``how`` they differ; what they share is said once."""
        shared = sets.find(job.job for job in some).shared or ""
        return JobRow(
            level=_level_text(level),
            count=len(some),
            jobs=NO_NAMES if shared else first_names([job.job for job in some], self._most),
            shared=shared,
            how=", ".join(part for part in self._parts(some[0]) if part != shared) if how is None else how,
        )

    def _how(self, job: JobOverview) -> str:
        return ", ".join(self._parts(job))

    def _parts(self, job: JobOverview) -> Iterator[str]:
        if not job.nodes and job.command == JOIN_COMMAND:
            yield "join job"
        yield from self._resources(job)
        yield from unusual_words(job, self._usual)
        for field, short in self._short.items():
            yield f"{'queue' if field == 'job_queue' else 'definition'} {short[job.settings[field]]}"

    def _resources(self, job: JobOverview) -> Iterator[str]:
        found = job.resources
        known, own = found.known.to_dict(), job.settings.get("resources", {})
        if known and found.several:
            yield f"{job_resources_text(found)} in all containers"
        else:
            stated = {name: amount for name, amount in known.items() if own.get(name) == amount}
            left = {name: amount for name, amount in known.items() if name not in stated}
            if stated:
                yield resources_text(stated)
            if left:
                yield f"{resources_text(left)} {_BY_DEFINITION}"
        missing = [AMOUNT_LABELS[name] for name in ALWAYS_GIVEN if name in found.unknown and name not in known]
        if missing:
            yield f"{' and '.join(missing)} {_BY_DEFINITION}"


def _level_text(jobs: Sequence[JobOverview]) -> str:
    first, last = jobs[0].level, jobs[-1].level
    which = f"Level {first}" if first == last else f"Levels {first} to {last}"
    return f"{which}: {counted(len(jobs), 'job')}"


def _nodes_beyond_name(job: JobOverview) -> Sequence[str]:
    """Return the nodes of a job as far as its name does not tell them, nor the namespace that they have in common."""
    if len(job.nodes) == 1 and _letters(job.nodes[0]) == _letters(job.job):
        return ()
    namespaces = {namespace_of_node(node) for node in job.nodes}
    if len(namespaces) == 1 and (namespace := namespaces.pop()) and _letters(namespace) == _letters(job.job):
        return [node[len(namespace) + 1 :] for node in job.nodes]
    return job.nodes


def _letters(name: str) -> str:
    """Return what a name and the job name that is made of it have in common."""
    return _NO_LETTERS.sub("", name)


def _short_names(names: Mapping[str, int]) -> dict[str, str]:
    """Return what names are called: the ends of ARNs, where these tell them apart."""
    short = {name: name_of_arn(name) for name in names}
    return short if len({*short.values()}) == len(short) else dict(zip(names, names, strict=True))
