"""Build the overview of a plan: a plan comes in, its totals, jobs and data go out. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from kedro_batch.files.json_schema import whole
from kedro_batch.plan.data_flow import data_flow_of, unordered_reads
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.graph import children_of, levels
from kedro_batch.plan.job_resources import JobResources, PlanResources
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.resource_hours import add_up_resources
from kedro_batch.review.overview.hours import sum_hours
from kedro_batch.review.overview.model import Amounts, DataOverview, JobOverview, Overview, Read, Totals, Written
from kedro_batch.review.overview.peak_demand import calculate_peaks


def build_overview(plan: Plan, totals: Totals | None = None, digest: str | None = None) -> Overview:
    """Build the overview of a plan.

    Args:
        plan: The plan.
        totals: Its totals, if they have been counted already: the peaks of a large plan take time.
        digest: Its digest, likewise.
    """
    parents = plan.parents
    level_of = levels(parents)
    children = children_of(parents)
    jobs = {job.name: job for job in plan.jobs}
    settings = {id(job.settings): job.settings.to_dict() for job in plan.jobs}  # many jobs share theirs
    resources = PlanResources(plan)
    return Overview(
        digest=digest or plan_digest(plan),
        origin=plan.header(),
        totals=totals or count_totals(plan, level_of),
        hours=sum_hours(add_up_resources(plan)),
        jobs=tuple(
            JobOverview(
                job=name,
                level=level,
                nodes=jobs[name].nodes,
                command=jobs[name].command,
                depends_on=jobs[name].depends_on,
                needed_by=tuple(children[name]),
                reads=jobs[name].reads,
                writes=jobs[name].writes,
                settings=settings[id(jobs[name].settings)],
                resources=resources.of(jobs[name].settings),
            )
            for name, level in level_of.items()
        ),
        data=_build_data(plan),
    )


def count_totals(plan: Plan, level_of: Mapping[JobName, int]) -> Totals:
    """Count the jobs, nodes, dependencies and resources of a plan.

    Args:
        plan: The plan.
        level_of: The level of each job, in topological order.
    """
    at_level = Counter(level_of.values())
    widest, width = min(at_level.items(), key=lambda one: (-one[1], one[0]), default=(0, 0))
    peak, peak_by_queue = calculate_peaks(plan, level_of)
    resources = PlanResources(plan)
    return Totals(
        jobs=len(plan.jobs),
        join_jobs=sum(job.joins for job in plan.jobs),
        nodes=sum(len(job.nodes) for job in plan.jobs),
        dependencies=sum(len(job.depends_on) for job in plan.jobs),
        longest_path=len(at_level),
        widest_level=widest,
        jobs_at_widest=width,
        summed=_sum_resources(resources.of(job.settings) for job in plan.jobs),
        at_widest=_sum_resources(resources.of(job.settings) for job in plan.jobs if level_of[job.name] == widest),
        peak=peak,
        peak_by_queue=peak_by_queue,
        queues=_count_names(job.settings.job_queue for job in plan.jobs),
        definitions=_count_names(job.settings.job_definition for job in plan.jobs),
    )


def _sum_resources(jobs: Iterable[JobResources]) -> Amounts:
    found = list(jobs)
    known = [one.known for one in found]
    return Amounts(
        vcpus=whole(sum(one.vcpus or 0 for one in known)),
        memory_mib=sum(one.memory_mib or 0 for one in known),
        gpus=sum(one.gpus or 0 for one in known),
        jobs_without_vcpus=sum("vcpus" in one.unknown for one in found),
        jobs_without_memory=sum("memory_mib" in one.unknown for one in found),
    )


def _count_names(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _build_data(plan: Plan) -> DataOverview:
    flow = data_flow_of(plan)
    return DataOverview(
        inputs=tuple(
            Read(dataset=name, read_by=readers) for name, readers in flow.readers.items() if name not in flow.writers
        ),
        outputs=tuple(
            Written(dataset=name, written_by=writers, read_by=flow.readers.get(name, ()))
            for name, writers in flow.writers.items()
        ),
        final_outputs=tuple(name for name in flow.writers if name not in flow.readers),
        unordered=unordered_reads(plan, flow),
    )
