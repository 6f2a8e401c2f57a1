"""Judge whether a job on the service is the one that a journal says it is. Pure.

A journal may come from anywhere: with a repository, from a colleague, from an older run of the same id. So nothing is
adopted, believed or terminated because of an id in it alone, as long as the service still knows the job.
"""

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import TAG_PLAN, RunId, batch_job_name
from kedro_batch.submitter.service.api import JobDetail


def is_of_run(detail: JobDetail, run_id: RunId, job: JobName, submission: int, digest: PlanDigest) -> bool:
    """True if a job of a DescribeJobs reply is this submission of a job in a run.

    Args:
        detail: The job as the service has it.
        run_id: The run.
        job: The name of the job in the plan.
        submission: Which submission of it, from 1.
        digest: The digest of the run's plan. A job without our tags (``submit_tags: false``) has its name alone.
    """
    return detail.name == batch_job_name(run_id, job, submission) and detail.tags.get(TAG_PLAN, digest) == digest
