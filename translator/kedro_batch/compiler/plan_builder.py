"""Puts a plan together: groups the nodes, names the jobs, spells their commands, and checks what comes out.

Pure, but that it looks up in which line of which file a setting stands, for messages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kedro_batch.compiler.checks.boundaries import Surroundings, boundary_diagnostics, parameter_diagnostics
from kedro_batch.compiler.checks.limits import about_datasets, about_limits, about_names, about_rules
from kedro_batch.compiler.commands import Commands, Unreachable
from kedro_batch.compiler.grouping import Conditions, Group, Grouping, group_nodes, group_parents
from kedro_batch.compiler.inputs import Compilation, Material
from kedro_batch.compiler.job_names import job_names
from kedro_batch.compiler.join_jobs import with_join_jobs
from kedro_batch.compiler.nodes import DEFAULT_PIPELINE, ProjectNode, is_parameter
from kedro_batch.compiler.rules import NodeSettings
from kedro_batch.compiler.storage import Storages, Store
from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.errors import ProjectError
from kedro_batch.plan.checks.batch_limits import FARGATE_MEMORY_MIB, room_for_nodes
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.graph import topological_order, transitive_reduction
from kedro_batch.plan.model import JOIN_COMMAND, Job, JobName, JobSettings, Plan, Platform, Resources


def assembled(material: Material) -> Compilation:
    """Put the plan together, its jobs in the order in which they become ready, and find what is wrong with it.

    Raises:
        ProjectError: The nodes cannot be grouped as asked.
    """
    settings, nodes = material.settings, material.nodes
    node_settings = NodeSettings(settings.defaults, settings.rules, nodes.registered)
    storages = Storages(material.catalog, settings.datasets, settings.shared_paths)
    commands = Commands(nodes.pipelines, material.options, settings, material.dialect)
    grouping = _grouped(material, node_settings, storages, commands)
    name_of = job_names({group.key: group.label for group in grouping.groups})
    groups = {name_of[group.key]: group for group in grouping.groups}
    around = Surroundings(
        groups=groups,
        storages=storages,
        catalog=material.catalog_file,
        group_by=settings.group_by,
        pinned=material.options.load_versions,
    )
    diagnostics = [
        *grouping.diagnostics,
        *boundary_diagnostics(around),
        *parameter_diagnostics(around, material.parameters, settings.datasets, material.parameters_file),
        *about_rules(node_settings, material.source),
        *about_datasets(nodes, settings, material.source),
        *about_names(nodes.selected),
    ]
    if any(one.code in (Code.GROUP_CYCLE, Code.INVALID_GROUPING) for one in grouping.diagnostics):
        raise ProjectError("the nodes cannot be grouped so:", diagnostics)
    jobs = _ordered(
        [*_jobs(groups, node_settings, commands, storages, diagnostics)],
        _parents(groups, name_of),
    )
    plan = Plan(
        project=material.project,
        pipelines=material.options.pipelines or (DEFAULT_PIPELINE,),
        env=material.options.env,
        kedro_version=material.dialect.version,
        selection=material.options.selection,
        group_by=settings.group_by,
        submit_tags=settings.submit_tags,
        defaults=_shared(settings.defaults.settings, jobs),
        jobs=jobs,
    )
    made = Compilation(
        plan=plan,
        diagnostics=(),
        groups=groups,
        node_settings=node_settings,
        settings=settings,
        source=material.source,
    )
    return replace(made, diagnostics=(*diagnostics, *about_limits(made)))


def _grouped(material: Material, node_settings: NodeSettings, storages: Storages, commands: Commands) -> Grouping:
    def obstacle(nodes: Sequence[ProjectNode]) -> str | None:
        if commands.reach(frozenset(node.name for node in nodes)) is None:
            return "no pipeline that one command can run has all of them"
        return node_settings.obstacle(nodes)

    options = material.options
    settings = material.settings
    other_words = [*settings.command_prefix, *material.nodes.pipelines, *options.params, str(options.env)]
    other_words += [f"{name}:{version}" for name, version in options.load_versions.items()]
    other_words += [str(settings.container_conf_source), *(str(rule.runner) for rule in settings.rules)]
    return group_nodes(
        material.nodes.selected,
        material.settings.group_by,
        Conditions(
            in_memory=lambda name: not is_parameter(name) and storages.of(name).store is Store.MEMORY,
            alike=lambda node: node_settings.of(node).fingerprint,
            room=lambda node: room_for_nodes(node_settings.of(node).settings, other_words),
            obstacle=obstacle,
        ),
    )


def _parents(groups: Mapping[JobName, Group], name_of: Mapping[str, JobName]) -> dict[JobName, set[JobName]]:
    by_key = group_parents(tuple(groups.values()))
    return {name_of[key]: {name_of[one] for one in above} for key, above in by_key.items()}


def _jobs(
    groups: Mapping[JobName, Group],
    node_settings: NodeSettings,
    commands: Commands,
    storages: Storages,
    diagnostics: list[Diagnostic],
) -> Iterator[Job]:
    """Make the jobs, without what they wait for."""
    for name, group in groups.items():
        resolved = node_settings.together(group.nodes)
        try:
            command = commands.command(group.nodes, resolved.runner)
        except Unreachable as error:
            diagnostics.append(Diagnostic(source=f"job {name}", message=str(error), about={"jobs": (name,)}))
            command = ("unreachable",)  # the diagnostic refuses the plan
        yield Job(
            name=name,
            nodes=tuple(node.name for node in group.nodes),
            command=command,
            reads=_read_from_outside(group),
            writes=_stored(group, storages),
            settings=resolved.settings,
        )


def _ordered(jobs: Sequence[Job], parents: Mapping[JobName, set[JobName]]) -> tuple[Job, ...]:
    """Let the jobs wait for their parents, with join jobs where these are too many, and put them in order."""
    joined = with_join_jobs(transitive_reduction(parents))
    made = {job.name: replace(job, depends_on=joined.parents[job.name]) for job in jobs}
    for name, gathers_for in joined.join_jobs.items():
        made[name] = Job(
            name=name,
            command=JOIN_COMMAND,
            depends_on=joined.parents[name],
            settings=_smallest(made[gathers_for].settings),
        )
    return tuple(made[name] for name in topological_order(joined.parents))


def _shared(defaults: JobSettings, jobs: Sequence[Job]) -> JobSettings:
    """Leave out of the defaults what some job does not have, since a plan cannot take it back."""
    stated = defaults.to_dict()
    for settings in {id(job.settings): job.settings for job in jobs}.values():
        own = settings.to_dict()
        stated = {
            name: {key: inner for key, inner in value.items() if key in own[name]} if isinstance(value, dict) else value
            for name, value in stated.items()
            if name in own or name == "retry_on"
        }
    return JobSettings.from_dict(stated)


def _smallest(settings: JobSettings) -> JobSettings:
    """Ask for as little as the machines give to a container that does nothing, and for no other resource."""
    vcpus: float = 1
    if settings.platform is Platform.FARGATE:
        least, (memory_mib, *_) = min(FARGATE_MEMORY_MIB.items())
        vcpus = float(least)
    else:
        memory_mib = _JOIN_MEMORY_MIB[settings.platform]
    gpus = None if settings.resources.gpus is None else 0
    submit = {name: value for name, value in settings.submit.items() if name != _CONSUMED}
    return replace(settings, resources=Resources(vcpus=vcpus, memory_mib=memory_mib, gpus=gpus), submit=submit)


_JOIN_MEMORY_MIB: Mapping[Platform | None, int] = {Platform.EC2: 128, None: 2048}
"""Enough for a container that does nothing; where the machines are not known, what Fargate gives to 1 vCPU."""
_CONSUMED = "consumableResourcePropertiesOverride"


def _read_from_outside(group: Group) -> tuple[str, ...]:
    """Name the datasets that a job reads and does not write itself, without parameters."""
    own = {without_transcoding(name) for node in group.nodes for name in node.outputs}
    read = {name for node in group.nodes for name in node.inputs if not is_parameter(name)}
    return tuple(sorted(name for name in read if without_transcoding(name) not in own))


def _stored(group: Group, storages: Storages) -> tuple[str, ...]:
    """Name the datasets that a job writes and that outlive its container."""
    written = {name for node in group.nodes for name in node.outputs}
    return tuple(sorted(name for name in written if storages.of(name).store is not Store.MEMORY))
