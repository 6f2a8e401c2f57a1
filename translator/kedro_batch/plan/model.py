"""The plan in memory: frozen values, every job with its defaults filled in.

``reader`` makes a plan of a file, ``writer`` a file of a plan, ``digest`` the name of its meaning.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NewType

from kedro_batch.diagnostics import FieldPath
from kedro_batch.plan.params import sort_params
from kedro_batch.plan.params_words import params_words
from kedro_batch.plan.settings import JobDefinition, JobSettings

JobName = NewType("JobName", str)
"""A job's name in its plan; AWS Batch sees it between the run id and the submission."""

Parents = Mapping[JobName, Sequence[JobName]]
"""Jobs with their parents."""

PlanDigest = NewType("PlanDigest", str)
"""``sha256:`` and 64 hexadecimal digits over the meaning of a plan."""

PLAN_SCHEMA = "kedro-batch/plan/v1"


def stated_settings(file: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield all places of a plan file that hold settings of jobs: the defaults, then each job."""
    yield ("defaults",), file.get("defaults", {})
    yield from ((("jobs", index), job) for index, job in enumerate(file["jobs"]))


JOIN_COMMAND = ("true",)
"""The command of a join job: it does nothing, and succeeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One container job with everything that it needs, defaults included.

    Attributes:
        name: Unique in the plan.
        command: The container's command, word by word.
        settings: How it runs, queue and definition included.
        nodes: The Kedro nodes that it runs, by Kedro's names, sorted; none for a join job.
        depends_on: The jobs that have to succeed first, sorted.
        reads: Names of the datasets that it reads and does not write itself, without parameters, sorted.
        writes: Names of the datasets that it writes and that outlive it, sorted.
    """

    name: JobName
    command: tuple[str, ...]
    settings: JobSettings
    nodes: tuple[str, ...] = ()
    depends_on: tuple[JobName, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    @property
    def joins(self) -> bool:
        """True if the job runs no node and only gathers its parents."""
        return not self.nodes and self.command == JOIN_COMMAND


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The selection flags of ``kedro run`` that chose the nodes; all empty for whole pipelines."""

    nodes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    from_nodes: tuple[str, ...] = ()
    to_nodes: tuple[str, ...] = ()
    from_inputs: tuple[str, ...] = ()
    to_outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReads:
    """What a job reads, by names without transcoding, sorted.

    Attributes:
        from_run: What other jobs of the plan write.
        other: The rest.
    """

    from_run: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The jobs of one run and where they come from.

    Attributes:
        jobs: In the order of the file.
        project: Package name of the Kedro project.
        pipelines: The registered pipelines that were compiled.
        env: The configuration environment that every command names.
        kedro_version: The Kedro version whose flags the commands use.
        selection: The flags that chose the nodes.
        group_by: How nodes were grouped into jobs; empty for one job for each node.
        submit_tags: True if requests carry tags; if not, no job has tags.
        account: The AWS account that the plan is for, 12 digits; None for any.
        region: The AWS region that the plan is for; None for any.
        exclusive: True if a run is refused while another one writes the same datasets.
        not_secret: Names that look like those of credentials and are none, sorted.
        params: The parameters of every job that runs nodes, as JSON values that ``plan.params`` allows.
        job_definitions: The job definitions that the plan declares, by name.
        defaults: What the file states once for all jobs; the jobs have it filled in.
        params_words: The words that give a command the parameters.
    """

    jobs: tuple[Job, ...]
    project: str | None = None
    pipelines: tuple[str, ...] = ()
    env: str | None = None
    kedro_version: str | None = None
    selection: Selection = field(default_factory=Selection)
    group_by: tuple[str, ...] = ()
    submit_tags: bool = True
    account: str | None = None
    region: str | None = None
    exclusive: bool = False
    not_secret: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    job_definitions: Mapping[str, JobDefinition] = field(default_factory=dict)
    defaults: JobSettings = field(default_factory=JobSettings)
    params_words: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the parameters, and spell them once, not for each of many jobs."""
        object.__setattr__(self, "params", sort_params(self.params))
        object.__setattr__(self, "params_words", params_words(self.params))

    @property
    def parents(self) -> dict[JobName, tuple[JobName, ...]]:
        """The jobs with their parents, in the order of the file."""
        return {job.name: job.depends_on for job in self.jobs}

    def command_of(self, job: Job) -> tuple[str, ...]:
        """Return the command of a job as it is submitted: with the parameters, if the job runs nodes."""
        return (*job.command, *self.params_words) if job.nodes else job.command

    def header(self) -> dict[str, Any]:
        """Return what a plan file states before its defaults, as plain values: the fields HEADER that have a value."""
        fields: dict[str, Any] = {
            "project": self.project,
            "pipelines": sorted(self.pipelines),
            "env": self.env,
            "kedro_version": self.kedro_version,
            "selection": {flag: sorted(names) for flag, names in asdict(self.selection).items() if names},
            "group_by": list(self.group_by),
            "submit_tags": None if self.submit_tags else False,
            "account": self.account,
            "region": self.region,
            "exclusive": True if self.exclusive else None,
            "not_secret": list(self.not_secret),
            "params": dict(self.params),
            "job_definitions": {name: one.to_dict() for name, one in sorted(self.job_definitions.items())},
        }
        return {name: value for name, value in fields.items() if value not in (None, [], {})}

    @classmethod
    def from_header(cls, header: Mapping[str, Any], *, jobs: tuple[Job, ...], defaults: JobSettings) -> "Plan":
        """Make a plan of the plain values of ``header``, or of a whole file that the schema has allowed."""
        return cls(
            jobs=jobs,
            project=header.get("project"),
            pipelines=tuple(sorted(header.get("pipelines", ()))),
            env=header.get("env"),
            kedro_version=header.get("kedro_version"),
            selection=Selection(**{flag: tuple(sorted(names)) for flag, names in header.get("selection", {}).items()}),
            group_by=tuple(header.get("group_by", ())),
            submit_tags=header.get("submit_tags", True),
            account=header.get("account"),
            region=header.get("region"),
            exclusive=header.get("exclusive", False),
            not_secret=tuple(sorted(header.get("not_secret", ()))),
            params=header.get("params", {}),
            job_definitions={
                name: JobDefinition.from_dict(one) for name, one in header.get("job_definitions", {}).items()
            },
            defaults=defaults,
        )


HEADER = tuple(one.name for one in fields(Plan) if one.init and one.name not in ("jobs", "defaults"))
"""What a plan states about itself as a whole, in the order of a plan file."""
