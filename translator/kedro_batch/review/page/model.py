"""What the page embeds, as its scripts read it: plain values, jobs by their numbers, names and words escaped already.

A number of a job is its index in ``PageData.jobs``; settings and groups go by theirs as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

NamedText = tuple[str, str]
Row = tuple[str | None, ...]
"""A setting and its value in words, or a changed field with the old and the new one; None for what is not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """Settings that some jobs have.

    Attributes:
        rows: Each setting, by its number in ``PageData.rows``.
        queue: The job queue; empty if none is stated.
        vcpus: vCPUs; None if they are not stated, as memory and GPUs.
        memory_mib: Memory in MiB.
        memory: Memory in words.
        gpus: GPUs.
        words: vCPUs, memory and GPUs in words.
    """

    rows: tuple[int, ...]
    queue: str
    vcpus: float | None
    memory_mib: int | None
    memory: str | None
    gpus: int | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChange:
    """What happened to a job.

    Attributes:
        kind: Added, removed, changed or renamed.
        common: True if nothing differs but what all jobs share, or a default has.
        before: Its earlier name, if that was another.
        fields: Each changed field, likewise by its number.
        command: The parts of its command: kept, removed or added, and the words.
        names: For nodes, parents, reads and writes, the names that it gained and lost.
        nodes_from: The jobs that nodes came from.
        nodes_to: The jobs that nodes went to.
        marks: ``!`` (risk) or ``$`` (cost) by the field, ``command`` or list of names that it sits on; by the empty
            name if it sits on the job.
    """

    kind: str
    common: bool
    before: str | None
    fields: tuple[int, ...]
    command: tuple[tuple[str, tuple[str, ...]], ...]
    names: Mapping[str, Mapping[str, tuple[str, ...]]]
    nodes_from: tuple[str, ...]
    nodes_to: tuple[str, ...]
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJob:
    """A job; ``lost`` are parents that it had in the old plan, ``escaped`` says that its command is not as it is."""

    name: str
    level: int
    nodes: tuple[str, ...]
    command: tuple[str, ...]
    escaped: bool
    parents: tuple[int, ...]
    lost: tuple[int, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    change: PageChange | None
    settings: int
    group: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageGroup:
    """A group that folds: the group around it, its jobs and their resources in words, and how many jobs changed how."""

    kind: str
    name: str
    inside: int | None
    words: tuple[str, str]
    gpus: float
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRisk:
    """A line of risks: its kind, its values, whom it reaches in words, and each subject with its job, if it has one."""

    what: str
    before: str | None
    after: str | None
    who: str | None
    cost: bool
    about: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDatasets:
    """Each dataset with its role, writers and readers; in a diff, the sign, dataset and words of each change."""

    datasets: tuple[tuple[str, str, tuple[int, ...], tuple[int, ...]], ...]
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """The class of each of the settings, and the classes of the legend with their words."""

    of: tuple[str, ...]
    legend: tuple[NamedText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageColours:
    """What jobs can be coloured by."""

    queue: Colours
    resources: Colours


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """All that the scripts read.

    Attributes:
        kind: Whether it is a plan or a diff.
        rows: All settings and changed fields, each once: a default of the plan may be long, and all jobs have it.
        settings: Those of the jobs, each once.
        jobs: The jobs of the new plan in its order, then those that were removed.
        groups: The groups of jobs; each comes after the one around it.
        folded_above: With more jobs than this, groups begin folded.
        path: The jobs of one longest path, from its beginning.
        colours: What jobs can be coloured by.
        shown: The jobs that changed, with their neighbours; None if there are none.
        data: The datasets.
        risks: The lines of risks.
    """

    kind: Literal["plan", "diff"]
    rows: tuple[Row, ...]
    settings: tuple[PageSettings, ...]
    jobs: tuple[PageJob, ...]
    groups: tuple[PageGroup, ...]
    folded_above: int
    path: tuple[int, ...]
    colours: PageColours
    shown: tuple[int, ...] | None
    data: PageDatasets
    risks: tuple[PageRisk, ...]


def to_json(one: Any) -> dict[str, Any]:
    """Return the fields of one of these by their names; of jobs, which may be thousands, those that have a value."""
    values = {field.name: getattr(one, field.name) for field in fields(one)}
    if not isinstance(one, PageJob | PageChange):
        return values
    return {name: value for name, value in values.items() if value or (value == 0 and value is not False)}
