"""Rank the copies of the jobs of a run by the family that their dependencies tie them to. Pure.

Two processes that submit one run make two families. With the older job of each node, a node could be left whose one job
waits for what the other process has submitted, and whose other one the other way round.

A rank holds nothing that changes between two looks: not how many jobs a family has, nor how many of them are done. Two
processes that look at different moments, while a termination is slow, would choose differently, and each would
terminate what the other one keeps.
"""

from collections.abc import Mapping, Sequence

from kedro_batch.plan.submit_job import JobId

Age = tuple[int, JobId]
"""When a job was created, in milliseconds since the epoch, and its id."""


def oldest_in_family(ages: Mapping[JobId, Age], depends_on: Mapping[JobId, Sequence[JobId]]) -> dict[JobId, Age]:
    """Return the age of the oldest job of each job's family, whatever has become of its jobs.

    Args:
        ages: The jobs that are compared.
        depends_on: The ids that they wait for, or have waited for; a job that is left out has no family.
    """
    head = {job_id: job_id for job_id in ages if job_id in depends_on}

    def head_of(job_id: JobId) -> JobId:
        while head[job_id] != job_id:
            head[job_id] = head[head[job_id]]
            job_id = head[job_id]
        return job_id

    for job_id in head:
        for parent in depends_on[job_id]:
            if parent in head:
                older, younger = sorted((head_of(job_id), head_of(parent)), key=ages.__getitem__)
                head[younger] = older
    return {job_id: ages[head_of(job_id)] for job_id in head}
