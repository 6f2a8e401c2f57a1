"""The dataclasses of a diff of two plans; its JSON follows ``schemas/diff.schema.json``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kedro_batch.diagnostics import Diagnostic, path_text
from kedro_batch.review.overview.model import Totals

DIFF_SCHEMA = "kedro-batch/diff/v1"


class Change(StrEnum):
    """What happened to a job; diffs list the jobs in this order."""

    REMOVED = "removed"
    ADDED = "added"
    RENAMED = "renamed"
    """It has another name; more may have changed."""
    CHANGED = "changed"


class WordChange(StrEnum):
    """What happened to some words of a command."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


class RiskKind(StrEnum):
    """What a reviewer must not miss, the worst first. What means higher cost comes last."""

    ACCOUNT_CHANGED = "account_changed"
    REGION_CHANGED = "region_changed"
    SHELL_COMMAND = "shell_command"
    """A command gives a shell or an interpreter a script, such as ``sh -c``, and did not do so before, or another."""
    PROGRAM_CHANGED = "program_changed"
    """Another program, or other words before it, at the start of a command."""
    RISKY_VARIABLE = "risky_variable"
    """A variable that a loader, an interpreter, Git, Kedro or AWS reads was gained, changed or lost."""
    QUEUE_CHANGED = "queue_changed"
    """Also that of an added job, if no job had it before; so it is with definitions and images."""
    DEFINITION_CHANGED = "definition_changed"
    """A job has another one, or what the plan declares under a name is another one, such as its roles."""
    IMAGE_CHANGED = "image_changed"
    """The image of a job definition that the plan declares, or one that ``submit`` puts in the place of another."""
    SUBMIT_CHANGED = "submit_changed"
    """Other fields of SubmitJob, which may override whatever the plan says elsewhere."""
    ENV_CHANGED = "env_changed"
    """The configuration environment: another catalog, other data."""
    JOB_REMOVED = "job_removed"
    """At least one of its nodes was not taken over by another job."""
    NODE_REMOVED = "node_removed"
    """The job stays, and no other job runs the node."""
    DATASET_NOT_WRITTEN = "dataset_not_written"
    """No job writes the dataset any more. Datasets that a job still reads come first: that job finds old data.

    One that was renamed with its namespace has its name before and after: what reads the old one elsewhere finds old
    data."""
    UNORDERED_READ = "unordered_read"
    """A job reads what another job writes without waiting for it, and did not do so before."""
    MEMORY_LOWERED = "memory_lowered"
    GPUS_LOWERED = "gpus_lowered"
    TIMEOUT_LOWERED = "timeout_lowered"
    """Or no time limit was stated before."""
    NO_LONGER_STATED = "no_longer_stated"
    """An amount, the time limit or the attempts of a job: a job definition sets it that the plan does not declare."""
    RETRY_CHANGED = "retry_changed"
    """A job is retried after other kinds of failure, and no longer after some of those before."""
    NODE_REPLACED = "node_replaced"
    """By a node with a new name, which may do other work. Not a risk if all nodes of the job were renamed, and its
    inputs and outputs are unchanged or were renamed with them."""
    GPUS_RAISED = "gpus_raised"
    """Or none were stated before."""
    MEMORY_RAISED = "memory_raised"
    VCPUS_RAISED = "vcpus_raised"
    TIMEOUT_RAISED = "timeout_raised"
    """Or there is no time limit any more."""
    ATTEMPTS_RAISED = "attempts_raised"
    """Or none were stated before: AWS Batch then starts a job once, unless its definition says otherwise."""
    RETRY_WIDENED = "retry_widened"
    """A job is retried after more kinds of failure, and after all of those before."""

    @property
    def is_cost(self) -> bool:
        """True if it means that jobs may cost more, not that something may go wrong."""
        return self in _COST

    @property
    def mark(self) -> str:
        """What marks it in text: ``$`` higher cost, ``!`` all else."""
        return "$" if self.is_cost else "!"


