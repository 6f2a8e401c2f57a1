"""A plan of 800 jobs as a value: its nodes, their settings by tag, and how it is compiled. Edits return another one.

Twenty countries with 39 nodes each, and 20 nodes that gather them: made directly, since compiling 800 nodes takes
longer than all these tests. What a plan needs is done by the compiler's own parts where there are some.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from typing import Any, Self

from kedro_batch.compiler.job_names import make_job_names
from kedro_batch.compiler.join_jobs import insert_join_jobs
from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JOIN_COMMAND, Job, JobName, Plan
from kedro_batch.plan.settings import JobSettings, merged_over

COUNTRIES = (
    *("austria", "belgium", "bulgaria", "croatia", "cyprus", "czechia", "denmark", "estonia", "finland", "france"),
    *("germany", "greece", "hungary", "ireland", "italy", "latvia", "malta", "poland", "portugal", "spain"),
)
SOURCES = ("bookings", "cancellations", "crews", "fares", "flights", "fuel", "reviews", "weather")
MODELS = ("delays", "demand", "fares", "no_shows")
IMAGE, OTHER_IMAGE = (f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/flights@sha256:{two * 32}" for two in ("1a", "2b"))
ELSEWHERE = f"registry.example.org/flights@sha256:{'3c' * 32}"
ROLE = "arn:aws:iam::123456789012:role/flights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A Kedro node: its name with its namespace, its datasets, and its Kedro tags."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    tags: frozenset[str]

    @property
    def namespace(self) -> str:
        """What stands before the last dot of its name."""
        return self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """A large project, and the options of its compilation.

    Attributes:
        nodes: Its nodes.
        defaults: The settings of all jobs, as in a plan file.
        rules: The settings of nodes by their Kedro tag; later ones win.
        header: The fields of the plan itself.
        prefix: How commands begin.
        group_by: Which job a node belongs to.
    """

    nodes: tuple[Node, ...]
    defaults: Mapping[str, Any]
    rules: tuple[tuple[str, Mapping[str, Any]], ...]
    header: Mapping[str, Any]
    prefix: tuple[str, ...] = ("kedro", "run")
    group_by: Callable[[Node], str] = field(default=lambda node: node.name)

    def with_default(self, **settings: Any) -> Self:
        """State other defaults."""
        return replace(self, defaults=merged_over(settings, self.defaults))

    def with_rule(self, tag: str, **settings: Any) -> Self:
        """Change the rule of a tag, or add one."""
        rules = dict(self.rules)
        return replace(self, rules=tuple((rules | {tag: merged_over(settings, rules.get(tag, {}))}).items()))

    def with_header(self, **fields: Any) -> Self:
        """State other fields of the plan itself."""
        return replace(self, header={**self.header, **fields})

    def with_definition(self, **fields: Any) -> Self:
        """Change what is declared as the job definition ``flights``."""
        declared = self.header["job_definitions"]["flights"]
        return self.with_header(job_definitions={"flights": {**declared, **fields}})

    def adding(self, *nodes: Node) -> Self:
        """Add nodes."""
        return replace(self, nodes=(*self.nodes, *nodes))

    def without(self, pattern: str) -> Self:
        """Remove the nodes with such names."""
        return replace(self, nodes=tuple(one for one in self.nodes if not re.fullmatch(pattern, one.name)))

    def each(self, pattern: str, change: Callable[[Node], Node]) -> Self:
        """Change the nodes with such names."""
        return replace(self, nodes=tuple(change(one) if re.fullmatch(pattern, one.name) else one for one in self.nodes))

    def renaming(self, pattern: str, new: str, *, nodes: bool = True, datasets: bool = False) -> Self:
        """Rename nodes, datasets, or both, as ``re.sub`` does."""

        def renamed(one: Node) -> Node:
            reads, writes = (
                tuple(re.sub(pattern, new, name) if datasets else name for name in names)
                for names in (one.reads, one.writes)
            )
            name = re.sub(pattern, new, one.name) if nodes else one.name
            return replace(one, name=name, reads=reads, writes=writes)

        return replace(self, nodes=tuple(map(renamed, self.nodes)))

    def plan(self) -> Plan:
        """Make the plan: jobs in the order of a plan file, equal settings in one object, join jobs where they must be.

        Raises:
            ValueError: Two nodes have one name.
        """
        if len({one.name for one in self.nodes}) < len(self.nodes):
            raise ValueError("two nodes have one name")
        groups: dict[str, list[Node]] = {}
        for node in sorted(self.nodes, key=lambda one: one.name):
            groups.setdefault(self.group_by(node), []).append(node)
        names = make_job_names({key: key for key in groups})
        writer = {dataset: names[key] for key, group in groups.items() for one in group for dataset in one.writes}
        reads = {key: {name for one in group for name in one.reads} for key, group in groups.items()}
        above = {names[key]: {writer[name] for name in reads[key] if name in writer} - {names[key]} for key in groups}
        joined = insert_join_jobs(above)
        settings = cache(self._settings)
        jobs = {
            names[key]: Job(
                name=names[key],
                command=self._command(group),
                settings=settings(tuple(sorted({tag for one in group for tag in one.tags}))),
                nodes=tuple(one.name for one in group),
                depends_on=joined.parents[names[key]],
                reads=tuple(sorted(reads[key] - {name for one in group for name in one.writes})),
                writes=tuple(sorted({name for one in group for name in one.writes})),
            )
            for key, group in groups.items()
        }
        for name in joined.join_jobs:
            jobs[name] = Job(name=name, command=JOIN_COMMAND, settings=settings(()), depends_on=joined.parents[name])
        order = topological_order({name: job.depends_on for name, job in jobs.items()})
        return Plan.from_header(
            self.header, jobs=tuple(jobs[name] for name in order), defaults=JobSettings.from_dict(self.defaults)
        )

    def _settings(self, tags: tuple[str, ...]) -> JobSettings:
        stated: dict[str, Any] = dict(self.defaults)
        for tag, rule in self.rules:
            if tag in tags:
                stated = merged_over(rule, stated)
        return JobSettings.from_dict(stated)

    def _command(self, group: Iterable[Node]) -> tuple[str, ...]:
        env = (f"--env={self.header['env']}",) if "env" in self.header else ()
        return (*self.prefix, *env, f"--nodes={','.join(one.name for one in group)}")


def _node(name: str, reads: Iterable[str], writes: Iterable[str], *tags: str) -> Node:
    return Node(name=name, reads=tuple(reads), writes=tuple(writes), tags=frozenset(tags))


def country(name: str) -> tuple[Node, ...]:
    """Return the 39 nodes of a country: sources are cleaned and aggregated, models trained and used."""

    def node(what: str, reads: Iterable[str], writes: Iterable[str], *tags: str) -> Node:
        return _node(f"{name}.{what}", [f"{name}.{one}" for one in reads], [f"{name}.{one}" for one in writes], *tags)

    return (
        *(node(f"ingest_{one}", [f"raw_{one}"], [one], "team.data") for one in SOURCES),
        *(node(f"clean_{one}", [one], [f"clean_{one}"], "team.data", "spark") for one in SOURCES),
        *(node(f"aggregate_{one}", [f"clean_{one}"], [f"daily_{one}"], "team.data") for one in SOURCES),
        node("build_features", [f"daily_{one}" for one in SOURCES], ["features"], "team.science", "spark"),
        node("split_data", ["features"], ["train", "test"], "team.science"),
        *(node(f"train_{one}", ["train"], [f"{one}_model"], "team.science", "training") for one in MODELS),
        *(node(f"evaluate_{one}", [f"{one}_model", "test"], [f"{one}_metrics"], "team.science") for one in MODELS),
        *(node(f"forecast_{one}", [f"{one}_model", "features"], [f"{one}_forecast"], "team.science") for one in MODELS),
        node("report", [f"{one}_metrics" for one in MODELS], ["report"], "team.reporting"),
    )


def gathering(countries: Iterable[str]) -> tuple[Node, ...]:
    """Return the 20 nodes of the namespace ``europe``, 13 of which read from every country."""
    names = tuple(countries)
    return (
        *(
            _node(f"europe.combine_{one}", [f"{name}.daily_{one}" for name in names], [f"europe.{one}"], "gathering")
            for one in SOURCES
        ),
        *(
            _node(
                f"europe.combine_{one}_forecasts",
                [f"{name}.{one}_forecast" for name in names],
                [f"europe.{one}_forecast"],
                "gathering",
            )
            for one in MODELS
        ),
        _node("europe.combine_reports", [f"{name}.report" for name in names], ["europe.reports"], "gathering"),
        *(
            _node(
                f"europe.train_{one}",
                [f"europe.{source}" for source in SOURCES],
                [f"europe.{one}_model"],
                "team.science",
                "training",
                "large",
            )
            for one in MODELS
        ),
        _node(
            "europe.compare_models",
            [f"europe.{one}_{what}" for one in MODELS for what in ("model", "forecast")],
            ["europe.comparison"],
            "team.science",
        ),
        _node("europe.publish_dashboard", ["europe.comparison", "europe.reports"], ["dashboard"], "team.reporting"),
        _node("europe.archive_reports", ["europe.reports"], ["report_archive"], "team.reporting"),
    )


def flights(countries: Iterable[str] = COUNTRIES) -> Large:
    """Return the project that the edits begin with."""
    names = tuple(countries)
    return Large(
        nodes=(*chain.from_iterable(map(country, names)), *gathering(names)),
        defaults={
            "job_queue": "flights_spot",
            "job_definition": "flights",
            "resources": {"vcpus": 1, "memory_mib": 2048},
            "timeout_s": 3600,
            "attempts": 2,
            "retry_on": ["spot"],
            "environment": {"LOG_LEVEL": "info"},
            "tags": {"project": "flights"},
        },
        rules=(
            ("team.data", {"tags": {"team": "data"}}),
            ("team.science", {"tags": {"team": "science"}}),
            ("team.reporting", {"tags": {"team": "reporting"}, "job_queue": "flights_on_demand"}),
            ("spark", {"resources": {"vcpus": 4, "memory_mib": 16384}}),
            ("gathering", {"resources": {"memory_mib": 30720}}),
            (
                "training",
                {
                    "job_queue": "flights_gpu",
                    "resources": {"vcpus": 8, "memory_mib": 61440, "gpus": 1},
                    "timeout_s": 14400,
                    "attempts": 3,
                },
            ),
            ("large", {"resources": {"gpus": 4}}),
        ),
        header={
            "project": "flights",
            "pipelines": ["__default__"],
            "kedro_version": "1.7.0",
            "job_definitions": {
                "flights": {"image": IMAGE, "job_role": ROLE, "resources": {"vcpus": 1, "memory_mib": 2048}}
            },
        },
    )


def edited_job(plan: Plan, name: str, **fields: Any) -> Plan:
    """Change one job of a plan by hand: fields of the job, or of its settings.

    Raises:
        ValueError: There is no such job.
    """
    if name not in {job.name for job in plan.jobs}:
        raise ValueError(f"there is no job {name}")

    def edited(job: Job) -> Job:
        own = {key: value for key, value in fields.items() if key == "command"}
        stated = merged_over({key: value for key, value in fields.items() if key not in own}, job.settings.to_dict())
        return replace(job, settings=JobSettings.from_dict(stated), **own)

    return replace(plan, jobs=tuple(edited(job) if job.name == JobName(name) else job for job in plan.jobs))
