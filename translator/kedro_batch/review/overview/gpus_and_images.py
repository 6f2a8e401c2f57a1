"""Say which jobs of a plan use GPUs, and which images they run: a plan comes in, lines go out. Pure.

All containers of a job count. Nothing is escaped yet.
"""

from collections.abc import Iterator, Sequence

from kedro_batch.plan.job_containers import JobImages, images_of_job
from kedro_batch.plan.job_resources import PlanResources
from kedro_batch.plan.model import Plan
from kedro_batch.review.formatting import BY_DEFINITION
from kedro_batch.review.job_sets import JobSets, Kind
from kedro_batch.text.wording import counted

_FEW = 3
"""Jobs with one number of GPUs, or with one image, that are named if nothing describes them."""


def gpu_lines(plan: Plan, sets: JobSets) -> Iterator[str]:
    """Yield the jobs with GPUs, then these by their number, and those whose job definition may give them some.

    Args:
        plan: The plan.
        sets: Its jobs.
    """
    by_number: dict[int, list[str]] = {}
    unknown: list[str] = []
    resources = PlanResources(plan)
    for job in plan.jobs:
        if gpus := resources.known(job).gpus:
            by_number.setdefault(gpus, []).append(job.name)
        if "gpus" in resources.of(job.settings).unknown:
            unknown.append(job.name)
    if by_number:
        total = sum(number * len(jobs) for number, jobs in by_number.items())
        every = [job for jobs in by_number.values() for job in jobs]
        yield f"{counted(total, 'GPU')}: {sets.describe(every, without={Kind.GPUS})}"
    for number, jobs in sorted(by_number.items()) if len(by_number) > 1 else ():
        found, each = sets.find(jobs, without={Kind.GPUS}), " each" if len(jobs) > 1 else ""
        few = found.text() if len(jobs) <= _FEW else counted(len(jobs), "job")
        yield f"{counted(number, 'GPU')}{each}: {found.heading or few}"
    if unknown:
        yield f"{BY_DEFINITION}: {sets.describe(unknown, without={Kind.GPUS})}"


def jobs_by_image(plan: Plan) -> dict[str, list[str]]:
    """Return the images with the jobs that run them, also those that ``submit`` puts in the place of others."""
    runs: dict[str, list[str]] = {}
    found: dict[int, JobImages] = {}  # many jobs share their settings
    for job in plan.jobs:
        if id(job.settings) not in found:
            found[id(job.settings)] = images_of_job(job.settings, plan)
        images = found[id(job.settings)]
        names = [*images.declared, *(f"{image}, by submit" for image in images.by_submit)]
        if images.definition:
            names.append(f"that of job definition {images.definition}")
        for name in names:
            runs.setdefault(name, []).append(job.name)
    return runs


def image_line(image: str, jobs: Sequence[str], sets: JobSets) -> str:
    """Spell an image with the jobs that run it."""
    found = sets.find(jobs)
    few = found.text() if len(jobs) <= _FEW else counted(len(jobs), "job")
    return f"{image} in {found.heading or few}"