_COST = frozenset(
    (
        RiskKind.GPUS_RAISED,
        RiskKind.MEMORY_RAISED,
        RiskKind.VCPUS_RAISED,
        RiskKind.TIMEOUT_RAISED,
        RiskKind.ATTEMPTS_RAISED,
        RiskKind.RETRY_WIDENED,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field that differs.

    Attributes:
        path: Where it is, by the names of a plan file: ``("resources", "memory_mib")``.
        before: Its value in the old plan; None if it was not stated.
        after: Its value in the new plan, likewise.
        impact: Why a reviewer must not miss it; None if it is no risk and no cost.
        still: The amount that a job gets before and now, if this has no effect: by a job definition, GPUs are not taken
            away. In JSON, only such fields have this.
    """

    path: tuple[str, ...]
    before: Any
    after: Any
    impact: RiskKind | None = None
    still: float | None = None

    @property
    def name(self) -> str:
        """The path as people write it."""
        return path_text(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Consecutive words of a command with the same change."""

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
class Risk:
    """Something that a reviewer must not miss.

    Attributes:
        kind: The kind of risk.
        job: The job that it is about, by its new name if it has one.
        dataset: The dataset that it is about.
        readers: The jobs that still read the dataset; ``job`` is the first. In JSON, only risks about such a dataset
            have this.
        node: The node that it is about.
        definition: The declared job definition that it is about, by its new name. In JSON, only risks about one have
            this.
        definition_before: The definition that the job had, or jobs of ``definition`` had, if that was another one.
        jobs: The number of jobs that had this definition and have it; if there are none, of those that have it now.
            None if it is about a job.
        field: The variable, the field of ``submit``, or the setting that is no longer stated. In JSON, only risks about
            one have this.
        before: A value in the old plan.
        after: The value in the new plan.
    """

    kind: RiskKind
    job: str | None = None
    dataset: str | None = None
    readers: tuple[str, ...] | None = None
    node: str | None = None
    definition: str | None = None
    definition_before: str | None = None
    jobs: int | None = None
    field: str | None = None
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """A job that differs. An added job is compared with an empty one, and so is a removed job.

    Attributes:
        job: Its name in the new plan; that in the old plan if the job was removed.
        change: What happened to it.
        name_before: Its name in the old plan; None for an added job.
        fields: The settings that differ: the target first, then as in a plan file.
        command: The words of its command with their changes; empty if the command is the same.
        nodes: The nodes that it gained and lost.
        parents: The jobs that it depends on, gained and lost. A renamed parent is the same parent.
        reads: The datasets that it reads, gained and lost.
        writes: The datasets that it writes, gained and lost.
        nodes_from: The jobs that ran its nodes before, if it was added.
        nodes_to: The jobs that run its nodes now, if it was removed.
        impacts: What a reviewer must not miss of it, beside the impact of its fields.
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
    impacts: tuple[Risk, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The number of jobs by what happened to them."""

    added: int
    removed: int
    renamed: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChange:
    """What differs in the datasets of the whole plan; names without transcoding.

    Attributes:
        inputs: Datasets that some job reads and none writes.
        outputs: Datasets that some job writes.
        final_outputs: Datasets that some job writes and none reads.
        impacts: What a reviewer must not miss of it, unless a job that differs has it.
    """

    inputs: Names = Names()
    outputs: Names = Names()
    final_outputs: Names = Names()
    impacts: tuple[Risk, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDiff:
    """What differs between two plans.

    Attributes:
        differ: True if the plans differ in meaning.
        digest_before: The digest of the old plan.
        digest_after: The digest of the new plan.
        counts: The number of jobs by what happened to them.
        risks: What a reviewer must not miss, the worst kind first: the impacts of all that differs.
        origin: What differs in the source of the plans: project, pipelines, env, version of Kedro and so on.
        jobs: The jobs that differ: those with another target first, then in the order of ``Change``, then in that of
            their plan.
        totals: The totals that differ, by the names of ``Totals``.
        totals_before: The totals of the old plan.
        totals_after: The totals of the new plan.
        data: What differs in the datasets.
        policy: The name of the policy that the new plan was judged by; None if there is none.
        violations: What the new plan breaks of it.
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
    policy: str | None = None
    violations: tuple[Diagnostic, ...] = ()
