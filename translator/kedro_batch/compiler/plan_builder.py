"""Builds a plan: groups the nodes, names the jobs, builds their commands, and orders them. Pure.

What is wrong with the result is for the checks to say: nothing is refused here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kedro_batch.compiler.commands import CommandBuilder, NotSelectable
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.dataset_uses import DatasetUse, find_dataset_uses
from kedro_batch.compiler.data.shared_places import add_reads, find_shared_places
from kedro_batch.compiler.data.storage import Storages
from kedro_batch.compiler.data.stores import Store
from kedro_batch.compiler.grouping import GroupingRules, group_nodes
from kedro_batch.compiler.groups import Group, GroupedNodes, find_group_parents
from kedro_batch.compiler.inputs import CompileInputs
from kedro_batch.compiler.job_names import make_job_names
from kedro_batch.compiler.join_jobs import insert_join_jobs
from kedro_batch.compiler.nodes import DEFAULT_PIPELINE, ProjectNode, is_parameter
from kedro_batch.compiler.settings.rules import NodeSettings, ResolvedSettings
from kedro_batch.plan.checks.batch_limits import FARGATE_MEMORY_MIB
from kedro_batch.plan.checks.request_size import room_for_nodes
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.graph import topological_order, transitive_reduction
from kedro_batch.plan.model import JOIN_COMMAND, Job, JobName, Plan
from kedro_batch.plan.params_words import params_words
from kedro_batch.plan.settings import JobDefinition, JobSettings, Platform, Resources


def build_plan(inputs: CompileInputs) -> Compilation:
    """Build the plan, its jobs in topological order; without jobs if the nodes cannot be grouped as configured."""
    settings, nodes = inputs.settings, inputs.nodes
    node_settings = NodeSettings(settings.defaults, settings.rules, nodes.registered, settings.image)
    storages = Storages(inputs.catalog, settings.datasets, settings.shared_paths, inputs.base_names)
    builder = CommandBuilder(nodes.pipelines, inputs.options, settings, inputs.features)
    grouped = _group_nodes(inputs, node_settings, storages, builder)
    name_of = make_job_names({group.key: group.label for group in grouped.groups})
    groups = {name_of[group.key]: group for group in grouped.groups}
    merged = {name: node_settings.merge(group.nodes) for name, group in groups.items()}
    commands: dict[JobName, tuple[str, ...] | NotSelectable] = {}
    jobs: tuple[Job, ...] = ()
    if not grouped.has_errors:
        commands = {name: _build_command(builder, group, merged[name].runner) for name, group in groups.items()}
        unordered = [_make_job(name, group, commands[name], merged[name], storages) for name, group in groups.items()]
        jobs = _order_jobs(unordered, _find_parents(grouped.groups, name_of))
    uses = find_dataset_uses(groups)
    shared_places = find_shared_places(uses, inputs.catalog, storages, jobs) if jobs else ()
    plan = Plan(
        project=inputs.project,
        pipelines=inputs.options.pipelines or (DEFAULT_PIPELINE,),
        env=inputs.options.env,
        kedro_version=inputs.features.version,
        selection=inputs.options.selection,
        group_by=settings.group_by,
        submit_tags=settings.submit_tags,
        params=inputs.params.values,
        account=settings.account,
        region=settings.region,
        exclusive=settings.exclusive,
        not_secret=tuple(sorted(settings.not_secret)),
        job_definitions=_find_definitions(node_settings.distinct(nodes.selected)),
        defaults=_common_defaults(settings.defaults.settings, jobs),
        jobs=_drop_lost_outputs(add_reads(jobs, shared_places), uses, storages),
    )
    return Compilation(
        inputs=inputs,
        plan=plan,
        grouped=grouped,
        groups=groups,
        node_settings=node_settings,
        storages=storages,
        shared_places=shared_places,
        dataset_uses=uses,
        not_selectable={name: str(one) for name, one in commands.items() if isinstance(one, NotSelectable)},
    )


def _find_definitions(settings: Sequence[ResolvedSettings]) -> dict[str, JobDefinition]:
    """Return the declared job definitions by name; of several with one name, which a check refuses, the first."""
    found: dict[str, JobDefinition] = {}
    for one in settings:
        if one.definition is not None and one.settings.job_definition:
            found.setdefault(one.settings.job_definition, one.definition)
    return found


def _group_nodes(
    inputs: CompileInputs, node_settings: NodeSettings, storages: Storages, builder: CommandBuilder
) -> GroupedNodes:
    def find_conflict(nodes: Sequence[ProjectNode]) -> str | None:
        if builder.find_pipelines(frozenset(node.name for node in nodes)) is None:
            return "no pipeline that one command can run has all of them"
        return node_settings.find_conflict(nodes)

    options, settings = inputs.options, inputs.settings
    other_words = [*settings.command_prefix, *inputs.nodes.pipelines, str(options.env)]
    other_words += params_words(inputs.params.values)
    other_words += [f"{name}:{version}" for name, version in options.load_versions.items()]
    other_words += [str(settings.container_conf_source), *(str(rule.runner) for rule in settings.rules)]
    return group_nodes(
        inputs.nodes.selected,
        settings.group_by,
        GroupingRules(
            is_in_memory=lambda name: not is_parameter(name) and storages.of(name).store is Store.MEMORY,
            settings_key=lambda node: node_settings.of(node).fingerprint,
            names_limit=lambda node: room_for_nodes(node_settings.of(node).settings, options.env, other_words),
            find_conflict=find_conflict,
        ),
    )


def _build_command(builder: CommandBuilder, group: Group, runner: str | None) -> tuple[str, ...] | NotSelectable:
    try:
        return builder.build(group.nodes, runner)
    except NotSelectable as error:
        return error


def _make_job(
    name: JobName,
    group: Group,
    command: tuple[str, ...] | NotSelectable,
    resolved: ResolvedSettings,
    storages: Storages,
) -> Job:
    """Make a job, without its parents."""
    return Job(
        name=name,
        nodes=tuple(node.name for node in group.nodes),
        command=("unreachable",) if isinstance(command, NotSelectable) else command,  # a check refuses the plan
        reads=_find_inputs(group),
        writes=_find_stored_outputs(group, storages),
        settings=resolved.settings,
    )


def _find_parents(groups: Sequence[Group], name_of: Mapping[str, JobName]) -> dict[JobName, set[JobName]]:
    by_key = find_group_parents(groups)
    return {name_of[key]: {name_of[one] for one in above} for key, above in by_key.items()}


def _order_jobs(jobs: Sequence[Job], parents: Mapping[JobName, set[JobName]]) -> tuple[Job, ...]:
    """Set the parents of the jobs, insert join jobs where these are too many, and sort all topologically."""
    joined = insert_join_jobs(transitive_reduction(parents))
    by_name = {job.name: replace(job, depends_on=joined.parents[job.name]) for job in jobs}
    for name, gathers_for in joined.join_jobs.items():
        by_name[name] = Job(
            name=name,
            command=JOIN_COMMAND,
            depends_on=joined.parents[name],
            settings=_shrink_for_join_job(by_name[gathers_for].settings),
        )
    return tuple(by_name[name] for name in topological_order(joined.parents))


def _common_defaults(defaults: JobSettings, jobs: Sequence[Job]) -> JobSettings:
    """Return the defaults without those that some job does not have: a job of a plan cannot unset a default."""
    stated = defaults.to_dict()
    for settings in {id(job.settings): job.settings for job in jobs}.values():
        own = settings.to_dict()
        stated = {
            name: {key: inner for key, inner in value.items() if key in own[name]} if isinstance(value, dict) else value
            for name, value in stated.items()
            if name in own or name == "retry_on"
        }
    return JobSettings.from_dict(stated)


def _shrink_for_join_job(settings: JobSettings) -> JobSettings:
    """Return settings with the least resources that the machines give: a join job does nothing."""
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
"""Enough for a container that does nothing. If the machines are not known, what Fargate gives with 1 vCPU."""
_CONSUMED = "consumableResourcePropertiesOverride"


def _find_inputs(group: Group) -> tuple[str, ...]:
    """Return the datasets that a job reads and does not write itself, without parameters."""
    own = {without_transcoding(name) for node in group.nodes for name in node.outputs}
    read = {name for node in group.nodes for name in node.inputs if not is_parameter(name)}
    return tuple(sorted(name for name in read if without_transcoding(name) not in own))


def _find_stored_outputs(group: Group, storages: Storages) -> tuple[str, ...]:
    """Return the datasets that a job writes and that outlive its process."""
    written = {name for node in group.nodes for name in node.outputs}
    return tuple(sorted(name for name in written if storages.of(name).store is not Store.MEMORY))


def _drop_lost_outputs(jobs: Sequence[Job], uses: Mapping[str, DatasetUse], storages: Storages) -> tuple[Job, ...]:
    """Return the jobs without those outputs that stay on the disk of their container, if no other job reads them."""
    read = {without_transcoding(name) for job in jobs for name in job.reads}
    lost = {
        name
        for dataset, use in uses.items()
        if use.producers and dataset not in read
        for name in use.written
        if storages.of(name).store is Store.LOCAL
    }
    return tuple(
        replace(job, writes=tuple(name for name in job.writes if name not in lost)) if lost & {*job.writes} else job
        for job in jobs
    )
