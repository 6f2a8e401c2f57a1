"""What differs between two plans, as values: the dataclasses of a diff. Its JSON is ``schemas/diff.schema.json``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kedro_batch.diagnostics import path_text
from kedro_batch.review.overview.model import Totals

DIFF_SCHEMA = "kedro-batch/diff/v1"


class Change(StrEnum):
    """What became of a job."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    """It has another name; more may have changed."""
    CHANGED = "changed"


class WordChange(StrEnum):
    """What became of some words of a command."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


class RiskKind(StrEnum):
    """What a reviewer must not miss, the worst first."""

    QUEUE_CHANGED = "queue_changed"
    DEFINITION_CHANGED = "definition_changed"
    ENV_CHANGED = "env_changed"
    """The configuration environment: another catalog, other data."""
    JOB_REMOVED = "job_removed"
    """With nodes that no other job runs in its place."""
    NODE_REMOVED = "node_removed"
    """From a job that stays; no other runs it in its place."""
    DATASET_NOT_WRITTEN = "dataset_not_written"
    """No job writes it any longer. Those that a job still reads, which finds old data, come first and name one."""
    UNORDERED_READ = "unordered_read"
    """A job reads what another writes and no longer waits for it."""
    MEMORY_LOWERED = "memory_lowered"
    """Or left to the job definition."""
    GPUS_LOWERED = "gpus_lowered"
    TIMEOUT_LOWERED = "timeout_lowered"
    """Or there was none."""
    NODE_REPLACED = "node_replaced"
    """By one with a new name: it may be other work. Not told where all of a job still writes what it wrote, of what it
    read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field that differs.

    Attributes:
        path: Where it is, by the names of a plan file: ``("resources", "memory_mib")``.
        before: Its value in the old plan; None: it was not stated.
        after: Its value in the new plan.
    """

    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """The path as people write it."""
        return path_text(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Some words of a command, one after another, and what became of them."""

    change: WordChange
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names that a list gained and lost, sorted."""

    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """A job that differs. One that was added differs from nothing, one that was removed becomes nothing.

    Attributes:
        job: Its name, in the new plan where that has it.
        change: What became of it.
        name_before: Its name in the old plan; None for an added job.
        fields: What differs in its settings, the target first, then as in a plan file.
        command: Its command, with what became of the words; empty if it is the same.
        nodes: The nodes that it runs now, and no longer.
        parents: The jobs that it waits for now, and no longer. A parent that was renamed is still the same.
        reads: Datasets.
        writes: Datasets.
        nodes_from: For an added job: the jobs that ran its nodes before.
        nodes_to: For a removed job: the jobs that run its nodes now.
    """

    job: str
    change: Change
    name_before: str | None
    fields: tuple[FieldChange, ...] = ()
    command: tuple[Words, ...] = ()
    nodes: Names = Names()
    parents: Names = Names()
    reads: Names = Names()
    writes: Names = Names()
    nodes_from: tuple[str, ...] = ()
    nodes_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Something that a reviewer must not miss.

    Attributes:
        kind: What it is.
        job: The job that it is about, by its new name if it has one.
        dataset: The dataset that it is about.
        node: The node that it is about.
        before: A value in the old plan.
        after: The value in the new plan.
    """

    kind: RiskKind
    job: str | None = None
    dataset: str | None = None
    node: str | None = None
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many jobs were added, removed, renamed, changed in place, and are the same."""

    added: int
    removed: int
    renamed: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChange:
    """What differs in the data of all jobs together; names without transcoding.

    Attributes:
        inputs: Datasets that some job reads and none writes.
        outputs: Datasets that some job writes.
        final_outputs: Datasets that some job writes and none reads.
    """

    inputs: Names = Names()
    outputs: Names = Names()
    final_outputs: Names = Names()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDiff:
    """What differs between two plans.

    Attributes:
        differ: Whether anything does.
        digest_before: The digest of the old plan.
        digest_after: The digest of the new plan.
        counts: The jobs in numbers.
        risks: What a reviewer must not miss, the worst kind first.
        origin: What differs in where the plans come from: project, pipelines, env, Kedro's version and so on.
        jobs: The jobs that differ: those with another target first, then removed, added, renamed and changed ones,
            each as they stand in their plan.
        totals: What differs in the numbers, by the names of ``Totals``.
        totals_before: The old plan in numbers.
        totals_after: The new plan in numbers.
        data: What differs in the data.
    """

    schema: str = DIFF_SCHEMA
    differ: bool
    digest_before: str
    digest_after: str
    counts: Counts
    risks: tuple[Risk, ...]
    origin: tuple[FieldChange, ...]
    jobs: tuple[JobChange, ...]
    totals: tuple[FieldChange, ...]
    totals_before: Totals
    totals_after: Totals
    data: DataChange
